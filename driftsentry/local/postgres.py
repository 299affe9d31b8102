"""The embedded PostgreSQL: a real server, made and started by us from the programs of a wheel.

The wheel's own launcher is not used: it locks the whole machine, trusts every local connection and opens parent
folders. Here a cluster has a password, listens on 127.0.0.1 only, and belongs to one data folder. Its password for the
superuser stays in the data folder; the application gets a role of its own that may create databases but is no
superuser, as it should be in production.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from driftsentry.api import walls
from driftsentry.local.errors import LocalServiceError
from driftsentry.local.identity import RunAs, database_user, traversable_place
from driftsentry.local.processes import (
    command_of,
    free_port,
    open_log,
    spawn,
    stop,
    stop_orphan,
    tail,
    wait_until,
    working_in,
)
from driftsentry.local.programs import PostgresPrograms, postgres_programs

NAME = "driftsentry"
START_SECONDS = 60.0
ATTEMPTS = 12
RETRY_SECONDS = 0.25
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "log_statement": "none",
    "log_error_verbosity": "terse",  # the detail of a refused row holds its values
    "log_parameter_max_length_on_error": "0",
}
_FAST_STOP = (signal.SIGINT, 20.0)
_IMMEDIATE_STOP = (signal.SIGQUIT, 5.0)


@dataclass(slots=True)
class EmbeddedPostgres:
    """A PostgreSQL server that belongs to a data folder.

    Attributes:
        folder: The data folder.
        throwaway: A crash may lose everything: much faster, for tests.
        port: Where it listens on 127.0.0.1, once started.
        process: The server, once started.
    """

    folder: Path
    throwaway: bool = False
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    _run_as: RunAs | None = field(default=None, init=False)
    _programs: PostgresPrograms | None = field(default=None, init=False)
    _password: str = field(default_factory=lambda: secrets.token_urlsafe(24), init=False)

    @property
    def home(self) -> Path:
        """The folder that holds the cluster, or a link to it."""
        return self.folder / "postgres"

    @property
    def cluster(self) -> Path:
        """The cluster itself, with links followed."""
        return self.home.resolve() / "cluster"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / "logs" / "postgres.log"

    @property
    def url(self) -> str:
        """The application's address of its database, password included."""
        return f"postgres://{NAME}:{self._password}@127.0.0.1:{self.port}/{NAME}"

    def start(self) -> None:
        """Make the cluster when there is none, else recover it; start it; see that our role and database exist.

        Raises:
            LocalServiceError: It cannot be made or does not start; the message ends with its log's last lines.
        """
        self._run_as = database_user()
        self._programs = postgres_programs(self._run_as)
        open_log(self.folder, "postgres")
        self._find_home()
        if not self.cluster.exists():
            self._make_cluster()
        self._end_orphan()
        self._start_listening()
        self._ensure_database()

    def respawn(self) -> subprocess.Popen[bytes]:
        """Start the server again at the same address, after it died.

        Raises:
            LocalServiceError: It does not start.
        """
        self._end_orphan()
        return self._start_listening(self.port)

    def stop(self) -> None:
        """End it in good order: sessions are closed, everything is written."""
        if self.process is not None:
            stop(self.process, _FAST_STOP, _IMMEDIATE_STOP)
            self.process = None

    def remove(self) -> None:
        """Delete the stopped cluster, wherever it is."""
        shutil.rmtree(self.home.resolve(), ignore_errors=True)
        if self.home.is_symlink():
            self.home.unlink()

    def _find_home(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.home.is_symlink() and not self.home.exists():
            raise LocalServiceError(
                f"The database of {self.folder} was at {self.home.readlink()}, which is gone. Bring it back, or "
                f"remove {self.home} to begin with an empty one."
            )
        if self.home.exists():
            return
        if self._run_as is None:
            self.home.mkdir(mode=0o700)
        elif self._run_as.can_enter(self.folder):
            self.home.mkdir(mode=0o700)
            os.chown(self.home, self._run_as.uid, self._run_as.gid)
        else:
            elsewhere = Path(tempfile.mkdtemp(prefix="data-", dir=traversable_place(self._run_as)))
            os.chown(elsewhere, self._run_as.uid, self._run_as.gid)
            self.home.symlink_to(elsewhere)

    @property
    def _password_file(self) -> Path:
        return self.folder / "postgres-password"

    def _make_cluster(self) -> None:
        """Make it under another name first, so that a cut leaves no half cluster."""
        home, password = self.home.resolve(), secrets.token_urlsafe(24)
        partial, handed_over = home / "cluster.partial", home / "password"
        shutil.rmtree(partial, ignore_errors=True)
        _write_private(self._password_file, password)
        _write_private(handed_over, password)
        if self._run_as:
            os.chown(handed_over, self._run_as.uid, self._run_as.gid)
        try:
            self._run_initdb(partial, handed_over)
        finally:
            handed_over.unlink(missing_ok=True)
        partial.rename(self.cluster)

    def _run_initdb(self, target: Path, password_file: Path) -> None:
        assert self._programs is not None  # noqa: S101 - narrows the type; start() has set it
        command = [str(self._programs.initdb), f"--pgdata={target}", f"--pwfile={password_file}"]
        command += ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"]
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--no-sync"] if self.throwaway else []
        made = subprocess.run(  # noqa: S603 - our own constants and paths
            command,
            cwd="/",
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=START_SECONDS * 2,
            check=False,
            **(self._run_as.popen_arguments() if self._run_as else {}),
        )
        if made.returncode:
            raise LocalServiceError(f"PostgreSQL's data folder cannot be made in {target}:\n{made.stderr.strip()}")

    def _end_orphan(self) -> None:
        """End a server that a killed copy left running here, or the sessions of a killed server; clear its note.

        PostgreSQL itself would refuse to start when the old number now belongs to any other process of the same user,
        or while a busy session, which does not see that its server is gone, holds the server's memory.
        The data folder's lock is ours, so no other start can be under way.
        """
        note = self.cluster / "postmaster.pid"
        first, _, _ = (note.read_text(errors="replace") if note.exists() else "").partition("\n")
        pid = int(first) if first.isdecimal() else 0
        if pid and str(self.cluster) in command_of(pid) and not stop_orphan(pid, _FAST_STOP, _IMMEDIATE_STOP):
            raise LocalServiceError(f"A PostgreSQL of an earlier start, process {pid}, cannot be stopped.")
        for session in working_in(self.cluster):
            if command_of(session).startswith("postgres:"):
                stop_orphan(session, _IMMEDIATE_STOP)
        note.unlink(missing_ok=True)

    def _start_listening(self, port: int | None = None) -> subprocess.Popen[bytes]:
        """Try a few times: a port can be taken in between, and a killed server's sessions hold its memory a while."""
        for _ in range(ATTEMPTS):
            process = self._try_port(port or free_port())
            if process:
                return process
            time.sleep(RETRY_SECONDS)
        raise LocalServiceError(f"PostgreSQL does not start. The end of {self.log}:\n{tail(self.log)}")

    def _try_port(self, port: int) -> subprocess.Popen[bytes] | None:
        assert self._programs is not None  # noqa: S101 - narrows the type; start() has set it
        settings = SETTINGS | {"port": str(port)} | (FAST_SETTINGS if self.throwaway else {})
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        process = spawn(
            [str(self._programs.postgres), "-D", str(self.cluster), *options],
            log=self.log,
            env=_environment(),
            dying_signal=signal.SIGINT,
            run_as=self._run_as,
        )
        self.port, self.process = port, process
        wait_until(lambda: process.poll() is not None or self._is_ready(), seconds=START_SECONDS)
        if process.poll() is None and self._is_ready():
            return process
        self.stop()
        return None

    def _is_ready(self) -> bool:
        """The status line of its note, which it writes when it takes connections (PostgreSQL's `miscinit.c`)."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready" and lines[0] == str(self.process and self.process.pid)

    def _ensure_database(self) -> None:
        superuser = self._password_file.read_text().strip()
        address = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"
        try:
            with psycopg.connect(address, password=superuser, autocommit=True, connect_timeout=10) as connection:
                _ensure_role(connection, self._password)
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)).fetchone():
                    name = sql.Identifier(NAME)
                    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
        except psycopg.Error as error:
            self.stop()
            raise LocalServiceError(
                f"PostgreSQL runs but cannot be set up ({error}). Does {self._password_file} belong to {self.cluster}?"
            ) from error


def _ensure_role(connection: psycopg.Connection[tuple[object, ...]], password: str) -> None:
    """Give our role the password of this start; it owns its database and may create others, for tests.

    It may also become the role that requests run as, which it could not make itself.
    """
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (NAME,)).fetchone()
    verb = sql.SQL("ALTER" if known else "CREATE")
    statement = sql.SQL("{} ROLE {} LOGIN CREATEDB PASSWORD {}")
    connection.execute(statement.format(verb, sql.Identifier(NAME), sql.Literal(password)))
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (walls.ROLE,)).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(walls.ROLE)))
    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(walls.ROLE), sql.Identifier(NAME)))


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
