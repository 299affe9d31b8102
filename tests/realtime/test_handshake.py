"""Who may open a socket, from which page, and where the token is looked for."""

from typing import cast

import pytest
from asgiref.typing import WebSocketScope
from pytest_django import Settings

from driftsentry.realtime import handshake


def scope(**given: object) -> WebSocketScope:
    usual = {"type": "websocket", "path": "/ws", "query_string": b"", "headers": [], "subprotocols": []}
    return cast("WebSocketScope", usual | given)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (b"https://drift.example.com", True),
        (b"https://drift.example.com:8443", True),
        (b"http://[::1]:8000", True),
        (b"https://dashboard.example.org", True),
        (b"http://dashboard.example.org", False),
        (b"https://drift.example.com.evil.example", False),
        (b"https://drift.example.com@evil.example", False),
        (b"null", False),
        (b"", False),
        (b"file://", False),
        (b"chrome-extension://drift.example.com", False),
        (b"http://[", False),
        (b"\xff", False),
    ],
)
def test_a_page_may_connect_from_this_service_or_from_where_the_api_may_be_called(
    settings: Settings, origin: bytes, expected: bool
) -> None:
    settings.ALLOWED_HOSTS = ["drift.example.com", "[::1]"]
    settings.CORS_ALLOWED_ORIGINS = ["https://dashboard.example.org"]
    assert handshake.admitted(scope(headers=[(b"host", b"x"), (b"origin", origin)])) is expected


def test_who_sends_no_origin_is_no_page() -> None:
    assert handshake.admitted(scope(headers=[(b"host", b"drift.example.com")]))


@pytest.mark.parametrize(
    ("given", "token"),
    [
        ({"subprotocols": ["driftsentry.v1", "bearer.a.b.c"]}, "a.b.c"),
        ({"query_string": b"token=a.b.c"}, "a.b.c"),
        ({"query_string": b"x=1&token=a%2Eb&token=c"}, "a.b"),
        ({"subprotocols": ["bearer.first"], "query_string": b"token=second"}, "first"),
        ({"subprotocols": ["driftsentry.v1"]}, ""),
        ({"query_string": b"\xff\xfe"}, ""),
        ({"query_string": b"&".join([b"a=1"] * 50)}, ""),
        ({}, ""),
    ],
)
def test_the_token_is_found_in_either_place(given: dict[str, object], token: str) -> None:
    assert handshake.token_of(scope(**given)) == token


@pytest.mark.parametrize(
    ("offered", "answer"),
    [
        (["driftsentry.v1", "bearer.x"], "driftsentry.v1"),
        (["bearer.x", "driftsentry.v1"], "driftsentry.v1"),
        (["bearer.x"], None),
    ],
)
def test_the_answer_is_our_protocol_and_never_the_token(offered: list[str], answer: str | None) -> None:
    assert handshake.subprotocol_of(scope(subprotocols=offered)) == answer
