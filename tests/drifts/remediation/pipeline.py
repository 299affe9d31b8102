"""A team's pipeline over real HTTP: it takes requests and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Pipeline:
    """What it answers and what it was asked.

    Attributes:
        answers: Status and body, one a request; the last one stays.
        asked: Path, headers and body of every request, in order.
    """

    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(202, b"{}")])
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    def payload(self, place: int = -1) -> Any:
        """The data of a generic request."""
        return json.loads(self.asked[place][2])["data"]


@contextmanager
def running() -> Iterator[Pipeline]:
    """Answer on a port of this machine."""
    pipeline = Pipeline()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            pipeline.asked.append((self.path, {name.lower(): one for name, one in self.headers.items()}, body))
            status, text = pipeline.answers.pop(0) if len(pipeline.answers) > 1 else pipeline.answers[0]
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    pipeline.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield pipeline
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
