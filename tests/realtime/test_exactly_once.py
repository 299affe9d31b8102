"""Every event once and in order: under concurrent writers, for several sockets, and across cuts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from audit.models import AuditHead, AuditLog
from driftsentry.realtime.feed import MAX_REPLAY
from tests.realtime.happenings import alert_created, drift_created, happen, happen_at_once
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
