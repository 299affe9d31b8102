"""The arithmetic of the log-in guard, and the same counts in a process's own memory for when Redis is away. Pure."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

FREE_FAILURES = 5
"""Failures of one pair of e-mail and address after which it is locked."""
FIRST_LOCK_SECONDS = 30
LONGEST_LOCK_SECONDS = 15 * 60
QUIET_SECONDS = 60 * 60
"""Without an attempt for so long, a pair's failures are forgotten."""
EMAIL_FAILURES = 100
"""Failures of one e-mail from everywhere, in the window below, after which only addresses known for it may try."""
EMAIL_SECONDS = 60 * 60
MOST_REMEMBERED = 20_000


def lock_seconds(failures: int) -> int:
    """How long a pair is locked after so many failures.

    Args:
        failures: How many.
    """
    if failures < FREE_FAILURES:
        return 0
    doublings = min(failures - FREE_FAILURES, LONGEST_LOCK_SECONDS.bit_length())
    return min(FIRST_LOCK_SECONDS << doublings, LONGEST_LOCK_SECONDS)


def lock_table() -> list[int]:
    """The locks by the number of failures, from none, up to the longest, which all the others get too."""
    found = [0]
    while found[-1] < LONGEST_LOCK_SECONDS:
        found.append(lock_seconds(len(found)))
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the counts say of an attempt.

    Attributes:
        wait: Seconds until another may come; 0 where this one may go on.
        foreign: It may not, only because this address is not known for the e-mail.
        failures: Of the pair, this attempt taken for one.
        lock: The seconds for which the pair is locked unless the attempt succeeds.
    """

    wait: float = 0.0
    foreign: bool = False
    failures: int = 0
    lock: int = 0


class OwnCounts:
    """The counts in this process's memory, bounded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing.

        Args:
            clock: Tells the time.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}

    def take(self, pair: str, email: str, *, known: bool) -> Verdict:
        """Let an attempt go on and take it for a failure, until it turns out to be none.

        Args:
            pair: Stands for the e-mail and the address.
            email: Stands for the e-mail.
            known: Whether the address is known for it.
        """
        with self._lock:
            now = self._clock()
            locked, until = self._get(f"lock {pair}", now)
            if locked:
                return Verdict(wait=until - now)
            many, until = self._get(email, now)
            if many >= EMAIL_FAILURES and not known:
                return Verdict(wait=until - now, foreign=True)
            self._set(email, many + 1, until if many else now + EMAIL_SECONDS)
            failures = self._get(pair, now)[0] + 1
            self._set(pair, failures, now + QUIET_SECONDS)
            lock = lock_seconds(failures)
            if lock:
                self._set(f"lock {pair}", 1, now + lock)
            return Verdict(failures=failures, lock=lock)

    def give_back(self, pair: str, email: str, *, lock: bool, forget: bool) -> None:
        """The attempt was no failure.

        Args:
            pair: Stands for the e-mail and the address.
            email: Stands for the e-mail.
            lock: Whether the attempt had locked the pair.
            forget: Whether the pair's other failures are forgotten too.
        """
        with self._lock:
            now = self._clock()
            many, until = self._get(email, now)
            self._set(email, max(0, many - 1), until)
            failures, until = self._get(pair, now)
            self._set(pair, 0 if forget else max(0, failures - 1), until)
            if lock or forget:
                self._counts.pop(f"lock {pair}", None)

    def _get(self, name: str, now: float) -> tuple[int, float]:
        count, until = self._counts.get(name, (0, now))
        return (count, until) if until > now else (0, now)

    def _set(self, name: str, count: int, until: float) -> None:
        self._counts.pop(name, None)
        if count <= 0:
            return
        if len(self._counts) >= MOST_REMEMBERED:
            self._counts.pop(next(iter(self._counts)))
        self._counts[name] = (count, until)
