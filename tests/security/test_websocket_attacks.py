"""The live stream under attack: nothing of another tenant or another person arrives, whatever is asked for."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts import actions
from accounts.models import User
from alerts.actions import mark_read, warn_user
from alerts.models import Alert
from audit import journal
from driftsentry.api.access import Scope
from driftsentry.realtime.protocol import MAX_FRAME
from tests.accounts.keys import account_key
from tests.conftest import World
from tests.realtime.happenings import alert_created, drift_created, happen, scan_completed
from tests.realtime.server import Client, Server

CHANNELS = ("drifts", "alerts", "scans")
HUGE = 2**63
NUMBERS: list[Any] = [0, 1, -1, -HUGE, HUGE, HUGE * 10**20, 1.5, "0", None, True, [], {}, [[0]]]
EPOCHS: list[Any] = ["", "x" * 65, "*", "' OR 1=1--", 0, None, [], {"$ne": None}]
PLACES: list[dict[str, Any]] = [
    *({"after": after} for after in NUMBERS),
    *({"after": 0, "epoch": epoch} for epoch in EPOCHS),
    *({"after": 0, "account": "theirs"}, {"after": 0, "accountId": "theirs"}),
]
FILTERS: list[Any] = [
    *({"stack": one} for one in ("*", "%", "all", "' OR 1=1--", "theirs", ["theirs", "all"], {"$ne": ""}, 1)),
    *({"account": "theirs"}, {"accountId": "theirs"}, {"severity": "*"}, [], "all", {"stack": [["theirs"]]}),
]


def fill(world: World) -> None:
    """Things that happen at another tenant, on every channel."""
    facts = (drift_created(stack="theirs", resource_id="secret"), alert_created(title="secret"))
    happen(world.other_account.pk, *facts, scan_completed(stack="theirs"))


def told_until_mine(client: Client, world: World) -> list[dict[str, Any]]:
    """Every frame up to one of an event of my own, which comes after all that was owed before it."""
    happen(world.account.pk, drift_created(stack="the end"))
    frames: list[dict[str, Any]] = []
    while True:
        frame = client.waiting.pop(0) if client.waiting else client.receive()
        if frame.get("data", {}).get("stack") == "the end":
            return frames
        frames.append(frame)


def test_nothing_of_another_tenant_arrives_whatever_is_asked_for(world: World, server: Server) -> None:
    fill(world)
    theirs = world.access_token(world.outsider)
    with server.connect(theirs) as other:
        their_epoch = other.ready()["data"]["epoch"]
    with Client.listening(server, world.access_token(world.owner), *CHANNELS) as client:
        own = client.epoch
        for given in FILTERS:
            answer = client.ask("subscribe", channel="drifts", filter=given)
            assert answer["event"] in {"ack", "error"}
        client.ask("subscribe", channel="drifts")
        for place in PLACES:
            for epoch in (own, their_epoch):
                client.socket.send(json.dumps({"action": "resume", "ref": "place", "epoch": epoch, **place}))
        client.socket.send(json.dumps({"action": "resume", "ref": "all", "epoch": own, "after": 0}))
        fill(world)
        seen = json.dumps([*frames_until(client, "all"), *frames_until(client, "the end", world)])
    assert "secret" not in seen
    assert "theirs" not in seen
    assert their_epoch not in seen


def frames_until(client: Client, mark: str, world: World | None = None) -> list[dict[str, Any]]:
    """Whatever comes, its order left unchecked, up to an answer, or to an event of my own that happens now."""
    if world:
        happen(world.account.pk, drift_created(stack=mark))
    frames: list[dict[str, Any]] = []
    while not frames or mark not in {frames[-1].get("ref"), frames[-1]["data"].get("stack")}:
        frames.append(json.loads(client.socket.recv(timeout=30)))
    return frames


def test_an_alert_for_one_person_goes_out_to_nobody(world: World, server: Server) -> None:
    """Not even to them: the stream is the account's. They find it in their list of alerts."""
    with Client.listening(server, world.access_token(world.owner), *CHANNELS) as client:
        with journal.writing(world.account.pk, by=world.actor(world.viewer)) as w:
            kind, severity = Alert.Types.SESSION_REUSED, Alert.Severities.HIGH
            alert = warn_user(w, world.viewer.pk, type=kind, severity=severity, title="secret", message="secret")
        mark_read(world.account.pk, alert.pk, by=world.actor(world.viewer))
        frames = json.dumps(told_until_mine(client, world))
    assert "secret" not in frames
    assert str(alert.pk) not in frames
    assert "session_reused" not in frames


def test_only_an_access_token_opens_a_socket(world: World, server: Server) -> None:
    pair, key = world.sign_in(world.viewer), account_key(world, *Scope).text
    bad = {
        "none": "",
        "an API key": key,
        "an API key with its scheme": f"Api-Key {key}",
        "a refresh token": pair.refresh,
        "a prefix of one": pair.access[:-5],
        "two": f"{pair.access},{pair.access}",
        "huge": pair.access + "x" * 3000,
    }
    for in_url in (True, False):
        for what, token in bad.items():
            if not in_url and (" " in token or "," in token):
                continue  # no sub-protocol can hold it
            with (
                pytest.raises(InvalidStatus) as refused,
                server.connect(quote(token) if in_url else token, in_url=in_url),
            ):
                pass
            assert refused.value.response.status_code == 403, what


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null", "file://"])
def test_a_page_of_another_site_opens_no_socket(world: World, server: Server, origin: str) -> None:
    token = world.access_token(world.viewer)
    with pytest.raises(InvalidStatus) as refused, server.connect(token, origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_a_cookie_of_the_admin_opens_no_socket(world: World, server: Server) -> None:
    cookies = {"Cookie": "sessionid=anything; accessToken=" + world.access_token(world.owner)}
    with pytest.raises(InvalidStatus) as refused, server.connect("", additional_headers=cookies):
        pass
    assert refused.value.response.status_code == 403


def test_a_socket_does_not_change_hands(world: World, server: Server) -> None:
    fill(world)
    with Client.listening(server, world.access_token(world.viewer), *CHANNELS) as client:
        for token in (
            *(world.access_token(other) for other in (world.outsider, world.owner)),
            *(account_key(world, *Scope).text, "", "x" * 5000, world.sign_in(world.viewer).refresh),
        ):
            assert client.ask("authenticate", token=token)["event"] == "error"
        fill(world)
        assert "secret" not in json.dumps(told_until_mine(client, world))


def deactivated(world: World) -> None:
    actions.administer_user(
        world.account.pk, world.engineer.pk, changes={"is_active": False}, by=world.actor(world.owner)
    )


def demoted(world: World) -> None:
    actions.administer_user(
        world.account.pk, world.engineer.pk, changes={"role": "viewer"}, by=world.actor(world.owner)
    )


def erased(world: World) -> None:
    actions.erase_user(world.account.pk, world.engineer.pk, by=world.actor(world.owner))


def told_a_new_password(world: World) -> None:
    actions.set_password(
        world.account.pk, world.engineer.pk, password="another fine passphrase", by=world.actor(world.owner)
    )


@pytest.mark.parametrize(
    ("end", "code"), [(deactivated, 4403), (erased, 4403), (demoted, 4401), (told_a_new_password, 4401)]
)
def test_a_socket_ends_with_what_let_it_in(world: World, server: Server, end: Any, code: int) -> None:
    token = world.access_token(world.engineer)
    with Client.listening(server, token) as client:
        end(world)
        assert client.close_code() == code
    with pytest.raises(InvalidStatus), server.connect(token):
        pass


def test_hostile_frames_are_answered_and_a_flood_of_them_harms_only_its_sender(world: World, server: Server) -> None:
    hostile: list[str | bytes] = [
        *("", "x", "null", "[]", "{", '{"action": "drop"}', '{"action": ["subscribe"]}', "9" * 5000, "[" * 9000),
        *('{"action": "subscribe", "channel": "audit"}', '{"action": "subscribe", "channel": "__class__"}'),
        *('{"action": "ping", "ref": {"a": 1}}', '{"action": "ping", "ref": 1e400}', "\u0000", "\u202e{{7*7}}"),
        *("x" * (MAX_FRAME + 1), b"\x00\xff", b'{"action": "ping"}'),
    ]
    honest = world.access_token(world.owner)
    with Client.listening(server, honest) as client, server.connect(world.access_token(world.viewer)) as attacker:
        attacker.ready()
        for frame in hostile:
            attacker.socket.send(frame)
            answer = attacker.receive()
            assert (answer["event"], answer["data"]["code"]) == ("error", "VALIDATION_ERROR"), frame
            assert "Traceback" not in answer["data"]["message"]
        try:
            for _ in range(3000):
                attacker.socket.send("x" * 2000)
        except ConnectionClosed:
            pass  # it reads no answer, and is too slow
        assert client.ask("ping")["event"] == "ack"
        assert told_until_mine(client, world) == []


def test_the_users_role_is_not_kept_by_a_socket(world: World, server: Server) -> None:
    """What `ready` says of the role is for the client: the next connection reads it anew."""
    token = world.access_token(world.owner)
    User.objects.filter(pk=world.owner.pk).update(role="viewer")
    with server.connect(token) as client:
        assert client.ready()["data"]["user"]["role"] == "viewer"
