"""What IAM policies give away: wildcard actions, and grants to anyone at all.

Source: IAM User Guide, JSON policy element reference (Action, NotAction, Principal, Condition).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from drifts.findings import Json
from drifts.globs import glob_match

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


def holds_policy(value: Json) -> bool:
    """Say whether there is any statement of a policy within a value.

    Args:
        value: Any value, JSON inside strings opened.
    """
    return next(_statements(value), None) is not None


_MAX_COMPARED = 400
"""Texts that two policies may hold together for one to be shown narrower; of larger ones nothing is claimed."""

_SAID_APART = ("NotAction", "NotResource", "NotPrincipal")


def is_narrower(expected: Json, actual: Json) -> bool:
    """Say whether the policies within a value surely allow no more than those expected.

    Each statement that allows must fit within one that was expected, and each that denies must still be there. Where
    that cannot be told (`NotAction` and its like, very large policies), the answer is False.

    Args:
        expected: Any value, JSON inside strings opened.
        actual: Any value, JSON inside strings opened.
    """
    wanted, found = list(_statements(expected)), list(_statements(actual))
    if not wanted or sum(_weight(one) for one in (*wanted, *found)) > _MAX_COMPARED:
        return False
    return all(any(_covers(wide, one) for wide in _of("allow", wanted)) for one in _of("allow", found)) and all(
        any(_covers(held, one) for held in _of("deny", found)) for one in _of("deny", wanted)
    )


def _of(effect: str, statements: list[dict[str, Json]]) -> list[dict[str, Json]]:
    return [one for one in statements if str(one.get("Effect")).lower() == effect]


def _weight(statement: dict[str, Json]) -> int:
    return 1 + len(_listed(statement.get("Action"))) + len(_listed(statement.get("Resource")))


def _covers(wide: dict[str, Json], narrow: dict[str, Json]) -> bool:
    """Say whether whatever the narrow statement speaks of, the wide one speaks of too."""
    return (
        all(wide.get(name) == narrow.get(name) for name in _SAID_APART)
        and _all_fit(narrow.get("Action"), wide.get("Action"), str.lower)
        and _all_fit(narrow.get("Resource"), wide.get("Resource"), str)
        and (wide.get("Principal") in (narrow.get("Principal"), "*"))
        and (not wide.get("Condition") or wide.get("Condition") == narrow.get("Condition"))
    )


def _all_fit(narrow: Json, wide: Json, spelt: Callable[[str], str]) -> bool:
    globs = tuple(spelt(one) for one in _listed(wide) if isinstance(one, str))
    return narrow == wide or all(
        one in _listed(wide) or (isinstance(one, str) and bool(globs) and glob_match(spelt(one), *globs))
        for one in _listed(narrow)
    )
