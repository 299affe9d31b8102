"""Bodies are bounded before anything reads them, whether their length was announced or not."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from driftsentry.api.bodies import BoundedBodies
from tests.realtime.server import Server, environment, serving

LIMIT = 100
Messages = list[dict[str, Any]]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers with what it was told and what it read."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps({"headers": headers, "read": len(body)}).encode()})


async def ask(chunks: list[bytes], headers: dict[str, str]) -> tuple[int, dict[str, str], dict[str, Any]]:
    """The status, headers and body of an answer to a body in chunks."""
    left: Messages = [
        {"type": "http.request", "body": chunk, "more_body": place < len(chunks)}
        for place, chunk in enumerate(chunks, 1)
    ]
    sent: Messages = []

    async def receive() -> Any:
        return left.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    await BoundedBodies(application, limit=LIMIT)(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, json.loads(sent[1]["body"])


async def test_a_body_up_to_the_limit_passes_untouched() -> None:
    status, _, body = await ask([b"x" * LIMIT], {"content-length": str(LIMIT), "x-other": "kept"})
    assert (status, body) == (200, {"headers": {"content-length": "100", "x-other": "kept"}, "read": 100})


async def test_a_body_announced_as_larger_is_refused_unread() -> None:
    status, headers, body = await ask([], {"content-length": "101", "x-correlation-id": "find-me"})
    assert (status, headers["x-correlation-id"]) == (413, "find-me")
    assert body["success"] is False
    assert body["error"]["code"] == "PAYLOAD_TOO_LARGE"
    assert body["error"]["traceId"] == "find-me"


async def test_a_refusal_makes_a_trace_id_where_none_that_is_sane_was_given() -> None:
    _, headers, body = await ask([], {"content-length": "101", "x-correlation-id": "<script>"})
    assert headers["x-correlation-id"] == body["error"]["traceId"]
    assert len(body["error"]["traceId"]) == 36


async def test_a_body_in_chunks_is_given_its_length() -> None:
    status, _, body = await ask([b"x" * 40, b"", b"y" * 60], {"transfer-encoding": "chunked", "x-other": "kept"})
    assert status == 200
    assert body == {"headers": {"x-other": "kept", "content-length": "100"}, "read": 100}


async def test_a_body_in_chunks_past_the_limit_is_refused() -> None:
    status, _, body = await ask([b"x" * 40, b"y" * 61, b"never read"], {"transfer-encoding": "chunked"})
    assert (status, body["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_request_without_a_body_passes() -> None:
    status, _, body = await ask([b""], {})
    assert (status, body["read"]) == (200, 0)


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, environment(MAX_SCAN_BODY_BYTES="2000000")) as found:
        yield found


def test_a_real_server_bounds_bodies_of_both_kinds(server: Server) -> None:
    def chunks(size: int) -> Iterator[bytes]:
        for _ in range(size // 1000):
            yield b" " * 1000

    address = f"http://127.0.0.1:{server.port}/api/v1/auth/login"
    headers = {"content-type": "application/json", "x-correlation-id": "find-me"}
    for content in (b" " * 3_000_000, chunks(3_000_000)):
        answer = httpx.post(address, content=content, headers=headers, timeout=30)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"
        assert answer.headers["x-correlation-id"] == answer.json()["error"]["traceId"] == "find-me"
    for content in (b"{}", iter([b"{", b"}"])):
        answer = httpx.post(address, content=content, headers=headers, timeout=30)
        assert answer.status_code == 400
        assert {one["field"] for one in answer.json()["error"]["details"]["errors"]} == {"email", "password"}
    assert server.get("/health/live").status_code == 200


def test_a_client_that_lies_about_a_length_or_leaves_harms_nobody(server: Server) -> None:
    for head in (b"Content-Length: -5", b"Content-Length: 9999", b"Transfer-Encoding: chunked", b"Content-Length: x"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            client.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n{")
    assert server.get("/health/live").status_code == 200
