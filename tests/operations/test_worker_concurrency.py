"""How many jobs a worker does at once."""

import os
from collections.abc import Iterator
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from procrastinate.contrib.django import app
from procrastinate.contrib.django.management.commands.procrastinate import Command as ProcrastinateCommand
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.tasks import Task

from tests.accounts.mailbox import forget_jobs

Options = dict[str, Any]
JOBS = 12
QUEUE = "under-test"
PATIENCE_SECONDS = 30.0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Options:
    """What procrastinate's own command is told."""
    told: Options = {}
    settings.WORKER_METRICS_PORT, settings.WORKER_CONCURRENCY = 0, 5

    def listen(self: object, *args: object, **options: object) -> None:
        told.update(options)

    monkeypatch.setattr(ProcrastinateCommand, "handle", listen)
    return told


def test_it_does_as_many_as_the_setting_says(asked: Options) -> None:
    call_command("procrastinate", "worker")
    assert asked["concurrency"] == 5


def test_the_command_line_says_otherwise(asked: Options) -> None:
    call_command("procrastinate", "worker", "--concurrency", "2")
    assert asked["concurrency"] == 2


def test_other_commands_know_nothing_of_it(asked: Options) -> None:
    call_command("procrastinate", "healthchecks")
    assert asked.get("concurrency") is None


@pytest.fixture
def meeting(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Task[Any, Any, Any]]:
    """A job that ends once as many as the worker is to do at once have begun, on a machine with one processor."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    barrier = Barrier(JOBS)
    task = app.task(name="meet", queue=QUEUE)(lambda: barrier.wait(PATIENCE_SECONDS) and None)
    yield task
    barrier.abort()
    del app.tasks[task.name]
    forget_jobs()


@pytest.mark.parametrize("said", [(), ("--concurrency", str(JOBS))])
def test_jobs_that_wait_for_each_other_all_run_at_once(
    meeting: Task[Any, Any, Any], settings: Any, said: tuple[str, ...]
) -> None:
    settings.WORKER_METRICS_PORT, settings.WORKER_CONCURRENCY = 0, 2 if said else JOBS
    for _ in range(JOBS):
        meeting.defer()
    call_command("procrastinate", "worker", "--queues", QUEUE, "--one-shot", *said)
    ended = ProcrastinateJob.objects.filter(task_name=meeting.name).values_list("status", flat=True)
    assert list(ended) == ["succeeded"] * JOBS
