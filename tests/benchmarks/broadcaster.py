"""The least that can push to sockets, under the same server: what it is asked to, to everybody who is connected."""

import asyncio
import sys
from typing import Any

from driftsentry.serving.limits import Limits
from driftsentry.serving.server import Server

LIMITS = Limits(
    head_seconds=15.0,
    body_seconds=60.0,
    body_pace=1024,
    idle_seconds=600.0,
    connections=10_000,
    scan_bytes=2**24,
    other_bytes=2**24,
)


class Broadcaster:
    """An ASGI application: a request's body is one text a line, and each goes to every socket."""

    def __init__(self) -> None:
        """Begin with no sockets."""
        self._sockets: set[Any] = set()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one socket until it leaves, or one request.

        Args:
            scope: What is asked for.
            receive: Gives what the client sends.
            send: Takes what it is sent.
        """
        if scope["type"] == "websocket":
            await self._keep(receive, send)
            return
        texts = await _body_of(receive)
        for text in texts:
            for each in self._sockets:
                await each({"type": "websocket.send", "text": text})
            await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(len(self._sockets)).encode()})

    async def _keep(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self._sockets.add(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self._sockets.discard(send)


async def _body_of(receive: Any) -> list[str]:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body.decode().splitlines()


if __name__ == "__main__":
    Server(Broadcaster(), host="127.0.0.1", port=int(sys.argv[1]), limits=LIMITS).run()
