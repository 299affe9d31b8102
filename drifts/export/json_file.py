"""Drifts as one JSON document, in the envelope that every answer has."""

from collections.abc import Iterator

from drifts.export.rows import Row
from driftsentry.api.envelope import dumps, success

_BEFORE, _AFTER = dumps(success({"items": []})).split(b"[]")


def as_json(batches: Iterator[list[Row]]) -> Iterator[bytes]:
    """The document, piece by piece; one that was cut off is no JSON.

    Args:
        batches: The drifts.
    """
    yield _BEFORE + b"["
    between = b""
    for batch in batches:
        yield between + dumps(batch)[1:-1]
        between = b","
    yield b"]" + _AFTER
