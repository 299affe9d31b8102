"""Path tricks: what two readers could read differently is refused, and nothing makes the server stumble."""

import pytest

from driftsentry.serving.targets import is_clean
from tests.realtime.server import Server
from tests.security.wire import ask, get

pytestmark = pytest.mark.django_db

TRICKS = [
    "//",
    "//evil.example/api/v1/drifts",
    "/api//v1/drifts",
    "/api/v1/..;/admin/",
    "/api/v1/../admin/",
    "/api/v1/./drifts",
    "/api/v1/%2e%2e/admin/",
    "/static/%2e%2e%2f%2e%2e%2fmanage.py",
    "/static/..%5c..%5cmanage.py",
    "/static/../../manage.py",
    "/admin%2flogin/",
    "/admin\\login/",
    "/api/v1/drifts/%00",
    "/static/%00",
    "/api/v1/drifts/%0d%0aSet-Cookie:x=y",
    "/api/v1/drifts/%7f",
    "/api/v1/drifts/%zz",
    "/api/v1/drifts/%",
    "/api/v1/drifts/%c0%ae",
    "/api/v1/drifts/%ff",
    "http://evil.example/api/v1/drifts",
    "https://localhost/admin/",
    "localhost:8000",
    "*",
    "admin/",
    "?path=/admin/",
]


@pytest.mark.parametrize("target", TRICKS)
def test_a_path_trick_is_not_valid(server: Server, target: str) -> None:
    answer = get(server.port, target)
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "target",
    [
        "/ADMIN/",
        "/api/v1/%64rifts%20",
        "/api/v1/drifts;x=y",
        "/admin;/",
        "/static/nothing",
        "/api/v1/drifts.json",
        "/a" * 3000,
    ],
)
def test_a_path_of_nobody_is_not_found(server: Server, target: str) -> None:
    answer = get(server.port, target)
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "query", ["page=%00", "search=%ff%fe", "cursor=%00", "a" * 5000, "page=1&page=2", "%", "=&=&;"]
)
def test_a_hostile_query_is_no_fault_of_the_server(server: Server, query: str) -> None:
    assert get(server.port, f"/api/v1/drifts?{query}").status == 401
    assert get(server.port, f"/api/docs?{query}").status in {200, 400}
    assert get(server.port, f"/admin/login/?{query}").status in {200, 400}


@pytest.mark.parametrize(
    "line",
    [
        b"GET /\xc3\xa9 HTTP/1.1",
        b"GET  / HTTP/1.1",
        b"GET / HTTP/9.9",
        b"GET /",
        b"GE\x00T / HTTP/1.1",
        b"G\xc3\x89T / HTTP/1.1",
        b"CONNECT localhost:22 HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
    ],
)
def test_a_request_line_that_is_none_is_not_valid(server: Server, line: bytes) -> None:
    answer = ask(server.port, line + b"\r\nHost: localhost\r\n\r\n")
    assert (answer.status, answer.headers["connection"]) == (400, "close")


@pytest.mark.parametrize(
    "header",
    [
        "Host: evil.example",
        "Host: localhost, evil.example",
        "Host: a b",
        "X-Y: a\x00b",
        "Bad Name: x",
        "No colon",
        "Content-Length: -1",
        "Content-Length: 1, 1",
        "Transfer-Encoding: gzip, chunked",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Content-Length: 1\r\nContent-Length: 2",
    ],
)
def test_a_header_that_smuggles_is_not_valid(server: Server, header: str) -> None:
    head = f"GET /health HTTP/1.1\r\nConnection: close\r\n{header}\r\n"
    host = "" if header.startswith("Host") else "Host: localhost\r\n"
    answer = ask(server.port, (head.replace("/health", "/api/docs") + host + "\r\n").encode("latin-1"))
    assert answer.status == 400


def test_no_client_says_below_which_path_it_is_served(server: Server) -> None:
    for value in ("/evil", "/admin", "\xff"):
        answer = get(server.port, "/", f"Daphne-Root-Path: {value}")
        assert (answer.status, answer.headers["location"]) == (302, "/api/docs/")


@pytest.mark.parametrize(
    "target",
    [
        b"/",
        b"/api/v1/drifts?search=//a&b=%2f..",
        b"/static/admin/css/base.css",
        b"/api/v1/stacks/a.b%20c",
        b"/caf%C3%A9",
    ],
)
def test_an_honest_path_passes(target: bytes) -> None:
    assert is_clean(target)
