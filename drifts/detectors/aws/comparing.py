"""From what was seen to findings: only attributes that both sides have, in the state's spelling. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TypeVar

from drifts.detectors.aws import attributes as tables
from drifts.detectors.aws.access import Caller
from drifts.detectors.aws.outcome import Extra, Placed, Seen
from drifts.findings import Finding, Json, JsonObject, Kind
from drifts.ingest.normalise import normalise

T = TypeVar("T")

_TABLES = (tables.INSTANCE, tables.VOLUME, tables.DATABASE, tables.ROLE, tables.ROLE_REST, tables.GROUP, tables.RULE)
_DEFAULTS: dict[str, Json] = {one.name: one.default for table in _TABLES for one in table if one.default is not None}
"""What an attribute means where a state does not say."""

_SAID_NOTHING: tuple[Json, ...] = (None, "", [], {})
_NAMES = ("id", "arn", "name", "bucket", "region", "availability_zone")
"""Attributes that tell which resource it is: shown beside what differs."""

_MAX_ALIGNED = 200
"""Items up to which lists are put into the state's order: no resource has longer ones whose order matters."""

_KEY = b"equality only: nothing of this is kept"


def finding_of(seen: Seen, account: str) -> Finding | None:
    """Return what a resource that was looked up shows, None where it is as the state has it.

    Args:
        seen: The resource, and what is there.
        account: The account that was looked at.
    """
    placed = seen.placed
    expected, actual = placed.attributes, None
    kind = Kind.DELETED
    if seen.actual is not None:
        kind = Kind.MODIFIED
        expected, actual = both(seen.expected or placed.attributes, seen.actual)
    found = Finding(
        address=placed.resource.address,
        provider_type=placed.provider_type,
        kind=kind,
        expected=expected,
        actual=actual,
        sensitive=placed.resource.sensitive(),
        resource_id=_id_of(placed),
        region=placed.region,
        cloud_account=account,
        provider_name=placed.resource.provider_name,
    )
    return None if kind is Kind.MODIFIED and _is_same(found) else found


def _is_same(finding: Finding) -> bool:
    """Say whether nothing differs, by the same rules that judge a finding later; noise is left to them."""
    normalised = normalise(finding, key=_KEY)
    return not normalised.changes and not normalised.ignored


def _id_of(placed: Placed) -> str:
    return next((text for name in ("id", "arn", "bucket", "name") if (text := placed.text(name))), "")


def finding_of_extra(extra: Extra, caller: Caller) -> Finding:
    """Return the finding of something that the state does not hold."""
    return Finding(
        address=f"{extra.provider_type}.{extra.resource_id}",
        provider_type=extra.provider_type,
        kind=Kind.UNMANAGED,
        expected=None,
        actual={name: one for name, one in extra.actual.items() if one not in _SAID_NOTHING},
        resource_id=extra.resource_id,
        region=extra.region,
        cloud_account=caller.account,
    )


def both(expected: JsonObject, actual: JsonObject) -> tuple[JsonObject, JsonObject]:
    """Return both sides with those attributes only that both have, the actual one in the order of the expected one.

    Args:
        expected: As the state has it.
        actual: As it was read.
    """
    wanted: JsonObject = {name: expected[name] for name in _NAMES if name in expected}
    found: JsonObject = dict(wanted)
    for name in actual:
        if name in expected:
            wanted[name], found[name] = _shared(expected[name], actual[name], _DEFAULTS.get(name))
    return wanted, found


def _shared(expected: Json, actual: Json, default: Json = None) -> tuple[Json, Json]:
    if expected in _SAID_NOTHING and (_is_nothing(actual) or actual == default):
        return expected, expected
    if isinstance(expected, list) and isinstance(actual, list):
        return _shared_lists(expected, actual)
    return expected, actual


def _is_nothing(value: Json) -> bool:
    """Say whether a value means "not set": off, zero, empty, or blocks of nothing else."""
    if isinstance(value, dict):
        return all(_is_nothing(one) for one in value.values())
    if isinstance(value, list):
        return all(_is_nothing(one) for one in value)
    return not value


def _shared_lists(expected: list[Json], actual: list[Json]) -> tuple[Json, Json]:
    if not (expected and actual and all(isinstance(one, dict) for one in [*expected, *actual])):
        return expected, _in_order(expected, sorted(actual, key=_text), _is_identical)
    wanted, found = _blocks(expected), _blocks(actual)
    names = _names_in(wanted) & _names_in(found)
    wanted, found = _only(wanted, names), _only(found, names)
    found = _in_order(wanted, found, _is_equal)
    if len(wanted) != len(found):
        return [*wanted], [*found]
    pairs = [_shared_block(one, other) for one, other in zip(wanted, found, strict=True)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def _shared_block(expected: JsonObject, actual: JsonObject) -> tuple[JsonObject, JsonObject]:
    pairs = {
        name: _shared(expected.get(name), actual.get(name), _DEFAULTS.get(name)) for name in {**expected, **actual}
    }
    return {name: one for name, (one, _) in pairs.items()}, {name: other for name, (_, other) in pairs.items()}


def _blocks(values: list[Json]) -> list[JsonObject]:
    return [one for one in values if isinstance(one, dict)]


def _names_in(blocks: Iterable[JsonObject]) -> set[str]:
    return {name for one in blocks for name in one}


def _only(blocks: Iterable[JsonObject], names: set[str]) -> list[JsonObject]:
    return [{name: one for name, one in block.items() if name in names} for block in blocks]


def _in_order(expected: list[T], actual: list[T], is_same: Callable[[T, T], bool]) -> list[T]:
    """Return what is there in the order of what should be there, each match in its place, then the rest."""
    if len(actual) > _MAX_ALIGNED or len(expected) > _MAX_ALIGNED:
        return actual
    left = list(actual)
    placed: dict[int, T] = {}
    for place, one in enumerate(expected):
        match = next((at for at, other in enumerate(left) if is_same(one, other)), None)
        if match is not None:
            placed[place] = left.pop(match)
    if len(expected) != len(actual):
        return [*placed.values(), *left]
    rest = iter(left)
    return [placed[place] if place in placed else next(rest) for place in range(len(expected))]


def _is_equal(expected: JsonObject, actual: JsonObject) -> bool:
    one, other = _shared_block(expected, actual)
    return one == other


def _is_identical(expected: Json, actual: Json) -> bool:
    return _text(expected) == _text(actual)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
