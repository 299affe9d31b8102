"""A real Redis beside the embedded PostgreSQL, where the machine has one."""

import os
import secrets
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from driftsentry.local.errors import LocalServiceError
from driftsentry.local.processes import free_port, open_log, spawn, stop, tail, wait_until

START_SECONDS = 15.0
ATTEMPTS = 3


@dataclass(slots=True)
class LocalRedis:
    """A Redis server that keeps nothing: it only carries messages between our processes.

    Attributes:
        folder: The data folder, for its log.
        program: The server's program.
        port: Where it listens on 127.0.0.1, once started.
        process: The server, once started.
    """

    folder: Path
    program: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    _password: str = field(default_factory=lambda: secrets.token_urlsafe(24), init=False)

    @property
    def url(self) -> str:
        """Its address, password included."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / "logs" / "redis.log"

    def start(self) -> None:
        """Start it on a free port.

        Raises:
            LocalServiceError: It does not start; the message ends with its log's last lines.
        """
        open_log(self.folder, "redis")
        self._start_listening()

    def respawn(self) -> subprocess.Popen[bytes]:
        """Start it again at the same address, after it died.

        Raises:
            LocalServiceError: It does not start.
        """
        return self._start_listening(self.port)

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            stop(self.process, (signal.SIGTERM, 5.0))
            self.process = None

    def _start_listening(self, port: int | None = None) -> subprocess.Popen[bytes]:
        for _ in range(ATTEMPTS):
            process = self._try_port(port or free_port())
            if process:
                return process
        raise LocalServiceError(f"Redis ({self.program}) does not start. The end of {self.log}:\n{tail(self.log)}")

    def _try_port(self, port: int) -> subprocess.Popen[bytes] | None:
        self.port = port
        self.process = process = self._spawn(self._configuration())
        wait_until(lambda: process.poll() is not None or self._answers(), seconds=START_SECONDS)
        if process.poll() is None and self._answers():
            return process
        self.stop()
        return None

    def _spawn(self, configuration: str) -> subprocess.Popen[bytes]:
        """Hand the configuration over a pipe: a command line would show the password to every user of the machine."""
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as stdin:
            with os.fdopen(writing, "w") as pipe:
                pipe.write(configuration)
            return spawn(
                [str(self.program), "-"],
                log=self.log,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                dying_signal=signal.SIGTERM,
                cwd=self.folder,
                stdin=stdin.fileno(),
            )

    def _configuration(self) -> str:
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self._password,
            "save": '""',
            "appendonly": "no",
            "daemonize": "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1) as client:
                return bool(client.ping())
        except RedisError:
            return False
