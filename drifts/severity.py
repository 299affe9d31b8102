"""How grave a drift is, and why, in words: rules are data (`severity_rules.json`), read by this small engine.

Each changed attribute is judged on its own: the gravest rule that fits it counts, and where none fits, the default.
The drift is as grave as its gravest change. So tags that changed beside an opened port never soften it, and an
attribute nobody wrote a rule for never hides behind a harmless one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from drifts.evidence import TESTS, Case, Changed, Concern, Subject
from drifts.findings import Json, Kind, Severity
from drifts.globs import glob_match, snake_case

BUILT_IN = Path(__file__).with_name("severity_rules.json")
_MAX_ATTRIBUTE = 80
"""Characters of an attribute's path that a sentence quotes."""


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

    def concerns(self, subject: Concern) -> bool:
        """Say whether the rule speaks of such a resource at all."""
        return (
            subject.kind in self.kinds
            and self.leftover in {None, subject.leftover}
            and glob_match(subject.environment.lower(), *self.environments)
            and (glob_match(subject.provider_type, *self.types) or glob_match(subject.family, *self.types))
        )

    def verdict(self, subject: Subject, change: Changed) -> Verdict | None:
        """Return the verdict on one change, None where the rule does not fit it."""
        if self.attributes and not glob_match(snake_case(change.attribute), *self.attributes):
            return None
        found = TESTS[self.test](Case(self.argument, subject, change)) if self.test else {}
        if found is None:
            return None
        reason = self.because
        for name, words in {"attribute": _quoted(change.path), **found}.items():
            reason = reason.replace(f"{{{name}}}", words)
        return Verdict(self.severity, reason)


def judge_severity(
    subject: Subject, rules: Iterable[SeverityRule] | None = None, *, own: Iterable[SeverityRule] = ()
) -> Verdict:
    """Judge one drift.

    Args:
        subject: What drifted and how; values masked already.
        rules: The table, in any order; None for the built-in one. The last resort is built in, whatever the table.
        own: The account's own rules: where one fits a change, the table is not asked.
    """
    own_for_it = _by_gravity(own, subject.concern)
    rules_for_it = _built_in_for(subject.concern) if rules is None else _by_gravity(rules, subject.concern)
    changes = subject.changes or (Changed("", "", subject.expected or None, subject.actual or None),)
    verdicts = [_first((*own_for_it, *rules_for_it), subject, change) for change in changes]
    return min(verdicts, key=lambda one: one.severity.rank)


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
        test=test,
        argument=argument,
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
    name, argument = next(iter(value.items()))
    if name not in TESTS:
        raise ValueError(f"There is no test {name!r}; there are {', '.join(sorted(TESTS))}.")
    return name, argument
