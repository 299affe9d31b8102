"""Sending to one client: a bounded queue, and a limit to how long its reader may keep us waiting."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from asgiref.typing import ASGISendCallable
from daphne.ws_protocol import WebSocketProtocol

from driftsentry.realtime.protocol import CLOSE_ABUSE
from driftsentry.serving.flow import Flow

LIMIT = 1024
SPARE = 256
MAX_SIZE = 2**20
"""Characters of all that waits: a thousand events of usual size are less, a hundred very long ones more."""
HANDFUL = 16
"""A timer for each frame would cost as much as the frame."""
SLOW_SECONDS = 10.0
GOODBYE_SECONDS = 10
CONTINUATION, PING, PONG = 0x0, 0x9, 0xA
COUNTED = frozenset({CONTINUATION, PING, PONG})
"""Frames that make no message of their own (RFC 6455, section 11.8)."""


class TooSlow(Exception):
    """The client has not taken a handful of frames within `SLOW_SECONDS`."""


class Outbox:
    """Frames waiting for one client, sent in order by `run`."""

    def __init__(self, send: ASGISendCallable) -> None:
        """Begin empty.

        Args:
            send: The server's way to the client.
        """
        self._send = send
        self._line = line_of(send)
        self._frames: deque[str] = deque()
        self._size = 0
        self._filled = asyncio.Event()
        self._taken = asyncio.Event()

    def put(self, text: str) -> bool:
        """Queue an event.

        Args:
            text: The frame.

        Returns:
            Whether there was room; if not, the journal keeps it.
        """
        return self._put(text, LIMIT)

    def answer(self, text: str) -> bool:
        """Queue an answer, for which some room is kept however many events wait.

        Args:
            text: The frame.

        Returns:
            Whether there was room.
        """
        return self._put(text, LIMIT + SPARE)

    def _put(self, text: str, limit: int) -> bool:
        if len(self._frames) >= limit or self._size >= MAX_SIZE * limit // LIMIT:
            return False
        self._frames.append(text)
        self._size += len(text)
        self._filled.set()
        return True

    async def room(self, frames: int) -> None:
        """Wait until there is room for some more events.

        Args:
            frames: How many.
        """
        while len(self._frames) + frames > LIMIT or self._size >= MAX_SIZE:
            self._taken.clear()
            await self._taken.wait()

    async def run(self) -> None:
        """Send what is queued, for ever.

        Raises:
            TooSlow: The client does not read.
        """
        while True:
            await self._filled.wait()
            while self._frames:
                await self._send_some()
            self._filled.clear()

    async def _send_some(self) -> None:
        try:
            async with asyncio.timeout(SLOW_SECONDS):
                for _ in range(min(HANDFUL, len(self._frames))):
                    text = self._frames.popleft()
                    self._size -= len(text)
                    await self._send({"type": "websocket.send", "text": text, "bytes": None})
                    await self._line.open()
        except TimeoutError as error:
            raise TooSlow from error
        self._taken.set()

    async def close(self, code: int) -> None:
        """Say goodbye, if the client still listens; what is queued is not sent.

        Args:
            code: The WebSocket close code.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._line.close(code)

    def count_frames(self, count: Callable[[], object]) -> None:
        """Count what the client sends that makes no message.

        Args:
            count: Called for each such frame.
        """
        self._line.count_frames(count)

    def client_held(self) -> contextlib.AbstractContextManager[None]:
        """Read nothing from the client while a block lasts."""
        return held(self._send)


class Line(Protocol):
    """What servers do each in their own way."""

    async def open(self) -> None:
        """Wait until the client has taken enough of what was sent."""

    def count_frames(self, count: Callable[[], object]) -> None:
        """Count what the client sends that makes no message.

        Args:
            count: Called for each such frame.
        """

    async def close(self, code: int) -> None:
        """Close the connection.

        Args:
            code: The WebSocket close code.
        """


class StandardLine:
    """Of a server whose `send` waits by itself, as ASGI asks for."""

    def __init__(self, send: ASGISendCallable) -> None:
        """Use a server's `send` alone.

        Args:
            send: The server's way to the client.
        """
        self._send = send

    async def open(self) -> None:
        """Nothing to wait for."""

    def count_frames(self, count: Callable[[], object]) -> None:
        """Nothing is seen of them.

        Args:
            count: Not called.
        """

    async def close(self, code: int) -> None:
        """Close the connection.

        Args:
            code: The WebSocket close code.
        """
        await self._send({"type": "websocket.close", "code": code, "reason": None})


class DaphneLine(Flow):
    """Of daphne, whose `send` never waits and whose `websocket.close` knows no code between 1001 and 2999."""

    def __init__(self, protocol: WebSocketProtocol) -> None:
        """Listen to a connection's buffer.

        Args:
            protocol: The connection.
        """
        super().__init__()
        self._protocol = protocol
        self._last_answered = protocol.autoPingPendingSeq
        protocol.unregisterProducer()  # the HTTP channel's, which has no more to do since the upgrade
        protocol.registerProducer(self, True)
        # A client that was too slow may still read the reason: autobahn gives it a second otherwise.
        protocol.closeHandshakeTimeout = GOODBYE_SECONDS
        protocol.failByDrop = False  # what is no UTF-8, or too large, is answered with its close code

    def count_frames(self, count: Callable[[], object]) -> None:
        """Count what autobahn deals with by itself: pings, pongs that nobody asked for, further pieces of a message.

        Args:
            count: Called for each such frame.
        """
        begin = self._protocol.onFrameBegin

        def counted() -> None:
            begin()
            opcode = self._protocol.current_frame.opcode
            if opcode in COUNTED and not (opcode == PONG and self._is_awaited()):
                count()

        self._protocol.onFrameBegin = counted

    def _is_awaited(self) -> bool:
        """Whether a pong may answer daphne's last ping: the first after it may."""
        last = self._protocol.autoPingPendingSeq
        if last == self._last_answered:
            return False
        self._last_answered = last
        return True

    async def close(self, code: int) -> None:
        """Close the connection.

        Args:
            code: The WebSocket close code.
        """
        self._protocol.muted = True  # nobody reads any more what it still sends
        self._protocol.sendCloseFrame(code=code)
        if code == CLOSE_ABUSE:
            self._protocol.transport.pauseProducing()  # nor is it looked at, until autobahn has waited long enough


def line_of(send: ASGISendCallable) -> Line:
    """The line of a server.

    Args:
        send: The server's way to the client; daphne's is bound to its connection.
    """
    protocol = _daphnes(send)
    return DaphneLine(protocol) if protocol else StandardLine(send)


@contextlib.contextmanager
def held(send: ASGISendCallable) -> Iterator[None]:
    """Read nothing from a client while the block lasts: what it sends waits on its side, not in our memory.

    Daphne queues whatever comes, without a limit, while we wait for the database. Other servers do not.

    Args:
        send: The server's way to the client.
    """
    protocol = _daphnes(send)
    if protocol is None:
        yield
        return
    protocol.transport.pauseProducing()
    try:
        yield
    finally:
        protocol.transport.resumeProducing()


def _daphnes(send: ASGISendCallable) -> WebSocketProtocol | None:
    bound = getattr(send, "args", ())
    return bound[0] if bound and isinstance(bound[0], WebSocketProtocol) else None
