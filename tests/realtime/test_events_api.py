"""`GET /events`: the same past, a page at a time, in the same frames as the socket's."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditHead, AuditLog
from drifts.actions.stacks import create_stack
from driftsentry.api.access import Scope
from driftsentry.realtime import catch_up, tail
from tests.accounts.keys import account_key
from tests.conftest import World
from tests.realtime.frames import checked
from tests.realtime.happenings import (
    alert_created,
    alert_read,
    drift_created,
    drift_updated,
    happen,
    happen_at_once,
    scan_completed,
)
from tests.realtime.server import Client, Server


def page(world: World, **asked: str | int) -> dict[str, Any]:
    """One page, as a viewer gets it."""
    answer = world.client(world.viewer).get("/api/v1/events", asked)
    assert answer.status_code == 200, answer.json()
    found: dict[str, Any] = answer.json()["data"]
    assert all(checked(event) for event in found["events"])
    return found


def head_of(world: World) -> AuditHead:
    return AuditHead.objects.get(account=world.account)


def test_a_page_holds_what_happened_after_an_entry_in_its_order_and_where_to_go_on(world: World) -> None:
    head = head_of(world)
    happen(world.account.pk, drift_created(), alert_created())
    happen(world.account.pk, scan_completed())
    found = page(world, after=head.seq)
    assert [event["event"] for event in found["events"]] == ["drift:created", "alert:created", "scan:completed"]
    assert [event["seq"] for event in found["events"]] == [head.seq + 1, head.seq + 2, head.seq + 3]
    assert [event["prev"] for event in found["events"]] == [head.seq, head.seq + 1, head.seq + 2]
    assert (found["cursor"], found["epoch"], found["hasMore"]) == (head_of(world).seq, str(head.epoch), False)
    assert page(world, after=found["cursor"], epoch=found["epoch"])["events"] == []


def test_pages_one_after_the_other_read_like_one(world: World) -> None:
    after = head_of(world).seq
    happen(world.account.pk, *(drift_created() for _ in range(10)), alert_read(), drift_created())
    whole = page(world, after=after)["events"]
    read, more = [], True
    while more:
        found = page(world, after=after, limit=3)
        read += found["events"]
        after, more = found["cursor"], found["hasMore"]
        assert len(found["events"]) <= 3
    assert read == whole
    assert len(read) == 12


def test_a_page_looks_at_a_bounded_part_of_the_journal_however_little_a_filter_lets_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "MAX_CONSIDERED", 4)
    after = head_of(world).seq
    happen(world.account.pk, *(drift_created(severity="low") for _ in range(6)), drift_created(severity="critical"))
    first = page(world, after=after, severity="critical", channel="drifts")
    assert (first["events"], first["cursor"], first["hasMore"]) == ([], after + 4, True)
    second = page(world, after=first["cursor"], severity="critical", channel="drifts")
    assert [event["seq"] for event in second["events"]] == [after + 7]
    assert second["events"][0]["prev"] == first["cursor"]


def test_pages_that_are_read_while_four_writers_write_skip_and_repeat_nothing(world: World) -> None:
    """An entry gets its number under the lock of its account's head, held to the commit: none appears below another."""
    client, start, written = world.client(world.viewer), int(head_of(world).seq), Event()

    def read_all() -> list[int]:
        read: list[int] = []
        after, over = start, False
        while len(read) < 4 * 20 * 3 and not over:
            was_written = written.is_set()
            asked: dict[str, str | int] = {"after": after, "limit": 7, "channel": "drifts"}
            found = client.get("/api/v1/events", asked).json()["data"]
            read += [event["seq"] for event in found["events"]]
            after, over = found["cursor"], was_written and not found["events"]
        connection.close()
        return read

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_all)
        try:
            happen_at_once(world.account.pk, writers=4, transactions=20, facts=3)
        finally:
            written.set()  # the reader ends, also where a writer has failed
        read = reading.result(60)
    drifts = AuditLog.objects.filter(account=world.account, kind="drift.created", seq__gt=start).order_by("seq")
    assert read == list(drifts.values_list("seq", flat=True))


def test_what_is_archived_between_the_look_at_the_end_and_the_read_is_no_quiet_past(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(world.account.pk, drift_created())
    client, head = world.client(world.viewer), head_of(world)
    ahead = replace(tail.head_of(world.account.pk), seq=head.seq + 5)
    monkeypatch.setattr(tail, "head_of", lambda _: ahead)
    answer = client.get("/api/v1/events", {"after": head.seq + 3})
    assert answer.status_code == 409
    assert answer.json()["error"]["details"]["reset"]["reason"] == "archived"


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"channel": "alerts,scans"}, [4, 5, 6]),
        ({"channel": "all", "severity": "all"}, [1, 2, 3, 4, 5, 6]),
        ({"channel": "drifts", "severity": "critical"}, [3]),
        ({"channel": "drifts", "severity": "low,high", "stack": "payments"}, [1, 3]),
        ({"channel": "drifts", "resourceType": "EC2"}, [2]),
        ({"channel": "drifts", "region": "eu-west-1, us-east-1"}, [1, 2, 3]),
        ({"channel": "alerts", "type": "scan_failed"}, [5]),
        ({"severity": "low"}, [2, 3, 5, 6]),
    ],
    ids=str,
)
def test_it_takes_the_channels_and_filters_of_a_socket(world: World, asked: dict[str, str], seen: list[int]) -> None:
    after = head_of(world).seq
    drift = uuid4()
    happen(
        world.account.pk,
        drift_created(id=drift, severity="high"),
        drift_created(severity="low", stack="other", resource_type="EC2", region="us-east-1"),
        drift_updated(id=drift, severity="low", previous_severity="critical"),
        alert_created(drift_id=drift),
        alert_read(),
        scan_completed(),
    )
    assert [event["seq"] - after for event in page(world, after=after, **asked)["events"]] == seen


def test_an_alert_is_of_the_stack_of_its_drift(world: World) -> None:
    after = head_of(world).seq
    payments, other = uuid4(), uuid4()
    happen(world.account.pk, drift_created(id=payments, stack="payments"), drift_created(id=other, stack="other"))
    happen(world.account.pk, alert_created(drift_id=payments), alert_created(drift_id=other))
    found = page(world, after=after, channel="alerts", stack="payments")["events"]
    assert [event["data"]["driftId"] for event in found] == [str(payments)]


def test_its_frames_are_those_of_a_socket_that_resumes_from_there(server: Server, world: World) -> None:
    with Client.listening(server, world.access_token(world.viewer), "drifts", "alerts", "scans") as client:
        start, epoch = client.cursor, client.epoch
        happen(world.account.pk, drift_created(), alert_created(), drift_updated(), scan_completed())
        client.events(4)
        client.resume(after=start, epoch=epoch)
        assert page(world, after=start)["events"] == client.events(4)
        first = page(world, after=start, limit=2)
        client.resume(after=first["cursor"], epoch=first["epoch"])
        assert page(world, after=first["cursor"])["events"] == client.events(2)


@pytest.mark.parametrize("gone", ["epoch", "unknown", "archived"])
def test_a_past_that_is_not_available_is_a_conflict_that_says_where_to_go_on(world: World, gone: str) -> None:
    happen(world.account.pk, *(drift_created() for _ in range(3)))
    AuditHead.objects.filter(account=world.account).update(archived_seq=2)
    client = world.client(world.viewer)
    head = head_of(world)
    places: dict[str, dict[str, str | int]] = {
        "epoch": {"after": head.seq, "epoch": str(uuid4())},
        "unknown": {"after": head.seq + 1, "epoch": str(head.epoch)},
        "archived": {"after": 1},
    }
    answer = client.get("/api/v1/events", places[gone])
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    reset = answer.json()["error"]["details"]["reset"]
    assert reset == {"reason": gone, "seq": head.seq, "epoch": str(head.epoch)}
    assert client.get("/api/v1/events", {"after": reset["seq"], "epoch": reset["epoch"]}).status_code == 200
    assert client.get("/api/v1/events", {"after": 2}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "-1"),
        ("after", "x"),
        ("limit", "0"),
        ("limit", "501"),
        ("channel", "users"),
        ("severity", "grave"),
        ("type", "drift_detected,nonsense"),
        ("stack", "x" * 201),
        ("stack", ",".join(map(str, range(51)))),
        ("epoch", "e" * 65),
        ("sevrity", "high"),
    ],
)
def test_what_it_does_not_know_is_refused(world: World, name: str, value: str) -> None:
    answer = world.client(world.viewer).get("/api/v1/events", {name: value})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["errors"][0]["field"] == name


def test_another_tenant_sees_nothing_of_it(world: World) -> None:
    happen(world.account.pk, drift_created())
    own = drift_created()
    happen(world.other_account.pk, own)
    answer = world.client(world.outsider).get("/api/v1/events", {"channel": "drifts"})
    assert [event["data"]["id"] for event in answer.json()["data"]["events"]] == [str(own.id)]


def test_a_key_of_one_stack_is_refused_since_the_numbers_tell_of_the_account(world: World) -> None:
    create_stack(world.account.pk, values={"name": "payments"}, by=world.actor(world.owner))
    happen(world.account.pk, drift_created())
    assert account_key(world, Scope.READ).client.get("/api/v1/events").status_code == 200
    assert account_key(world, Scope.READ, stack="payments").client.get("/api/v1/events").status_code == 403


def test_a_page_costs_one_query_of_the_journal_however_long_it_is(world: World) -> None:
    happen(world.account.pk, *(drift_created() for _ in range(50)))
    client = world.client(world.viewer)
    client.get("/api/v1/events")
    with CaptureQueriesContext(connection) as queries:
        assert len(client.get("/api/v1/events", {"severity": "high"}).json()["data"]["events"]) == 50
    assert len([one for one in queries if 'FROM "audit_log"' in one["sql"]]) == 1
