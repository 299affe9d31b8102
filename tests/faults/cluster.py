"""A whole DriftSentry of processes of its own: PostgreSQL, Redis, a web server and workers, to kill and to start again.

PostgreSQL runs with the settings that `make run` gives it, so that what it has acknowledged outlives its death; the
tests' own one would forget it.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
from psycopg.rows import DictRow, dict_row

from driftsentry.local.postgres import EmbeddedPostgres
from driftsentry.local.processes import command_of, free_port, open_log, spawn, stop, tail, wait_until, working_in
from driftsentry.local.programs import redis_program
from driftsentry.local.redis import LocalRedis
from driftsentry.local.services import BASE_DIR

MANAGE = (sys.executable, str(BASE_DIR / "manage.py"))
PATIENCE_SECONDS = 120.0
LOG_LINES = 60


@dataclass(slots=True)
class Part:
    """A process that is started again whenever it is gone, as a container is by its runtime.

    Attributes:
        name: What it is called.
        log: Its log.
        start: Starts it, again too.
        process: It.
        deaths: How often it ended by itself, with its exit status.
    """

    name: str
    log: Path
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]
    deaths: list[int] = field(default_factory=list)

    def kill(self) -> None:
        """End it with no chance to say a word."""
        self.process.kill()
        self.process.wait(10)

    def start_if_gone(self) -> None:
        """Start it again where it has ended, by whatever cause."""
        status = self.process.poll()
        if status is not None:
            self.deaths.append(status)
            self.process = self.start()


class Cluster:
    """The processes, by name. Start and tend them from the main thread: they end with the thread that started them."""

    def __init__(self, folder: Path, *, workers: int = 2, web: Sequence[str] = MANAGE, **settings: str) -> None:
        """Name them; nothing runs yet.

        Args:
            folder: The data folder.
            workers: How many workers.
            web: What runs the web server's command, up to the command's name.
            **settings: Further settings of all processes.
        """
        program = redis_program()
        assert program, "These tests need a Redis server."
        self.folder = folder
        self.postgres = EmbeddedPostgres(folder)
        self.redis = LocalRedis(folder, program)
        self.port = free_port()
        self.parts: dict[str, Part] = {}
        self._workers = workers
        self._web = web
        self._settings = settings

    @property
    def url(self) -> str:
        """The web server's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def web(self) -> Part:
        """The web server."""
        return self.parts["web"]

    @property
    def workers(self) -> list[Part]:
        """The workers."""
        return [part for name, part in self.parts.items() if name.startswith("worker")]

    def start(self) -> None:
        """Start the services, bring the tables up to date, start web and workers."""
        self.postgres.start()
        self.redis.start()
        self.manage("migrate", "--verbosity=0", "--no-input")
        self._add("web", [*self._web, "serve", "--port", str(self.port)])
        for number in range(1, self._workers + 1):
            self._add(f"worker-{number}", [*MANAGE, "procrastinate", "worker"])
        self.wait_until_it_answers()

    def stop(self) -> None:
        """End everything, and delete the database."""
        for part in self.parts.values():
            stop(part.process, (signal.SIGTERM, 5.0))
        self.redis.stop()
        self.postgres.stop()
        self.postgres.remove()

    def environment(self) -> dict[str, str]:
        """Of a process that belongs to it."""
        own = {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "DRIFTSENTRY_DATA_DIR": str(self.folder),
            "NOTIFICATION_PRIVATE_HOSTS": "127.0.0.1",
            "WORKER_METRICS_PORT": "0",
        }
        return os.environ | own | self._settings

    def manage(self, *arguments: str) -> str:
        """Run a command of `manage.py` to its end, in a process of its own.

        Args:
            *arguments: The command.

        Returns:
            What it printed.
        """
        done = subprocess.run(  # noqa: S603 - our own commands
            [*MANAGE, *arguments],
            env=self.environment(),
            cwd=BASE_DIR,
            timeout=PATIENCE_SECONDS,
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == 0, f"manage.py {' '.join(arguments)} failed:\n{done.stdout[-4000:]}"
        return done.stdout

    def rows(self, query: str, *parameters: object) -> list[DictRow]:
        """What the database holds.

        Args:
            query: A statement that reads.
            *parameters: Its parameters.
        """
        with psycopg.connect(self.postgres.url, connect_timeout=10, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def kill_postgres(self) -> None:
        """Kill the server alone; its sessions find out by themselves."""
        process = self.postgres.process
        assert process
        process.kill()
        process.wait(10)

    def start_postgres(self) -> None:
        """Start it again at the same address; it recovers what it had acknowledged."""
        self.postgres.respawn()

    def kill_a_session(self, dice: random.Random) -> bool:
        """Kill one of our sessions' processes: the server then ends all others and recovers by itself.

        Args:
            dice: Chooses.

        Returns:
            Whether there was one.
        """
        found = [pid for pid in working_in(self.postgres.cluster) if command_of(pid).startswith("postgres: drift")]
        if not found:
            return False
        with suppress(ProcessLookupError):
            os.kill(dice.choice(sorted(found)), signal.SIGKILL)
        return True

    def tend(self) -> None:
        """Start again what is gone."""
        for part in self.parts.values():
            part.start_if_gone()

    def answers(self) -> bool:
        """Whether the web server and its database do."""
        try:
            return httpx.get(f"{self.url}/api/v1/users/me", timeout=5).status_code == httpx.codes.UNAUTHORIZED
        except httpx.TransportError:
            return False

    def wait_until_it_answers(self) -> None:
        """Tend everything until the web server answers."""

        def looked_after() -> bool:
            self.tend()
            return self.answers()

        assert wait_until(looked_after, seconds=PATIENCE_SECONDS, every=0.25), self.story()

    def story(self) -> str:
        """The ends of all logs, without secrets: for whoever reads why a test failed."""
        parts = {name: part.log for name, part in self.parts.items()}
        logs = parts | {"postgres": self.postgres.log, "redis": self.redis.log}
        deaths = {name: part.deaths for name, part in self.parts.items()}
        ends = [f"--- {name}\n{tail(log, LOG_LINES)}" for name, log in logs.items()]
        return self._without_secrets("\n".join([f"deaths: {deaths}", *ends]))

    def _without_secrets(self, text: str) -> str:
        for address in (self.postgres.url, self.redis.url):
            password = address.partition("@")[0].rpartition(":")[2]
            text = text.replace(password, "(secret)")
        return text

    def _add(self, name: str, command: Sequence[str]) -> None:
        log = open_log(self.folder, name)
        environment: Mapping[str, str] = self.environment()

        def start() -> subprocess.Popen[bytes]:
            return spawn(command, log=log, env=environment, dying_signal=signal.SIGKILL, cwd=BASE_DIR)

        self.parts[name] = Part(name, log, start, start())


@contextmanager
def running(**options: object) -> Iterator[Cluster]:
    """A cluster in a temporary folder, while the block lasts; where the block fails the logs are shown.

    Args:
        **options: As `Cluster` takes them.
    """
    folder = Path(tempfile.mkdtemp(prefix="driftsentry-faults-"))
    folder.chmod(0o711)
    cluster = Cluster(folder, **options)  # type: ignore[arg-type]
    try:
        cluster.start()
        yield cluster
    except BaseException:
        sys.stderr.write(cluster.story() + "\n")
        raise
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def paced(seconds: float, *, every: float = 0.1) -> Iterator[None]:
    """Come round again and again for a time.

    Args:
        seconds: How long.
        every: Seconds between two turns.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield
        time.sleep(every)
