"""Whoever is told, over real HTTP: it keeps what it was sent and answers as it is told, late if it is told so."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOCAL = ("127.0.0.1",)
"""What to allow as private hosts, so that a receiver may be spoken to."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it came.

    Attributes:
        at: Seconds of the monotonic clock.
        path: With its query.
        headers: By their names in lower case.
        body: Its bytes.
    """

    at: float
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        status: Its HTTP status.
        body: Its bytes.
        headers: Beside its length.
        delay: Seconds to wait before it is given.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0

    @classmethod
    def of(cls, value: Any, status: int = 200) -> "Reply":
        """An answer in JSON."""
        return cls(status, json.dumps(value).encode(), {"content-type": "application/json"})


@dataclass
class Receiver:
    """Who is told.

    Attributes:
        replies: One a request; the last one stays.
        choose: Says the answer to a request; it goes before `replies`.
        asked: Every request, in the order in which they came.
        url: Where it listens, e.g. `http://127.0.0.1:40123/hook`.
    """

    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    choose: Callable[[Asked], Reply] | None = None
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    _come: threading.Condition = field(default_factory=threading.Condition)

    def take(self, asked: Asked) -> Reply:
        """Keep a request and say what it is answered."""
        with self._come:
            self.asked.append(asked)
            self._come.notify_all()
            if self.choose is None:
                return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return self.choose(asked)  # outside the lock, since it may wait

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Asked]:
        """Wait until so many requests have come, and give them all; fail when they do not come in time."""
        with self._come:
            came = self._come.wait_for(lambda: len(self.asked) >= count, timeout=seconds)
            assert came, f"{len(self.asked)} of {count} requests came within {seconds} seconds"
            return list(self.asked)


@contextmanager
def receiving(*replies: Reply) -> Iterator[Receiver]:
    """Answer on a port of this machine, with 200 where no answer is given."""
    receiver = Receiver(replies=list(replies) or [Reply()])
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): one for name, one in self.headers.items()}
            reply = receiver.take(Asked(time.monotonic(), self.path, headers, body))
            if reply.delay:
                over.wait(reply.delay)
            try:
                self.send_response(reply.status)
                for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # whoever asked has not waited

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        over.set()
        server.shutdown()
        thread.join(10)
        server.server_close()
