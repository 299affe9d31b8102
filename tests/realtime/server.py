"""A real daphne on the test database, and a real WebSocket client of it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from django.conf import settings
from django.db import connection
from rest_framework_simplejwt.tokens import AccessToken
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from driftsentry.local.processes import free_port, spawn, stop, tail, wait_until
from tests.realtime.frames import checked

PATIENCE_SECONDS = 30.0


def database_url() -> str:
    """The test database's address."""
    found = connection.settings_dict
    user, password = quote(found["USER"], safe=""), quote(found["PASSWORD"], safe="")
    return f"postgres://{user}:{password}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


def environment(**changes: str) -> dict[str, str]:
    """What a process of ours needs to work on the test database with this process's keys."""
    keys = {"SECRET_KEY": settings.SECRET_KEY, "JWT_SIGNING_KEY": settings.JWT_KEYS[0][1]}
    return os.environ | keys | {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL} | changes


def lasting(token: str, **lifetime: float) -> str:
    """The same token, expiring after a while from now."""
    found = AccessToken(token.encode())  # type: ignore[arg-type]
    found.set_exp(lifetime=timedelta(**lifetime))
    return str(found)


@dataclass(frozen=True, slots=True)
class Server:
    """A running daphne."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE_SECONDS)

    def sample(self, name: str) -> float:
        """A number of its /metrics."""
        lines = self.get("/metrics").text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name} "))

    def memory(self) -> int:
        """Bytes that its process has in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def log_lines(self) -> str:
        return tail(self.log, 200)

    @contextmanager
    def connect(
        self, token: str, *, path: str = "/ws", origin: str | None = None, in_url: bool = False, **options: Any
    ) -> Iterator["Client"]:
        """Open a socket while the block lasts; raises what websockets raises when it is refused."""
        query = f"?token={token}" if in_url else ""
        offered = None if in_url else [Subprotocol("driftsentry.v1"), Subprotocol(f"bearer.{token}")]
        with connect(
            f"ws://127.0.0.1:{self.port}{path}{query}",
            subprotocols=offered,
            origin=Origin(origin) if origin else None,
            open_timeout=PATIENCE_SECONDS,
            close_timeout=1,
            **options,
        ) as socket:
            yield Client(socket)


@contextmanager
def serving(folder: Path, env: Mapping[str, str], *, port: int | None = None) -> Iterator[Server]:
    """Run daphne while the block lasts."""
    port, log = port or free_port(), folder / "daphne.log"
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve", "--port", str(port)]
    process = spawn(command, log=log, env=env, dying_signal=signal.SIGTERM, cwd=settings.BASE_DIR)
    server = Server(port, process, log)
    try:
        assert wait_until(lambda: _answers(server), seconds=PATIENCE_SECONDS), server.log_lines()
        yield server
    finally:
        stop(process, (signal.SIGTERM, 15.0))


def _answers(server: Server) -> bool:
    assert server.process.poll() is None, server.log_lines()
    try:
        return server.get("/health/live").status_code == 200
    except httpx.HTTPError:
        return False


Frame = dict[str, Any]


@dataclass(slots=True)
class Client:
    """What a careful client of the stream does: follows the chain of `seq` and `prev`, and marks its requests."""

    socket: ClientConnection
    cursor: int = 0
    epoch: str = ""
    refs: Iterator[int] = field(default_factory=lambda: count(1))
    waiting: list[Frame] = field(default_factory=list)

    @classmethod
    @contextmanager
    def listening(cls, server: Server, token: str, *channels: str, **options: Any) -> Iterator["Client"]:
        """A client that has subscribed to some channels, to drifts when none is named."""
        with server.connect(token, **options) as client:
            client.ready()
            for channel in channels or ("drifts",):
                assert client.ask("subscribe", channel=channel)["event"] == "ack"
            yield client

    def receive(self, seconds: float = PATIENCE_SECONDS) -> Frame:
        """The next frame; one that carries a seq must follow from the one before."""
        found: Frame = checked(json.loads(self.socket.recv(timeout=seconds)))
        if found["event"] in {"ready", "reset"}:
            self.cursor, self.epoch = found["data"]["seq"], found["data"]["epoch"]
        elif "seq" in found:
            assert found["prev"] == self.cursor, f"after {self.cursor} came {found}"
            self.cursor = found["seq"]
        return found

    def ready(self) -> Frame:
        found = self.receive()
        assert found["event"] == "ready", found
        return found

    def send(self, action: str, **rest: Any) -> int:
        """Ask without waiting for the answer."""
        ref = next(self.refs)
        self.socket.send(json.dumps({"action": action, "ref": ref, **rest}))
        return ref

    def ask(self, action: str, **rest: Any) -> Frame:
        """Ask, and wait for the answer; events that come before it are kept for `events`."""
        ref = self.send(action, **rest)
        while True:
            found = self.receive()
            if found.get("ref") == ref:
                return found
            self.waiting.append(found)

    def resume(self, *, after: int, epoch: str) -> Frame:
        """Go back to a place: the chain begins there."""
        answer = self.ask("resume", after=after, epoch=epoch)
        self.waiting.clear()
        self.cursor = after
        return answer

    def event(self, name: str = "") -> Frame:
        """The next event, whatever heartbeats come between."""
        while True:
            found = self.waiting.pop(0) if self.waiting else self.receive()
            if found["event"] not in {"heartbeat", "ack"}:
                assert not name or found["event"] == name, found
                return found

    def events(self, many: int) -> list[Frame]:
        return [self.event() for _ in range(many)]

    def close_code(self) -> int:
        """The code the server closes with, within our patience."""
        until = time.monotonic() + PATIENCE_SECONDS
        try:
            while time.monotonic() < until:
                self.socket.recv(timeout=PATIENCE_SECONDS)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        raise AssertionError("The server does not close the socket.")
