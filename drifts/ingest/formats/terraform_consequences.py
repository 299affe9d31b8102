"""What putting a drifted resource back would do, as the same plan says in `resource_changes` and `configuration`."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import msgspec

from drifts.findings import Consequence, Finding, Step
from drifts.ingest.formats.limits import in_words
from drifts.ingest.formats.terraform_dependents import dependents_of, without_keys
from drifts.ingest.formats.terraform_entries import Entry
from drifts.ingest.json_text import decode_exact
from drifts.ingest.json_walk import Members, items_of
from drifts.ingest.paths import spelt

_NAMED = 20
"""Forcing attributes and dependents that are named; dependents beyond it are counted."""

_MAX_PATH = 500

_STEPS: tuple[tuple[frozenset[str], Step], ...] = (
    (frozenset({"create", "delete"}), Step.REPLACE),
    (frozenset({"create", "forget"}), Step.REPLACE),
    (frozenset({"delete"}), Step.DESTROY),
    (frozenset({"forget"}), Step.FORGET),
    (frozenset({"create"}), Step.CREATE),
    (frozenset({"update"}), Step.UPDATE),
    (frozenset({"no-op"}), Step.NOTHING),
    (frozenset({"read"}), Step.NOTHING),
)
"""Actions that an entry holds, in whatever order and among whatever others, and what they come to; first match wins."""


@dataclass(slots=True)
class Consequences:
    """What a plan would do, gathered while its `resource_changes` are read."""

    _planned: dict[tuple[str, str | None], Consequence] = field(default_factory=dict)

    def note(self, entry: Entry) -> None:
        """Keep what an entry of `resource_changes` would do, unless that is nothing.

        Raises:
            FormatError: Its `replace_paths` are not what a plan holds there.
        """
        step = step_of(entry.change.actions)
        if step is Step.NOTHING:
            return
        forced = _forced_by(entry.change.replace_paths) if step is Step.REPLACE else ()
        said = Consequence(step, forced_by=forced, reason=in_words(entry.action_reason or ""))
        self._planned[entry.full_address, entry.deposed_key] = said

    def attach(self, members: Members, findings: Iterable[Finding], *, speaks_of_all: bool) -> list[Finding]:
        """Return the findings, each with what putting it back would do.

        Args:
            members: The plan's members.
            findings: As the plan names them.
            speaks_of_all: Whether nothing is planned for whatever the plan does not name.

        Raises:
            FormatError: `configuration` is not what a plan holds there.
        """
        listed = list(findings)
        current = {one.address: without_keys(one.address) for one in listed if one.deposed is None}
        held = dependents_of(members, current.values())
        unplanned = Consequence(Step.NOTHING if speaks_of_all else Step.UNKNOWN)
        return [
            replace(
                one,
                consequence=_with_dependents(
                    self._planned.get((one.address, one.deposed), unplanned),
                    held.get(current[one.address], frozenset()) if one.deposed is None else frozenset(),
                ),
            )
            for one in listed
        ]


def _with_dependents(said: Consequence, dependents: frozenset[str]) -> Consequence:
    return replace(said, dependents=tuple(heapq.nsmallest(_NAMED, dependents)), dependents_total=len(dependents))


def step_of(actions: frozenset[str]) -> Step:
    """Return what an entry's actions come to.

    Args:
        actions: As the plan names them; unknown ones say nothing.
    """
    return next((step for needed, step in _STEPS if needed <= actions), Step.UNKNOWN)


def _forced_by(raw: msgspec.Raw) -> tuple[str, ...]:
    """Spell the paths that force a replacement as differences spell theirs."""
    paths: list[str] = []
    for one in items_of(raw, "replace_paths"):
        steps = decode_exact(one, "replace_paths")
        names = steps if isinstance(steps, list) else []
        path = spelt(step for step in names if isinstance(step, (str, int)))[:_MAX_PATH]
        if path and path not in paths:
            paths.append(path)
        if len(paths) == _NAMED:
            break
    return tuple(paths)
