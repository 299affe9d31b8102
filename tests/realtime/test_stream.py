"""The live stream over a real daphne: connecting, subscribing, receiving, and being shown out."""

import contextlib
from typing import Any

import pytest
from django.utils import timezone
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode

from accounts.actions import log_out, refresh_session
from accounts.models import Session, User
from audit.models import AuditHead
from tests.accounts.keys import ALL, account_key
from tests.realtime.happenings import alert_created, drift_created, drift_updated, happen, scan_completed
from tests.realtime.server import Client, Server


def test_ready_says_where_the_stream_begins_and_for_whom(server: Server, world: Any) -> None:
    with server.connect(world.access_token(world.viewer)) as client:
        ready = client.ready()
    head = AuditHead.objects.get(account=world.account)
    assert ready["data"]["seq"] == head.seq
    assert ready["data"]["epoch"] == str(head.epoch)
    assert ready["data"]["heartbeatSeconds"] == 20
    assert ready["data"]["user"] == {
        "id": str(world.viewer.pk),
        "email": world.viewer.email,
        "name": world.viewer.name,
        "role": "viewer",
    }


@pytest.mark.parametrize("path", ["/ws", "/ws/"])
@pytest.mark.parametrize("in_url", [False, True])
def test_both_paths_and_both_places_of_the_token_are_taken(server: Server, world: Any, path: str, in_url: bool) -> None:
    with server.connect(world.access_token(world.viewer), path=path, in_url=in_url) as client:
        client.ready()
        assert client.socket.subprotocol == (None if in_url else "driftsentry.v1")


@pytest.mark.parametrize("token", ["", "nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_a_bad_token_is_refused_before_the_upgrade(server: Server, world: Any, token: str) -> None:
    with pytest.raises(InvalidStatus) as refused, server.connect(token, in_url=True):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("in_url", [True, False])
def test_an_api_key_opens_no_stream(server: Server, world: Any, in_url: bool) -> None:
    key = account_key(world, *ALL)
    assert key.client.get("/api/v1/drifts").status_code == 200
    with pytest.raises(InvalidStatus) as refused, server.connect(key.text, in_url=in_url):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("path", "origin"),
    [("/ws/other", None), ("/", None), ("/ws", "https://evil.example"), ("/ws", "null"), ("/ws", "ftp://127.0.0.1")],
)
def test_another_path_or_page_is_refused(server: Server, world: Any, path: str, origin: str | None) -> None:
    token = world.access_token(world.viewer)
    with pytest.raises(InvalidStatus) as refused, server.connect(token, path=path, origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_a_page_of_this_service_may_connect(server: Server, world: Any) -> None:
    with server.connect(world.access_token(world.viewer), origin=f"http://127.0.0.1:{server.port}") as client:
        client.ready()


def test_an_event_arrives_once_its_action_has_committed(server: Server, world: Any) -> None:
    with Client.listening(server, world.access_token(world.viewer)) as client:
        fact = drift_created()
        happen(world.account.pk, fact)
        event = client.event("drift:created")
    assert event["seq"] == AuditHead.objects.get(account=world.account).seq
    assert event["at"].endswith("Z")
    assert event["data"] == {
        "id": str(fact.id),
        "resourceId": "sg-1",
        "resourceType": "SECURITY_GROUP",
        "region": "eu-west-1",
        "stack": "payments",
        "severity": "high",
        "costImpactMonthly": 12.5,
        "detectedAt": "2026-01-02T03:04:05.000000Z",
        "status": "detected",
        "previousDriftId": None,
    }


def test_only_subscribed_channels_are_sent(server: Server, world: Any) -> None:
    with Client.listening(server, world.access_token(world.viewer), "alerts", "scans") as client:
        happen(world.account.pk, drift_created(), alert_created(), drift_created(), scan_completed())
        assert [event["event"] for event in client.events(2)] == ["alert:created", "scan:completed"]
        client.ask("unsubscribe", channel="alerts")
        happen(world.account.pk, alert_created(), scan_completed())
        assert client.event()["event"] == "scan:completed"


def test_a_filter_lets_through_what_it_names(server: Server, world: Any) -> None:
    with Client.listening(server, world.access_token(world.viewer)) as client:
        wanted = {"severity": ["critical", "high"], "stack": "payments"}
        client.ask("subscribe", channel="drifts", filter=wanted)
        happen(
            world.account.pk,
            drift_created(severity="low"),
            drift_created(stack="other"),
            drift_created(severity="critical"),
            drift_created(severity="medium"),
            drift_updated(severity="low", previous_severity="critical"),
        )
        seen = [(event["event"], event["data"]["severity"]) for event in client.events(2)]
    assert seen == [("drift:created", "critical"), ("drift:updated", "low")]


def test_an_outsider_sees_nothing_of_the_account(server: Server, world: Any) -> None:
    everything = ("drifts", "alerts", "scans")
    with Client.listening(server, world.access_token(world.outsider), *everything) as outsider:
        happen(world.account.pk, drift_created(), alert_created(), scan_completed())
        own = drift_created()
        happen(world.other_account.pk, own)
        assert outsider.event()["data"]["id"] == str(own.id)
        epoch = str(AuditHead.objects.get(account=world.account).epoch)
        outsider.ask("resume", after=0, epoch=epoch)
        assert outsider.receive()["event"] == "reset"


def test_a_revoked_session_closes_its_sockets(server: Server, world: Any) -> None:
    signed_in = world.sign_in(world.viewer)
    with (
        Client.listening(server, signed_in.access) as client,
        Client.listening(server, world.access_token(world.viewer)) as another_session,
    ):
        log_out(signed_in.refresh, by=world.actor(world.viewer))
        assert client.close_code() == 4401
        assert another_session.ask("ping")["event"] == "ack"


def test_a_session_that_ends_without_an_entry_is_noticed_too(server: Server, world: Any) -> None:
    with Client.listening(server, world.access_token(world.viewer)) as client:
        Session.objects.filter(user=world.viewer).update(expires_at=timezone.now())
        assert client.close_code() == 4401


def test_a_deactivated_user_is_shown_out(server: Server, world: Any) -> None:
    with Client.listening(server, world.access_token(world.viewer)) as client:
        User.objects.filter(pk=world.viewer.pk).update(is_active=False)
        assert client.close_code() == 4403


def test_a_fresh_token_of_the_same_user_is_taken_and_anothers_is_not(server: Server, world: Any) -> None:
    signed_in = world.sign_in(world.viewer)
    with Client.listening(server, signed_in.access) as client:
        fresh = refresh_session(signed_in.refresh, by=world.actor(world.viewer)).tokens
        assert client.ask("authenticate", token=fresh.access)["event"] == "ack"
        for wrong in (world.access_token(world.engineer), "nonsense"):
            answer = client.ask("authenticate", token=wrong)
            assert (answer["event"], answer["data"]["code"]) == ("error", "AUTH_ERROR")
        happen(world.account.pk, drift_created())
        client.event("drift:created")


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[]",
        '"subscribe"',
        "[" * 15_000,
        '{"action": "subscribe", "channel": "drifts", "filter": ' + "[" * 10_000,
        '{"x": ' + "[" * 10_000 + "]" * 10_000 + ', "action": "ping"}',
        "x" * 20_000,
        b"\x00\xff",
        '{"action": "nothing"}',
        '{"action": "subscribe", "channel": "users"}',
        '{"action": "subscribe", "channel": "drifts", "filter": {"sevrity": "high"}}',
        '{"action": "subscribe", "channel": "scans", "filter": {"severity": "high"}}',
        '{"action": "resume", "after": -1, "epoch": "x"}',
        '{"action": "resume", "after": 1e999, "epoch": "x"}',
        '{"action": "ping", "ref": {"a": 1}}',
    ],
)
def test_a_malformed_frame_is_answered_and_not_fatal(server: Server, world: Any, frame: str | bytes) -> None:
    with Client.listening(server, world.access_token(world.viewer)) as client:
        client.socket.send(frame)
        assert client.receive()["event"] == "error"
        happen(world.account.pk, drift_created())
        client.event("drift:created")


@pytest.mark.parametrize(
    ("frame", "code"), [(Frame(Opcode.TEXT, b"\xff\xfe{"), 1007), (Frame(Opcode.TEXT, b"x" * 2**21), 1009)]
)
def test_what_the_protocol_itself_forbids_ends_that_socket_alone(
    server: Server, world: Any, frame: Frame, code: int
) -> None:
    token = world.access_token(world.viewer)
    with Client.listening(server, token) as another, Client.listening(server, token) as client:
        with contextlib.suppress(OSError):  # it may be shown out while it still sends
            client.socket.socket.sendall(frame.serialize(mask=True))
        assert client.close_code() == code
        happen(world.account.pk, drift_created())
        another.event("drift:created")


def test_an_error_carries_the_ref_of_its_request(server: Server, world: Any) -> None:
    with Client.listening(server, world.access_token(world.viewer)) as client:
        answer = client.ask("subscribe", channel="nothing")
    assert answer["event"] == "error"
    assert answer["data"]["code"] == "VALIDATION_ERROR"


def test_the_token_stands_in_no_log_line(server: Server, world: Any) -> None:
    token = world.access_token(world.viewer)
    with server.connect(token, in_url=True) as client:
        client.ready()
        client.socket.send("{")
        client.receive()
    assert token not in server.log.read_text()
