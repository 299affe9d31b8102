"""A server of bare sockets, which may behave as badly as it likes."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Server:
    """Who answers.

    Attributes:
        port: Where it listens on 127.0.0.1.
        heads: What each connection was sent first, up to its blank line, where it was read.
        names: The names that TLS was asked for.
        over: Set when the test is over: whatever goes on for ever stops then.
        connections: How many came.
    """

    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    connections: int = 0

    def url(self, scheme: str = "http", host: str = "127.0.0.1") -> str:
        """Its address."""
        return f"{scheme}://{host}:{self.port}/hook"

    def read_head(self, connection: socket.socket) -> bytes:
        """Read a request's head, and keep it."""
        head = b""
        while b"\r\n\r\n" not in head and (part := connection.recv(4096)):
            head += part
        self.heads.append(head)
        return head


Behaviour = Callable[[Server, socket.socket], None]


def saying(answer: bytes) -> Behaviour:
    """Read a request, and say this once its head has come; leave when the other side does."""

    def behave(server: Server, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(answer)
        while connection.recv(4096):
            pass

    return behave


def trickling(start: bytes, drop: bytes) -> Behaviour:
    """Read the head of a request, say the start, and then the drop again and again, slowly and for ever."""

    def behave(server: Server, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(start)
        while not server.over.wait(0.02):
            connection.sendall(drop)

    return behave


def pouring(start: bytes, drop: bytes) -> Behaviour:
    """Read the head of a request, say the start, and then the drop again and again, as fast as it is taken."""

    def behave(server: Server, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(start)
        while not server.over.is_set():
            connection.sendall(drop * 100)

    return behave


def silent(server: Server, connection: socket.socket) -> None:
    """Take the connection, and neither read nor say anything."""
    server.over.wait(60)


@contextlib.contextmanager
def answering(behave: Behaviour, *, pem: Path | None = None) -> Iterator[Server]:
    """Serve on a port of this machine, with TLS where a certificate is given."""
    server, listener = Server(), socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if pem is not None:
        context.load_cert_chain(pem)
        context.sni_callback = lambda _, name, __: server.names.append(name)

    def one(connection: socket.socket) -> None:
        connection.settimeout(30)
        with contextlib.suppress(OSError), connection:
            if pem is None:
                behave(server, connection)
            else:
                with context.wrap_socket(connection, server_side=True) as secured:
                    behave(server, secured)

    def serve() -> None:
        with contextlib.suppress(OSError):  # the listener is shut
            while True:
                connection, _ = listener.accept()
                server.connections += 1
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        listener.close()
