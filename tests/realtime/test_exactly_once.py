"""Every event once and in order: under concurrent writers, for several sockets, and across cuts."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from audit.facts import Fact
from audit.models import AuditHead, AuditLog
from driftsentry.realtime.feed import MAX_REPLAY
from tests.realtime.happenings import (
    alert_created,
    alert_read,
    drift_created,
    drift_updated,
    happen,
    happen_at_once,
)
from tests.realtime.server import Client, Frame, Server

WRITERS, TRANSACTIONS, FACTS = 4, 25, 5
EVENTS = WRITERS * TRANSACTIONS * FACTS


def journal_of(world: Any, *, after: int = 0) -> list[tuple[int, str]]:
    """The drifts that were created, as the journal has them."""
    found = AuditLog.objects.filter(account=world.account, kind="drift.created", seq__gt=after).order_by("seq")
    return [(seq, data["id"]) for seq, data in found.values_list("seq", "data")]


def told(events: list[Frame]) -> list[tuple[int, str]]:
    return [(event["seq"], event["data"]["id"]) for event in events]


def while_writing(world: Any, read: Callable[[], list[Frame]]) -> list[Frame]:
    """What is read while four writers write."""
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        happen_at_once(world.account.pk, writers=WRITERS, transactions=TRANSACTIONS, facts=FACTS)
        return reading.result()


def test_several_sockets_see_all_events_of_four_writers_once_and_in_order(server: Server, world: Any) -> None:
    token = world.access_token(world.viewer)
    listening = Client.listening
    with listening(server, token) as one, listening(server, token) as two, listening(server, token, "alerts") as three:
        with ThreadPoolExecutor(2) as pool:
            reads = [pool.submit(client.events, EVENTS) for client in (one, two)]
            happen_at_once(world.account.pk, writers=WRITERS, transactions=TRANSACTIONS, facts=FACTS)
            seen = [told(read.result()) for read in reads]
        happen(world.account.pk, alert_created())
        assert three.event("alert:created")["seq"] == journal_of(world)[-1][0] + 1
    assert len(seen[0]) == EVENTS
    assert seen == [journal_of(world)] * 2


def test_reading_with_cuts_is_like_one_uninterrupted_read(server: Server, world: Any) -> None:
    token = world.access_token(world.viewer)
    with server.connect(token) as client:
        start = client.ready()["data"]

    def read_with_cuts() -> list[Frame]:
        read: list[Frame] = []
        after = start["seq"]
        for many in (1, 7, 60, 150, EVENTS - 218):
            with server.connect(token) as client:
                client.ready()
                client.send("subscribe", channel="drifts")
                client.resume(after=after, epoch=start["epoch"])
                read += client.events(many)
                after = read[-1]["seq"]
        return read

    assert told(while_writing(world, read_with_cuts)) == journal_of(world)


@pytest.mark.parametrize("first", ["subscribe", "resume"])
def test_a_client_may_subscribe_and_resume_in_either_order(server: Server, world: Any, first: str) -> None:
    token = world.access_token(world.viewer)
    with server.connect(token) as client:
        start = client.ready()["data"]
    happen(world.account.pk, drift_created(), alert_created(), drift_created())
    with server.connect(token) as client:
        client.ready()
        requests: dict[str, list[dict[str, Any]]] = {
            "subscribe": [{"channel": "drifts"}, {"channel": "alerts"}],
            "resume": [{"after": start["seq"], "epoch": start["epoch"]}],
        }
        for action in sorted(requests, key=lambda action: action != first):
            for request in requests[action]:
                client.send(action, **request)
        client.cursor = start["seq"]
        events = client.events(3)
    assert [event["event"] for event in events] == ["drift:created", "alert:created", "drift:created"]
    assert [event["prev"] for event in events] == [start["seq"], start["seq"] + 1, start["seq"] + 2]


def test_a_socket_that_is_served_can_go_back(server: Server, world: Any) -> None:
    with Client.listening(server, world.access_token(world.viewer)) as client:
        start, epoch = client.cursor, client.epoch
        happen(world.account.pk, drift_created(), drift_created())
        seen = client.events(2)
        client.resume(after=start, epoch=epoch)
        assert client.events(2) == seen


def test_a_filtered_reader_can_tell_a_filter_from_a_loss(server: Server, world: Any) -> None:
    with Client.listening(server, world.access_token(world.viewer), "alerts") as client:
        start = client.cursor
        happen(
            world.account.pk, *(drift_created() for _ in range(5)), alert_created(), drift_created(), alert_created()
        )
        first, second = client.events(2)
    assert (first["seq"], first["prev"]) == (start + 6, start)
    assert (second["seq"], second["prev"]) == (start + 8, start + 6)


def test_a_transaction_larger_than_a_batch_arrives_whole(server: Server, world: Any) -> None:
    with Client.listening(server, world.access_token(world.viewer)) as client:
        happen(world.account.pk, *(drift_created() for _ in range(3000)))
        assert told(client.events(3000)) == journal_of(world)


@pytest.mark.parametrize("wrong", ["epoch", "unknown", "too_far_behind"])
def test_a_past_that_is_not_available_is_reset(server: Server, world: Any, wrong: str) -> None:
    with Client.listening(server, world.access_token(world.viewer)) as client:
        head = AuditHead.objects.get(account=world.account)
        after, epoch = head.seq, str(head.epoch)
        if wrong == "epoch":
            epoch = str(uuid4())
        elif wrong == "unknown":
            after = head.seq + 1
        else:
            for _ in range(MAX_REPLAY // 2000 + 1):
                happen(world.account.pk, *(alert_created() for _ in range(2000)))
            head.refresh_from_db()
        answer = client.ask("resume", after=after, epoch=epoch)
        reset = client.event("reset")
        assert answer["event"] == "ack"
        assert reset["data"] == {"seq": head.seq, "epoch": str(head.epoch), "reason": wrong}
        happen(world.account.pk, drift_created())
        assert client.event("drift:created")["prev"] == head.seq


def random_facts(dice: Random) -> list[Fact]:
    """What may be in one transaction: of any severity, stack and channel."""
    made: list[Fact] = []
    for _ in range(dice.randint(1, 6)):
        severity, stack = dice.choice(["critical", "high", "low"]), dice.choice(["payments", "other"])
        before = dice.choice(["critical", "high", "low"])
        made.append(
            dice.choice(
                [
                    drift_created(severity=severity, stack=stack),
                    drift_updated(severity=severity, previous_severity=before, stack=stack),
                    alert_created(severity=severity),
                    alert_read(),
                ]
            )
        )
    return made


def wanted(world: Any, *, after: int) -> list[int]:
    """By the journal alone: critical drifts of payments, those that were critical among them, and all alerts."""
    entries = AuditLog.objects.filter(account=world.account, seq__gt=after).order_by("seq")
    return [
        seq
        for seq, kind, data in entries.values_list("seq", "kind", "data")
        if kind.startswith("alert.")
        or (
            kind.startswith("drift.")
            and data["stack"] == "payments"
            and "critical" in {data["severity"], data.get("previousSeverity")}
        )
    ]


def read_with_random_cuts(server: Server, token: str, start: dict[str, Any], *, last: str, dice: Random) -> list[Frame]:
    """Read until the last event, cut off after a few frames each time, going back to any place now and then."""
    read: list[Frame] = []
    while not read or read[-1]["data"]["id"] != last:
        after = read[-1]["seq"] if read else start["seq"]
        with server.connect(token) as client:
            client.ready()
            client.send("subscribe", channel="drifts", filter={"severity": "critical", "stack": ["payments", "none"]})
            client.send("subscribe", channel="alerts")
            client.resume(after=after, epoch=start["epoch"])
            for _ in range(dice.randint(1, 60)):
                read.append(client.event())
                if read[-1]["data"]["id"] == last:
                    break
            else:
                read = read[: dice.choice([len(read), len(read), dice.randint(0, len(read))])]
    return read


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_filtered_read_with_random_cuts_is_like_one_uninterrupted_read(server: Server, world: Any, seed: int) -> None:
    token, marker = world.access_token(world.viewer), alert_created()
    with server.connect(token) as client:
        start = client.ready()["data"]

    def write(number: int) -> None:
        dice = Random(f"{seed} {number}")  # noqa: S311 - dice for a test
        try:
            for _ in range(25):
                happen(world.account.pk, *random_facts(dice))
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        dice = Random(seed)  # noqa: S311 - dice for a test
        reading = pool.submit(read_with_random_cuts, server, token, start, last=str(marker.id), dice=dice)
        for done in [pool.submit(write, number) for number in range(WRITERS)]:
            done.result()
        happen(world.account.pk, marker)
        read = reading.result()
    assert [frame["seq"] for frame in read] == wanted(world, after=start["seq"])
    assert [frame["prev"] for frame in read] == [start["seq"], *(frame["seq"] for frame in read[:-1])]


def test_an_archived_past_is_reset_and_what_is_left_is_read(server: Server, world: Any) -> None:
    with Client.listening(server, world.access_token(world.viewer)) as client:
        start, epoch = client.cursor, client.epoch
        happen(world.account.pk, drift_created(), drift_created(), drift_created())
        seen = client.events(3)
        AuditHead.objects.filter(account=world.account).update(archived_seq=start + 1)
        client.resume(after=start + 1, epoch=epoch)
        assert client.events(2) == seen[1:]
        client.send("resume", after=start, epoch=epoch)
        reset = client.event("reset")
        assert reset["data"] == {"seq": start + 3, "epoch": epoch, "reason": "archived"}
        happen(world.account.pk, drift_created())
        assert client.event("drift:created")["prev"] == start + 3


def test_a_clock_that_goes_back_changes_no_order(server: Server, world: Any) -> None:
    with Client.listening(server, world.access_token(world.viewer)) as client:
        start, epoch = client.cursor, client.epoch
        happen(world.account.pk, *(drift_created() for _ in range(5)))
        seen = told(client.events(5))
        with rewritten_journal() as execute:
            execute("UPDATE audit_log SET at = at - seq * interval '1 hour' WHERE seq > %s", [start])
        client.resume(after=start, epoch=epoch)
        again = client.events(5)
    assert told(again) == seen == journal_of(world)
    assert [event["at"] for event in again] == sorted((event["at"] for event in again), reverse=True)


@contextmanager
def rewritten_journal() -> Iterator[Callable[[str, list[Any]], Any]]:
    """A way to change what the journal's own trigger refuses to change."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_log DISABLE TRIGGER USER")
        try:
            yield cursor.execute
        finally:
            cursor.execute("ALTER TABLE audit_log ENABLE TRIGGER USER")
            cursor.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_no_truncate")
