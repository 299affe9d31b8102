"""Refusals of the server itself, for what never reaches Django."""

from dataclasses import dataclass

from driftsentry.api.correlation import HEADER, sane_or_new
from driftsentry.api.envelope import CONTENT_TYPE, dumps, failure
from driftsentry.api.headers import PLAIN

CODES = {
    400: "VALIDATION_ERROR",
    408: "REQUEST_TIMEOUT",
    413: "PAYLOAD_TOO_LARGE",
    431: "HEADERS_TOO_LARGE",
    503: "UNAVAILABLE",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer in the envelope.

    Attributes:
        status: The HTTP status.
        headers: Names and values.
        body: The envelope.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def refusal(status: int, message: str, *, correlation: bytes = b"") -> Refusal:
    """Write a refusal.

    Args:
        status: The HTTP status.
        message: What was wrong.
        correlation: The correlation id that came with the request.
    """
    trace_id = sane_or_new(correlation.decode("latin-1"))
    code = CODES.get(status, "SERVER_ERROR")
    body = dumps(failure(code=code, message=message, details=None, trace_id=trace_id))
    headers = {"Content-Type": CONTENT_TYPE, "Content-Length": str(len(body)), HEADER: trace_id} | PLAIN
    return Refusal(status, tuple((name.lower().encode(), value.encode()) for name, value in headers.items()), body)
