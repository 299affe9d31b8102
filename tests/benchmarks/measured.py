"""How long things take, and what the same work costs the database alone."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the report.

    Attributes:
        what: What was done.
        seconds: How long it took.
        units: How many rows, entries or pages that was.
        baseline: What it is compared with.
        baseline_seconds: How long that took for as many.
    """

    what: str
    seconds: float
    units: int
    baseline: str
    baseline_seconds: float

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.units / self.seconds

    @property
    def ratio(self) -> float:
        """How many times as long as the baseline it took."""
        return self.seconds / self.baseline_seconds


def timed(work: Callable[[], Any]) -> float:
    """Seconds that a piece of work takes.

    Args:
        work: What to do.
    """
    start = perf_counter()
    work()
    return perf_counter() - start


def median_of(work: Callable[[], Any], *, times: int) -> float:
    """The median of several runs, in seconds, after one that does not count.

    Args:
        work: What to do.
        times: How often.
    """
    work()
    return median(timed(work) for _ in range(times))


def copy_again(rows: str, *, table: str) -> float:
    """Seconds that a bare COPY of the same rows takes, into a table of the same columns and indexes.

    Args:
        rows: The query that gives them.
        table: Whose columns and indexes.
    """
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY ({rows}) TO STDOUT") as out:
            content = b"".join(bytes(piece) for piece in out)
        cursor.execute(f"CREATE TABLE copied (LIKE {table} INCLUDING INDEXES)")
        start = perf_counter()
        with cursor.copy("COPY copied FROM STDIN") as into:
            into.write(content)
        seconds = perf_counter() - start
        cursor.execute("DROP TABLE copied")
    return seconds


def execute(statement: str) -> None:
    """Run a bare statement and fetch all it gives.

    Args:
        statement: SQL of ours.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement)
        if cursor.description:
            cursor.fetchall()
