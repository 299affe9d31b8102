"""What a change shows: the tests that a severity rule may name, each a small pure function.

A test returns what it found, as words for the rule's sentence, or None where the change is not of that sort.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from drifts.exposure import OpenPorts, opened_ports, ports_in_words
from drifts.findings import SENSITIVE, Json, JsonObject, Kind
from drifts.globs import glob_match
from drifts.grants import Grants, grants_of, holds_policy, is_narrower


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
    values_known: bool = True
    """Whether the source says how it differs, and not only that it does."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What drifted: all that a rule may look at. Values are masked, JSON inside strings is opened."""

    concern: Concern
    expected: JsonObject = field(default_factory=dict)
    actual: JsonObject = field(default_factory=dict)
    changes: tuple[Changed, ...] = ()
    opened: dict[bool, OpenPorts] = field(default_factory=dict, repr=False, compare=False)
    """What its ports were found to be, once for all its changes: True for those opened, False for those closed."""
    granted: dict[str, Grants] = field(default_factory=dict, repr=False, compare=False)
    """What each whole attribute's policies were found to grant anew, once for all changes within it."""

    def ports(self, *, newly_open: bool) -> OpenPorts:
        """Return the ports that are open and should not be, or should be and are not.

        Args:
            newly_open: Which of the two.
        """
        if newly_open not in self.opened:
            before, now = (self.expected, self.actual) if newly_open else (self.actual, self.expected)
            self.opened[newly_open] = opened_ports(self.concern.provider_type, expected=before, actual=now)
        return self.opened[newly_open]


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


def _is_unset(value: Json) -> bool:
    return value in (None, "", [], {})


def removed(case: Case) -> Words | None:
    """Pass where something was expected and nothing is there."""
    return _FOUND if not _is_unset(case.change.expected) and _is_unset(case.change.actual) else None


def added(case: Case) -> Words | None:
    """Pass where nothing was expected and something is there."""
    return _FOUND if _is_unset(case.change.expected) and not _is_unset(case.change.actual) else None


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


def rises(case: Case) -> Words | None:
    """Pass where a number is greater than it should be."""
    wanted, found = _number(case.change.expected), _number(case.change.actual)
    return _FOUND if wanted is not None and found is not None and found > wanted else None


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


def loses(case: Case) -> Words | None:
    """Pass where a text that fits one of the globs was expected and is not there."""
    globs = [str(one) for one in _listed(case.argument)]
    gone = set(_texts_in(case.change.expected)) - set(_texts_in(case.change.actual))
    return _FOUND if any(glob_match(one, *globs) for one in gone) else None


def opens(case: Case) -> Words | None:
    """Pass where ports are open that should not be; the argument names which ports, and to whom."""
    ports = case.subject.ports(newly_open=True).chosen(str(case.argument))
    return {"ports": ports_in_words(ports)} if ports else None


def closes(case: Case) -> Words | None:
    """Pass where ports are closed that should be open; the argument as in `opens`."""
    ports = case.subject.ports(newly_open=False).chosen(str(case.argument))
    return {"ports": ports_in_words(ports)} if ports else None


def _root(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _in_whole(case: Case) -> tuple[Json, Json]:
    """Return both sides of the whole attribute that a change is part of: one action says nothing without its effect."""
    name = _root(case.change.path)
    expected, actual = case.subject.expected, case.subject.actual
    if name in expected or name in actual:
        return expected.get(name), actual.get(name)
    return case.change.expected, case.change.actual


def allows(case: Case) -> Words | None:
    """Pass where a policy grants more than it should: `everything`, a whole `service`, or something to `anyone`."""
    subject, known = case.subject, case.subject.granted
    name = _root(case.change.path)
    place = name if name in subject.expected or name in subject.actual else case.change.path
    if place not in known:
        expected, actual = _in_whole(case)
        known[place] = grants_of(actual) - grants_of(expected)
    found = known[place].of(str(case.argument))
    return {"actions": found} if found else None


def narrows(case: Case) -> Words | None:
    """Pass where policies surely allow less than they should, or a list lost some of its texts and gained none."""
    expected, actual = _in_whole(case)
    before, now = set(_texts_in(expected)), set(_texts_in(actual))
    if SENSITIVE in before | now:
        return None
    if holds_policy(expected) or holds_policy(actual):
        return _FOUND if is_narrower(expected, actual) else None
    return _FOUND if now < before else None


TESTS: Mapping[str, Test] = {
    test.__name__: test
    for test in (
        *(becomes, removed, added, falls, rises, secret),
        *(gains, loses, opens, closes, allows, narrows),
    )
}
"""Name in a rule's `test` → the test."""

FOUND: Mapping[str, frozenset[str]] = {
    "opens": frozenset({"ports"}),
    "closes": frozenset({"ports"}),
    "allows": frozenset({"actions"}),
}
"""Test → the words it finds, for the rule's sentence."""
