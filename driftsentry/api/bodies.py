"""Bodies bounded before Django sees them, and those sent in chunks given the length that DRF goes by."""

import ctypes
from collections import deque
from typing import Any, TypeAlias

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from driftsentry.api.correlation import HEADER
from driftsentry.api.refusals import refusal

Message: TypeAlias = Any


LARGE = 8 << 20
"""Bytes of a body whose chunks are worth giving back."""


class BoundedBodies:
    """An ASGI application around another: a body past the limit is refused with 413 before it is read into anything."""

    def __init__(self, application: ASGI3Application, *, limit: int) -> None:
        """Wrap an application.

        Args:
            application: What answers.
            limit: Most bytes of a body.
        """
        self._application = application
        self._limit = limit

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one connection.

        Args:
            scope: What is asked.
            receive: Gives the body.
            send: Takes the answer.
        """
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        announced = headers.get(b"content-length")
        if announced is not None and announced.isdigit() and int(announced) > self._limit:
            await self._refuse(scope, send)
        elif announced is None and headers.get(b"transfer-encoding"):
            await self._measure(scope, receive, send)
        else:
            await self._application(scope, _giving_back(receive), send)

    async def _measure(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Take the chunks, which the server holds already, and say how long they are together."""
        held: deque[Message] = deque()
        size, more = 0, True
        while more and size <= self._limit:
            message: Message = await receive()
            held.append(message)
            size += len(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)
        if size > self._limit:
            await self._refuse(scope, send)
            return

        async def replay() -> Message:
            return held.popleft() if held else await receive()

        kept = [(name, value) for name, value in scope["headers"] if name != b"transfer-encoding"]  # type: ignore[typeddict-item]
        measured: Message = {**scope, "headers": [*kept, (b"content-length", str(size).encode())]}
        await self._application(measured, _giving_back(replay), send)

    async def _refuse(self, scope: Any, send: ASGISendCallable) -> None:
        given = dict(scope["headers"]).get(HEADER.encode(), b"")
        refused = refusal(413, too_large(self._limit), correlation=given)
        start: Message = {"type": "http.response.start", "status": 413, "headers": list(refused.headers)}
        end: Message = {"type": "http.response.body", "body": refused.body}
        await send(start)
        await send(end)


def too_large(limit: int) -> str:
    """The words of a 413.

    Args:
        limit: Most bytes of a body.
    """
    return f"The body is larger than {limit} bytes."


def _giving_back(receive: Any) -> Any:
    """Give the chunks of a large body back to the system once the last one is taken.

    The server holds a body as thousands of small chunks. Freed, they stay with the C library's allocator, and the body,
    which is then read as one piece, takes the same memory once more.
    """
    taken = 0

    async def received() -> Message:
        nonlocal taken
        message: Message = await receive()
        taken += len(message.get("body", b""))
        if taken >= LARGE and not message.get("more_body", False):
            taken = 0
            _trim()
        return message

    return received


def _trim() -> None:
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
