"""How much one may ask of the stream: sockets of a user, an account and the process; requests of a socket."""

import time
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import limits
from django.conf import settings

from driftsentry.realtime.protocol import CLOSE_FULL, CLOSE_TOO_MANY
from driftsentry.realtime.tail import Identity

PROCESS = "process"
PATIENCE = 100
"""So many requests over the limit, each that is within it making up for one, are answered; then it is closed."""


@dataclass(frozen=True, slots=True)
class Full:
    """Why there is no place for one more socket.

    Attributes:
        what: Whose sockets are too many: `user`, `account` or `process`.
        status: The HTTP status that says so before the upgrade.
        code: The WebSocket close code that says so where the server cannot answer before the upgrade.
    """

    what: str
    status: int
    code: int


TOO_MANY = {
    "user": Full("user", 429, CLOSE_TOO_MANY),
    "account": Full("account", 429, CLOSE_TOO_MANY),
    PROCESS: Full(PROCESS, 503, CLOSE_FULL),
}


class Places:
    """The sockets of this process, counted. A place is taken before anything is awaited, so no two take the last."""

    def __init__(self) -> None:
        """Begin with all places free."""
        self._taken: Counter[tuple[str, Hashable]] = Counter()

    def take(self, identity: Identity) -> Full | None:
        """Take a place.

        Args:
            identity: For whom.

        Returns:
            Why there is none; None where it is taken, to be given back.
        """
        most = {
            PROCESS: settings.REALTIME_MAX_SOCKETS,
            "account": settings.REALTIME_MAX_SOCKETS_PER_ACCOUNT,
            "user": settings.REALTIME_MAX_SOCKETS_PER_USER,
        }
        keys = _keys(identity)
        for what, limit in most.items():
            if self._taken[what, keys[what]] >= limit:
                return TOO_MANY[what]
        self._taken.update(keys.items())
        return None

    def give_back(self, identity: Identity) -> None:
        """Give a place back.

        Args:
            identity: Whose it was; a fresh token changes neither user nor account.
        """
        for key in _keys(identity).items():
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]


def _keys(identity: Identity) -> dict[str, Hashable]:
    return {PROCESS: PROCESS, "account": identity.account_id, "user": identity.user_id}


class Pace:
    """How fast one socket asks: a bucket of as many requests as its limit has, which fills again as they may come."""

    def __init__(self, rate: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with a full bucket.

        Args:
            rate: A count and a period, e.g. `600/minute`; empty for no limit.
            clock: Tells the time in seconds.
        """
        item = limits.parse(rate) if rate else None
        self._size = float(item.amount) if item else 0.0
        self._a_second = self._size / item.get_expiry() if item else 0.0
        self._clock = clock
        self._left, self._at = self._size, clock()
        self._refused = 0

    def allows(self) -> bool:
        """Take one request from the bucket.

        Returns:
            Whether there was one.
        """
        if not self._size:
            return True
        now = self._clock()
        self._left = min(self._size, self._left + (now - self._at) * self._a_second)
        self._at = now
        if self._left < 1:
            self._refused += 1
            return False
        self._left -= 1
        self._refused = max(0, self._refused - 1)
        return True

    @property
    def is_abused(self) -> bool:
        """Whether so many more were refused than let through that nobody seems to read the answers."""
        return self._refused > PATIENCE
