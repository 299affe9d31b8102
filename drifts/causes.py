"""Which open drifts share a cause: pure, and bound by the laws in `tests/laws/test_causes_laws.py`.

Causes, the strongest first: one principal made the changes; the same attributes changed in the same way; a new version
of their provider, or of the tool, was the first to show them; they happened, or were first seen, within one window of
time. A drift is offered in every group that it belongs to. Groups only name their members: what becomes of one is
nothing to the others.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID, uuid5

from drifts.findings import Kind, Severity
from drifts.ingest.canonical import without_indices
from drifts.ingest.provider_versions import provider_of
from drifts.transitions import OPEN, Status

LEAST = 2
"""Members of a group."""
WINDOW = timedelta(minutes=15)
WINDOW_LEAST = 3
"""Members of a group that only time holds together, of `WINDOW_STACKS` stacks."""
WINDOW_STACKS = 2
MAX_PATHS = 200
"""Changed attributes of one drift that are looked at, in the order of their names."""


class Cause(StrEnum):
    """What members of a group share; the strongest first."""

    PRINCIPAL = "principal"
    """One person or role made the changes, as the cloud's own trail tells."""
    SAME_CHANGE = "same_change"
    """The same attributes changed from the same to the same."""
    VERSION_STEP = "version_step"
    """The first scan by another version of their provider, or of the tool, showed them."""
    TIME_WINDOW = "time_window"
    """Changed within a quarter of an hour or, where nobody knows when, first seen within one."""

    @property
    def strength(self) -> int:
        """0 for the strongest."""
        return _STRENGTHS[self]


_STRENGTHS = {cause: place for place, cause in enumerate(Cause)}


@dataclass(frozen=True, slots=True)
class FirstShown:
    """The scan that first showed a drift."""

    at: datetime
    version: str
    """Of the tool; '' where it did not say."""
    version_before: str | None
    """Of the same stack's scan before, in the same format; None: there was none."""
    provider_steps: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Providers whose version it tells is not the one that such a scan before told: short name → both."""

    @property
    def is_step(self) -> bool:
        """Whether another version of the tool made the scan before."""
        return bool(self.version and self.version_before) and self.version != self.version_before


class OpenDrift(NamedTuple):
    """What there is to know of a drift to tell whom it belongs with; a tuple, as there are many."""

    id: UUID
    stack_id: UUID
    stack: str
    environment: str
    provider_type: str
    kind: Kind
    status: Status
    severity: Severity
    cost: Decimal | None
    detected_at: datetime
    difference_digest: bytes
    attribute_digests: Mapping[str, str] = MappingProxyType({})
    """Changed path → digest of that change."""
    first_shown: FirstShown | None = None
    """None where a client reported it."""
    principal: str | None = None
    changed_at: datetime | None = None
    """When it was done, as the cloud's own trail tells."""


@dataclass(frozen=True, slots=True)
class Group:
    """Open drifts that share a cause."""

    cause: Cause
    key: tuple[str, ...]
    """What tells it from other groups; the same as long as the cause is."""
    about: tuple[str, ...]
    """What its sentence names: the principal; attributes; provider ('': the tool), version, type and attributes;
    `changed` or `seen`."""
    members: tuple[OpenDrift, ...]
    """The longest known first."""

    @property
    def member_digest(self) -> str:
        """Which members it has and how each differs, in hexadecimal: send it along with a decision."""
        told = sorted(one.id.bytes + one.difference_digest for one in self.members)
        return hashlib.sha256(b"".join(told)).hexdigest()

    def id_in(self, account_id: UUID) -> UUID:
        """Return its id, which stays as long as the cause does.

        Args:
            account_id: The tenant.
        """
        words = (self.cause.value, *self.key)
        return uuid5(account_id, "".join(f"{len(word)}:{word}" for word in words))


def groups_of(drifts: Iterable[OpenDrift]) -> tuple[Group, ...]:
    """Return the groups: the strongest cause first, then by key. The order of the drifts does not matter.

    What the same drifts share of one sort is one group that names all of it, and a group of the very same drifts as one
    of a stronger cause is not told again.

    Args:
        drifts: Of one account; those that are over are left out.
    """
    rows = sorted({one.id: one for one in drifts if one.status in OPEN}.values(), key=_age)
    found = [*_by_principal(rows), *_by_change(rows), *_by_provider(rows), *_by_version(rows), *_by_time(rows)]
    told: dict[tuple[int, ...], Group] = {}
    for group in sorted(found, key=lambda one: (_STRENGTHS[one.cause], one.key)):
        told.setdefault(_names(group.members), group)
    return tuple(told.values())


def _by_principal(rows: Sequence[OpenDrift]) -> Iterator[Group]:
    shared: dict[str, list[OpenDrift]] = defaultdict(list)
    for one in rows:
        if one.principal:
            shared[one.principal].append(one)
    for principal, members in shared.items():
        if len(members) >= LEAST:
            yield Group(Cause.PRINCIPAL, (principal,), (principal,), tuple(members))


def _by_change(rows: Sequence[OpenDrift]) -> Iterator[Group]:
    shared: dict[tuple[str, ...], list[OpenDrift]] = defaultdict(list)
    for one in rows:
        for change in _changes(one):
            shared[change].append(one)
    for keys, members in _merged(shared):
        attributes = sorted({attribute for attribute, _ in keys})
        yield Group(Cause.SAME_CHANGE, keys[0], tuple(attributes), members)


def provider_step(one: OpenDrift) -> tuple[str, str, str] | None:
    """Return the provider of a drift, and from which version to which the scan that first showed it changed.

    Args:
        one: The drift.

    Returns:
        None where it changed not, or nobody knows.
    """
    if one.first_shown is None or not one.first_shown.provider_steps:
        return None
    provider = provider_of(one.provider_type)
    versions = one.first_shown.provider_steps.get(provider)
    return (provider, *versions) if versions else None


def _by_provider(rows: Sequence[OpenDrift]) -> Iterator[Group]:
    """Group by a provider's step. The key begins with an empty word, so that it stands before a step of the tool."""
    shared: dict[tuple[str, ...], list[OpenDrift]] = defaultdict(list)
    for one in rows:
        step = provider_step(one)
        if step is not None:
            provider, _, version = step
            for attribute in {attribute for attribute, _ in _changes(one)}:
                shared["", provider, version, one.provider_type, attribute].append(one)
    for keys, members in _merged(shared):
        _, provider, version, provider_type, _ = keys[0]
        attributes = sorted({attribute for *_, attribute in keys})
        yield Group(Cause.VERSION_STEP, keys[0], (provider, version, provider_type, *attributes), members)


def _by_version(rows: Sequence[OpenDrift]) -> Iterator[Group]:
    shared: dict[tuple[str, ...], list[OpenDrift]] = defaultdict(list)
    for one in rows:
        if one.first_shown is not None and one.first_shown.is_step:
            for attribute in {attribute for attribute, _ in _changes(one)}:
                shared[one.first_shown.version, one.provider_type, attribute].append(one)
    for keys, members in _merged(shared):
        version, provider_type, _ = keys[0]
        attributes = sorted({attribute for _, _, attribute in keys})
        yield Group(Cause.VERSION_STEP, keys[0], ("", version, provider_type, *attributes), members)


def _by_time(rows: Sequence[OpenDrift]) -> Iterator[Group]:
    changed = [(one.changed_at, one) for one in rows if one.changed_at is not None]
    seen = [(one.first_shown.at, one) for one in rows if one.first_shown is not None and _is_news(one)]
    for what, moments in (("changed", changed), ("seen", seen)):
        for start, members in _windows(moments):
            if len(members) >= WINDOW_LEAST and len({one.stack_id for one in members}) >= WINDOW_STACKS:
                yield Group(Cause.TIME_WINDOW, (what, start.isoformat()), (what,), members)


def _is_news(one: OpenDrift) -> bool:
    """Say whether when it was first seen tells anything: nobody knows when it changed, and a scan before lacked it."""
    return one.changed_at is None and one.first_shown is not None and one.first_shown.version_before is not None


def _windows(moments: Sequence[tuple[datetime, OpenDrift]]) -> Iterator[tuple[datetime, tuple[OpenDrift, ...]]]:
    """Cut a line of time into windows: each begins with the first moment that the one before does not hold."""
    starts: dict[UUID, datetime] = {}
    start: datetime | None = None
    ordered = sorted(moments, key=lambda pair: (pair[0], pair[1].id))
    for at, one in ordered:
        if start is None or at > start + WINDOW:
            start = at
        starts[one.id] = start
    for begin, pairs in groupby(ordered, key=lambda pair: starts[pair[1].id]):
        yield begin, tuple(sorted((one for _, one in pairs), key=_age))


def _changes(one: OpenDrift) -> set[tuple[str, ...]]:
    """Return the attributes that differ, list indices apart, each with the digest of its change."""
    if one.kind is not Kind.MODIFIED:
        return set()
    digests = one.attribute_digests
    paths = digests if len(digests) <= MAX_PATHS else sorted(digests)[:MAX_PATHS]
    return {(without_indices(path) if "[" in path else path, digests[path]) for path in paths}


def _merged(
    shared: Mapping[tuple[str, ...], Sequence[OpenDrift]],
) -> Iterator[tuple[list[tuple[str, ...]], tuple[OpenDrift, ...]]]:
    """Bring together what the very same drifts share; the least key stands first."""
    same: dict[tuple[int, ...], list[tuple[str, ...]]] = defaultdict(list)
    for key in sorted(key for key, members in shared.items() if len(members) >= LEAST):
        same[_names(shared[key])].append(key)
    for keys in same.values():
        yield keys, tuple(shared[keys[0]])


def _names(members: Sequence[OpenDrift]) -> tuple[int, ...]:
    """Name some drifts by what Python hashes fast: each by where it is, as there is one object of each."""
    return tuple(map(id, members))


def _age(one: OpenDrift) -> tuple[datetime, UUID]:
    return one.detected_at, one.id
