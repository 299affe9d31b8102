"""When a stack is due: cron arithmetic in UTC, and the spread that keeps many stacks from starting at one instant.

A schedule has the five fields of crontab(5): minute, hour, day of the month, month, day of the week.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cronsim import CronSim, CronSimError

FIELDS = 5
MOST_JITTER = timedelta(minutes=5)
JITTER_PART = 10
"""A run is late by at most this fraction of the interval: one tenth."""
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class BadSchedule(ValueError):
    """A text that is no schedule, or one that is never due; the message is for a person."""


def normal(schedule: str) -> str:
    """A schedule with its fields one space apart.

    Args:
        schedule: As a person wrote it; '' for none.

    Raises:
        BadSchedule: It is none.
    """
    fields = schedule.split()
    if not fields:
        return ""
    if len(fields) != FIELDS:
        raise BadSchedule(f"A schedule has {FIELDS} fields, minute hour day month weekday, in UTC: 0 3 * * *")
    text = " ".join(fields)
    next_due(text, _SOME_DAY)
    return text


def next_due(schedule: str, after: datetime) -> datetime:
    """When a schedule is due next.

    Args:
        schedule: Five fields.
        after: Strictly after this moment.

    Raises:
        BadSchedule: It is no schedule, or is not due within fifty years.
    """
    try:
        return next(CronSim(schedule, after.astimezone(UTC)))
    except CronSimError as error:
        raise BadSchedule(f"{error} of the schedule; five fields in UTC are needed: 0 3 * * *") from error
    except StopIteration as error:
        raise BadSchedule("This schedule is never due.") from error


def next_run(schedule: str, after: datetime, stack_id: UUID) -> datetime:
    """When a stack's scan starts next: when it is due, and its own jitter later.

    Args:
        schedule: Five fields.
        after: The run is due strictly after this moment.
        stack_id: Whose.

    Raises:
        BadSchedule: It is no schedule.
    """
    due = next_due(schedule, after)
    return due + jitter(stack_id, next_due(schedule, due) - due)


def run_after(schedule: str, last: datetime, now: datetime, stack_id: UUID) -> datetime:
    """When a stack's scan starts next, once a run has come.

    A run comes up to a minute later than it was set for, since ticks are a minute apart. Counted from `now`, a schedule
    of every minute would lose every second run to that; counted from the last run, none.

    Args:
        schedule: Five fields.
        last: When the run that has come was set for.
        now: The present; runs that were missed until now are left out.
        stack_id: Whose.

    Raises:
        BadSchedule: It is no schedule.
    """
    following = next_run(schedule, last, stack_id)
    return following if following > now else next_run(schedule, now, stack_id)


def second_due(schedule: str, after: datetime) -> datetime:
    """When a schedule is due for the second time: whoever was not scanned until then missed two runs in a row.

    Args:
        schedule: Five fields.
        after: Strictly after this moment.

    Raises:
        BadSchedule: It is no schedule.
    """
    return next_due(schedule, next_due(schedule, after))


def jitter(stack_id: UUID, interval: timedelta) -> timedelta:
    """How much later than due a stack starts: always the same for a stack, spread evenly over all of them.

    Args:
        stack_id: The stack.
        interval: Until it is due again.
    """
    share = int.from_bytes(hashlib.sha256(stack_id.bytes).digest()[:4]) / 2**32
    return timedelta(seconds=int(share * min(interval / JITTER_PART, MOST_JITTER).total_seconds()))
