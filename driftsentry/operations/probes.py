"""What a process needs, looked at: each check bounded in time, and all of them kept for a moment."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, LiteralString, TypeAlias

import psycopg
import structlog
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from procrastinate.contrib.django.utils import connector_params
from redis import Redis
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

Migration: TypeAlias = tuple[str, str]

KEPT_SECONDS = 2.0
TIMEOUT_SECONDS = 2
WORKER_SILENT_SECONDS = 30
REQUIRED = frozenset({"database", "migrations"})
"""Without these no request can be answered, so the process must get none."""

UNREACHABLE = "The database cannot be reached."
NEWEST_HEARTBEAT: LiteralString = "SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers"
APPLIED: LiteralString = "SELECT app, name FROM django_migrations"
BOUNDS: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": TIMEOUT_SECONDS,
    "tcp_user_timeout": TIMEOUT_SECONDS * 1000,
    "options": f"-c statement_timeout={TIMEOUT_SECONDS * 1000}",
}


@dataclass(frozen=True, slots=True)
class Check:
    """What a look at one part found.

    Attributes:
        ok: Whether the part does its work.
        detail: What is wrong, or worth knowing; never an address or a secret.
    """

    ok: bool
    detail: str = ""

    def as_data(self) -> dict[str, Any]:
        """The check on the wire."""
        return {"ok": self.ok} | ({"detail": self.detail} if self.detail else {})


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this process can take requests.

    It is *unready* without the database or with a schema that is not the code's: then every request would fail.
    Without the channel layer or a worker it is *degraded* and still takes requests: live updates come seconds later,
    jobs wait in the database. Were that unready, a dead worker or Redis would take every web process out of service,
    and a new release could not roll out before its workers; the alert rules are what calls somebody.

    Attributes:
        checks: What was found, by the part's name on the wire.
    """

    checks: dict[str, Check]

    @property
    def ready(self) -> bool:
        """Whether requests can be answered."""
        return all(self.checks[name].ok for name in REQUIRED)

    @property
    def status(self) -> str:
        """`ready`, `degraded` or `unready`."""
        if not self.ready:
            return "unready"
        return "ready" if all(check.ok for check in self.checks.values()) else "degraded"

    def as_data(self) -> dict[str, Any]:
        """The whole on the wire."""
        return {"status": self.status, "checks": {name: check.as_data() for name, check in self.checks.items()}}


def look() -> Readiness:
    """Look at every part, now."""
    try:
        # A connection of its own: the pool would wait ten seconds for a database that is away.
        with psycopg.connect(**connector_params() | BOUNDS) as connection:
            checks = {
                "database": _database(connection),
                "migrations": _migrations(connection),
                "worker": _worker(connection),
            }
    except psycopg.Error as error:
        logger.warning("database_unreachable", error=type(error).__name__)
        checks = dict.fromkeys(("database", "migrations", "worker"), Check(ok=False, detail=UNREACHABLE))
    return Readiness(checks | {"channelLayer": _channel_layer()})


def _database(connection: psycopg.Connection[Any]) -> Check:
    connection.execute("SELECT 1")
    return Check(ok=True)


def _migrations(connection: psycopg.Connection[Any]) -> Check:
    try:
        applied = set(connection.execute(APPLIED).fetchall())
    except psycopg.errors.UndefinedTable:
        applied = set()
    missing = missing_of(_expected(), applied)
    if not missing:
        return Check(ok=True)
    app, name = missing[0]
    return Check(ok=False, detail=f"{len(missing)} migrations are not applied, the first {app}.{name}.")


@lru_cache(maxsize=1)
def _expected() -> dict[Migration, list[Migration]]:
    """The code's migrations, each with those that it squashes; they do not change while a process lives."""
    found = MigrationLoader(None).disk_migrations
    return {key: list(migration.replaces) for key, migration in found.items()}


def missing_of(expected: Mapping[Migration, Collection[Migration]], applied: Collection[Migration]) -> list[Migration]:
    """Which migrations are still to be applied: a squashed one may have been, under its old names or its new one.

    Args:
        expected: The code's migrations, each with those that it squashes.
        applied: The database's.
    """
    done = set(applied)
    for key, squashed in expected.items():
        if key in done:
            done.update(squashed)
        elif squashed and done.issuperset(squashed):
            done.add(key)
    return [key for key in expected if key not in done]


def _worker(connection: psycopg.Connection[Any]) -> Check:
    try:
        row = connection.execute(NEWEST_HEARTBEAT).fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    silent = row[0] if row else None
    if silent is not None and silent <= WORKER_SILENT_SECONDS:
        return Check(ok=True)
    return Check(ok=False, detail=f"No worker has been heard of for {WORKER_SILENT_SECONDS} seconds; jobs wait.")


def _channel_layer() -> Check:
    if not settings.REDIS_URL:
        return Check(ok=True, detail="In this process only: live updates reach other processes within seconds.")
    bounds = {"socket_connect_timeout": TIMEOUT_SECONDS, "socket_timeout": TIMEOUT_SECONDS}
    try:
        with Redis.from_url(settings.REDIS_URL, **bounds) as client:
            client.ping()
    except RedisError as error:
        logger.warning("redis_unreachable", error=type(error).__name__)
        return Check(ok=False, detail="Redis cannot be reached; live updates come within seconds instead of at once.")
    return Check(ok=True)


class Kept:
    """The last look, for a moment: many probes at once cost one."""

    def __init__(self, look: Callable[[], Readiness], seconds: float) -> None:
        """Begin with nothing.

        Args:
            look: Takes a new look.
            seconds: How long one is kept.
        """
        self._look = look
        self._seconds = seconds
        self._until = 0.0
        self._last = Readiness({})
        self._lock = threading.Lock()

    def get(self) -> Readiness:
        """The last look, or a new one where it is too old."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._last = self._look()
                self._until = time.monotonic() + self._seconds
            return self._last


readiness = Kept(look, KEPT_SECONDS)
