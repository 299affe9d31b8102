"""What waits for one client is bounded: it falls behind, catches up from the journal, or is shown out."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from pytest_django import Settings

from driftsentry.realtime import feed, outbox, tail
from driftsentry.realtime.consumer import LiveStream
from tests.realtime.happenings import drift_created, drift_updated, happen
from tests.realtime.inprocess import PATIENCE_SECONDS, Frame, Talk, comes_true, off_loop

MANY = 2 * outbox.LIMIT


@pytest.fixture(autouse=True)
def a_pause_is_none_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine it takes a while until enough has happened."""
    monkeypatch.setattr(outbox, "SLOW_SECONDS", 6 * PATIENCE_SECONDS)


async def many_happen(world: Any) -> None:
    await off_loop(happen, world.account.pk, *(drift_created() for _ in range(MANY)))


def noted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many entries the feed has handed out, each time."""
    many: list[int] = []
    hand_out = feed.Feed._hand_out

    def counted(self: feed.Feed, entries: Any) -> None:
        many.append(len(entries))
        hand_out(self, entries)

    monkeypatch.setattr(feed.Feed, "_hand_out", counted)
    return many


async def events(talk: Talk, many: int) -> list[Frame]:
    return [await talk.event("drift:created") for _ in range(many)]


async def test_a_client_that_stops_for_a_while_gets_everything_once_and_in_order(
    stream: LiveStream, world: Any, token: str
) -> None:
    async with (
        Talk(stream, token) as slow,
        Talk(stream, token) as quick,
    ):
        start = (await slow.listen())["data"]["seq"]
        await quick.listen()
        slow.reading.clear()
        await many_happen(world)
        seen = await events(quick, MANY)
        slow.reading.set()
        late = await events(slow, MANY)
    ours = [event["seq"] for event in late]
    assert ours == sorted(ours)
    assert {event["seq"] for event in late} >= {event["seq"] for event in seen}
    assert late[0]["seq"] > start
    assert all(after["prev"] == before["seq"] for before, after in pairwise(late))


async def test_a_client_that_takes_nothing_is_too_slow(
    stream: LiveStream, world: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SLOW_SECONDS", 0.2)
    async with Talk(stream, token) as talk:
        await talk.listen()
        talk.reading.clear()
        await off_loop(happen, world.account.pk, drift_created())
        assert await talk.close_code() == 1013


async def test_what_waits_for_a_client_is_bounded_in_size_too(
    stream: LiveStream, world: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_SIZE", 20_000)
    handed_out = noted(monkeypatch)
    async with Talk(stream, token) as talk:
        start = (await talk.listen())["data"]["seq"]
        (shared,) = stream._hub._feeds.values()
        assert await comes_true(lambda: not shared.behind)
        (socket,) = shared.sockets
        talk.reading.clear()
        await off_loop(happen, world.account.pk, *(drift_created(stack="x" * 2_000) for _ in range(100)))
        assert await comes_true(lambda: sum(handed_out) >= 100)
        assert sum(map(len, socket.outbox._frames)) == socket.outbox._size < 20_000 + 3_000
        talk.reading.set()
        late = await events(talk, 100)
        assert socket.outbox._size == sum(map(len, socket.outbox._frames))
    assert [event["seq"] for event in late] == list(range(start + 1, start + 101))


@pytest.mark.parametrize("reader", ["live", "behind"])
async def test_a_filter_that_is_asked_for_while_entries_are_being_read_holds_for_them(
    stream: LiveStream, world: Any, token: str, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    read, now, reads = tail.entries, asyncio.Event(), []
    drift = drift_created(region="eu-west-1")

    async def slow(*args: Any, **asked: Any) -> Any:
        found = await read(*args, **asked)
        reads.append(asked["facets"])
        await now.wait()
        return found

    await off_loop(happen, world.account.pk, drift)
    async with Talk(stream, token) as talk:
        start = (await talk.listen())["data"]
        (shared,) = stream._hub._feeds.values()
        assert await comes_true(lambda: not shared.behind)
        monkeypatch.setattr(tail, "entries", slow)
        if reader == "behind":
            talk.send("resume", after=start["seq"] - 1, epoch=start["epoch"])
        await off_loop(happen, world.account.pk, drift_updated(id=drift.id), drift_created(region="us-east-1"))
        assert await comes_true(lambda: bool(reads))
        assert (await talk.ask("subscribe", channel="drifts", filter={"region": "us-east-1"}))["event"] == "ack"
        now.set()
        assert (await talk.event("drift:created"))["data"]["region"] == "us-east-1"
    assert "drift:updated" not in talk.names
    assert (reads[0], reads[-1]) == (frozenset(), frozenset({"region"}))


async def test_a_client_that_asks_and_reads_no_answer_is_too_slow(
    stream: LiveStream, world: Any, token: str, settings: Settings
) -> None:
    settings.THROTTLE_SOCKET = ""
    async with Talk(stream, token) as talk:
        await talk.listen()
        talk.reading.clear()
        for _ in range(outbox.LIMIT + outbox.SPARE + 2):
            talk.send("ping")
        assert await talk.close_code() == 1013


async def test_a_client_that_falls_too_far_behind_is_too_slow(
    stream: LiveStream, world: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MAX_BEHIND", outbox.LIMIT // 2)
    handed_out = noted(monkeypatch)
    async with Talk(stream, token) as talk:
        await talk.listen()
        talk.reading.clear()
        for _ in range(4):
            await many_happen(world)
        assert await comes_true(lambda: sum(handed_out) >= 4 * MANY)
        talk.reading.set()
        assert await talk.close_code() == 1013


async def test_a_client_that_is_being_served_slowly_still_gets_its_answers(
    stream: LiveStream, world: Any, token: str
) -> None:
    async with Talk(stream, token) as talk:
        await talk.listen()
        talk.reading.clear()
        await many_happen(world)
        talk.send("ping", ref="still there?")
        talk.reading.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert (await talk.event("ack"))["ref"] == "still there?"
