"""Severity rules that an account writes itself: what they may say, checked so that no stored rule can fail a scan.

The same table of arguments gives the checks and the JSON Schema that the API's document shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from drifts.evidence import FOUND
from drifts.findings import Json, Kind, Severity
from drifts.globs import snake_case
from drifts.severity import SeverityRule

MAX_RULES = 200
"""Rules that an account may have."""
MAX_GLOBS = 50
MAX_GLOB = 300
"""Characters of one glob."""
MAX_VALUES = 20
MAX_VALUE = 300
MAX_SENTENCE = 300
MAX_INTEGER = 2**53 - 1
PLAIN_TEXT = r"^[^\x00-\x1f\x7f]*\Z"
"""One line: no control characters."""
_WORD = r"\{(?:attribute|ports|actions)\}"
SENTENCE = rf"^(?:[^{{}}\x00-\x20\x7f]|{_WORD})(?:[^{{}}\x00-\x1f\x7f]|{_WORD})*\Z"
"""One line that does not begin with a space; braces hold what is filled in."""

_PORT_SORTS = ("any to internet", "sensitive to internet", "any to public", "sensitive to public")
_GRANT_SORTS = ("everything", "service", "anyone")

Schema: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Argument:
    """What one test may be told."""

    fits: Callable[[Json], bool]
    wanted: str
    """What it wants, in words."""
    schema: Schema


def _is_plain_text(text: str) -> bool:
    return re.match(PLAIN_TEXT, text) is not None


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_VALUE and _is_plain_text(value)


def _is_plain(value: Json) -> bool:
    if value is None or isinstance(value, bool) or _is_text(value):
        return True
    return isinstance(value, int) and abs(value) <= MAX_INTEGER


def _list_of(fits: Callable[[Json], bool]) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, list) and 0 < len(value) <= MAX_VALUES and all(map(fits, value))


_TEXT: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_VALUE,
    "pattern": PLAIN_TEXT.replace(r"\Z", "$"),
}
_PLAIN: Schema = {
    "anyOf": [
        _TEXT,
        {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER},
        {"type": "boolean"},
        {"type": "null"},
    ]
}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": MAX_VALUES}


def _choice(*choices: str) -> Argument:
    return Argument(lambda value: value in choices, f"one of: {', '.join(choices)}", {"enum": [*choices]})


_YES = Argument(lambda value: value is True, "true", {"type": "boolean", "enum": [True]})
_VALUES = Argument(
    _list_of(_is_plain),
    f"a list of 1 to {MAX_VALUES} texts, whole numbers, booleans or nulls (a fraction as text)",
    _array(_PLAIN),
)
_GLOBS = Argument(
    _list_of(_is_text), f"a list of 1 to {MAX_VALUES} globs of at most {MAX_VALUE} characters", _array(_TEXT)
)

ARGUMENTS: Mapping[str, Argument] = {
    "becomes": _VALUES,
    **dict.fromkeys(("removed", "added", "falls", "rises", "secret", "narrows"), _YES),
    "gains": _GLOBS,
    "loses": _GLOBS,
    "opens": _choice(*_PORT_SORTS),
    "closes": _choice(*_PORT_SORTS),
    "allows": _choice(*_GRANT_SORTS),
}
"""Test → what it may be told. Every test of `evidence.TESTS` is here."""

TEST_SCHEMA: Schema = {
    "type": "object",
    "description": "One test that the change must pass, with what it is told; null for none.",
    "properties": {name: argument.schema for name, argument in ARGUMENTS.items()},
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRule:
    """A rule as its author wrote it. What is not said of a condition means: whatever."""

    severity: str
    because: str
    types: list[str] = field(default_factory=lambda: ["*"])
    kinds: list[str] = field(default_factory=lambda: [one.value for one in Kind])
    attributes: list[str] = field(default_factory=list)
    environments: list[str] = field(default_factory=lambda: ["*"])
    test: Json = None


def complaints(rule: OwnRule) -> dict[str, str]:
    """Say what is wrong with a rule, by field; nothing where it can be asked of any drift without failing.

    Args:
        rule: As its author wrote it.
    """
    found = {
        "severity": "" if rule.severity in set(Severity) else f"One of: {', '.join(Severity)}.",
        "kinds": _about_kinds(rule.kinds),
        "types": _about_globs(rule.types, least=1),
        "attributes": _about_globs(rule.attributes, least=0),
        "environments": _about_globs(rule.environments, least=1),
        "test": _about_test(rule.test),
    }
    found["because"] = "" if found["test"] else _about_sentence(rule.because, rule.test)
    return {name: words for name, words in found.items() if words}


def _about_kinds(kinds: object) -> str:
    known = [one.value for one in Kind]
    fits = isinstance(kinds, list) and bool(kinds) and all(one in known for one in kinds)
    return "" if fits and len(kinds) <= len(known) else f"A list of: {', '.join(known)}."  # type: ignore[arg-type]


def _about_globs(globs: object, *, least: int) -> str:
    fits = isinstance(globs, list) and least <= len(globs) <= MAX_GLOBS and all(map(_is_glob, globs))
    return "" if fits else f"A list of {least} to {MAX_GLOBS} globs, each of at most {MAX_GLOB} characters on one line."


def _is_glob(glob: object) -> bool:
    return isinstance(glob, str) and len(glob) <= MAX_GLOB and _is_plain_text(glob)


def _about_test(test: Json) -> str:
    if test is None:
        return ""
    if not isinstance(test, dict) or len(test) != 1:
        return 'An object with one member, the test\'s name: {"becomes": [false]}; null for none.'
    name, argument = next(iter(test.items()))
    if name not in ARGUMENTS:
        return f"There is no test {name[:40]!r}; there are {', '.join(sorted(ARGUMENTS))}."
    return "" if ARGUMENTS[name].fits(argument) else f"{name} takes {ARGUMENTS[name].wanted}."


def _about_sentence(sentence: object, test: Json) -> str:
    """Say what is wrong with a sentence: it may ask for the attribute, and for what its test finds."""
    if not isinstance(sentence, str) or not sentence or len(sentence) > MAX_SENTENCE:
        return f"1 to {MAX_SENTENCE} characters."
    known = {"attribute"}.union(*(FOUND.get(name, ()) for name in (test if isinstance(test, dict) else ())))
    rest = sentence
    for word in known:
        rest = rest.replace(f"{{{word}}}", "")
    if re.match(SENTENCE, sentence) is None or "{" in rest or "}" in rest:
        words = ", ".join(f"{{{word}}}" for word in sorted(known))
        return f"One line that begins with no space; in braces it may have: {words}."
    return ""


def rule_from(rule: OwnRule) -> SeverityRule:
    """Return the rule as the engine asks it; attributes may be spelt as any tool spells them.

    Args:
        rule: One that there are no complaints about.
    """
    test = rule.test if isinstance(rule.test, dict) else {}
    name, argument = next(iter(test.items()), ("", None))
    return SeverityRule(
        severity=Severity(rule.severity),
        because=rule.because,
        types=tuple(rule.types),
        kinds=frozenset(Kind(one) for one in rule.kinds),
        attributes=tuple(snake_case(one) for one in rule.attributes),
        environments=tuple(one.lower() for one in rule.environments),
        test=name,
        argument=argument,
    )


def rules_from(rules: Iterable[OwnRule]) -> tuple[SeverityRule, ...]:
    """Return the rules as the engine asks them, in their order; one that cannot be asked (any more) is left out.

    Args:
        rules: As their authors wrote them.
    """
    return tuple(rule_from(one) for one in rules if not complaints(one))
