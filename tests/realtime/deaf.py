"""A WebSocket client that reads nothing of what it is sent, and may go on sending."""

import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import urandom

from websockets.frames import Frame, Opcode

from tests.realtime.server import PATIENCE_SECONDS, Server

STUCK_SECONDS = 2.0


class Deaf:
    """A bare connection on which the upgrade is all that was ever read."""

    def __init__(self, server: Server, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(
            f"GET /ws?token={token} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {b64encode(urandom(16)).decode()}\r\n\r\n".encode()
        )
        assert self._line() == b"HTTP/1.1 101 Switching Protocols"
        while self._line():
            pass

    def _line(self) -> bytes:
        found = b""
        while not found.endswith(b"\r\n"):
            found += self._socket.recv(1)
        return found.strip()

    def send(self, text: str) -> None:
        """Send a frame."""
        self._socket.sendall(Frame(Opcode.TEXT, text.encode()).serialize(mask=True))

    def taken(self, text: str, *, most: int) -> int:
        """Send the same text on and on: how many bytes were taken, of so many, before nobody took more."""
        return self.frames_taken(Frame(Opcode.TEXT, text.encode()), most=most)

    def frames_taken(self, one: Frame, *, most: int) -> int:
        """The same, of any frame."""
        frame, sent = one.serialize(mask=True), 0
        self._socket.settimeout(STUCK_SECONDS)
        with suppress(OSError):
            while sent < most:
                sent += self._socket.send(frame[sent % len(frame) :])
        self._socket.settimeout(PATIENCE_SECONDS)
        return sent

    def close(self) -> None:
        self._socket.close()


@contextmanager
def deaf(server: Server, token: str) -> Iterator[Deaf]:
    """Open such a connection while the block lasts."""
    client = Deaf(server, token)
    try:
        yield client
    finally:
        client.close()
