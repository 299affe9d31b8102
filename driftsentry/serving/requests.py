"""One HTTP request as daphne answers it, without what would let a client do more than ask."""

from typing import Any

from daphne.http_protocol import WebRequest

from driftsentry.api.bodies import too_large
from driftsentry.api.correlation import HEADER
from driftsentry.api.refusals import refusal

ROOT_PATH = b"daphne-root-path"
WORDS = {
    400: "The request is not valid.",
    503: "The answer took too long; try again shortly.",
}
USUAL = "Something went wrong on our side; give the trace id to whoever runs this server."


class BoundedRequest(WebRequest):
    """A request whose body is counted as it comes."""

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

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:  # noqa: ARG002 - daphne's signature
        """Answer a fault of the server or of the request in the envelope, not as daphne's page.

        Args:
            status: The HTTP status.
            status_text: Unused: Twisted has its own.
            body: Unused: it speaks of the server's inside.
        """
        given = self.requestHeaders.getRawHeaders(HEADER.encode(), [b""])[0]
        refused = refusal(status, WORDS.get(status, USUAL), correlation=given)
        self.handle_reply({"type": "http.response.start", "status": status, "headers": list(refused.headers)})
        self.handle_reply({"type": "http.response.body", "body": refused.body})
