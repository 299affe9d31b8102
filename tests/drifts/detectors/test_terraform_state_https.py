"""A state behind HTTPS: public addresses only unless the operator says so, no redirects, bounded, headers secret."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from drifts.detectors.base import DetectionError
from drifts.detectors.terraform_state_https import read_https
from driftsentry.api.outgoing import is_public
from tests.certificates import certificate

ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/state": (200, {}, b'{"version": 4}'),
    "/large": (200, {}, b"x" * 2000),
    "/moved": (302, {"location": "/state"}, b""),
    "/missing": (404, {}, b"secret words"),
    "/short": (200, {"content-length": "50"}, b"cut"),
}


class Handler(BaseHTTPRequestHandler):
    seen: list[dict[str, str]] = []

    def do_GET(self) -> None:
        Handler.seen.append({name.lower(): value for name, value in self.headers.items()})
        status, headers, body = ANSWERS[self.path]
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def address(pem: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def trusted(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator trusts the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))


def read(url: str, **more: Any) -> bytes:
    told = {"headers": {}, "private_hosts": ("localhost",), "largest": 1000, "seconds": 20.0, **more}
    return read_https(url, **told)


def test_a_state_is_fetched_with_its_headers(address: str, trusted: None) -> None:
    Handler.seen.clear()
    assert read(f"{address}/state", headers={"Authorization": "Bearer abc"}) == b'{"version": 4}'
    (sent,) = Handler.seen
    assert (sent["authorization"], sent["host"]) == ("Bearer abc", address.removeprefix("https://"))


def test_a_host_on_a_private_network_is_refused_before_anything_is_sent(address: str, trusted: None) -> None:
    Handler.seen.clear()
    with pytest.raises(DetectionError, match="not on the public internet"):
        read(f"{address}/state", private_hosts=())
    assert Handler.seen == []


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (one, 0)) for one in ("93.184.215.14", "169.254.169.254")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(DetectionError, match="not on the public internet"):
        read("https://example.com/state", private_hosts=())


REFUSED = [
    ("/large", "larger than 1000 bytes"),
    ("/moved", "name the final address"),
    ("/missing", "answers with 404"),
    ("/short", "cannot be fetched: RemoteProtocolError"),
]


@pytest.mark.parametrize(("path", "words"), REFUSED)
def test_what_is_no_answer_in_full_is_refused(address: str, trusted: None, path: str, words: str) -> None:
    with pytest.raises(DetectionError, match=words) as refusal:
        read(f"{address}{path}", headers={"Authorization": "Bearer abc"})
    assert "secret" not in str(refusal.value)
    assert "abc" not in str(refusal.value)


def test_a_state_that_takes_too_long_is_refused(address: str, trusted: None) -> None:
    with pytest.raises(DetectionError, match="took too long"):
        read(f"{address}/state", seconds=-1.0)


def test_a_certificate_that_nobody_trusts_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(DetectionError, match="ConnectError"):
        read(f"{address}/state")


def test_a_name_that_leads_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(DetectionError, match="cannot be resolved"):
        read("https://nowhere.example.com/state")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse
        ("224.0.0.1", False),
        ("::1", False),
        ("fd00:ec2::254", False),
        ("fe80::1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:a9fe:a9fe::", False),
        ("2001:0:a9fe:a9fe::", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public
