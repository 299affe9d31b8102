"""How grave a drift is, and why, in words: rules are data (`severity_rules.json`), read by this small engine.

Each changed attribute is judged on its own. The account's own rules are asked first, in the order that their author
gave them, and the first that fits counts: so a rule can lower what the built-in ones find grave, and an exception
stands above the rule that it is an exception from. Where none fits, the gravest built-in rule that fits counts, and
where none does, the default. The drift is as grave as its gravest change. So tags that changed beside an opened port
never soften it, and an attribute nobody wrote a rule for never hides behind a harmless one.

A resource that no code wants is judged as a whole and attribute by attribute, as if each had just appeared.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import NoneType

from drifts.evidence import TESTS, Case, Changed, Concern, Subject
from drifts.families import terraform_name
from drifts.findings import Json, JsonObject, Kind, Severity
from drifts.globs import glob_match, snake_case

REPORTED = "Reported as {severity} by the sender."
"""The reason of a severity that a client of the API gave itself: no rule is asked."""

BUILT_IN = Path(__file__).with_name("severity_rules.json")
_MAX_ATTRIBUTE = 80
"""Characters of an attribute's path that a sentence quotes."""

_MAX_APPEARED = 500
"""Attributes of an unmanaged resource that are judged each by itself."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How grave a drift is."""

    severity: Severity
    reason: str
    """One sentence for a person; it quotes no values but ports and action names."""


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """One line of the table. What is not said of a condition means: whatever."""

    severity: Severity
    because: str
    """The sentence; `{attribute}` and whatever the test found (`{ports}`, `{actions}`) are filled in."""
    types: tuple[str, ...] = ("*",)
    """Globs over the provider's type or the family."""
    kinds: frozenset[Kind] = frozenset(Kind)
    attributes: tuple[str, ...] = ()
    """Globs over the attribute's path, without indices and in snake_case."""
    environments: tuple[str, ...] = ("*",)
    """Globs over the environment, in lower case."""
    leftover: bool | None = None
    """True: only of a deposed object, the leftover of a replacement; False: only of a current one."""
    test: str = ""
    """Name of the test in `evidence.TESTS` that the change must pass; '' for none."""
    argument: Json = None
    """What the test is told."""
    unless: tuple[tuple[str, Json], ...] = ()
    """Tests, each with its argument, of which the change must pass none."""
    values: bool | None = None
    """True: only where the source says how the resource differs; False: only where it does not."""

    def concerns(self, subject: Concern) -> bool:
        """Say whether the rule speaks of such a resource at all."""
        return (
            subject.kind in self.kinds
            and self.leftover in {None, subject.leftover}
            and self.values in {None, subject.values_known}
            and glob_match(subject.environment.lower(), *self.environments)
            and any(glob_match(name, *self.types) for name in _names(subject))
        )

    def verdict(self, subject: Subject, change: Changed) -> Verdict | None:
        """Return the verdict on one change, None where the rule does not fit it."""
        if self.attributes and not glob_match(snake_case(change.attribute), *self.attributes):
            return None
        found = TESTS[self.test](Case(self.argument, subject, change)) if self.test else {}
        if found is None or any(TESTS[name](Case(told, subject, change)) is not None for name, told in self.unless):
            return None
        reason = self.because
        for name, words in {"attribute": _quoted(change.path), **found}.items():
            reason = reason.replace(f"{{{name}}}", words)
        return Verdict(self.severity, reason)


def _names(subject: Concern) -> tuple[str, ...]:
    """Return all that a type may be called."""
    return subject.provider_type, subject.family, terraform_name(subject.provider_type)


def judge_severity(
    subject: Subject, rules: Iterable[SeverityRule] | None = None, *, own: Iterable[SeverityRule] = ()
) -> Verdict:
    """Judge one drift.

    Args:
        subject: What drifted and how; values masked already.
        rules: The table, in any order; None for the built-in one. The last resort is built in, whatever the table.
        own: The account's own rules, in its order: the first that fits a change counts, and the table is not asked.
    """
    changes = subject.changes or tuple(_whole(subject))
    known = bool(subject.changes or subject.expected or subject.actual)
    subject = replace(subject, concern=replace(subject.concern, values_known=known))
    own_for_it = tuple(one for one in own if one.concerns(subject.concern))
    rules_for_it = _built_in_for(subject.concern) if rules is None else _by_gravity(rules, subject.concern)
    verdicts = [
        _first((*own_for_it, *rules_for_it), subject, change) for change in sorted(changes, key=lambda one: one.path)
    ]
    return min(verdicts, key=lambda one: one.severity.rank)


def _whole(subject: Subject) -> Iterator[Changed]:
    """Yield the resource as one change, and what an unmanaged one holds as one each."""
    yield Changed("", "", subject.expected or None, subject.actual or None)
    if subject.concern.kind is Kind.UNMANAGED:
        appeared = (Changed(path, path, None, value) for path, value in _leaves(subject.actual))
        yield from islice(appeared, _MAX_APPEARED)


def _leaves(state: JsonObject) -> Iterator[tuple[str, Json]]:
    """Yield each plain value of a state with its path, without indices; the outer ones first."""
    level: deque[tuple[str, Json]] = deque(sorted(state.items()))
    while level:
        path, value = level.popleft()
        if isinstance(value, dict):
            level.extend((f"{path}.{name}", one) for name, one in sorted(value.items()))
        elif isinstance(value, list) and any(isinstance(one, (dict, list)) for one in value):
            level.extend((path, one) for one in value)
        else:
            yield path, value


def _by_gravity(rules: Iterable[SeverityRule], concern: Concern) -> tuple[SeverityRule, ...]:
    return tuple(sorted((one for one in rules if one.concerns(concern)), key=lambda one: one.severity.rank))


@lru_cache(maxsize=1024)
def _built_in_for(concern: Concern) -> tuple[SeverityRule, ...]:
    return _by_gravity(built_in_rules(), concern)


def _first(rules: Iterable[SeverityRule], subject: Subject, change: Changed) -> Verdict:
    for rule in rules:
        if verdict := rule.verdict(subject, change):
            return verdict
    what = f"The attribute {_quoted(change.path)}" if change.path else "It"
    return Verdict(Severity.MEDIUM, f"{what} differs from what the code says.")


def _quoted(path: str) -> str:
    return path if len(path) <= _MAX_ATTRIBUTE else f"{path[:_MAX_ATTRIBUTE]}…"


@lru_cache(maxsize=1)
def built_in_rules() -> tuple[SeverityRule, ...]:
    """Return the built-in table, in the order of the file."""
    return tuple(rule_of(entry) for entry in json.loads(BUILT_IN.read_text("utf-8"))["rules"])


def rule_of(entry: dict[str, Json]) -> SeverityRule:
    """Read one entry of a table of rules.

    Raises:
        ValueError: It names a severity, a kind, a test or a member that does not exist.
    """
    rest = dict(entry)
    test, argument = _test_of(rest.pop("test", None))
    rule = SeverityRule(
        severity=Severity(str(rest.pop("severity", ""))),
        because=str(rest.pop("because", "")),
        types=_texts(rest.pop("types", None), ("*",)),
        kinds=frozenset(Kind(one) for one in _texts(rest.pop("kinds", None), tuple(Kind))),
        attributes=_texts(rest.pop("attributes", None), ()),
        environments=_texts(rest.pop("environments", None), ("*",)),
        leftover=_flag(rest.pop("leftover", None)),
        values=_flag(rest.pop("values", None)),
        test=test,
        argument=argument,
        unless=_unless_of(rest.pop("unless", None)),
    )
    if rest:
        raise ValueError(f"A severity rule has no {', '.join(sorted(rest))}.")
    return rule


def _texts(value: Json, default: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else default


def _flag(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def _test_of(value: Json) -> tuple[str, Json]:
    if value is None:
        return "", None
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError("A severity rule's test is an object with one member.")
    return _known(*next(iter(value.items())))


def _unless_of(value: Json) -> tuple[tuple[str, Json], ...]:
    if not isinstance(value, (dict, NoneType)):
        raise TypeError("A severity rule's unless is an object of tests.")
    return tuple(_known(name, argument) for name, argument in (value or {}).items())


def _known(name: str, argument: Json) -> tuple[str, Json]:
    if name not in TESTS:
        raise ValueError(f"There is no test {name!r}; there are {', '.join(sorted(TESTS))}.")
    return name, argument
