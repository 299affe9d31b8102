"""Building a resource's two sides from a list of changed paths, for tools that name only what differs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

from drifts.findings import Json
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.limits import Budget

MAX_STEPS = 100
"""Steps a path may have."""

MAX_INDEX = 500
"""The greatest list index that makes a list; a greater one is taken for a name."""

_INDEX = re.compile(r"0|[1-9][0-9]{0,2}")

_Held: TypeAlias = "dict[str, Json] | list[Json]"


def plant(side: dict[str, Json], path: Sequence[str], value: Json, budget: Budget) -> None:
    """Set one value in a side, and make the objects and lists on the way.

    A step of digits is a list's index, unless an object stands there already. Places of a list before it that nobody
    names are null.

    Args:
        side: One side of a resource; changed in place.
        path: The steps, outermost first.
        value: What stands there.
        budget: Pays for what is made on the way.

    Raises:
        FormatError: The path is empty or absurdly long, or the budget is spent.
    """
    if not 0 < len(path) <= MAX_STEPS:
        raise FormatError(f"A changed path has {len(path)} steps.", "Send the tool's own output.")
    budget.spend(sum(int(step) + 1 if _is_index(step) else 1 for step in path))
    at: _Held = side
    for step, following in pairwise(path):
        at = _below(at, step, following)
    _set(at, path[-1], value)


def _below(at: _Held, step: str, following: str) -> _Held:
    """Return what stands at a step, made or turned into what the following step can go into."""
    here = _get(at, step)
    if isinstance(here, dict) or (isinstance(here, list) and _is_index(following)):
        return here
    made: _Held = {}
    if isinstance(here, list):
        made = {str(index): one for index, one in enumerate(here)}
    elif _is_index(following):
        made = []
    _set(at, step, made)
    return made


def _is_index(step: str) -> bool:
    return _INDEX.fullmatch(step) is not None and int(step) <= MAX_INDEX


def _get(at: _Held, step: str) -> Json:
    if isinstance(at, dict):
        return at.get(step)
    return at[int(step)] if int(step) < len(at) else None


def _set(at: _Held, step: str, value: Json) -> None:
    if isinstance(at, dict):
        at[step] = value
        return
    at.extend([None] * (int(step) + 1 - len(at)))
    at[int(step)] = value
