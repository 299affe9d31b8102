"""Finding the JSON objects in a log: one a line, amid whatever else a terminal or a runner writes.

Colours, prefixes (a time stamp, the name of a unit), banners and plain lines are stepped over. Memory grows with the
longest line, never with the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from drifts.ingest.errors import FormatError

_RAW = msgspec.json.Decoder(msgspec.Raw)
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_COLOURS = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]")
_MAX_OBJECTS = 1000
"""Objects that one line may hold: runners that write at the same time may leave out the end of a line."""

_MAX_DAMAGED = 16
"""Damaged objects that one line may hold; each may be read as far as the end of its line."""


@dataclass(frozen=True, slots=True)
class Found:
    """One object of a log."""

    text: bytes
    """Its JSON text; of a damaged one, what is there of it."""
    is_whole: bool
    """False: it begins like an object and is cut off, or another line runs into it."""


def objects_in(body: bytes, begins: re.Pattern[bytes]) -> Iterator[Found]:
    """Yield the objects of a log.

    Args:
        body: UTF-8 text.
        begins: How an object that is looked for begins: its brace and its first key.

    Raises:
        FormatError: One is nested too deeply, or a line holds too many.
    """
    at = 0
    while at < len(body):
        end = body.find(b"\n", at)
        end = len(body) if end < 0 else end
        if begins.search(body, at, end):
            yield from _on_line(body[at:end], begins)
        at = end + 1


def _on_line(line: bytes, begins: re.Pattern[bytes]) -> Iterator[Found]:
    line = (_COLOURS.sub(b"", line) if b"\x1b" in line else line).rstrip()
    at = damaged = 0
    for _ in range(_MAX_OBJECTS):
        start = begins.search(line, at)
        if start is None:
            return
        size = _size_of_object(memoryview(line)[start.start() :])
        damaged += not size
        if damaged > _MAX_DAMAGED:
            break
        at = start.start() + size if size else start.end()
        yield Found(line[start.start() : at] if size else line[start.start() :], bool(size))
    raise FormatError("A line of the log holds more objects than there can be.", "Send the tool's own output.")


def _size_of_object(text: memoryview) -> int:
    """Return how many bytes the object takes that a text begins with; 0 where it is damaged."""
    try:
        _RAW.decode(text)
    except RecursionError as error:
        raise FormatError("A line of the log is nested too deeply.", "Send the tool's own output.") from error
    except msgspec.DecodeError as error:
        trailing = _TRAILING.search(str(error))
        return int(trailing[1]) - 1 if trailing else 0
    return len(text)
