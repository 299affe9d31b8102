"""How much one may ask: sockets, counted by user, account and process; and requests of a socket."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from driftsentry.local.processes import wait_until
from driftsentry.realtime.consumer import LiveStream
from driftsentry.realtime.limits import PATIENCE, Full, Pace, Places
from driftsentry.realtime.tail import Identity
from tests.realtime.deaf import deaf
from tests.realtime.happenings import drift_created, happen
from tests.realtime.inprocess import Talk, off_loop
from tests.realtime.server import PATIENCE_SECONDS, Client, Server, environment, serving

ACME, RIVAL = uuid4(), uuid4()


def somebody(account: UUID = ACME, user: UUID | None = None) -> Identity:
    return Identity(account, user or uuid4(), uuid4(), datetime.now(UTC), {})


@pytest.fixture
def places(settings: Settings) -> Places:
    """Two sockets a user, three an account, four in all."""
    settings.REALTIME_MAX_SOCKETS_PER_USER = 2
    settings.REALTIME_MAX_SOCKETS_PER_ACCOUNT = 3
    settings.REALTIME_MAX_SOCKETS = 4
    return Places()


def why(full: Full | None) -> str:
    return full.what if full else ""


def test_a_user_an_account_and_the_process_have_so_many_places_each(places: Places) -> None:
    alice = somebody()
    assert [why(places.take(alice)) for _ in range(3)] == ["", "", "user"]
    assert [why(places.take(somebody())) for _ in range(2)] == ["", "account"]
    assert [why(places.take(somebody(RIVAL))) for _ in range(2)] == ["", "process"]


def test_a_place_given_back_is_free_again_and_a_refusal_takes_none(places: Places) -> None:
    alice = somebody()
    assert [why(places.take(alice)) for _ in range(5)] == ["", "", "user", "user", "user"]
    places.give_back(alice)
    assert [why(places.take(alice)) for _ in range(2)] == ["", "user"]
    assert why(places.take(somebody())) == ""


def paced(rate: str) -> tuple[Pace, list[float]]:
    """A pace and its clock."""
    clock = [100.0]
    return Pace(rate, clock=lambda: clock[0]), clock


def test_a_socket_may_ask_a_handful_at_once_and_then_as_fast_as_its_bucket_fills() -> None:
    pace, clock = paced("60/minute")
    assert [pace.allows() for _ in range(61)] == [True] * 60 + [False]
    clock[0] += 1.0
    assert [pace.allows() for _ in range(2)] == [True, False]
    clock[0] += 3600.0
    assert [pace.allows() for _ in range(61)] == [True] * 60 + [False]


def test_it_is_abused_once_many_more_were_refused_than_let_through() -> None:
    pace, clock = paced("1/second")
    assert pace.allows()
    assert not any(pace.allows() for _ in range(PATIENCE))
    assert not pace.is_abused
    clock[0] += 1.0
    assert pace.allows()
    assert not any(pace.allows() for _ in range(PATIENCE + 1))
    assert pace.is_abused


@pytest.mark.parametrize(("a_second", "abused"), [(11, False), (15, False), (40, True), (1_000, True)])
def test_who_asks_a_little_too_fast_is_only_refused_and_who_floods_is_shown_out(a_second: int, abused: bool) -> None:
    pace, clock = paced("600/minute")
    for _ in range(a_second * 120):
        clock[0] += 1 / a_second
        pace.allows()
        if pace.is_abused:
            break
    assert pace.is_abused == abused


def test_a_clock_that_stands_still_gives_nothing_away_and_no_limit_is_no_limit() -> None:
    pace, _ = paced("")
    assert all(pace.allows() for _ in range(10_000))
    assert not pace.is_abused


@pytest.mark.parametrize(("status", "most"), [(429, "REALTIME_MAX_SOCKETS_PER_USER"), (503, "REALTIME_MAX_SOCKETS")])
async def test_one_too_many_is_refused_before_the_upgrade_by_a_server_that_can(
    stream: LiveStream, world: Any, token: str, settings: Settings, status: int, most: str
) -> None:
    setattr(settings, most, 1)
    async with Talk(stream, token) as first:
        await first.ready()
        async with Talk(stream, token, extensions=["websocket.http.response"]) as second:
            refused = await second.message()
            assert (refused["type"], refused["status"]) == ("websocket.http.response.start", status)
            assert int(dict(refused["headers"])[b"retry-after"]) > 0
        await off_loop(happen, world.account.pk, drift_created())
        assert (await first.ask("ping"))["event"] == "ack"
    async with Talk(stream, token) as third:
        await third.ready()


def test_one_too_many_is_told_by_a_close_code_and_a_place_that_is_left_can_be_had(tmp_path: Path, world: Any) -> None:
    token = world.access_token(world.viewer)
    with serving(tmp_path, environment(REALTIME_MAX_SOCKETS_PER_USER="2", THROTTLE_SOCKET="20/hour")) as server:
        with server.connect(token) as one, server.connect(token) as two:
            one.ready()
            two.ready()
            with server.connect(token) as three:
                assert three.close_code() == 4429
            with server.connect(world.access_token(world.engineer)) as another:
                another.ready()
        assert server.sample('driftsentry_realtime_refused_total{reason="too_many_of_user"}') == 1
        with Client.listening(server, token) as again:
            _asks_too_fast(again, world)


def test_an_ordinary_clients_pings_are_answered(server: Server, token: str) -> None:
    with server.connect(token) as client:
        client.ready()
        for _ in range(50):
            assert client.socket.ping().wait(PATIENCE_SECONDS)
        assert client.ask("ping")["event"] == "ack"


@pytest.mark.parametrize(
    "frame",
    [
        Frame(Opcode.PING, b"x" * 125),
        Frame(Opcode.PONG, b""),
        Frame(Opcode.CONT, b"", fin=False),
    ],
    ids=lambda frame: frame.opcode.name,
)
def test_who_floods_with_frames_that_make_no_message_is_shown_out(server: Server, token: str, frame: Frame) -> None:
    abused = 'driftsentry_realtime_closed_total{code="1008"}'
    before = server.sample(abused)
    with deaf(server, token) as client:
        client.frames_taken(Frame(Opcode.TEXT, b"", fin=False), most=1)
        client.frames_taken(frame, most=2_000 * len(frame.serialize(mask=True)))
        assert wait_until(lambda: server.sample(abused) == before + 1, seconds=30)


def _asks_too_fast(client: Client, world: Any) -> None:
    """It is told so and still served; it is shown out when it goes on."""
    answers = [client.ask("ping")["event"] for _ in range(19)]
    assert answers == ["ack"] * 19
    client.send("ping")
    refused = client.receive()
    assert (refused["event"], refused["data"]["code"]) == ("error", "RATE_LIMIT")
    happen(world.account.pk, drift_created())
    client.event("drift:created")
    with contextlib.suppress(ConnectionClosed):
        for _ in range(2 * PATIENCE):
            client.send("ping")
    assert client.close_code() == 1008
