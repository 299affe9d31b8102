"""Counts of nobody else: the run's Redis emptied of them, or one of a test's own, which it may stop."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from redis import Redis

from driftsentry.api import counting
from driftsentry.local.programs import redis_program
from driftsentry.local.redis import LocalRedis


@contextmanager
def nothing_counted() -> Iterator[None]:
    """The run's Redis holds no counts before the block, and none after it."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        _forget(redis)
        yield
        _forget(redis)


def _forget(redis: Redis) -> None:
    for name in redis.scan_iter(f"{counting.PREFIX}*"):
        redis.delete(name)


@contextmanager
def counting_redis(folder: Path) -> Iterator[LocalRedis]:
    """Run one while the block lasts."""
    program = redis_program()
    assert program
    own = LocalRedis(folder, program)
    own.start()
    try:
        yield own
    finally:
        own.stop()
