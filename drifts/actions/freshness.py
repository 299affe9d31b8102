"""When a stack is due next, and when it counts as stale: kept on its row, so that a look-up finds who is due."""

from datetime import datetime, timedelta
from uuid import UUID

from drifts import cron
from drifts.models import Stack

SLACK = timedelta(minutes=2)
"""For the tick, which comes once a minute, and for a busy worker."""
FIELDS = ("next_scan_at", "stale_at", "is_stale")


def schedule_anew(stack: Stack, *, now: datetime) -> None:
    """Set when a stack is due, once its schedule, detector or whether it is enabled has changed.

    The caller saves `FIELDS`. A stack without a detector is never started; it is stale all the same when nobody sends a
    scan of it as often as its schedule says.

    Args:
        stack: The stack, its schedule a normal one.
        now: From when on.
    """
    runs = bool(stack.schedule and stack.is_enabled)
    stack.next_scan_at = cron.next_run(stack.schedule, now, stack.pk) if runs and stack.detector else None
    stack.stale_at = stale_at(stack, now) if runs else None
    stack.is_stale = False


def stale_at(stack: Stack, since: datetime) -> datetime:
    """When a stack counts as stale: two runs have come and had the time to succeed.

    Args:
        stack: A stack with a schedule.
        since: When a scan last succeeded, or when its schedule began.
    """
    return cron.second_due(stack.schedule, since) + cron.MOST_JITTER + limit_of(stack) + SLACK


def limit_of(stack: Stack) -> timedelta:
    """How long the stack's detector may take.

    Args:
        stack: The stack.
    """
    return timedelta(seconds=stack.scan_time_limit_seconds)


def note_scanned(stack_id: UUID, *, now: datetime) -> datetime | None:
    """Note that a scan has succeeded, in the transaction that records it.

    Args:
        stack_id: The stack.
        now: When.

    Returns:
        Since when the stack was stale until now; None: it was not.
    """
    stack = Stack.objects.select_for_update(no_key=True).get(pk=stack_id)
    stale_since = stack.stale_at if stack.is_stale else None
    stack.last_scan_at, stack.is_stale = now, False
    stack.stale_at = stale_at(stack, now) if stack.stale_at else None
    stack.save(update_fields=["last_scan_at", "stale_at", "is_stale"])
    return stale_since
