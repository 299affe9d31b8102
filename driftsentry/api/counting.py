"""Counting in Redis, for throttles and for the log-in guard: one client a process, short time-outs, a circuit breaker.

While Redis is away nobody waits for it: the first call that fails opens the circuit for some seconds, in which
every other one is told at once. The log says so once each time.
"""

import math
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import structlog
from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError
from redis.retry import Retry

from driftsentry.api.rates import seconds_to_wait

logger = structlog.get_logger(__name__)

PREFIX = "driftsentry:count"
TIMEOUT_SECONDS = 0.5
RETRY_SECONDS = 5.0
T = TypeVar("T")


class StoreAway(Exception):
    """Redis does not answer."""


class Breaker:
    """Lets calls through until one fails; then one every few seconds, until one succeeds."""

    def __init__(self, *, retry_seconds: float = RETRY_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin closed.

        Args:
            retry_seconds: How long to leave Redis alone after a failure.
            clock: Tells the time.
        """
        self._retry_seconds = retry_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._open_until: float | None = None
        self._told_at = -math.inf

    def call(self, work: Callable[[], T]) -> T:
        """Do what needs Redis.

        Args:
            work: The call.

        Raises:
            StoreAway: Redis does not answer, or did not a moment ago.
        """
        self._enter()
        try:
            found = work()
        except (RedisError, OSError) as error:
            self._open(type(error).__name__)
            raise StoreAway from error
        self._leave()
        return found

    def _enter(self) -> None:
        """Pass, or be told that the circuit is open; whoever tries first keeps the others from waiting with it."""
        with self._lock:
            if self._open_until is None:
                return
            if self._clock() < self._open_until:
                raise StoreAway
            self._open_until = self._clock() + self._retry_seconds

    def _open(self, error: str) -> None:
        """Open the circuit; of many calls that fail at once the first one says so."""
        with self._lock:
            now = self._clock()
            told = now - self._told_at < self._retry_seconds
            self._told_at = self._told_at if told else now
            self._open_until = now + self._retry_seconds
        if not told:
            logger.warning(
                "counting_store_away",
                error=error,
                retry_seconds=self._retry_seconds,
                effect="requests pass uncounted; log-ins are counted by each process alone",
            )

    def _leave(self) -> None:
        with self._lock:
            was_away, self._open_until = self._open_until is not None, None
        if was_away:
            logger.info("counting_store_back")


class Counters:
    """Counts against rates, in a sliding window.

    Attributes:
        redis: The client; None where the counts are this process's own.
    """

    def __init__(self, url: str) -> None:
        """Count somewhere.

        Args:
            url: Redis's address; empty for this process's own memory.
        """
        self._breaker = Breaker()
        self.redis: Redis | None = None
        storage: MemoryStorage | RedisStorage
        if url:
            # A connection that Redis closed while it was idle is replaced at once; a time-out is not waited for twice.
            pool = ConnectionPool.from_url(
                url,
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
                retry=Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
            )
            storage = RedisStorage(url, connection_pool=pool, key_prefix=PREFIX)
            self.redis = Redis(connection_pool=pool)
        else:
            storage = MemoryStorage()
        self._storage = storage
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    def hit(self, rate: str, *key: str) -> float:
        """Count one, if it fits.

        Args:
            rate: As in the settings; empty for no limit.
            *key: What is counted, and whose it is.

        Returns:
            Seconds to wait; 0 where it fits.

        Raises:
            StoreAway: Redis does not answer.
        """
        item = _parsed(rate)
        if item is None:
            return 0.0
        if self.call(lambda: self._limiter.hit(item, *key)):
            return 0.0
        return max(self._wait(item, *key), 0.001)

    def wait(self, rate: str, *key: str) -> float:
        """How long until one more fits; counts nothing.

        Args:
            rate: As in the settings; empty for no limit.
            *key: What is counted, and whose it is.

        Raises:
            StoreAway: Redis does not answer.
        """
        item = _parsed(rate)
        return self._wait(item, *key) if item else 0.0

    def call(self, work: Callable[[], T]) -> T:
        """Do what needs the store.

        Args:
            work: The call.

        Raises:
            StoreAway: Redis does not answer.
        """
        return self._breaker.call(work)

    def _wait(self, item: RateLimitItem, *key: str) -> float:
        period = item.get_expiry()
        name = item.key_for(*key)
        old, old_left, new, new_left = self.call(lambda: self._storage.get_sliding_window(name, period))
        return seconds_to_wait(item.amount, period, (old, old_left), (new, new_left))


def shared() -> Counters:
    """The process's counters: in Redis, where there is one."""
    return _counters(settings.REDIS_URL)


def own() -> Counters:
    """Counters of this process alone, for what must be counted while Redis is away."""
    return _counters("")


@lru_cache(maxsize=8)
def _counters(url: str) -> Counters:
    return Counters(url)


@lru_cache(maxsize=32)
def _parsed(rate: str) -> RateLimitItem | None:
    return parse(rate) if rate else None
