"""A client that says exactly what it is told to, over a plain socket."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back until the server closed, or until the answer was whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The envelope's error code."""
        found: Any = json.loads(self.body)
        assert found["success"] is False
        return str(found["error"]["code"])


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as wire:
        yield wire


def read_answer(wire: socket.socket) -> Answer:
    """One whole answer; fails when the connection ends before it."""
    with wire.makefile("rb") as file:
        status = file.readline()
        assert status, "The connection was closed without an answer."
        headers: dict[str, str] = {}
        while (line := file.readline()) not in {b"\r\n", b""}:
            name, _, value = line.decode().strip().partition(": ")
            headers[name.lower()] = value
        body = file.read(int(headers.get("content-length", "0")))
    return Answer(int(status.split()[1]), headers, body)


def is_closed(wire: socket.socket) -> bool:
    """Whether the server ends the connection, within our patience."""
    try:
        while wire.recv(65536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def ask(port: int, data: bytes) -> Answer:
    with connected(port) as wire:
        wire.sendall(data)
        return read_answer(wire)


def get(port: int, target: str, *headers: str) -> Answer:
    head = [f"GET {target} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
    return ask(port, "\r\n".join(head).encode("latin-1"))
