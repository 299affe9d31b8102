"""What IAM policies give away: wildcard actions, and grants to anyone at all.

Source: IAM User Guide, JSON policy element reference (Action, NotAction, Principal, Condition).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from drifts.findings import Json

EVERYTHING = "everything"
SERVICE = "service"
ANYONE = "anyone"

_ALL_ACTIONS = frozenset({"*", "*:*"})
_WHOLE_SERVICE = re.compile(r"[a-z0-9-]{1,40}:\*")


@dataclass(frozen=True, slots=True)
class Grants:
    """What the policies of one value give away: pairs of a sort and the action that shows it."""

    given: frozenset[tuple[str, str]] = frozenset()

    def __sub__(self, other: Grants) -> Grants:
        """Return what this gives and the other does not."""
        return Grants(self.given - other.given)

    def of(self, sort: str) -> str:
        """Name the actions of one sort in words, '' where there are none.

        Args:
            sort: everything, service or anyone.
        """
        return ", ".join(sorted(action for one, action in self.given if one == sort))


def grants_of(value: Json) -> Grants:
    """Collect what all policies within a value give away.

    Args:
        value: Any value, JSON inside strings opened.
    """
    return Grants(frozenset(given for statement in _statements(value) for given in _given(statement)))


def _statements(value: Json) -> Iterator[dict[str, Json]]:
    level: list[Json] = [value]
    while level:
        one = level.pop()
        if isinstance(one, list):
            level.extend(one)
        elif isinstance(one, dict):
            level.extend(one.values())
            yield from (each for each in _listed(one.get("Statement")) if isinstance(each, dict))


def _listed(value: Json) -> list[Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _given(statement: dict[str, Json]) -> Iterator[tuple[str, str]]:
    if str(statement.get("Effect")).lower() != "allow":
        return
    actions = {one.lower() for one in _listed(statement.get("Action")) if isinstance(one, str)}
    if actions & _ALL_ACTIONS or "NotAction" in statement:
        yield EVERYTHING, "*"
    for action in actions:
        if _WHOLE_SERVICE.fullmatch(action):
            yield SERVICE, action
    if _to_anyone(statement):
        yield ANYONE, "anyone"


def _to_anyone(statement: dict[str, Json]) -> bool:
    """Say whether anybody may use a statement; a condition is taken to narrow it down."""
    if statement.get("Condition"):
        return False
    if "NotPrincipal" in statement:
        return True
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    return "*" in _listed(named)
