"""Decoding a part of a body into its shape, and nothing but the format's own error coming out."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from drifts.findings import JsonObject
from drifts.ingest.errors import FormatError
from drifts.ingest.json_text import decode_exact

_T = TypeVar("_T")


def shaped(raw: msgspec.Raw, shape: type[_T], where: str) -> _T:
    """Decode one part of a body.

    Args:
        raw: Its text.
        shape: The type expected.
        where: What it is, for the message.

    Raises:
        FormatError: It has another shape, or is nested too deeply.
    """
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.DecodeError as error:
        raise FormatError(f"{where} is not what stands there: {error}.", "Send the tool's own output.") from error
    except RecursionError as error:
        raise FormatError(f"{where} is nested too deeply.", "Send the tool's own output.") from error


def shaped_or(raw: msgspec.Raw | None, shape: type[_T], where: str, default: _T) -> _T:
    """Decode one part of a body, or return the default where it is absent or null.

    Args:
        raw: Its text; None where it is absent.
        shape: The type expected.
        where: What it is, for the message.
        default: What stands for an absent or null one.

    Raises:
        FormatError: It has another shape, or is nested too deeply.
    """
    return default if raw is None or bytes(memoryview(raw)[:5]) == b"null" else shaped(raw, shape, where)


def side(raw: msgspec.Raw, where: str) -> JsonObject | None:
    """Decode one side of a resource: an object, or None where nothing is there.

    Args:
        raw: Its text.
        where: What it is, for the message.

    Raises:
        FormatError: It is something else, or cannot be stored.
    """
    value = decode_exact(raw, where)
    if value is not None and not isinstance(value, dict):
        raise FormatError(f"{where} is no object.", "Send the tool's own output.")
    return value
