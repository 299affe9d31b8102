"""From masked values to what is stored and shown: plain JSON of a sane size.

- A hidden value is `(sensitive)`; JSON in a string is a string again.
- A text longer than `MAX_TEXT` keeps its beginning and says how long it was and what its digest is, so two different
  texts still read differently.
- A state longer than `MAX_STATE` as JSON keeps the attributes that differ and those that say which resource it is, and
  names the number of those left out under `(shortened)`. The difference is kept apart from it (see `plain_change`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from drifts.findings import SENSITIVE, Json, JsonObject
from drifts.ingest.masked import JsonText, Masked, MaskedJson, MaskedObject

MAX_TEXT = 4096
"""Characters kept of a text that is longer than that."""

MAX_STATE = 256 * 1024
"""Characters of JSON one side of a drift may have."""

SHORTENED = "(shortened)"

_ALWAYS = ("id", "arn", "name", "bucket", "region", "availability_zone", "instance_type", "instance_class", "tags")


def plain(value: MaskedJson) -> Json:
    """Return a masked value as plain JSON, long texts shortened."""
    if isinstance(value, Masked):
        return SENSITIVE
    if isinstance(value, JsonText):
        return _short(value.text or json.dumps(plain(value.value), ensure_ascii=False, separators=(",", ":")))
    if isinstance(value, dict):
        return {_short(name): plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return _short(value) if isinstance(value, str) else value


def _short(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[:MAX_TEXT]}… (shortened: {len(text)} characters, sha256 {digest}…)"


def plain_state(values: MaskedObject, changed: Iterable[str]) -> JsonObject:
    """Return one side as plain JSON of a sane size.

    Args:
        values: One side, masked.
        changed: Names of the top-level attributes that differ: kept whatever their size.
    """
    state: JsonObject = {name: plain(one) for name, one in values.items()}
    if _size(state) <= MAX_STATE:
        return state
    kept = {name: one for name, one in state.items() if name in _ALWAYS}
    kept.update({name: state[name] for name in changed if name in state})
    while _size(kept) > MAX_STATE:
        largest = max(kept, key=lambda name: _size(kept[name]))
        del kept[largest]
    kept[SHORTENED] = f"{len(state) - len(kept)} attributes left out: the state is too large to keep."
    return kept


def _size(value: Json) -> int:
    return len(json.dumps(value, ensure_ascii=False))


def plain_change(expected: MaskedJson, actual: MaskedJson) -> JsonObject:
    """Return one changed attribute as it is stored; a side longer than `MAX_STATE` keeps its beginning and digest."""
    return {"expected": _bounded(plain(expected)), "actual": _bounded(plain(actual))}


def _bounded(value: Json) -> Json:
    if isinstance(value, str) or _size(value) <= MAX_STATE:
        return value
    return _short(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
