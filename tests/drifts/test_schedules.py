"""The tick: what is due is scanned, once, and what has not been scanned for too long says so, once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob

from drifts import cron
from drifts.actions import schedules
from drifts.actions.schedules import mark_stale_stacks, start_due_scans
from drifts.detectors.base import DetectionError
from drifts.models import Scan, Stack
from drifts.tasks import tick_schedules
from driftsentry.api import tenancy
from tests.drifts.detectors.pretend import change, doing, make_stack, pretend, run_waiting
from tests.drifts.scans import alerts, clean, facts, ingest

__all__ = ["pretend"]
pytestmark = pytest.mark.usefixtures("pretend")
HOURLY = "0 * * * *"


@pytest.fixture(autouse=True)
def no_jobs_left(transactional_db: None) -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@contextmanager
def later(**by: float) -> Iterator[None]:
    """Work at a later time."""
    with time_machine.travel(timezone.now() + timedelta(**by)):
        yield


def scheduled(world: Any, name: str = "payments", **values: Any) -> Stack:
    return make_stack(world, name, **{"schedule": HOURLY, **values})


def fresh(stack: Stack) -> Stack:
    return Stack.objects.get(pk=stack.pk)


def test_a_stack_is_scanned_when_it_is_due_and_not_before(world: Any) -> None:
    stack = scheduled(world)
    set_for = stack.next_scan_at
    assert set_for is not None
    assert start_due_scans() == 0
    with later(hours=2):
        assert start_due_scans() == 1
        assert start_due_scans() == 0
        (scan,) = Scan.objects.all()
        assert (scan.stack, scan.detected_by, scan.status) == (stack, "scheduler", "pending")
        (job,) = ProcrastinateJob.objects.all()
        assert job.args["scan_id"] == str(scan.pk)
        assert fresh(stack).next_scan_at == cron.run_after(HOURLY, set_for, timezone.now(), stack.pk)
    (fact,) = facts(world, "scan.queued")
    assert (fact.actor_id, fact.actor_role) == (None, "system")


def test_a_worker_puts_the_job_in_the_queue_on_the_connection_that_makes_the_scan(world: Any) -> None:
    scheduled(world)
    with later(hours=2), app.replace_connector(DjangoConnector().get_worker_connector()):
        assert start_due_scans() == 1
        assert (Scan.objects.count(), ProcrastinateJob.objects.count()) == (1, 1)


def test_one_that_was_due_many_times_while_nobody_ticked_is_scanned_once(world: Any) -> None:
    stack = scheduled(world)
    with later(days=3):
        assert start_due_scans() == 1
        assert (fresh(stack).next_scan_at or timezone.now()) > timezone.now()
        run_waiting()
        assert start_due_scans() == 0


def test_any_number_of_workers_that_tick_at_once_start_each_stack_once(world: Any) -> None:
    stacks = [scheduled(world, f"stack-{number}") for number in range(6)]
    together = Barrier(4)

    def tick() -> int:
        try:
            with tenancy.lifted("a worker of the test"):
                together.wait(timeout=30)
                return start_due_scans()
        finally:
            connection.close()

    Stack.objects.update(next_scan_at=timezone.now() - timedelta(minutes=1))
    with ThreadPoolExecutor(4) as pool:
        started = sum(pool.map(lambda _: tick(), range(4)))
    assert started == len(stacks)
    assert sorted(Scan.objects.values_list("stack__name", flat=True)) == [stack.name for stack in stacks]
    assert ProcrastinateJob.objects.count() == len(stacks)


def test_a_stack_whose_scan_is_not_over_is_passed_over_and_its_next_run_set(
    world: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    stack = scheduled(world)
    with later(hours=2):
        start_due_scans()
        due = fresh(stack).next_scan_at
    with later(hours=4):
        assert start_due_scans() == 0
        assert (fresh(stack).next_scan_at or due) != due
    assert Scan.objects.count() == 1
    assert "scheduled_scan_skipped" in caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize("values", [{"is_enabled": False}, {"detector": ""}, {"schedule": ""}])
def test_a_stack_that_is_not_to_be_scanned_is_never_due(world: Any, values: dict[str, Any]) -> None:
    stack = scheduled(world)
    change(world, stack, **values)
    with later(days=1):
        assert start_due_scans() == 0
    assert not Scan.objects.exists()


def test_more_than_a_batch_is_started_in_one_tick(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "BATCH", 2)
    for number in range(5):
        scheduled(world, f"stack-{number}")
    with later(hours=2):
        assert start_due_scans() == 5


def test_a_schedule_that_cannot_be_read_stops_no_other(world: Any) -> None:
    broken = scheduled(world, "broken")
    scheduled(world, "fine")
    Stack.objects.filter(pk=broken.pk).update(schedule="not one")
    with later(hours=2):
        assert start_due_scans() == 1
    assert fresh(broken).next_scan_at is None


def test_a_failure_is_told_once_and_the_next_tick_tries_again(world: Any) -> None:
    def fail(_: object) -> Any:
        raise DetectionError("AWS is away")

    scheduled(world)
    for hours in (2, 4, 6):
        with later(hours=hours), doing(fail):
            assert start_due_scans() == 1
            run_waiting()
    assert [alert.message for alert in alerts()] == ["AWS is away"]


def test_a_stack_that_two_runs_in_a_row_have_missed_is_stale_and_tells_it_once(world: Any) -> None:
    stack = scheduled(world)
    with later(hours=1):
        assert mark_stale_stacks() == 0
    with later(hours=3):
        assert mark_stale_stacks() == 1
        assert mark_stale_stacks() == 0
    assert fresh(stack).is_stale
    (alert,) = alerts()
    assert (alert.type, alert.title) == ("scan_failed", "payments is stale")
    assert "No scan has succeeded yet" in alert.message
    (fact,) = facts(world, "stack.stale")
    assert fact.data["lastScanAt"] is None
    shown = world.client(world.viewer).get(f"/api/v1/stacks/{stack.pk}").json()["data"]
    assert shown["isStale"] is True


def test_a_scan_that_succeeds_ends_it_quietly_and_the_next_time_is_told_again(world: Any) -> None:
    stack = scheduled(world)
    with later(hours=3):
        mark_stale_stacks()
        start_due_scans()
        run_waiting()
        assert not fresh(stack).is_stale
        assert mark_stale_stacks() == 0
    assert len(alerts()) == 1
    with later(hours=7):
        assert mark_stale_stacks() == 1
    assert [("No scan" in alert.message) for alert in alerts()] == [True, False]


def test_a_scan_that_is_sent_counts_and_a_stack_without_a_detector_may_be_stale(world: Any) -> None:
    stack = scheduled(world, detector="")
    with later(hours=2):
        ingest(world, clean("aws_vpc.main"), stack=stack.name)
    with later(hours=3, minutes=10):
        assert mark_stale_stacks() == 0
    with later(hours=5):
        assert mark_stale_stacks() == 1


@pytest.mark.parametrize("values", [{"is_enabled": False}, {"schedule": ""}, {"schedule": "0 0 1 * *"}])
def test_a_stack_that_is_to_be_scanned_otherwise_is_not_stale(world: Any, values: dict[str, Any]) -> None:
    stack = scheduled(world)
    with later(hours=3):
        mark_stale_stacks()
        change(world, stack, **values)
        assert not fresh(stack).is_stale
        assert mark_stale_stacks() == 0


def test_the_tick_looks_at_every_account(world: Any) -> None:
    scheduled(world)
    Stack.objects.create(account=world.other_account, name="theirs", detector="aws", schedule=HOURLY)
    Stack.objects.update(next_scan_at=timezone.now(), stale_at=timezone.now())
    with tenancy.behind():
        tick_schedules(timestamp=0)
    assert Scan.objects.values("account_id").distinct().count() == 2
    assert Stack.objects.filter(is_stale=True).count() == 2
