"""Decoding the few values that are kept, so that each means one thing only and can be stored anywhere.

Duplicate keys, NUL characters, lone surrogates, absurd depth, absurd numbers and absurd sizes are refused.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from decimal import Decimal
from typing import NoReturn

import msgspec

from drifts.findings import Json
from drifts.ingest.errors import FormatError

MAX_DEPTH = 100
"""Levels of nesting a kept value may have; real ones stay under 20."""

MAX_DIGITS = 1000
"""Characters a number may have; Terraform's own numbers carry 155 significant digits."""

_PLAIN_DIGITS = 400
"""Digits up to which an integer is spelt out, however it was written: `1e22`."""

MAX_SAFE_INTEGER = 2**53 - 1
"""The greatest integer every JSON reader keeps (RFC 7493, section 2.2)."""

MAX_VALUES = 250_000
"""Values, roughly, that one kept text may hold; a resource has some hundreds."""


def values_in(raw: msgspec.Raw | bytes | str) -> int:
    """Return how many values a JSON text may hold at most, without decoding it."""
    text = raw.encode() if isinstance(raw, str) else bytes(raw)
    return 1 + text.count(b",") + text.count(b"[") + text.count(b"{")


def decode_exact(raw: msgspec.Raw | bytes | str, where: str = "the value", *, max_depth: int = MAX_DEPTH) -> Json:
    """Decode one value.

    Args:
        raw: The JSON text.
        where: What it is, for the message.
        max_depth: Levels of nesting it may have.

    Raises:
        FormatError: It is malformed, repeats a key, is nested too deeply, or holds more than `MAX_VALUES`,
            a NUL character, a lone surrogate (PostgreSQL stores neither), NaN, or a number beyond reason.
    """
    if values_in(raw) > MAX_VALUES:
        raise FormatError(f"{where} holds more than {MAX_VALUES} values.", "Is it one resource?")
    text = raw if isinstance(raw, str) else str(memoryview(raw), "utf-8")
    try:
        value: Json = _EXACT.decode(text)
    except RecursionError as error:
        raise FormatError(f"{where} is nested too deeply.") from error
    except ValueError as error:
        raise FormatError(f"{where} is malformed JSON: {error}.") from error
    check_storable(value, where, max_depth=max_depth)
    return value


def check_storable(value: Json, where: str, *, max_depth: int = MAX_DEPTH) -> None:
    """Refuse what PostgreSQL's JSONB or a later step cannot hold.

    Args:
        value: Decoded already.
        where: What it is, for the message.
        max_depth: Levels of nesting it may have.

    Raises:
        FormatError: It is nested too deeply, or holds a text with U+0000 or a lone surrogate.
    """
    level: list[Json] = [value]
    depth = 0
    while level:
        if depth > max_depth:
            raise FormatError(f"{where} is nested deeper than {max_depth} levels.")
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
    if exact.adjusted() < _PLAIN_DIGITS and exact == exact.to_integral_value():
        whole = int(exact)
        return whole if abs(whole) <= MAX_SAFE_INTEGER else str(whole)
    if text.lstrip("-").isdigit():
        return text
    double = float(text)
    return double if math.isfinite(double) and Decimal(repr(double)) == exact else str(exact)


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise FormatError(f"The JSON object repeats the key {twice!r}.", "Send the tool's own output.")
    return members


def _no_constant(text: str) -> NoReturn:
    raise FormatError(f"{text} is no JSON number.")


_EXACT = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=exact_number, parse_int=exact_number, parse_constant=_no_constant
)
