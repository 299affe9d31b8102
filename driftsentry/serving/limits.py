"""What a client may send, and how long it may take."""

from dataclasses import dataclass

from django.conf import settings

SCANS = frozenset({b"/api/v1/scans", b"/api/v1/scans/"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one server.

    Attributes:
        head_seconds: From the first byte of a request until its headers are whole; also the grace of a body's pace.
        body_seconds: Until a body is whole.
        body_pace: Bytes a second that a body makes on average, at least.
        idle_seconds: A connection may stay without a request, or take nothing of an answer that comes in parts.
        connections: At once.
        scan_bytes: Of a body that is a scan.
        other_bytes: Of any other body.
        head_bytes: Of the request line and the headers together.
        headers: How many.
    """

    head_seconds: float
    body_seconds: float
    body_pace: int
    idle_seconds: float
    connections: int
    scan_bytes: int
    other_bytes: int
    head_bytes: int = 16_384
    headers: int = 100

    @classmethod
    def configured(cls) -> "Limits":
        """Those of the settings."""
        return cls(
            head_seconds=settings.WEB_HEAD_SECONDS,
            body_seconds=settings.WEB_BODY_SECONDS,
            body_pace=settings.WEB_BODY_BYTES_PER_SECOND,
            idle_seconds=settings.WEB_IDLE_SECONDS,
            connections=settings.WEB_MAX_CONNECTIONS,
            scan_bytes=settings.MAX_SCAN_BODY_BYTES,
            other_bytes=settings.MAX_JSON_BODY_BYTES,
        )

    def body_bytes(self, method: bytes, target: bytes) -> int:
        """The largest body of a request.

        Args:
            method: Its method.
            target: Its path, with or without a query.
        """
        is_scan = method == b"POST" and target.partition(b"?")[0] in SCANS
        return self.scan_bytes if is_scan else self.other_bytes

    def body_deadline(self, received: int) -> float:
        """Seconds after its headers by which a body must be whole or have grown.

        Args:
            received: Bytes of it so far.
        """
        return min(self.body_seconds, self.head_seconds + received / self.body_pace)
