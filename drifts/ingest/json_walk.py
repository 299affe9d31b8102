"""Walking JSON text whose size, depth and honesty nobody vouches for, without building it.

A text is cut into its members or items, which stay text until somebody asks for one. So memory grows with what is
asked for, never with the text, and a text of a million tiny parts is refused before it becomes a million objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec

from drifts.ingest.errors import FormatError, UnrecognisedFormat

MAX_MEMBERS = 10_000
"""Members an object that is walked may have: a plan's top level, its variables, its providers."""

MAX_ITEMS = 500_000
"""Items a list that is walked may have: the resources of a plan."""

MAX_DOCUMENTS = 1000
"""Objects one body may hold."""

Members: TypeAlias = Mapping[str, msgspec.Raw]
"""The members of one object, their values still text."""

_RAW = msgspec.json.Decoder(msgspec.Raw)
_KEY = msgspec.json.Decoder(str)
_NULL = b"null"
_TAIL = 4096
"""Bytes looked at together when spaces are stripped off an end."""
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_PLACE = re.compile(r" \(byte (\d+)\)")
_SPACE = re.compile(rb"[ \t\r\n]*+")
_DOCUMENT_START = re.compile(rb"^[ \t]*+\{", re.MULTILINE)
_REST_OF_LINE = re.compile(rb"(?:[ \t\r]|%0[AD])*+(?:\n|\Z)")
_NEXT_ON_LINE = re.compile(rb"[ \t]*+\{")
_FRAGMENT = re.compile(rb'^[ \t]*+["}\]]', re.MULTILINE)


class _Cursor:
    """A place in a JSON text that moves on value by value."""

    def __init__(self, text: memoryview, at: int, where: str) -> None:
        self._text = text
        self._where = where
        self.at = at

    def take(self, sign: bytes) -> bool:
        """Step over spaces and a sign, and say whether it was there."""
        self._step_over_spaces()
        found = self._text[self.at : self.at + 1] == sign
        self.at += found
        return found

    def expect(self, sign: bytes) -> None:
        """Step over spaces and a sign that must be there."""
        if not self.take(sign):
            raise self._malformed(f"{sign.decode()!r} is missing", self.at)

    def value(self) -> memoryview:
        """Step over spaces and one value, and return its text.

        Where more follows a value, msgspec names the byte after the first of it: so msgspec is what finds its end.
        """
        self._step_over_spaces()
        start = self.at
        try:
            _RAW.decode(self._text[start:])
        except RecursionError as error:
            raise FormatError(f"{self._where} is nested too deeply.", "Send the tool's own output.") from error
        except msgspec.DecodeError as error:
            said = str(error)
            trailing = _TRAILING.search(said)
            if trailing is None:
                place = _PLACE.search(said)
                what = _PLACE.sub("", said).removeprefix("JSON is malformed: ")
                raise self._malformed(what, start + int(place[1]) if place else len(self._text)) from error
            self.at += int(trailing[1]) - 1
        else:
            self.at = len(self._text)
        return _without_trailing_spaces(self._text[start : self.at])

    def _step_over_spaces(self) -> None:
        found = _SPACE.match(self._text, self.at)
        self.at = found.end() if found else self.at

    def _malformed(self, what: str, at: int) -> FormatError:
        return FormatError(f"{self._where} is malformed or cut off: {what} (byte {at}).", "Send the whole output.")

    def members(self) -> Iterator[tuple[str, msgspec.Raw]]:
        """Step over an object, member by member."""
        self.expect(b"{")
        if self.take(b"}"):
            return
        seen: set[str] = set()
        while True:
            name = self._key()
            if name in seen:
                raise FormatError(f"{self._where} repeats the key {name[:80]!r}.", "Send the tool's own output.")
            seen.add(name)
            if len(seen) > MAX_MEMBERS:
                raise FormatError(f"{self._where} has more than {MAX_MEMBERS} members.")
            self.expect(b":")
            yield name, msgspec.Raw(self.value())
            if self.take(b"}"):
                return
            self.expect(b",")

    def _key(self) -> str:
        start = self.at
        try:
            return _KEY.decode(self.value())
        except msgspec.DecodeError as error:
            raise self._malformed("a key is no text", start) from error

    def items(self) -> Iterator[msgspec.Raw]:
        """Step over a list, item by item."""
        self.expect(b"[")
        if self.take(b"]"):
            return
        for _ in range(MAX_ITEMS):
            yield msgspec.Raw(self.value())
            if self.take(b"]"):
                return
            self.expect(b",")
        raise FormatError(f"{self._where} has more than {MAX_ITEMS} items.")


def _without_trailing_spaces(text: memoryview) -> memoryview:
    size = len(text)
    while size:
        tail = bytes(text[max(0, size - _TAIL) : size])
        kept = len(tail.rstrip(b" \t\r\n"))
        size -= len(tail) - kept
        if kept:
            break
    return text[:size]


def members_of(raw: msgspec.Raw | None, where: str) -> Iterator[tuple[str, msgspec.Raw]]:
    """Yield the members of an object.

    Args:
        raw: Its text, well-formed; None or null have none.
        where: What it is, for the message.

    Raises:
        FormatError: It is no object, repeats a key, or has more than `MAX_MEMBERS`.
    """
    if raw is not None and (text := memoryview(raw)) != _NULL:
        yield from _Cursor(text, 0, where).members()


def items_of(raw: msgspec.Raw | None, where: str) -> Iterator[msgspec.Raw]:
    """Yield the items of a list.

    Args:
        raw: Its text, well-formed; None or null have none.
        where: What it is, for the message.

    Raises:
        FormatError: It is no list, or has more than `MAX_ITEMS`.
    """
    if raw is not None and (text := memoryview(raw)) != _NULL:
        yield from _Cursor(text, 0, where).items()


def first_document(body: bytes) -> Members:
    """Return the first JSON object of a body, for recognising its format.

    Raises:
        UnrecognisedFormat: The body is well-formed JSON, but no object.
        FormatError: There is no well-formed object in it.
    """
    return next(documents(body))


def documents(body: bytes) -> Iterator[Members]:
    """Yield each JSON object of a body: usually one, several where a runner (Terragrunt) writes one after the other.

    Lines before, between and after them (a wrapper's `[command]…` or `::set-output …`) are stepped over.

    Raises:
        UnrecognisedFormat: The body is well-formed JSON, but no object.
        FormatError: An object is malformed or cut off, there is none at all, or there are more than `MAX_DOCUMENTS`.
    """
    _refuse_other_json(body)
    view = memoryview(body)
    start = _DOCUMENT_START.search(body)
    if start is None:
        raise FormatError("The body is no JSON.", "Send the tool's JSON output, unchanged.")
    for _ in range(MAX_DOCUMENTS):
        cursor = _Cursor(view, start.end() - 1, "The JSON")
        yield dict(cursor.members())
        start = _next_start(body, cursor.at)
        if start is None:
            return
    raise FormatError(f"The body holds more than {MAX_DOCUMENTS} JSON objects.", "Send fewer plans at once.")


def _refuse_other_json(body: bytes) -> None:
    if body[:4096].lstrip().startswith(b"{"):
        return
    try:
        _RAW.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return
    raise UnrecognisedFormat("The body is JSON, but no object.", "Send the tool's JSON output, unchanged.")


def _next_start(body: bytes, end: int) -> re.Match[bytes] | None:
    """Find the next object after one that ended at `end`, stepping over whole lines of other text only."""
    line = _REST_OF_LINE.match(body, end)
    if line is None:
        found = _NEXT_ON_LINE.match(body, end)
        if found is None:
            raise FormatError(f"The JSON is malformed: it goes on after its end (byte {end}).")
        return found
    start = _DOCUMENT_START.search(body, line.end())
    fragment = _FRAGMENT.search(body, line.end(), start.start() if start else len(body))
    if fragment is not None:
        raise FormatError(f"The JSON is malformed: it goes on after its end (byte {fragment.start()}).")
    return start
