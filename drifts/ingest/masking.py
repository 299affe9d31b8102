"""Hiding secrets before anything else happens to a value.

Masks are positions, so they are applied to the values as parsed, before any sorting. Four nets, one after the other:
what the tool marks; what stands under a secret-looking name; what is shaped like a known secret; and, last, every
other place where a secret found so far is spelt out again (a password inside a connection string or a script).

A hidden value becomes `Masked`: all that is left of it is a keyed digest, which lets a change be seen and nothing
else. It is rendered as `(sensitive)`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from drifts.findings import SENSITIVE, Json, JsonObject, Mask
from drifts.ingest.errors import FormatError
from drifts.ingest.json_text import decode_exact
from drifts.ingest.masks import child, covers_any
from drifts.ingest.secret_shapes import has_secret_shape, is_secret_name

_MIN_ECHO = 6
"""Characters a secret needs before its echoes elsewhere are hidden: shorter ones ("true", "80") are everywhere."""

_MAX_ECHOES = 2000
"""Secrets of one resource that are looked for elsewhere."""

_NAME_KEYS = ("name", "key", "Name", "Key", "ParameterKey")
_VALUE_KEYS = ("value", "Value", "ParameterValue")

_DERIVED = re.compile(r"(?P<of>.+)_(?:base64|md5|sha1|sha256|sha512|base64sha256|base64sha512)")
"""Attributes that spell out or digest a sibling: `content_sha256` gives a short `content` away."""


@dataclass(frozen=True, slots=True)
class Masked:
    """What is left of a hidden value."""

    digest: str
    """HMAC-SHA-256 of its canonical text, in hexadecimal."""


MaskedJson: TypeAlias = "None | bool | int | float | str | Masked | JsonText | list[MaskedJson] | dict[str, MaskedJson]"
"""A JSON value in which secrets are hidden and JSON inside strings is opened."""

MaskedObject: TypeAlias = dict[str, MaskedJson]


@dataclass(frozen=True, slots=True)
class JsonText:
    """A string that holds JSON, opened."""

    text: str
    """As it was written; '' when something inside had to be hidden."""
    value: MaskedJson


@dataclass(frozen=True, slots=True)
class MaskedPair:
    """Both sides of a finding, secrets hidden."""

    expected: MaskedObject
    actual: MaskedObject
    echoes: re.Pattern[str] | None = field(default=None, repr=False)
    """Matches a text that spells a hidden one out."""

    def spells_out(self, text: str) -> bool:
        """Say whether a text from elsewhere gives a hidden one away."""
        return self.echoes is not None and self.echoes.search(text) is not None


def mask_pair(expected: JsonObject | None, actual: JsonObject | None, sensitive: Mask, *, key: bytes) -> MaskedPair:
    """Hide the secrets of both sides of a finding.

    Args:
        expected: What should be; None for nothing.
        actual: What is; None for nothing.
        sensitive: The union of the tool's masks; applied to both sides.
        key: Secret key of the digests.

    Returns:
        Both sides, secrets hidden.
    """
    hider = _Hider(key)
    wanted = hider.members(expected or {}, sensitive, named=False)
    found = hider.members(actual or {}, sensitive, named=False)
    echoes = hider.echoes()
    if echoes is None:
        return MaskedPair(wanted, found)
    return MaskedPair(
        hider.without_echoes_of_members(wanted, echoes), hider.without_echoes_of_members(found, echoes), echoes
    )


class _Hider:
    """Hides values and remembers which texts were hidden."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._hidden: set[str] = set()

    def members(self, values: JsonObject, mask: Mask, *, named: bool) -> MaskedObject:
        paired = _is_secret_pair(values)
        masked: MaskedObject = {}
        for name, value in values.items():
            secret = named or is_secret_name(name) or (paired and name in _VALUE_KEYS)
            masked[name] = self.value(value, child(mask, name), named=secret)
        for name, value in values.items():
            if (derived := _DERIVED.fullmatch(name)) and isinstance(masked.get(derived["of"]), Masked):
                masked[name] = self.hide(value)
        return masked

    def value(self, value: Json, mask: Mask, *, named: bool) -> MaskedJson:
        """Hide a value as its mask, its name and its shape demand.

        Args:
            value: As parsed.
            mask: The tool's mask at this place.
            named: Whether a secret-looking name stands above it.
        """
        if mask is True:
            return self.hide(value)
        if isinstance(value, dict) and not isinstance(mask, list):
            return self.members(value, mask, named=named)
        if isinstance(value, list) and not isinstance(mask, dict):
            return [self.value(one, child(mask, index), named=named) for index, one in enumerate(value)]
        if covers_any(mask):
            return self.hide(value)
        if isinstance(value, (dict, list)):
            return self.value(value, False, named=named)
        if isinstance(value, str):
            return self._text(value, named=named)
        return value

    def _text(self, text: str, *, named: bool) -> MaskedJson:
        opened = open_json(text)
        if opened is not None:
            value = self.value(opened, False, named=named)
            return JsonText("" if _hides(value) else text, value)
        return self.hide(text) if text and (named or has_secret_shape(text)) else text

    def hide(self, value: Json) -> MaskedJson:
        """Hide a value whole; what is unset has nothing to hide."""
        if value in (None, "", [], {}):
            return value
        self._remember(value)
        return self._digested(value)

    def _digested(self, value: Json) -> Masked:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return Masked(hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest())

    def _remember(self, value: Json) -> None:
        level: list[Json] = [value]
        while level:
            one = level.pop()
            if isinstance(one, dict):
                level.extend(one.values())
            elif isinstance(one, list):
                level.extend(one)
            elif isinstance(one, str) and len(one) >= _MIN_ECHO and len(self._hidden) < _MAX_ECHOES:
                self._hidden.add(one)

    def echoes(self) -> re.Pattern[str] | None:
        """Return what matches any hidden text, None where none is long enough to look for."""
        if not self._hidden:
            return None
        longest_first = sorted(self._hidden, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first)))

    def without_echoes_of_members(self, values: MaskedObject, echoes: re.Pattern[str]) -> MaskedObject:
        """Hide every name and text in an object that spells a hidden text out."""
        masked: MaskedObject = {}
        for name, value in values.items():
            if echoes.search(name):
                name = f"{SENSITIVE} {len(masked)}"
            masked[name] = self._without_echoes(value, echoes)
        return masked

    def _without_echoes(self, value: MaskedJson, echoes: re.Pattern[str]) -> MaskedJson:
        if isinstance(value, dict):
            return self.without_echoes_of_members(value, echoes)
        if isinstance(value, list):
            return [self._without_echoes(one, echoes) for one in value]
        if isinstance(value, JsonText):
            inner = self._without_echoes(value.value, echoes)
            return JsonText("" if inner != value.value else value.text, inner)
        return self._digested(value) if isinstance(value, str) and echoes.search(value) else value


def open_json(text: str) -> dict[str, Json] | list[Json] | None:
    """Return the object or list that a string holds as JSON, else None (also for one too odd to store)."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = decode_exact(text)
    except FormatError:
        return None
    return value if isinstance(value, (dict, list)) else None


def _is_secret_pair(values: JsonObject) -> bool:
    """Say whether it is `{"name": "DB_PASSWORD", "value": …}`."""
    return any(isinstance(name := values.get(key), str) and is_secret_name(name) for key in _NAME_KEYS)


def _hides(value: MaskedJson) -> bool:
    if isinstance(value, dict):
        return any(_hides(one) for one in value.values())
    if isinstance(value, list):
        return any(_hides(one) for one in value)
    if isinstance(value, JsonText):
        return _hides(value.value)
    return isinstance(value, Masked)
