"""What one scan means for the drifts already known: pure, and bound by the laws in `tests/laws/test_reconcile_laws.py`.

A second run changes nothing; order and repetition do not matter; nothing outside the scope closes; an incomplete scan
closes nothing; human decisions survive; a source that only says that a resource differs never takes away how.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from drifts.findings import Kind
from drifts.ingest.lapse import Cause, Lapse, moved
from drifts.ingest.scope import Scope, Silence, Silences
from drifts.transitions import DECIDED, Status


@dataclass(frozen=True, slots=True)
class Known:
    """A drift on record that is not resolved, within the stack that was scanned."""

    fingerprint: bytes
    difference_digest: bytes
    status: Status
    identity: str
    address: str = ""
    provider_type: str = ""
    kind: Kind = Kind.MODIFIED
    carries_values: bool = True
    """False: only low-fidelity sources have shown it, so how it differs is not known."""
    decided_digests: Mapping[str, str] = field(default_factory=dict)
    """Changed path → digest of that change, as it was when somebody decided."""
    region: str = ""
    """Where the resource is, '' where not known or where it has none."""
    cloud_account: str = ""
    """Whose it is, '' where not known."""
    found_by: str = ""
    """The format of what first showed it, '' where not known."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the scan shows of one resource."""

    fingerprint: bytes
    difference_digest: bytes
    former: tuple[bytes, ...] = ()
    """Fingerprints that earlier recipes gave the same resource."""
    kind: Kind = Kind.MODIFIED
    carries_values: bool = True
    """False: it says only that the resource differs, never how."""
    attribute_digests: Mapping[str, str] = field(default_factory=dict)
    """Changed path → digest of that change."""


K = TypeVar("K", bound=Known)
S = TypeVar("S", bound=Seen)


@dataclass(frozen=True, slots=True)
class Pair(Generic[K, S]):
    """A known drift and what the scan shows of the same resource."""

    known: K
    seen: S


@dataclass(frozen=True, slots=True)
class Superseded(Pair[K, S]):
    """A decided drift that differs otherwise now, and why the decision lapsed."""

    lapse: Lapse


@dataclass(frozen=True, slots=True)
class Unassessed(Generic[K]):
    """A drift that the scan did not look at, and why, in words."""

    known: K
    reason: str


@dataclass(frozen=True, slots=True)
class Reconciliation(Generic[K, S]):
    """What to do, each part in the order of the fingerprints."""

    opened: tuple[S, ...]
    """Make a drift."""
    changed: tuple[Pair[K, S], ...]
    """It differs otherwise than before, or more is known of it now: update it. A decided one only where the decision
    stands: all that differs now was decided just so."""
    superseded: tuple[Superseded[K, S], ...]
    """Decided on another difference: resolve it as superseded and make a new one."""
    unchanged: tuple[Pair[K, S], ...]
    """The same difference, or a source that cannot say how it differs: only seen again."""
    reconciled: tuple[K, ...]
    """The scan looked and it is no longer there."""
    pending: tuple[K, ...]
    """Not shown, but the scan looked and it is not as the code wants it: it stays."""
    not_assessed: tuple[Unassessed[K], ...]
    """Not shown, and the scan did not look: it stays, and is never called clean."""


def reconcile(known: Iterable[K], seen: Iterable[S], scope: Scope) -> Reconciliation[K, S]:
    """Compare what is on record with what a scan shows.

    Args:
        known: All unresolved drifts of the stack; one a fingerprint.
        seen: What the scan shows, in any order. Of repeated fingerprints one that says how it differs counts before one
            that does not, then the least digest.
        scope: How far the scan may speak of what it did not show.
    """
    on_record = {one.fingerprint: one for one in sorted(known, key=_order)}
    shown = {one.fingerprint: one for one in sorted(seen, key=_order, reverse=True)}
    opened: list[S] = []
    pairs: list[Pair[K, S]] = []
    for one in sorted(shown.values(), key=_order):
        match = next((on_record.pop(name) for name in (one.fingerprint, *one.former) if name in on_record), None)
        if match is None:
            opened.append(one)
        else:
            pairs.append(Pair(match, one))
    different = [(pair, _lapse(pair)) for pair in pairs if not _is_same(pair.known, pair.seen)]
    silences = Silences(scope)
    silent = [(one, *silences.about(one)) for one in on_record.values()]
    return Reconciliation(
        opened=tuple(opened),
        changed=tuple(pair for pair, lapse in different if lapse is None),
        superseded=tuple(Superseded(pair.known, pair.seen, lapse) for pair, lapse in different if lapse is not None),
        unchanged=tuple(pair for pair in pairs if _is_same(pair.known, pair.seen)),
        reconciled=tuple(one for one, silence, _ in silent if silence is Silence.OVER),
        pending=tuple(one for one, silence, _ in silent if silence is Silence.PENDING),
        not_assessed=tuple(Unassessed(one, why) for one, silence, why in silent if silence is Silence.NOT_ASSESSED),
    )


def _is_same(known: Known, seen: Seen) -> bool:
    """Say whether the scan shows nothing about the drift that is not on record."""
    if known.kind is not seen.kind:
        return False
    if not seen.carries_values:
        return True
    return known.carries_values and known.difference_digest == seen.difference_digest


def _lapse(pair: Pair[K, S]) -> Lapse | None:
    """Say why the decision on a drift does not hold for what is seen now; None where it does or where there is none."""
    known, seen = pair.known, pair.seen
    if known.status not in DECIDED:
        return None
    if known.kind is not seen.kind:
        return Lapse(Cause.KIND)
    if known.difference_digest == seen.difference_digest:
        return None
    return moved(known.decided_digests, seen.attribute_digests) if known.carries_values else Lapse(Cause.BLIND)


def _order(one: Known | Seen) -> tuple[bytes, bool, bytes]:
    return one.fingerprint, not one.carries_values, one.difference_digest
