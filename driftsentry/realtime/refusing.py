"""How a connection is answered before there is a conversation: let in, or refused so that the client knows why."""

from asgiref.typing import ASGISendCallable, WebSocketAcceptEvent, WebSocketScope

from driftsentry.api import throttling
from driftsentry.realtime import handshake
from driftsentry.realtime.limits import Full
from driftsentry.realtime.outbox import Outbox

RETRY_SECONDS = 30.0
"""When places may be free again."""


def accepted(scope: WebSocketScope) -> WebSocketAcceptEvent:
    """The upgrade.

    Args:
        scope: The connection.
    """
    return {"type": "websocket.accept", "subprotocol": handshake.subprotocol_of(scope), "headers": []}


async def forbidden(send: ASGISendCallable) -> None:
    """Answer 403: closed before it is accepted.

    Args:
        send: The server's way to the client.
    """
    await send({"type": "websocket.close", "code": 1000, "reason": None})


async def too_many(scope: WebSocketScope, send: ASGISendCallable, seconds: float) -> None:
    """Answer 429 before the upgrade, under a server that can; it is a 403 under one that cannot.

    Args:
        scope: The connection.
        send: The server's way to the client.
        seconds: When to come back.
    """
    if _can_answer(scope):
        await _answer(send, 429, seconds)
    else:
        await forbidden(send)


async def full(scope: WebSocketScope, send: ASGISendCallable, why: Full) -> None:
    """Say that there are too many sockets.

    Under a server that can, before the upgrade; under another one with a close code, which, unlike a 403, tells a
    client whose credential is good what to do.

    Args:
        scope: The connection.
        send: The server's way to the client.
        why: Whose sockets are too many.
    """
    if _can_answer(scope):
        await _answer(send, why.status, RETRY_SECONDS)
        return
    await send(accepted(scope))
    await Outbox(send).close(why.code)


def _can_answer(scope: WebSocketScope) -> bool:
    return "websocket.http.response" in (scope.get("extensions") or {})


async def _answer(send: ASGISendCallable, status: int, seconds: float) -> None:
    headers = [(b"retry-after", throttling.retry_after(seconds).encode())]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b"", "more_body": False})
