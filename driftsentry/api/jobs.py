"""Jobs put in the queue by the transaction that is their cause: none is lost, about a rollback, or too early."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, TypedDict, Unpack

from django.db import connection
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DEFAULT_QUEUE, Job, JobDeferrer
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from procrastinate.types import TimeDeltaParams


@contextmanager
def _trouble_of_the_database() -> Iterator[None]:
    """Have trouble of the database told as Django tells it: procrastinate wraps it as an error of its own.

    Raises:
        DatabaseError: Django's, of the kind it was.
    """
    try:
        yield
    except ConnectorException as error:
        if error.__cause__ is None:
            raise
        with connection.wrap_database_errors:
            raise error.__cause__ from None


class OwnConnection(DjangoConnector):
    """Django's own connection, whose troubles are Django's too."""

    def execute_query(self, query: LiteralString, **arguments: Any) -> None:
        """Run a statement.

        Args:
            query: The statement.
            **arguments: Its parameters.
        """
        with _trouble_of_the_database():
            super().execute_query(query, **arguments)

    def execute_query_one(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        """Run a statement and give its first row.

        Args:
            query: The statement.
            **arguments: Its parameters.
        """
        with _trouble_of_the_database():
            return super().execute_query_one(query, **arguments)

    def execute_query_all(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        """Run a statement and give its rows.

        Args:
            query: The statement.
            **arguments: Its parameters.
        """
        with _trouble_of_the_database():
            return super().execute_query_all(query, **arguments)


class Options(TypedDict, total=False):
    """When a job is done, and what keeps another like it out of the queue."""

    schedule_in: TimeDeltaParams
    schedule_at: datetime | None
    queueing_lock: str


@dataclass(frozen=True, slots=True)
class Errand:
    """One of many jobs of the same task.

    Attributes:
        args: What the task is called with.
        queueing_lock: Keeps another like it out of the queue.
        at: When it is done; none: now.
    """

    args: dict[str, str]
    queueing_lock: str
    at: datetime | None = None


def job(task: str, **options: Unpack[Options]) -> JobDeferrer:
    """A job to be put in the queue by its `defer`, on Django's own connection.

    In a worker procrastinate's `app` has a connection of its own: what is deferred by it there does not wait for the
    transaction that is its cause, and may be done, finding nothing, before that one has ended.

    Args:
        task: The task's name.
        **options: As procrastinate's.
    """
    return configure_task(name=task, job_manager=JobManager(OwnConnection()), **options)


def defer_all(task: str, errands: Iterable[Errand]) -> int:
    """Put many jobs of one task in the queue by one statement, on Django's own connection.

    Args:
        task: The task's name.
        errands: What to do; two with one `queueing_lock` are refused, and so is one whose like waits already.

    Returns:
        How many.

    Raises:
        AlreadyEnqueued: The like of one of them waits already; none of them is in the queue.
    """
    jobs = [
        Job(
            queue=DEFAULT_QUEUE,
            lock=None,
            queueing_lock=one.queueing_lock,
            task_name=task,
            task_kwargs={**one.args},
            scheduled_at=one.at,
        )
        for one in errands
    ]
    if jobs:
        JobManager(OwnConnection()).batch_defer_jobs(jobs)
    return len(jobs)
