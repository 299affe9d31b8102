"""How fast the live stream reaches a thousand sockets of one process, against the barest broadcaster there."""

import asyncio
import base64
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import httpx
from django.conf import settings
from django.db import connection

from accounts.actions import log_in
from accounts.models import User
from audit.actors import Actor
from driftsentry.local.processes import free_port, spawn, stop, wait_until
from tests.benchmarks.measured import Figure
from tests.realtime.happenings import drift_created, happen
from tests.realtime.server import environment, serving

SOCKETS = 1_000
EVENTS = 100
PATIENCE_SECONDS = 120.0
UNLIMITED = {"REALTIME_MAX_SOCKETS_PER_USER": "10000", "REALTIME_MAX_SOCKETS_PER_ACCOUNT": "10000"}
TEXT, PING, PONG = 0x81, 0x89, 0x8A
EXTENDED = 126
LONG = 127


class Frames(asyncio.Protocol):
    """A WebSocket client that only counts the frames it gets, so that counting costs little."""

    def __init__(self, path: str, *requests: dict[str, object]) -> None:
        """Make one.

        Args:
            path: What it asks for.
            *requests: What it sends once it is connected.
        """
        self._path = path
        self._requests = requests
        self._rest = b""
        self._open = False
        self.text = b""
        self.events = self.others = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take the upgrade, then frames."""
        self._rest += data
        if not self._open:
            head, end, rest = self._rest.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head.partition(b"\r\n")[0], head
            self._open, self._rest = True, rest
            for request in self._requests:
                self._transport.write(_masked(json.dumps(request).encode()))
        self._take_frames()

    def _take_frames(self) -> None:
        rest, at = self._rest, 0
        while len(rest) - at >= 4:
            size, head = rest[at + 1], 2
            if size == EXTENDED:
                size, head = int.from_bytes(rest[at + 2 : at + 4]), 4
            assert size < LONG or head > 2
            if len(rest) - at < head + size:
                break
            self._take(rest[at], rest[at + head : at + head + size])
            at += head + size
        self._rest = rest[at:]

    def _take(self, first: int, content: bytes) -> None:
        if first == PING:
            self._transport.write(_masked(content, first=PONG))
        elif content.startswith(b'{"event":"drift:'):
            self.text = content
            self.events += 1
        else:
            self.others += 1


def _masked(content: bytes, *, first: int = TEXT) -> bytes:
    """A client's frame, masked with zeros."""
    size = len(content)
    assert size < EXTENDED
    return bytes([first, 0x80 | size, 0, 0, 0, 0]) + content


async def _connected(port: int, path: str, *requests: dict[str, object]) -> list[Frames]:
    loop = asyncio.get_running_loop()
    found = []
    for _ in range(SOCKETS):
        _, client = await loop.create_connection(lambda: Frames(path, *requests), "127.0.0.1", port)
        found.append(client)
    return found


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - an event a frame would cost more
            await asyncio.sleep(0.005)


async def _measure(port: int, path: str, begin: Callable[[], None], *requests: dict[str, object]) -> tuple[float, str]:
    """Seconds until every socket has every event, and the last one's text."""
    clients = await _connected(port, path, *requests)
    greetings = 1 + len(requests) if requests else 0
    await _until(lambda: all(client.others >= greetings for client in clients))
    await asyncio.sleep(1.0)  # a socket that has just come reads by itself for a moment
    start = perf_counter()
    beginning = asyncio.create_task(asyncio.to_thread(begin))
    await _until(lambda: all(client.events == EVENTS for client in clients))
    seconds = perf_counter() - start
    await beginning
    return seconds, clients[0].text.decode()


@contextmanager
def broadcasting(folder: Path) -> Iterator[int]:
    """Run the broadcaster while the block lasts; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.broadcaster", str(port)]
    log = folder / "broadcaster.log"
    process = spawn(command, log=log, env=environment(), dying_signal=signal.SIGTERM, cwd=settings.BASE_DIR)
    try:
        assert wait_until(lambda: _answers(port), seconds=30), log.read_text()
        yield port
    finally:
        stop(process, (signal.SIGTERM, 10.0))


def _answers(port: int) -> bool:
    try:
        return httpx.post(f"http://127.0.0.1:{port}/", content=b"").status_code == 200
    except httpx.HTTPError:
        return False


def streaming(user: User, password: str) -> Iterator[Figure]:
    """Measure one burst of events.

    Args:
        user: Who listens, on each of the sockets.
        password: Theirs.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 16_384), most))
    token = log_in(email=user.email, password=password, by=Actor.system("benchmarks")).tokens.access
    account = user.account_id

    def write() -> None:
        try:
            happen(account, *(drift_created() for _ in range(EVENTS)))
        finally:
            connection.close()

    with tempfile.TemporaryDirectory() as folder:
        with serving(Path(folder), environment(**UNLIMITED)) as server:
            wanted: dict[str, object] = {"action": "subscribe", "channel": "drifts"}
            seconds, text = asyncio.run(_measure(server.port, f"/ws?token={token}", write, wanted))
        with broadcasting(Path(folder)) as port:
            texts = "\n".join([text] * EVENTS).encode()

            def broadcast() -> None:
                httpx.post(f"http://127.0.0.1:{port}/", content=texts, timeout=PATIENCE_SECONDS)

            bare, _ = asyncio.run(_measure(port, "/", broadcast))
    yield Figure(
        what=f"live stream, {SOCKETS:,} sockets",
        seconds=seconds,
        units=SOCKETS * EVENTS,
        baseline="bare broadcaster, same server",
        baseline_seconds=bare,
    )
