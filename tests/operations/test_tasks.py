"""The periodic jobs, done by a real worker."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.periodic import PeriodicRegistry
from procrastinate.tasks import Task

from drifts.models import Scan, Stack
from driftsentry import tasks
from driftsentry.api.idempotency import KEPT
from driftsentry.api.models import IdempotentRequest

QUEUE = "under-test"
"""A queue of the tests' own: the worker's clock fills the others."""


@pytest.fixture(autouse=True)
def no_jobs_left(transactional_db: None) -> Iterator[None]:
    """Jobs are in tables that Django does not manage."""
    yield
    run("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")


def run(sql: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def work() -> None:
    """Let a worker do what waits, and stop."""

    async def until_done() -> None:
        with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
            working.periodic_registry = PeriodicRegistry()  # type: ignore[no-untyped-call]  # what the clock would add now is not under test
            async with working.open_async():
                await working.run_worker_async(
                    queues=[QUEUE], wait=False, install_signal_handlers=False, listen_notify=False
                )

    asyncio.run(until_done())


def defer(task: Task[Any, Any, Any]) -> int:
    return task.configure(queue=QUEUE).defer(timestamp=0)


def status_of(job: int) -> str:
    return str(ProcrastinateJob.objects.get(pk=job).status)


def lost(task: Task[Any, Any, Any], *, silent_for: int = 3600, attempts: int = 0) -> int:
    """A job in the hands of a worker that has not been heard of for some seconds."""
    job = defer(task)
    run(
        "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat)"
        " VALUES (now() - %s * interval '1 second') RETURNING id)"
        " UPDATE procrastinate_jobs SET status = 'doing', attempts = %s, worker_id = dead.id FROM dead"
        " WHERE procrastinate_jobs.id = %s",
        silent_for,
        attempts,
        job,
    )
    return job


def test_every_periodic_job_is_on_the_clock_and_waits_at_most_once() -> None:
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    clock = {task.task.name.rsplit(".", 1)[1]: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert clock == {
        "sweep_stalled_jobs": "* * * * *",
        "remove_finished_jobs": "7 * * * *",
        "forget_old_requests": "17 * * * *",
        "clear_browser_sessions": "27 * * * *",
        "end_snoozes": "* * * * *",
        "fail_abandoned_scans": "* * * * *",
        "forget_old_tokens": "37 * * * *",
        "sweep_approvals": "* * * * *",
        "remind_of_undecided": "*/5 * * * *",
        "sweep_remediations": "* * * * *",
        "sweep_deliveries": "* * * * *",
        "remove_old_deliveries": "47 * * * *",
        "tick_schedules": "* * * * *",
        "log_journal_heads": "47 3 * * *",
    }
    assert all(task.task.queueing_lock for task in app.periodic_registry.periodic_tasks.values())


def test_a_dead_workers_job_is_done_by_another() -> None:
    job = lost(tasks.clear_browser_sessions)
    defer(tasks.sweep_stalled_jobs)
    work()
    assert status_of(job) == "succeeded"


def test_a_slow_workers_job_stays_with_it() -> None:
    job = lost(tasks.clear_browser_sessions, silent_for=5)
    defer(tasks.sweep_stalled_jobs)
    work()
    assert status_of(job) == "doing"


def test_a_job_that_loses_one_worker_after_another_is_given_up() -> None:
    job = lost(tasks.clear_browser_sessions, attempts=tasks.MAX_SWEEPS)
    defer(tasks.sweep_stalled_jobs)
    work()
    assert status_of(job) == "failed"


def test_a_lost_job_that_waits_again_already_does_not_stop_the_sweep() -> None:
    lost_twin, other = lost(tasks.clear_browser_sessions), lost(tasks.forget_old_requests)
    twin = defer(tasks.clear_browser_sessions)
    sweep = defer(tasks.sweep_stalled_jobs)
    run("UPDATE procrastinate_jobs SET priority = 1 WHERE id = %s", sweep)
    work()
    assert [status_of(job) for job in (lost_twin, twin, other)] == ["aborted", "succeeded", "succeeded"]


REFUSE = """
CREATE FUNCTION refuse_under_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
CREATE TRIGGER refuse_under_test BEFORE UPDATE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.priority = 7 AND NEW.status = 'todo') EXECUTE FUNCTION refuse_under_test();
"""
ALLOW = "DROP TRIGGER refuse_under_test ON procrastinate_jobs; DROP FUNCTION refuse_under_test()"


def test_a_job_that_cannot_be_swept_does_not_stop_the_sweep() -> None:
    stuck, other = lost(tasks.clear_browser_sessions), lost(tasks.forget_old_requests)
    run("UPDATE procrastinate_jobs SET priority = 7 WHERE id = %s", stuck)
    run(REFUSE)
    defer(tasks.sweep_stalled_jobs)
    work()
    run(ALLOW)
    assert [status_of(job) for job in (stuck, other)] == ["doing", "succeeded"]


def test_jobs_that_ended_long_ago_are_removed_and_others_are_not() -> None:
    old, recent, waiting = defer(tasks.forget_old_requests), 0, 0
    run("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", old)
    run("UPDATE procrastinate_events SET at = now() - interval '8 days' WHERE job_id = %s", old)
    recent = defer(tasks.forget_old_requests)
    run("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", recent)
    waiting = tasks.forget_old_requests.configure(queue="another").defer(timestamp=0)
    defer(tasks.remove_finished_jobs)
    work()
    assert not ProcrastinateJob.objects.filter(pk=old).exists()
    assert [status_of(job) for job in (recent, waiting)] == ["succeeded", "todo"]


def test_expired_browser_sessions_are_cleared_and_others_are_not() -> None:
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(minutes=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(minutes=1))
    job = defer(tasks.clear_browser_sessions)
    work()
    assert status_of(job) == "succeeded"
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]


def test_answers_kept_for_too_long_are_forgotten_and_others_are_not(world: Any) -> None:
    old, new = (
        IdempotentRequest.objects.create(
            account_id=world.account.pk, user_id=world.viewer.pk, key=str(uuid4()), digest=b"x" * 32
        )
        for _ in range(2)
    )
    IdempotentRequest.objects.filter(pk=old.pk).update(created_at=timezone.now() - KEPT - timedelta(minutes=1))
    defer(tasks.forget_old_requests)
    work()
    assert list(IdempotentRequest.objects.all()) == [new]


def test_a_scan_whose_process_is_gone_is_failed_and_a_running_one_is_not(world: Any) -> None:
    stack = Stack.objects.create(account=world.account, name="payments")
    now = timezone.now()
    abandoned, running = (
        Scan.objects.create(
            account=world.account,
            stack=stack,
            format="terraform-plan",
            status=Scan.Statuses.RUNNING,
            started_at=started_at,
            body_digest=bytes([number]) * 32,
        )
        for number, started_at in enumerate((now - timedelta(days=2), now))
    )
    job = defer(tasks.fail_abandoned_scans)
    work()
    assert status_of(job) == "succeeded"
    abandoned.refresh_from_db()
    running.refresh_from_db()
    assert (abandoned.status, running.status) == (Scan.Statuses.FAILED, Scan.Statuses.RUNNING)
