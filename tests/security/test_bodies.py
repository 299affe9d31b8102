"""Large and slow requests are refused before they are kept, and nobody takes for ever."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftsentry.local.processes import wait_until
from tests.realtime.server import Server, environment, serving
from tests.security.wire import PATIENCE_SECONDS, ask, connected, get, is_closed, read_answer

pytestmark = pytest.mark.django_db

SCAN_BYTES = 4_000_000
JSON_BYTES = 1024 * 1024
SCANS = "/api/v1/scans"
DRIFTS = "/api/v1/drifts"


@pytest.fixture(scope="module")
def strict(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of little patience."""
    env = environment(
        MAX_SCAN_BODY_BYTES=str(SCAN_BYTES),
        WEB_HEAD_SECONDS="1",
        WEB_BODY_SECONDS="4",
        WEB_BODY_BYTES_PER_SECOND="100000",
        WEB_IDLE_SECONDS="2",
    )
    with serving(tmp_path_factory.mktemp("strict"), env) as running:
        yield running


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def resident_bytes(server: Server) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1024


def sent(wire: socket.socket, data: bytes) -> bool:
    try:
        wire.sendall(data)
    except ConnectionError:
        return False
    return True


@pytest.mark.parametrize(
    ("method", "path", "size"),
    [
        ("POST", SCANS, SCAN_BYTES + 1),
        ("POST", SCANS, 10**18),
        ("POST", DRIFTS, JSON_BYTES + 1),
        ("PUT", SCANS, JSON_BYTES + 1),
        ("GET", SCANS, JSON_BYTES + 1),
        ("POST", "/api/v1/%73cans", JSON_BYTES + 1),
        ("POST", "/api/v1/scans/x", JSON_BYTES + 1),
        ("POST", "/admin/login/", JSON_BYTES + 1),
        ("POST", "/nowhere", JSON_BYTES + 1),
    ],
)
def test_a_body_announced_too_large_is_refused_before_it_comes(
    strict: Server, method: str, path: str, size: int
) -> None:
    with connected(strict.port) as wire:
        wire.sendall(head(path, f"Content-Length: {size}", "Expect: 100-continue", method=method))
        answer = read_answer(wire)
        assert (answer.status, answer.code) == (413, "PAYLOAD_TOO_LARGE")
        assert answer.headers["connection"] == "close"
        assert is_closed(wire)


@pytest.mark.parametrize(("path", "limit"), [(SCANS, SCAN_BYTES), (DRIFTS, JSON_BYTES)])
def test_a_body_in_chunks_is_refused_when_it_passes_the_limit(strict: Server, path: str, limit: int) -> None:
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    with connected(strict.port) as wire:
        wire.sendall(head(path, "Transfer-Encoding: chunked") + chunk * (limit // 0x10000 + 1))
        answer = read_answer(wire)
        assert (answer.status, answer.code) == (413, "PAYLOAD_TOO_LARGE")
        assert is_closed(wire)


def test_a_client_that_goes_on_sending_is_cut_off_and_kept_nowhere(strict: Server) -> None:
    before = resident_bytes(strict)
    with connected(strict.port) as wire:
        wire.sendall(head(DRIFTS, "Transfer-Encoding: chunked"))
        assert wait_until(lambda: not sent(wire, b"100000\r\n" + bytes(0x100000) + b"\r\n"), seconds=PATIENCE_SECONDS)
    assert resident_bytes(strict) - before < 32 * 1024 * 1024


def test_a_body_within_the_limit_reaches_the_application(strict: Server) -> None:
    for path, size in ((DRIFTS, JSON_BYTES), (SCANS, SCAN_BYTES)):
        answer = ask(strict.port, head(path, f"Content-Length: {size}", "Connection: close") + bytes(size))
        assert (answer.status, answer.code) == (401, "AUTH_ERROR")


@pytest.mark.parametrize(
    "headers",
    [[f"X-{number}: x" for number in range(101)], [f"X-Long: {'x' * 17_000}"], ["X-Long: " + "x" * 9000] * 2],
    ids=["many", "long", "together"],
)
def test_a_head_too_large_is_refused(strict: Server, headers: list[str]) -> None:
    with connected(strict.port) as wire:
        wire.sendall(head(DRIFTS, *headers, method="GET"))
        answer = read_answer(wire)
        assert (answer.status, answer.code) == (431, "HEADERS_TOO_LARGE")
        assert is_closed(wire)


def test_a_request_line_that_does_not_end_is_refused(strict: Server) -> None:
    assert ask(strict.port, b"GET /" + b"a" * 20_000).status == 431


def test_a_head_within_the_limit_passes(strict: Server) -> None:
    assert get(strict.port, "/health", *[f"X-{number}: {'x' * 100}" for number in range(90)]).status == 200


def test_a_head_that_drips_is_cut_off(strict: Server) -> None:
    assert dripped(strict, b"GET /health HTTP/1.1\r\nHost: localhost\r\n", b"X-More: x\r\n") == 408


def test_a_body_that_drips_is_cut_off(strict: Server) -> None:
    assert dripped(strict, head(DRIFTS, "Content-Length: 1000000"), b"{") == 408


def test_chunks_that_drip_are_cut_off(strict: Server) -> None:
    assert dripped(strict, head(SCANS, "Transfer-Encoding: chunked"), b"1\r\n{\r\n") == 408


def test_a_body_that_keeps_the_pace_still_ends(strict: Server) -> None:
    """It could go on at this pace for 20 seconds; four are given."""
    assert dripped(strict, head(SCANS, f"Content-Length: {SCAN_BYTES}"), bytes(20_000)) == 408


def dripped(server: Server, first: bytes, again: bytes) -> int:
    """The status of the answer to a request that goes on in small pieces for as long as it may."""
    with connected(server.port) as wire:
        wire.sendall(first)
        wire.settimeout(0.1)

        def answered() -> bool:
            try:
                return bool(wire.recv(1, socket.MSG_PEEK))
            except TimeoutError:
                wire.sendall(again)
                return False

        assert wait_until(answered, seconds=PATIENCE_SECONDS, every=0.01)
        wire.settimeout(PATIENCE_SECONDS)
        status = read_answer(wire).status
        assert is_closed(wire)
        return status


def test_a_slow_client_that_keeps_the_pace_is_answered(strict: Server) -> None:
    """Later than its grace, within its pace."""
    with connected(strict.port) as wire:
        wire.sendall(head(DRIFTS, "Content-Length: 300000"))
        for place in range(3):
            wire.sendall(bytes(100_000 if place < 2 else 99_999))
        wire.settimeout(1.5)
        with pytest.raises(TimeoutError):
            wire.recv(1, socket.MSG_PEEK)
        wire.settimeout(PATIENCE_SECONDS)
        wire.sendall(b"}")
        assert read_answer(wire).status == 401


@pytest.mark.parametrize("first", [b"", head("/health", method="GET")], ids=["new", "kept alive"])
def test_an_idle_connection_is_closed(strict: Server, first: bytes) -> None:
    with connected(strict.port) as wire:
        wire.sendall(first)
        if first:
            assert read_answer(wire).status == 200
        assert is_closed(wire)


def test_requests_one_after_another_share_a_connection(strict: Server) -> None:
    with connected(strict.port) as wire:
        for _ in range(5):
            wire.sendall(head(DRIFTS, "Content-Length: 2") + b"{}")
            assert read_answer(wire).status == 401
        wire.sendall(head("/health", method="GET") + head("/nowhere", method="GET"))
        assert [read_answer(wire).status, read_answer(wire).status] == [200, 404]


def test_connections_are_capped_and_free_again(server: Server, tmp_path: Path) -> None:
    with serving(tmp_path, environment(WEB_MAX_CONNECTIONS="3")) as running:
        held = [socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE_SECONDS) for _ in range(3)]
        try:
            for wire in held:
                wire.sendall(head("/health", method="GET"))
                assert read_answer(wire).status == 200
            with connected(running.port) as fourth:
                assert is_closed(fourth)
        finally:
            for wire in held:
                wire.close()
        assert wait_until(lambda: serves(running), seconds=PATIENCE_SECONDS)
        assert running.log_lines().count("connections_full") == 1


def serves(server: Server) -> bool:
    try:
        return get(server.port, "/health").status == 200
    except (AssertionError, ConnectionError):
        return False


def test_a_server_stops_at_once_though_a_request_is_half_way(server: Server, tmp_path: Path) -> None:
    with serving(tmp_path, environment()) as running, connected(running.port) as wire:
        wire.sendall(b"POST /api/v1/drifts HTTP/1.1\r\nHost: local")
        assert get(running.port, "/health").status == 200
        running.process.terminate()
        assert running.process.wait(PATIENCE_SECONDS) == 0
        assert "Traceback" not in running.log_lines()
