"""Attributes whose difference is no drift: a table (`noise_rules.json`), each line with its reason, all switchable.

Values that merely are spelt differently never come here: `canonical` has made them equal already.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from drifts.families import terraform_name
from drifts.findings import Json
from drifts.globs import glob_match, snake_case
from drifts.ingest.difference import Change
from drifts.ingest.security_attributes import USER_KEYED, guarded_segments, segments

TABLE = Path(__file__).with_name("noise_rules.json")
_MAX_TYPES = 4096
"""Provider types whose rules are remembered; there are some thousands in all."""


class Moves(StrEnum):
    """Which differences of an attribute a noise rule is about."""

    ANY = "any"
    """Whatever the difference."""
    FILLED = "filled"
    """Nothing was expected, and the provider filled something in."""


@dataclass(frozen=True, slots=True)
class NoiseRule:
    """One kind of difference that means nothing."""

    id: str
    """Stable for ever: accounts switch the rule by it. `aws.instance.state`."""
    types: tuple[str, ...]
    """Globs over the provider's type, or over its name in Terraform."""
    attributes: tuple[str, ...]
    """Globs over the attribute's path, without indices and in snake_case; what lies below it is meant, too."""
    reason: str
    """Why it means nothing, for a person."""
    moves: Moves = Moves.ANY
    is_enabled: bool = True
    """Whether it counts where an account has said nothing."""
    spared: tuple[str, ...] = ()
    """Globs likewise: types that it is not about after all."""

    def concerns(self, provider_type: str) -> bool:
        """Say whether the rule is about such resources."""
        names = (provider_type, terraform_name(provider_type))
        return any(glob_match(one, *self.types) for one in names) and not (
            self.spared and any(glob_match(one, *self.spared) for one in names)
        )

    def fits(self, change: Change) -> bool:
        """Say whether the rule is about such a difference, whatever the type."""
        return self.moves is Moves.ANY or change.expected_canonical is None


def rules_of(table: Json) -> tuple[NoiseRule, ...]:
    """Read a table of rules.

    Raises:
        ValueError: It is not shaped as one.
    """
    listed = table.get("rules") if isinstance(table, dict) else None
    if not isinstance(listed, list):
        raise ValueError("A table of noise rules has a list of rules.")  # noqa: TRY004 - of a data file
    return tuple(_rule_of(entry) for entry in listed if isinstance(entry, dict))


def _rule_of(entry: dict[str, Json]) -> NoiseRule:
    unknown = set(entry) - {"id", "types", "except", "attributes", "change", "reason", "isEnabled"}
    if unknown:
        raise ValueError(f"A noise rule has no {', '.join(sorted(unknown))}.")
    return NoiseRule(
        id=str(entry["id"]),
        types=_texts(entry["types"]),
        attributes=_texts(entry["attributes"]),
        reason=str(entry["reason"]),
        moves=Moves(str(entry.get("change", Moves.ANY))),
        is_enabled=entry.get("isEnabled") is not False,
        spared=_texts(entry.get("except", [])),
    )


def _texts(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("Globs stand in a list.")  # noqa: TRY004 - of a data file
    return tuple(str(one) for one in value)


NOISE: tuple[NoiseRule, ...] = rules_of(json.loads(TABLE.read_text("utf-8")))
"""Every built-in rule, those that are off by default among them."""


@dataclass(frozen=True, slots=True)
class _Lookup:
    """The rules of one provider type, arranged for asking quickly."""

    plain: dict[str, list[NoiseRule]] = field(default_factory=dict)
    """By the attribute, where it holds no `*`."""
    globs: list[tuple[str, NoiseRule]] = field(default_factory=list)

    def rules(self, attribute: str, provider_type: str) -> Iterator[NoiseRule]:
        """Yield the rules about an attribute or what it is a part of; one with a `*` only where it guards nothing."""
        for part in _and_what_holds(attribute):
            yield from self.plain.get(part, ())
        fit = [one for one in self.globs if glob_match(attribute, one[0], f"{one[0]}.*", f"{one[0]}[*")]
        names = set(segments(attribute)) if fit else set()
        guarded = guarded_segments(provider_type, attribute) if fit else frozenset()
        for glob, rule in fit:
            free = glob.startswith("*") and names & USER_KEYED
            if not free and (not guarded or guarded & set(segments(glob))):
                yield rule


class NoiseTable:
    """The noise rules that count for a scan."""

    def __init__(self, rules: Iterable[NoiseRule]) -> None:
        """Make the table.

        Args:
            rules: Those that are switched on.
        """
        self.rules = tuple(rules)
        self._by_type: dict[str, _Lookup] = {}

    def reason(self, change: Change, provider_type: str) -> str:
        """Return why a change means nothing, '' where it means something.

        Args:
            change: One attribute that differs.
            provider_type: The resource's type.
        """
        rules = self._of(provider_type).rules(snake_case(change.attribute), provider_type)
        return next((rule.reason for rule in rules if rule.fits(change)), "")

    def _of(self, provider_type: str) -> _Lookup:
        found = self._by_type.get(provider_type)
        if found is None:
            found = _arranged(rule for rule in self.rules if rule.concerns(provider_type))
            if len(self._by_type) < _MAX_TYPES:
                self._by_type[provider_type] = found
        return found


def _arranged(rules: Iterable[NoiseRule]) -> _Lookup:
    found = _Lookup()
    for rule in rules:
        for attribute in rule.attributes:
            if "*" in attribute:
                found.globs.append((attribute, rule))
            else:
                found.plain.setdefault(attribute, []).append(rule)
    return found


_PART_ENDS = re.compile(r"[.\[]")


def _and_what_holds(attribute: str) -> Iterator[str]:
    """Yield a path and the paths of what it lies in: `a.b["c"]`, `a`, `a.b`."""
    yield attribute
    for end in _PART_ENDS.finditer(attribute):
        yield attribute[: end.start()]


BUILT_IN = NoiseTable(rule for rule in NOISE if rule.is_enabled)
"""What counts for an account that has switched nothing."""

_ECHOES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![^.])tags(?:_all|All)(?=[.\[]|\Z)"), "tags"),
    (re.compile(r"(?<![^.])(?:effective_labels|terraform_labels|effectiveLabels|pulumiLabels)(?=[.\[]|\Z)"), "labels"),
    (re.compile(r"(?<![^.])(?:effective_annotations|effectiveAnnotations)(?=[.\[]|\Z)"), "annotations"),
)
TAGS_ECHO = "Repeats the difference of tags."
ARN_ECHO = "The same object, its ARN spelt differently."


def echo_reason(change: Change, paths: dict[str, Change]) -> str:
    """Return why a change only repeats another one of the same resource, else ''.

    Args:
        change: One attribute that differs.
        paths: All that differ, by path.
    """
    for echo, name in _ECHOES:
        echoed = echo.sub(name, change.path)
        twin = paths.get(echoed) if echoed != change.path else None
        if twin is not None and twin.actual_canonical == change.actual_canonical:
            return TAGS_ECHO if name == "tags" else f"Repeats the difference of {name}."
    return ""


def arn_reason(change: Change) -> str:
    """Return why a changed ARN still names the same object, else ''."""
    same = change.path in {"arn", "id"} and _same_arn(change.expected, change.actual)
    return ARN_ECHO if same else ""


def _same_arn(one: object, other: object) -> bool:
    """Say whether two ARNs differ in nothing but case, a trailing `:*` or a trailing slash."""
    if not (isinstance(one, str) and isinstance(other, str) and one.startswith("arn:")):
        return False
    return _bare(one) == _bare(other)


def _bare(arn: str) -> str:
    return arn.removesuffix(":*").rstrip("/").lower()
