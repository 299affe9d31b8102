"""`manage.py up`: everything a person needs to try DriftSentry, in one terminal."""

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from driftsentry.local import running
from driftsentry.local.banner import Facts, banner
from driftsentry.local.errors import LocalServiceError
from driftsentry.local.lock import exclusive
from driftsentry.local.processes import open_log, require_free_port, spawn, tail, wait_until
from driftsentry.local.services import BASE_DIR, remove_services, write_services
from driftsentry.local.supervisor import Child, LogFollower, StopRequested, supervise, turn_signals_into_requests

HEALTH_SECONDS = 60.0
MANAGE = (sys.executable, str(BASE_DIR / "manage.py"))


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked of `up`.

    Attributes:
        folder: The data folder.
        port: Where to serve on 127.0.0.1.
        demo: Whether to seed the demo.
        verbose: Whether to show the logs of web and worker.
    """

    folder: Path
    port: int
    demo: bool
    verbose: bool

    @property
    def address(self) -> str:
        """The web server's address."""
        return f"http://127.0.0.1:{self.port}"


def up(options: Options, *, say: Callable[[str], None]) -> None:
    """Start everything, keep it alive until Ctrl-C or SIGTERM, then stop everything.

    Args:
        options: What was asked.
        say: Tells the person at the terminal.

    Raises:
        LocalServiceError: Something cannot start or does not stay alive; everything started is stopped again.
    """
    turn_signals_into_requests()
    try:
        with exclusive(options.folder, address=options.address):
            running.end_orphans(options.folder)
            require_free_port(options.port)
            _serve(options, say)
    except StopRequested:
        say("Stopped. The data stays; `make run` continues with it.")
    except PermissionError as error:
        raise LocalServiceError(
            f"{error}. Does {options.folder} belong to another user? Set DRIFTSENTRY_DATA_DIR to a folder of yours."
        ) from error


def _serve(options: Options, say: Callable[[str], None]) -> None:
    say("Starting the database …" if not os.environ.get("DATABASE_URL") else "Using the database of DATABASE_URL …")
    services = running.start(options.folder)
    children: list[Child] = []
    try:
        write_services(options.folder, services.as_services())
        _prepare(options, services, say)
        children += _children(options, services)
        _start_children(children, options)
        _announce(options, services, say)
        _keep_alive(options, services, children, say)
    finally:
        say("Stopping …")
        for child in children:
            child.end()
        services.stop()
        remove_services(options.folder)


def _prepare(options: Options, services: running.Running, say: Callable[[str], None]) -> None:
    say("Bringing the tables up to date …")
    _manage(services, "migrate", "--verbosity=0", "--no-input")
    if options.demo:
        say("Seeding the demo …")
        _manage(services, "seed", "--demo")


def _manage(services: running.Running, *arguments: str) -> None:
    """Run a command of `manage.py` in a process of its own: this one's settings were read before the database ran."""
    result = subprocess.run(  # noqa: S603 - our own commands
        [*MANAGE, *arguments],
        env=services.environment(),
        cwd=BASE_DIR,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if result.returncode:
        raise LocalServiceError(f"manage.py {' '.join(arguments)} failed:\n{result.stdout.strip()}")


def _children(options: Options, services: running.Running) -> list[Child]:
    """The web server and the worker."""
    commands = {
        "web": [*MANAGE, "serve", "--port", str(options.port)],
        "worker": [*MANAGE, "procrastinate", "worker"],
    }
    return [_child(name, command, options, services) for name, command in commands.items()]


def _child(name: str, command: list[str], options: Options, services: running.Running) -> Child:
    own = {"DRIFTSENTRY_DATA_DIR": str(options.folder), "PORT": str(options.port)}
    log, environment = open_log(options.folder, name), services.environment() | own

    def start() -> subprocess.Popen[bytes]:
        # When we are killed the database goes too: asked politely, a worker would look for it for half a minute.
        return spawn(command, log=log, env=environment, dying_signal=signal.SIGKILL, cwd=BASE_DIR)

    return Child(name=name, log=log, spawn=start)


def _start_children(children: list[Child], options: Options) -> None:
    for child in children:
        child.start()
    web = children[0]
    wait_until(lambda: _is_over(web) or _answers(options.port), seconds=HEALTH_SECONDS, every=0.1)
    if _is_over(web) or not _answers(options.port):
        raise LocalServiceError(f"The web server does not answer. The end of {web.log}:\n{tail(web.log)}")


def _is_over(child: Child) -> bool:
    return child.process is None or child.process.poll() is not None


def _answers(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False


def _announce(options: Options, services: running.Running, say: Callable[[str], None]) -> None:
    database = f"embedded PostgreSQL in {services.postgres.cluster}" if services.postgres else "DATABASE_URL"
    if services.redis:
        redis = f"{services.redis.program.name}, started here"
    elif services.redis_url:
        redis = "the Redis of REDIS_URL"
    else:
        redis = "an in-process layer and look-ups in the journal (no Redis was found; all works, a little later)"
    say(banner(Facts(options.address, database, redis, options.folder, options.demo)))


def _keep_alive(options: Options, services: running.Running, children: list[Child], say: Callable[[str], None]) -> None:
    watched = [*_service_children(services), *children]

    def tell_others() -> None:
        pids = {child.name: child.process.pid for child in watched if child.process}
        write_services(options.folder, replace(services.as_services(), pids=pids, port=options.port))

    tell_others()
    follower = LogFollower({child.name: child.log for child in children}) if options.verbose else None
    supervise(watched, say=say, replaced=tell_others, follower=follower)


def _service_children(services: running.Running) -> list[Child]:
    parts = {"postgres": services.postgres, "redis": services.redis}
    return [Child(name, part.log, part.respawn, part.process) for name, part in parts.items() if part]
