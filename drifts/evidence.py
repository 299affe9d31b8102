"""What a change shows: the tests that a severity rule may name, each a small pure function.

A test returns what it found, as words for the rule's sentence, or None where the change is not of that sort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from drifts.exposure import opened_ports, ports_in_words
from drifts.findings import SENSITIVE, Json, JsonObject, Kind
from drifts.globs import glob_match
from drifts.grants import Grants, grants_of


@dataclass(frozen=True, slots=True)
class Changed:
    """One attribute that differs, masked; JSON inside strings is opened."""

    path: str
    """`ingress[0].cidr_blocks`; '' for the resource as a whole."""
    attribute: str
    """The path without indices."""
    expected: Json
    actual: Json


@dataclass(frozen=True, slots=True)
class Concern:
    """What sort of drift it is, whatever its values."""

    provider_type: str
    family: str
    kind: Kind
    environment: str = ""
    leftover: bool = False
    """Whether it is a deposed object, the leftover of a replacement."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What drifted: all that a rule may look at. Values are masked, JSON inside strings is opened."""

    concern: Concern
    expected: JsonObject = field(default_factory=dict)
    actual: JsonObject = field(default_factory=dict)
    changes: tuple[Changed, ...] = ()


Words: TypeAlias = Mapping[str, str]
"""Name in braces → what stands there in the sentence."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a test is asked about."""

    argument: Json
    """What the rule tells the test."""
    subject: Subject
    change: Changed


Test: TypeAlias = Callable[[Case], Words | None]

_FOUND: Words = {}


def _text(value: Json) -> str | None:
    """Spell a plain value for comparison; what is unset is None, a container is no text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return value.lower() if isinstance(value, str) and value else None


def _is_plain(value: Json) -> bool:
    return not isinstance(value, (dict, list)) or not value


def _listed(argument: Json) -> list[Json]:
    return argument if isinstance(argument, list) else [argument]


def becomes(case: Case) -> Words | None:
    """Pass where the actual value is one of those listed, and the expected one is not."""
    wanted = {_text(one) for one in _listed(case.argument)}
    now = _is_plain(case.change.actual) and _text(case.change.actual) in wanted
    before = _is_plain(case.change.expected) and _text(case.change.expected) in wanted
    return _FOUND if now and not before else None


def removed(case: Case) -> Words | None:
    """Pass where something was expected and nothing is there."""
    return (
        _FOUND if case.change.expected not in (None, "", [], {}) and case.change.actual in (None, "", [], {}) else None
    )


def _number(value: Json) -> Decimal | None:
    try:
        number = Decimal(str(value)) if isinstance(value, (int, float, str)) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def falls(case: Case) -> Words | None:
    """Pass where a number is less than it should be."""
    wanted, found = _number(case.change.expected), _number(case.change.actual)
    return _FOUND if wanted is not None and found is not None and found < wanted else None


def secret(case: Case) -> Words | None:
    """Pass where a hidden value differs."""
    return _FOUND if SENSITIVE in set(_texts_in([case.change.expected, case.change.actual])) else None


def _texts_in(value: Json) -> Iterator[str]:
    level: list[Json] = [value]
    while level:
        one = level.pop()
        if isinstance(one, dict):
            level.extend(one.values())
        elif isinstance(one, list):
            level.extend(one)
        elif isinstance(one, str):
            yield one


def gains(case: Case) -> Words | None:
    """Pass where a text that fits one of the globs is there and was not expected."""
    globs = [str(one) for one in _listed(case.argument)]
    new = set(_texts_in(case.change.actual)) - set(_texts_in(case.change.expected))
    return _FOUND if any(glob_match(one, *globs) for one in new) else None


def opens(case: Case) -> Words | None:
    """Pass where ports are open that should not be; the argument names which ports, and to whom."""
    opened = opened_ports(
        case.subject.concern.provider_type, expected=case.subject.expected, actual=case.subject.actual
    )
    ports = opened.chosen(str(case.argument))
    return {"ports": ports_in_words(ports)} if ports else None


def closes(case: Case) -> Words | None:
    """Pass where ports are closed that should be open; the argument as in `opens`."""
    closed = opened_ports(
        case.subject.concern.provider_type, expected=case.subject.actual, actual=case.subject.expected
    )
    ports = closed.chosen(str(case.argument))
    return {"ports": ports_in_words(ports)} if ports else None


def allows(case: Case) -> Words | None:
    """Pass where a policy grants more than it should: `everything`, a whole `service`, or something to `anyone`."""
    new: Grants = grants_of(case.change.actual) - grants_of(case.change.expected)
    found = new.of(str(case.argument))
    return {"actions": found} if found else None


TESTS: Mapping[str, Test] = {
    test.__name__: test for test in (becomes, removed, falls, secret, gains, opens, closes, allows)
}
"""Name in a rule's `test` → the test."""
