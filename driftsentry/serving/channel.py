"""One connection: heads and bodies are refused before they are kept, and nobody takes for ever."""
# ruff: noqa: N802 - the names are Twisted's

from typing import TYPE_CHECKING, Any, cast

from twisted.web import http

from driftsentry.api.bodies import too_large
from driftsentry.api.correlation import HEADER
from driftsentry.api.refusals import refusal
from driftsentry.serving.limits import Limits
from driftsentry.serving.requests import BoundedRequest
from driftsentry.serving.targets import is_clean

if TYPE_CHECKING:
    from driftsentry.serving.server import Factory

# Twisted's types do not fit how it is used.
HTTPChannel: Any = http.HTTPChannel

LINGER_SECONDS = 2.0
"""After a refusal: closed at once on a client that still sends, a connection loses the answer on its way."""
NOT_VALID = "The request is not valid."
HEAD_TOO_LARGE = "The request line and headers are too many or too large."
TOO_SLOW = "The request took too long to arrive."


class BoundedChannel(HTTPChannel):
    """A connection that keeps to limits.

    Attributes:
        refused: Whether the last answer is given; whatever else comes is not looked at.
    """

    def __init__(self, limits: Limits) -> None:
        """Begin a connection.

        Args:
            limits: What it may send, and how long it may take.
        """
        super().__init__()
        self.refused = False
        self.maxHeaders = limits.headers
        self.totalHeadersSize = limits.head_bytes
        self._limits = limits
        self._clock: Any = None
        self._body_since = 0.0

    @property
    def _owner(self) -> "Factory":
        return cast("Factory", self.factory)

    def connectionMade(self) -> None:
        """Count the connection."""
        super().connectionMade()
        self._owner.opened(self.transport)

    def connectionLost(self, reason: Any) -> None:
        """Forget it."""
        self._stop_clock()
        super().connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:
        """Take what comes; the first byte of a request starts its clock."""
        if self.refused:
            return
        if self._clock is None and not self._handlingRequest:
            self._start_clock(self._limits.head_seconds)
        super().dataReceived(data)

    def lineReceived(self, line: bytes) -> None:
        """Take a line of the head, unless the head is too large."""
        if self.refused:
            return
        if self._receivedHeaderSize + len(line) > self.totalHeadersSize:
            self.refuse(431, HEAD_TOO_LARGE)
        else:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002 - Twisted's signature
        """Refuse a line that does not end."""
        self.refuse(431, HEAD_TOO_LARGE)

    def headerReceived(self, line: bytes) -> bool:
        """Take a header, unless they are too many."""
        if self._receivedHeaderCount >= self.maxHeaders:
            self.refuse(431, HEAD_TOO_LARGE)
            return False
        return bool(super().headerReceived(line))

    def allHeadersReceived(self) -> None:
        """Judge the request by its head, before anything of the body is kept and before a client is told to go on."""
        if self.refused:
            return
        limit = self._limits.body_bytes(self._command, self._path)
        if not is_clean(self._path):
            self.refuse(400, NOT_VALID)
        elif self.length is not None and self.length > limit:
            self.refuse(413, too_large(limit))
        else:
            cast("BoundedRequest", self.requests[-1]).limit = limit
            super().allHeadersReceived()
            self._stop_clock()
            self._body_since = self._owner.reactor.seconds()
            self._start_clock(self._limits.body_deadline(0))

    def rawDataReceived(self, data: bytes) -> None:
        """Take a piece of a body, or keep what belongs to the next request."""
        if not self.refused:
            super().rawDataReceived(data)

    def allContentReceived(self) -> None:
        """Hand over a whole request."""
        if not self.refused:
            self._stop_clock()
            super().allContentReceived()

    def _start_clock(self, seconds: float) -> None:
        self._clock = self._owner.reactor.callLater(seconds, self._look_at_clock)

    def _stop_clock(self) -> None:
        if self._clock is not None and self._clock.active():
            self._clock.cancel()
        self._clock = None

    def _look_at_clock(self) -> None:
        """The time is over, or the body has grown and so has its time."""
        self._clock = None
        remaining = self._remaining()
        if remaining > 0:
            self._start_clock(remaining)
        else:
            self.refuse(408, TOO_SLOW)

    def _remaining(self) -> float:
        if not self._body_since or not self.requests:
            return 0.0
        received = cast("BoundedRequest", self.requests[-1]).received
        spent = self._owner.reactor.seconds() - self._body_since
        return self._limits.body_deadline(received) - float(spent)

    def requestDone(self, request: Any) -> None:
        """The answer is given: the next head may come."""
        self._body_since = 0.0
        super().requestDone(request)

    def refuse(self, status: int, message: str) -> None:
        """Give the last answer and close.

        Args:
            status: The HTTP status.
            message: What was wrong.
        """
        if self.refused:
            return
        self.refused = True
        self._stop_clock()
        self.setTimeout(None)
        answer = refusal(status, message, correlation=self._correlation())
        lines = [b"HTTP/1.1 %d %s" % (status, http.RESPONSES.get(status, b"Refused"))]
        lines += [name + b": " + value for name, value in answer.headers]
        self.transport.write(b"\r\n".join([*lines, b"connection: close", b"", answer.body]))
        self._networkProducer.unregisterProducer()
        self._networkProducer.resumeProducing()
        self.transport.loseWriteConnection()
        self._owner.reactor.callLater(LINGER_SECONDS, self._close)

    def _correlation(self) -> bytes:
        """The correlation id that came with the request, if it came that far."""
        given = self.requests[-1].requestHeaders.getRawHeaders(HEADER.encode()) if self.requests else None
        return bytes(given[0]) if given else b""

    def _close(self) -> None:
        if self.transport.connected:
            self.transport.abortConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        """Twisted's own refusals, in the envelope."""
        self.refuse(400, NOT_VALID)
