"""Reading JSON text whose size, depth, numbers and honesty nobody vouches for.

Large texts are split with msgspec, which steps over what nobody asked for without building it. The few values that
are kept are then decoded by `decode_exact`, which refuses what could mean two things: duplicate keys, NUL characters,
lone surrogates, absurd depth and absurd numbers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NoReturn, TypeAlias

import msgspec

from drifts.findings import Json
from drifts.ingest.errors import FormatError, UnrecognisedFormat

MAX_DEPTH = 100
"""Levels of nesting a kept value may have; real ones stay under 20."""

MAX_DIGITS = 1000
"""Characters a number may have; Terraform's own numbers carry 155 significant digits."""

MAX_SAFE_INTEGER = 2**53 - 1
"""The greatest integer every JSON reader keeps (RFC 7493, section 2.2)."""

Members: TypeAlias = Mapping[str, msgspec.Raw]
"""The members of one object, their values still text."""

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_DOCUMENT_START = re.compile(rb"^[ \t]*\{", re.MULTILINE)
_REST_OF_LINE = re.compile(rb"(?:[ \t\r]|%0[AD])*(?:\n|\Z)")
_NEXT_KEY = re.compile(rb'[ \t\r\n]*[{,][ \t\r\n]*("(?:[^"\\]|\\.)*")[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_FRAGMENT = re.compile(rb'^[ \t]*["}\]]', re.MULTILINE)


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
        FormatError: An object is malformed or cut off, or there is none at all.
    """
    _refuse_other_json(body)
    view = memoryview(body)
    start = _DOCUMENT_START.search(body)
    if start is None:
        raise FormatError("The body is no JSON.", "Send the tool's JSON output, unchanged.")
    while start is not None:
        position = start.end() - 1
        members, end = _one_document(body, position)
        _refuse_repeated_keys(view, position, members)
        yield members
        start = _next_start(body, end)


def _refuse_other_json(body: bytes) -> None:
    if body[:4096].lstrip().startswith(b"{"):
        return
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return
    raise UnrecognisedFormat("The body is JSON, but no object.", "Send the tool's JSON output, unchanged.")


def _one_document(body: bytes, start: int) -> tuple[Members, int]:
    """Decode the object that begins at `start`; where more follows it, msgspec names the byte (counted from 1)."""
    text = memoryview(body)[start:]
    try:
        return _decode_members(text), len(body)
    except msgspec.DecodeError as error:
        trailing = _TRAILING.search(str(error))
        if trailing is None:
            raise FormatError(f"The JSON is malformed or cut off: {error}.", "Send the whole output.") from error
    end = body.rfind(b"}", start, start + int(trailing.group(1)) - 1) + 1
    return _decode_members(text[: end - start]), end


def _decode_members(text: memoryview) -> Members:
    try:
        return _MEMBERS.decode(text)
    except RecursionError as error:
        raise FormatError("The JSON is nested too deeply.", "Send the tool's own output.") from error


def _next_start(body: bytes, end: int) -> re.Match[bytes] | None:
    """Find the next object after one that ended at `end`, stepping over whole lines of other text only."""
    line = _REST_OF_LINE.match(body, end)
    if line is None:
        found = _DOCUMENT_START.match(body, end)
        if found is None:
            raise FormatError(f"The JSON is malformed: it goes on after its end (byte {end}).")
        return found
    start = _DOCUMENT_START.search(body, line.end())
    fragment = _FRAGMENT.search(body, line.end(), start.start() if start else len(body))
    if fragment is not None:
        raise FormatError(f"The JSON is malformed: it goes on after its end (byte {fragment.start()}).")
    return start


def _refuse_repeated_keys(view: memoryview, start: int, members: Members) -> None:
    """Refuse a repeated key of an object already decoded, without decoding its values again.

    A mapping keeps a repeated key at its first place with its last value, so walking the text along the mapping
    meets a key or a value that does not fit as soon as one is repeated.
    """
    position = start
    for key, raw in members.items():
        value = memoryview(raw)
        found = _NEXT_KEY.match(view, position)
        if found is None or json.loads(found.group(1)) != key:
            raise FormatError("The JSON object repeats a key.", "Send the tool's own output.")
        position = found.end() + len(value)
        if view[found.end() : position] != value:
            raise FormatError(f"The JSON object repeats the key {key!r}.", "Send the tool's own output.")
    if members and not re.match(rb"[ \t\r\n]*\}", view[position:]):
        raise FormatError("The JSON object repeats a key.", "Send the tool's own output.")


def decode_exact(raw: msgspec.Raw | bytes | str, where: str = "the value") -> Json:
    """Decode one value so that it means one thing only and can be stored anywhere.

    Args:
        raw: The JSON text.
        where: What it is, for the message.

    Raises:
        FormatError: It is malformed, repeats a key, is nested deeper than `MAX_DEPTH`, or holds a NUL character, a
            lone surrogate (PostgreSQL stores neither), NaN, or a number beyond reason.
    """
    text = raw if isinstance(raw, str) else bytes(raw).decode()
    try:
        value: Json = _EXACT.decode(text)
    except RecursionError as error:
        raise FormatError(f"{where} is nested too deeply.") from error
    except ValueError as error:
        raise FormatError(f"{where} is malformed JSON: {error}.") from error
    check_storable(value, where)
    return value


def check_storable(value: Json, where: str) -> None:
    """Refuse what PostgreSQL's JSONB or a later step cannot hold.

    Raises:
        FormatError: Deeper than `MAX_DEPTH`, or a text with U+0000 or a lone surrogate.
    """
    level: list[Json] = [value]
    depth = 0
    while level:
        if depth > MAX_DEPTH:
            raise FormatError(f"{where} is nested deeper than {MAX_DEPTH} levels.")
        below: list[Json] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item, where)
            elif isinstance(item, dict):
                for key in item:
                    _check_text(key, where)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        level = below
        depth += 1


def _check_text(text: str, where: str) -> None:
    if "\0" in text:
        raise FormatError(f"{where} holds a NUL character (U+0000), which cannot be stored.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise FormatError(f"{where} holds half of a surrogate pair, which is no text.") from error


def exact_number(text: str) -> int | float | str:
    """Read a JSON number without ever changing it.

    A number every reader keeps (an integer within ±(2^53 - 1), a fraction whose shortest double spells the same)
    stays a number. Any other, such as a 64-bit id, becomes a string of its exact digits, as RFC 7493 advises.

    Raises:
        FormatError: It has more than `MAX_DIGITS` characters or an exponent beyond reason.
    """
    if len(text) > MAX_DIGITS:
        raise FormatError(f"A number has more than {MAX_DIGITS} digits.")
    try:
        exact = Decimal(text)
    except ArithmeticError as error:
        raise FormatError(f"The number {text[:40]} is beyond reason.") from error
    if not exact:
        return 0
    if exact.adjusted() < 16 and exact == exact.to_integral_value():
        whole = int(exact)
        return whole if abs(whole) <= MAX_SAFE_INTEGER else str(whole)
    if text.lstrip("-").isdigit():
        return text
    double = float(text)
    return double if math.isfinite(double) and Decimal(repr(double)) == exact else str(exact)


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise FormatError(f"The JSON object repeats the key {twice!r}.", "Send the tool's own output.")
    return members


def _no_constant(text: str) -> NoReturn:
    raise FormatError(f"{text} is no JSON number.")


_EXACT = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=exact_number, parse_int=exact_number, parse_constant=_no_constant
)
