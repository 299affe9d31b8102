"""The image's health check, run as Docker runs it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.deploy.files import dockerfile_command


class _Web(BaseHTTPRequestHandler):
    asked: tuple[str, str] = ("", "")
    status = 200

    def do_GET(self) -> None:
        type(self).asked = (self.headers["Host"], self.path)
        self.send_response(type(self).status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        """Say nothing: the test says what it saw."""


@pytest.fixture
def web() -> Iterator[HTTPServer]:
    """A web process on a port of its own."""
    server = HTTPServer(("127.0.0.1", 0), _Web)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _run(server: HTTPServer, allowed_hosts: str) -> int:
    _, flag, program = dockerfile_command("HEALTHCHECK")
    program = program.replace(":8000/", f":{server.server_port}/")
    return subprocess.run(  # noqa: S603 - the program of our own Dockerfile
        [sys.executable, flag, program],
        env=os.environ | {"ALLOWED_HOSTS": allowed_hosts},
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


@pytest.mark.parametrize("allowed_hosts", ["drift.example.com", "drift.example.com, web", ".drift.example.com"])
def test_it_asks_under_a_name_that_the_service_accepts(
    web: HTTPServer, allowed_hosts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Web, "status", 200)
    assert _run(web, allowed_hosts) == 0
    assert _Web.asked == ("drift.example.com", "/health/live")


def test_it_fails_when_the_service_does(web: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Web, "status", 503)
    assert _run(web, "drift.example.com") == 1
