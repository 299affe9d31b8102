"""The stream in the test's own process and event loop, spoken to as an ASGI server speaks to it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, cast

from asgiref.typing import ASGIReceiveEvent, ASGISendEvent, WebSocketScope
from channels.db import database_sync_to_async

from driftsentry.local.processes import wait_until
from driftsentry.realtime.consumer import LiveStream
from tests.realtime.frames import checked

PATIENCE_SECONDS = 20.0
Frame = dict[str, Any]


async def off_loop(work: Callable[..., Any], *args: Any) -> Any:
    """Do what waits for the database in a thread, as a view under an ASGI server does."""
    return await database_sync_to_async(work, thread_sensitive=False)(*args)


async def comes_true(condition: Callable[[], bool]) -> bool:
    """Look at a condition, without holding up the loop, until it holds or our patience ends."""
    return await asyncio.to_thread(wait_until, condition, seconds=PATIENCE_SECONDS)


class Talk:
    """One connection; `reading` says whether the client takes what it is sent, as a server whose send waits sees it.

    `names` are those of the frames received.
    """

    def __init__(
        self,
        stream: LiveStream,
        token: str,
        *,
        path: str = "/ws",
        headers: dict[str, str] | None = None,
        extensions: Sequence[str] = (),
    ) -> None:
        self._stream = stream
        self._scope = cast(
            "WebSocketScope",
            {
                "type": "websocket",
                "path": path,
                "query_string": f"token={token}".encode(),
                "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
                "subprotocols": [],
                "extensions": {name: {} for name in extensions},
            },
        )
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.names: list[str] = []
        self.reading = asyncio.Event()
        self.reading.set()

    async def __aenter__(self) -> Self:
        self._to_server.put_nowait({"type": "websocket.connect"})
        self.served = asyncio.create_task(self._stream(self._scope, self._receive, self._send))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.reading.set()
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self.served, PATIENCE_SECONDS)

    async def _receive(self) -> ASGIReceiveEvent:
        return cast("ASGIReceiveEvent", await self._to_server.get())

    async def _send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.send":
            await self.reading.wait()
        self._from_server.put_nowait(cast("dict[str, Any]", message))

    async def message(self) -> dict[str, Any]:
        """What the server sent next, as ASGI has it."""
        return await asyncio.wait_for(self._from_server.get(), PATIENCE_SECONDS)

    async def receive(self) -> Frame:
        """The next frame."""
        message = await self.message()
        assert message["type"] == "websocket.send", message
        found: Frame = checked(json.loads(message["text"]))
        self.names.append(found["event"])
        return found

    async def ready(self) -> Frame:
        assert (await self.message())["type"] == "websocket.accept"
        return await self.receive()

    async def ask(self, action: str, **rest: Any) -> Frame:
        """Ask, and wait for the answer."""
        self.send(action, **rest)
        while True:
            found = await self.receive()
            if found["event"] in {"ack", "error"}:
                return found

    def send(self, action: str, **rest: Any) -> None:
        """Ask without waiting for the answer."""
        self._to_server.put_nowait({"type": "websocket.receive", "text": json.dumps({"action": action, **rest})})

    async def event(self, name: str) -> Frame:
        """The next frame of a kind, whatever comes before it."""
        while True:
            found = await self.receive()
            if found["event"] == name:
                return found

    async def listen(self, channel: str = "drifts") -> Frame:
        """Subscribe, once the stream moves; gives the ready frame."""
        ready = await self.ready()
        assert (await self.ask("subscribe", channel=channel))["event"] == "ack"
        return ready

    async def close_code(self) -> int:
        """The code the server closes with."""
        while True:
            message = await self.message()
            if message["type"] == "websocket.close":
                code: int = message["code"]
                return code
