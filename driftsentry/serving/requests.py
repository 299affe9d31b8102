"""One HTTP request as daphne answers it, without what would let a client do more than ask."""

import asyncio
from typing import Any

import structlog
from daphne.http_protocol import WebRequest

from driftsentry.api.bodies import too_large
from driftsentry.api.correlation import HEADER
from driftsentry.api.refusals import refusal
from driftsentry.serving.flow import Flow

logger = structlog.get_logger(__name__)

ROOT_PATH = b"daphne-root-path"
WORDS = {
    400: "The request is not valid.",
    503: "The answer took too long; try again shortly.",
}
USUAL = "Something went wrong on our side; give the trace id to whoever runs this server."


class BoundedRequest(WebRequest):
    """A request whose body is counted as it comes; an answer that is made as it is sent waits for whoever reads it."""

    def __init__(self, channel: Any, *args: Any, **kwargs: Any) -> None:
        """Begin a request.

        Args:
            channel: The connection that it comes over.
            *args: As Twisted gives them.
            **kwargs: As Twisted gives them.
        """
        # Nobody reads the form that Twisted would parse here, holding the whole body in memory.
        super().__init__(channel, *args, **kwargs | {"parsePOSTFormSubmission": False})
        self.received = 0
        self.limit = 0
        self._flow: Flow | None = None
        self._is_at_hand = False

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take a piece of the body, until they are too many."""
        channel = self.channel
        if channel is None or channel.refused:
            return
        self.received += len(data)
        if self.received > self.limit:
            channel.refuse(413, too_large(self.limit))
        else:
            super().handleContentChunk(data)

    def process(self) -> Any:
        """Hand the request over; daphne would let any client say below which path it is served."""
        self.requestHeaders.removeHeader(ROOT_PATH)
        return super().process()

    def handle_reply(self, message: Any) -> None:
        """Send a part of the answer.

        Args:
            message: The part, as ASGI has it.
        """
        is_last = not message.get("more_body", False)
        if self.finished or self.channel is None:
            return
        if message["type"] == "http.response.start":
            # Whoever knows the length has all of it: to wait would keep what made it, a connection to the database too.
            self._is_at_hand = any(name.lower() == b"content-length" for name, _ in message.get("headers", ()))
        if is_last and self._flow is not None:
            self.unregisterProducer()
            self._flow = None
        elif not is_last and self._flow is None and not self._is_at_hand:
            self._flow = Flow()
            self.registerProducer(self._flow, True)
        super().handle_reply(message)

    async def room(self, *, seconds: float) -> None:
        """Wait until the client has taken enough of an answer that comes in parts: daphne would keep all of it.

        Args:
            seconds: How long at most; whoever takes nothing for so long is cut off, which ends what is being made.
        """
        if self._flow is None:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._flow.open()
        except TimeoutError:
            logger.warning("client_too_slow", seconds=seconds)
            self.break_off()

    def break_off(self) -> None:
        """Close the connection in the middle of an answer, which so cannot look whole."""
        if self.channel is not None and self.channel.transport.connected:
            self.channel.transport.abortConnection()

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:  # noqa: ARG002 - daphne's signature
        """Answer a fault of the server or of the request in the envelope, not as daphne's page.

        Args:
            status: The HTTP status.
            status_text: Unused: Twisted has its own.
            body: Unused: it speaks of the server's inside.
        """
        if self._response_started:
            self.break_off()
            return
        given = self.requestHeaders.getRawHeaders(HEADER.encode(), [b""])[0]
        refused = refusal(status, WORDS.get(status, USUAL), correlation=given)
        self.handle_reply({"type": "http.response.start", "status": status, "headers": list(refused.headers)})
        self.handle_reply({"type": "http.response.body", "body": refused.body})
