"""When a message is tried again, and when no more; and how long a channel that fails is left alone. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

DELAYS = tuple(timedelta(minutes=one) for one in (0.5, 2, 10, 30, 60, 120, *(240, 240, 240, 240)))
"""How long to wait after the first try, the second, …; the last one goes on."""
SHORTEST_PART = 0.8
"""A wait is a random part of its delay, this or more: those who fail together do not come back together."""
PATIENCE = timedelta(days=1)
"""How long a message is tried; the last try comes at its end."""
MOST_TRIES = 30
"""More than a day of waits holds: only one whose senders end again and again comes so far."""
LONGEST_ASKED = timedelta(hours=4)
"""The most that a receiver's `Retry-After` is followed."""
SHORTEST_REST, LONGEST_REST = timedelta(seconds=15), timedelta(minutes=15)
SHARE_OF_FAILING = 4
"""A channel that fails rests for a quarter of the time for which it has been failing."""


def next_try(*, tries: int, due_at: datetime, now: datetime, part: float, asked: timedelta | None) -> datetime | None:
    """When to try again after a try that failed.

    Args:
        tries: How many there were.
        due_at: When the first was due.
        now: The time.
        part: Random, from 0 to 1.
        asked: How long the receiver asks to be left alone.

    Returns:
        None: it is given up.
    """
    end = due_at + PATIENCE
    if now >= end or tries >= MOST_TRIES:
        return None
    delay = DELAYS[min(max(tries, 1), len(DELAYS)) - 1] * (SHORTEST_PART + (1 - SHORTEST_PART) * part)
    return min(now + max(delay, bounded(asked)), end)


def rest(*, failing_since: datetime, now: datetime, asked: timedelta | None) -> datetime:
    """Until when a channel that has failed just now is not spoken to.

    Args:
        failing_since: Since when nothing has been delivered there.
        now: The time.
        asked: How long the receiver asks to be left alone.
    """
    usual = min(max((now - failing_since) / SHARE_OF_FAILING, SHORTEST_REST), LONGEST_REST)
    return now + max(usual, bounded(asked))


def bounded(asked: timedelta | None) -> timedelta:
    """What a receiver asks for, as far as it is followed.

    Args:
        asked: As it asks.
    """
    return min(max(asked or timedelta(), timedelta()), LONGEST_ASKED)
