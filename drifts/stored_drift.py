"""A drift on record as the severity rules look at it: what is stored is masked, and its JSON texts are closed again."""

from __future__ import annotations

from collections.abc import Mapping

from drifts.evidence import Changed, Concern, Subject
from drifts.findings import Json, JsonObject
from drifts.ingest.canonical import without_indices
from drifts.ingest.masking import open_json

_MAX_TEXTS = 3
"""JSON inside JSON inside JSON: what lies deeper stays text, as it did when it was scanned."""


def subject_of(
    concern: Concern, *, expected: JsonObject, actual: JsonObject, difference: Mapping[str, JsonObject]
) -> Subject:
    """Return what the rules look at. What was too long to be stored whole is judged by what is left of it.

    Args:
        concern: What sort of drift it is.
        expected: The stored expected state.
        actual: The stored actual state.
        difference: Changed path to `{"expected", "actual"}`.
    """
    changes = tuple(
        Changed(path, without_indices(path), _opened(sides.get("expected")), _opened(sides.get("actual")))
        for path, sides in sorted(difference.items())
    )
    return Subject(concern=concern, expected=_object(expected), actual=_object(actual), changes=changes)


def _object(state: JsonObject) -> JsonObject:
    return {name: _opened(one) for name, one in state.items()}


def _opened(value: Json, texts: int = 0) -> Json:
    if isinstance(value, dict):
        return {name: _opened(one, texts) for name, one in value.items()}
    if isinstance(value, list):
        return [_opened(one, texts) for one in value]
    if isinstance(value, str) and texts < _MAX_TEXTS and (inside := open_json(value)) is not None:
        return _opened(inside, texts + 1)
    return value
