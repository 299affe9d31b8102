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
from dataclasses import dataclass, field, replace
from functools import reduce

from drifts.findings import SENSITIVE, Json, JsonObject, Mask
from drifts.ingest.canonical import Canonical, canonical, canonical_text
from drifts.ingest.echoes import Echoes
from drifts.ingest.errors import FormatError
from drifts.ingest.json_text import decode_exact
from drifts.ingest.masked import JsonText, Masked, MaskedJson, MaskedObject
from drifts.ingest.masks import child, covers_any, union
from drifts.ingest.secret_shapes import has_secret_shape, is_reference, is_secret_attribute, is_secret_name

_NAME_KEYS = ("name", "key", "Name", "Key", "ParameterKey")
_VALUE_KEYS = ("value", "Value", "ParameterValue")

_SECRET_HOLDERS = ("data", "stringData", "string_data", "binaryData", "binary_data")
"""Members of a Kubernetes object of the kind Secret that hold it."""

_PLAIN_MEMBERS = frozenset(
    {"name", "Name", "arn", "Arn", "valueFrom", "value_from", "kms_key_id", "default_mode", "optional", "mount_path"}
)
"""Members that say which secret is meant or where it is kept, in an object that stands under a secret's name."""

_MIN_DIGITS = 4
"""Digits a number needs to be taken for a secret by its name: `password_reuse_limit` is no secret, a PIN is."""

_MAX_TEXTS = 3
"""JSON texts within JSON texts that are opened; what lies deeper is looked at as plain text."""

_MAX_TEXT_DEPTH = 30
"""Levels of nesting a JSON text may have to be opened."""

_MIN_NAME = 16
"""Characters an object's key needs before it is looked at for a secret's shape."""


@dataclass(frozen=True, slots=True)
class MaskedPair:
    """Both sides of a finding, secrets hidden."""

    expected: MaskedObject
    actual: MaskedObject
    echoes: Echoes = field(repr=False)
    """Finds texts that spell a hidden one out."""

    def spells_out(self, text: str) -> bool:
        """Say whether a text from elsewhere gives a hidden one away."""
        return self.echoes.in_text(text)


def mask_pair(
    expected: JsonObject | None, actual: JsonObject | None, sensitive: Mask, *, key: bytes, provider_type: str = ""
) -> MaskedPair:
    """Hide the secrets of both sides of a finding.

    Args:
        expected: What should be; None for nothing.
        actual: What is; None for nothing.
        sensitive: The union of the tool's masks; applied to both sides.
        key: Secret key of the digests.
        provider_type: The resource's type, so that a hidden set's digest does not depend on its order.

    Returns:
        Both sides, secrets hidden.
    """
    hider = _Hider(key, provider_type)
    if isinstance(sensitive, list):  # of another shape than a resource has: all of it, to be sure
        sensitive = covers_any(sensitive)
    wanted = hider.members(expected or {}, sensitive, _Place())
    found = hider.members(actual or {}, sensitive, _Place())
    echoes = Echoes(hider.hidden)
    if hider.hidden:
        wanted, found = hider.without_echoes(wanted, echoes), hider.without_echoes(found, echoes)
    return MaskedPair(wanted, found, echoes)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands."""

    path: str = ""
    """Without indices."""
    named: bool = False
    """Whether a secret-looking name stands above it."""
    texts: int = 0
    """How many JSON texts were opened to get here, one inside the other."""


class _Hider:
    """Hides values and remembers which texts were hidden."""

    def __init__(self, key: bytes, provider_type: str) -> None:
        self._key = key
        self._type = provider_type
        self.hidden: set[str] = set()

    def members(self, values: JsonObject, mask: Mask, place: _Place) -> MaskedObject:
        """Hide the members of an object, each as its place, its name and its shape demand."""
        paired = _is_secret_pair(values)
        holders = _SECRET_HOLDERS if values.get("kind") == "Secret" else ()
        masked: MaskedObject = {}
        for name, value in values.items():
            inherited = place.named and name not in _PLAIN_MEMBERS
            typed = not place.path and is_secret_attribute(self._type, name)
            secret = inherited or typed or is_secret_name(name) or (paired and name in _VALUE_KEYS) or name in holders
            inside = _Place(f"{place.path}.{name}" if place.path else name, secret, place.texts)
            masked[name] = self.value(value, child(mask, name), inside)
            if len(name) >= _MIN_NAME and has_secret_shape(name):
                self.hidden.add(name)
        return masked

    def value(self, value: Json, mask: Mask, place: _Place) -> MaskedJson:
        """Hide a value as the tool's mask, its place and its shape demand."""
        if mask is True:
            return self._hide(value, place.path)
        if isinstance(value, dict) and not isinstance(mask, list):
            return self.members(value, mask, place)
        if isinstance(value, list) and not isinstance(mask, dict):
            anywhere = _of_any_item(mask, len(value))
            return [
                self.value(one, child(mask, index) if anywhere is None else anywhere, place)
                for index, one in enumerate(value)
            ]
        if covers_any(mask):
            return self._hide(value, place.path)
        if isinstance(value, (dict, list)):
            return self.value(value, False, place)
        return self._plain(value, place)

    def _plain(self, value: bool | int | float | str | None, place: _Place) -> MaskedJson:
        if isinstance(value, str):
            return self._text(value, place)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if place.named and is_number and len(str(value)) >= _MIN_DIGITS:
            return self._hide(value, place.path)
        return value

    def _text(self, text: str, place: _Place) -> MaskedJson:
        inside = open_json(text) if place.texts < _MAX_TEXTS else None
        if inside is not None:
            value = self.value(inside, False, replace(place, texts=place.texts + 1))
            return JsonText("" if _hides(value) else text, value)
        secret = has_secret_shape(text) or (place.named and not is_reference(text))
        return self._hide(text, place.path) if secret else text

    def _hide(self, value: Json, path: str) -> MaskedJson:
        """Hide a value whole; what is unset has nothing to hide."""
        spelt = canonical(_with_json_open(value), self._type, path)
        if spelt is None:
            return None
        self._remember(value)
        return Masked(self._digest(spelt))

    def _digest(self, spelt: Canonical) -> str:
        return hmac.new(self._key, canonical_text(spelt), hashlib.sha256).hexdigest()

    def _remember(self, value: Json) -> None:
        level: list[Json] = [value]
        while level:
            one = level.pop()
            if isinstance(one, dict):
                level.extend(one.values())
            elif isinstance(one, list):
                level.extend(one)
            elif (text := _spelt(one)) is not None:
                self.hidden.add(text)

    def without_echoes(self, values: MaskedObject, echoes: Echoes) -> MaskedObject:
        """Hide every name and value in an object that spells a hidden text out."""
        return {self._name(name, echoes): self._unless_echo(value, echoes) for name, value in values.items()}

    def _name(self, name: str, echoes: Echoes) -> str:
        return f"{SENSITIVE} {self._digest(name)[:12]}" if echoes.in_text(name) else name

    def _unless_echo(self, value: MaskedJson, echoes: Echoes) -> MaskedJson:
        if isinstance(value, dict):
            return self.without_echoes(value, echoes)
        if isinstance(value, list):
            return [self._unless_echo(one, echoes) for one in value]
        if isinstance(value, JsonText):
            inner = self._unless_echo(value.value, echoes)
            return JsonText("" if inner != value.value else value.text, inner)
        if isinstance(value, Masked):
            return value
        text = _spelt(value)
        return Masked(self._digest(text)) if text is not None and echoes.in_text(text) else value


def _with_json_open(value: Json, texts: int = 0) -> MaskedJson:
    if isinstance(value, dict):
        return {name: _with_json_open(one, texts) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_json_open(one, texts) for one in value]
    if isinstance(value, str) and texts < _MAX_TEXTS and (inside := open_json(value)) is not None:
        return JsonText(value, _with_json_open(inside, texts + 1))
    return value


def _spelt(value: bool | int | float | str | None) -> str | None:
    """Return a text or a number as text; what is no more than a switch has none."""
    return None if value is None or isinstance(value, bool) else str(value)


def open_json(text: str) -> dict[str, Json] | list[Json] | None:
    """Return the object or list that a string holds as JSON, else None (also for one too odd to store)."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = decode_exact(text, max_depth=_MAX_TEXT_DEPTH)
    except FormatError:
        return None
    return value if isinstance(value, (dict, list)) else None


def _is_secret_pair(values: JsonObject) -> bool:
    """Say whether it is `{"name": "DB_PASSWORD", "value": …}`."""
    return any(isinstance(name := values.get(key), str) and is_secret_name(name) for key in _NAME_KEYS)


def _of_any_item(mask: Mask, length: int) -> Mask | None:
    """Return the mask for whichever item of a list, None where each item has its own.

    Where there are more items than the mask knows of, it was made for the other side, and its places say nothing of
    this one: what is hidden in any item is hidden in all.
    """
    nowhere: Mask = False
    return reduce(union, mask, nowhere) if isinstance(mask, list) and len(mask) < length else None


def _hides(value: MaskedJson) -> bool:
    if isinstance(value, dict):
        return any(_hides(one) for one in value.values())
    if isinstance(value, list):
        return any(_hides(one) for one in value)
    if isinstance(value, JsonText):
        return _hides(value.value)
    return isinstance(value, Masked)
