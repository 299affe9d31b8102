"""Jobs put in the queue by the transaction that is their cause: none is lost, about a rollback, or too early."""

from datetime import datetime
from typing import TypedDict, Unpack

from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import JobDeferrer
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from procrastinate.types import TimeDeltaParams


class Options(TypedDict, total=False):
    """When a job is done, and what keeps another like it out of the queue."""

    schedule_in: TimeDeltaParams
    schedule_at: datetime | None
    queueing_lock: str


def job(task: str, **options: Unpack[Options]) -> JobDeferrer:
    """A job to be put in the queue by its `defer`, on Django's own connection.

    In a worker procrastinate's `app` has a connection of its own: what is deferred by it there does not wait for the
    transaction that is its cause, and may be done, finding nothing, before that one has ended.

    Args:
        task: The task's name.
        **options: As procrastinate's.
    """
    return configure_task(name=task, job_manager=JobManager(DjangoConnector()), **options)
