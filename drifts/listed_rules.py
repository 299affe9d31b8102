"""The built-in severity rules as people read them: each with a name of its own that stays while the rule does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID, uuid5

from drifts.findings import Json, Kind
from drifts.severity import SeverityRule, built_in_rules

_NAMESPACE = UUID("5f6f5e1c-6a0e-5d0b-9c55-3a8f3f1f6d5e")
_MAX_NAME = 120


@dataclass(frozen=True, slots=True)
class Listed:
    """A built-in rule, with the fields that an account's own has too."""

    id: UUID
    name: str
    position: int
    severity: str
    because: str
    types: tuple[str, ...]
    kinds: tuple[str, ...]
    attributes: tuple[str, ...]
    environments: tuple[str, ...]
    test: Json
    unless: Mapping[str, Json]
    leftover: bool | None
    values: bool | None
    is_enabled: bool = True
    source: str = "built_in"
    author_id: None = None
    created_at: None = None
    updated_at: None = None


@lru_cache(maxsize=1)
def built_in_listed() -> tuple[Listed, ...]:
    """Return the built-in rules in the order in which they are asked: the gravest first, then that of the file."""
    rules = sorted(built_in_rules(), key=lambda one: one.severity.rank)
    return tuple(_listed(position, rule) for position, rule in enumerate(rules))


def _listed(position: int, rule: SeverityRule) -> Listed:
    kinds = tuple(kind.value for kind in Kind if kind in rule.kinds)
    said = (rule.severity.value, rule.because, rule.types, kinds, rule.attributes, rule.environments)
    conditions = (rule.leftover, rule.values, rule.test, rule.argument, rule.unless)
    return Listed(
        id=uuid5(_NAMESPACE, repr((*said, *conditions))),
        name=rule.because[:_MAX_NAME],
        position=position,
        severity=rule.severity.value,
        because=rule.because,
        types=rule.types,
        kinds=kinds,
        attributes=rule.attributes,
        environments=rule.environments,
        test={rule.test: rule.argument} if rule.test else None,
        unless=dict(rule.unless),
        leftover=rule.leftover,
        values=rule.values,
    )
