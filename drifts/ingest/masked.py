"""Values in which secrets are hidden: what travels from masking to what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from drifts.findings import SENSITIVE, Json


@dataclass(frozen=True, slots=True)
class Masked:
    """What is left of a hidden value."""

    digest: str
    """HMAC-SHA-256 of its canonical text, in hexadecimal."""


MaskedJson: TypeAlias = "bool | int | float | str | Masked | JsonText | list[MaskedJson] | dict[str, MaskedJson] | None"
"""A JSON value in which secrets are hidden and JSON inside strings is opened."""

MaskedObject: TypeAlias = dict[str, MaskedJson]


@dataclass(frozen=True, slots=True)
class JsonText:
    """A string that holds JSON, opened."""

    text: str
    """As it was written; '' when something inside had to be hidden."""
    value: MaskedJson


def opened(value: MaskedJson) -> Json:
    """Return a masked value as plain JSON in which JSON texts stay open, for judging; `(sensitive)` where hidden."""
    if isinstance(value, Masked):
        return SENSITIVE
    if isinstance(value, JsonText):
        return opened(value.value)
    if isinstance(value, dict):
        return {name: opened(one) for name, one in value.items()}
    return [opened(one) for one in value] if isinstance(value, list) else value
