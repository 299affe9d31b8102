"""The clock goes back an hour, that of the processes and that of the database: no order changes, nothing is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from alerts.actions.channels import create_channel
from alerts.models import Delivery
from alerts.tasks import deliver
from audit.models import AuditLog
from audit.verification import verify
from drifts.models import Drift
from driftsentry.api.ids import new_id
from tests.alerts.receiver import LOCAL, receiving
from tests.drifts.reported import REASON, report
from tests.drifts.scans import drifted, head, ingest, instance, only_drift

HOUR = timedelta(hours=1)
AHEAD = """
CREATE SCHEMA ahead;
GRANT USAGE ON SCHEMA ahead TO PUBLIC;
CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$;
"""


@pytest.fixture
def database_clock(world: Any) -> Iterator[None]:
    """What the database's functions take for the clock while `an_hour_ahead`."""
    with connection.cursor() as cursor:
        cursor.execute(AHEAD)
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET search_path; DROP SCHEMA ahead CASCADE")


@contextmanager
def an_hour_ahead() -> Iterator[None]:
    """What happens here happens by clocks that are an hour ahead; after it they have gone back."""
    with time_machine.travel(timezone.now() + HOUR, tick=True):
        with connection.cursor() as cursor:
            cursor.execute("SET search_path TO ahead, pg_catalog, public")
        yield
    with connection.cursor() as cursor:
        cursor.execute("RESET search_path")


def test_ids_go_on_where_they_were() -> None:
    with time_machine.travel(timezone.now() + HOUR, tick=True):
        before = [new_id() for _ in range(10_000)]
    after = [new_id() for _ in range(10_000)]
    ids = [*before, *after]
    assert ids == sorted(set(ids))
    assert {(ident.version, ident.variant) for ident in ids} == {(7, "specified in RFC 4122")}


@pytest.mark.usefixtures("database_clock")
def test_the_journal_the_timeline_and_the_stream_keep_their_order(world: Any) -> None:
    start = head(world)
    with an_hour_ahead():
        client = world.client(world.engineer)
        ingest(world, drifted(instance()))
        path = f"/api/v1/drifts/{only_drift().pk}"
        assert client.post(f"{path}/triage", {}, format="json").status_code == 200
    turning = head(world)
    assert client.post(f"{path}/approve", {"reason": REASON}, format="json").status_code == 200
    assert client.post(f"{path}/comments", {"text": "Done."}, format="json").status_code == 201
    assert client.post(f"{path}/resolve", {"how": "manual-fix"}, format="json").status_code == 200

    entries = list(AuditLog.objects.filter(account=world.account).order_by("seq"))
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    times = [entry.at for entry in entries]
    assert times == sorted(times)
    assert len({at for at, entry in zip(times, entries, strict=True) if entry.seq >= turning}) == 1
    assert times[-1] > timezone.now() + HOUR / 2
    assert verify(world.account.pk).valid

    timeline = client.get(f"{path}/timeline").json()["data"]
    assert [entry["timestamp"] for entry in timeline] == sorted(entry["timestamp"] for entry in timeline)
    actions = [entry["action"] for entry in timeline if entry["action"].startswith("drift")]
    assert actions == ["drift.created", "drift.triaged", "drift.approved", "drift.commented", "drift.resolved"]

    told = client.get("/api/v1/events", {"after": start}).json()["data"]["events"]
    assert [event["seq"] for event in told] == sorted({event["seq"] for event in told})
    assert [event["at"] for event in told] == sorted(event["at"] for event in told)
    assert [event["event"] for event in told if event["event"].startswith("drift")] == [
        *("drift:created", "drift:triaged", "drift:approved", "drift:resolved")
    ]


def test_a_list_that_is_being_read_skips_and_repeats_nothing(world: Any) -> None:
    with time_machine.travel(timezone.now() + HOUR, tick=True):
        client = world.client(world.viewer)
        old = [str(report(world.engineer, f"i-{number}").pk) for number in range(4)]
        page = client.get("/api/v1/drifts", {"cursor": "", "limit": 2}).json()["data"]
    new = [str(report(world.engineer, f"i-new-{number}").pk) for number in range(3)]
    read = [drift["id"] for drift in page["items"]]
    while cursor := page["pagination"]["nextCursor"]:
        page = client.get("/api/v1/drifts", {"cursor": cursor, "limit": 2}).json()["data"]
        read += [drift["id"] for drift in page["items"]]
    assert read == old[::-1]
    newest_first = client.get("/api/v1/drifts", {"cursor": "", "limit": 100}).json()["data"]["items"]
    assert [drift["id"] for drift in newest_first] == [*new[::-1], *old[::-1]]


def test_a_scan_after_the_turn_counts_as_the_later_one(world: Any) -> None:
    with time_machine.travel(timezone.now() + HOUR, tick=True):
        first = ingest(world, drifted(instance())).scan
    second = ingest(world, drifted(instance(size="m5.large"))).scan
    third = ingest(world, drifted(instance(size="m5.large"), clean=("aws_instance.calm",))).scan
    assert (second.drifts_changed, third.drifts_recurring) == (1, 1)
    assert [first.pk, second.pk, third.pk] == sorted([first.pk, second.pk, third.pk])
    assert Drift.objects.get().difference["instance_type"]["actual"] == "m5.large"


def test_whoever_is_signed_in_stays_so(world: Any) -> None:
    """Also where another machine's clock, which issued the token, is ahead of ours."""
    with time_machine.travel(timezone.now() + HOUR, tick=True):
        client = world.client(world.viewer)
    assert client.get("/api/v1/users/me").status_code == 200


def test_a_message_that_was_due_at_once_is_sent_at_once(world: Any, settings: Any) -> None:
    settings.NOTIFICATION_PRIVATE_HOSTS = LOCAL
    with receiving() as receiver:
        values = {"name": "all", "kind": "webhook", "secrets": {"url": receiver.url}}
        create_channel(world.account.pk, values=values, by=world.actor(world.owner))
        with time_machine.travel(timezone.now() + HOUR, tick=True):
            report(world.engineer)
        (job,) = ProcrastinateJob.objects.filter(task_name="alerts.tasks.deliver")
        assert job.scheduled_at is None
        deliver(**job.args)
        delivery = Delivery.objects.get(channel__isnull=False)
        assert (delivery.status, len(receiver.asked)) == ("delivered", 1)
