"""What one scan means for the drifts already known: pure, and bound by the laws in `tests/laws/test_reconcile_laws.py`.

A second run changes nothing; order and repetition do not matter; nothing outside the scope closes; an incomplete scan
closes nothing; human decisions survive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from drifts.findings import Assessment
from drifts.transitions import DECIDED, Status


@dataclass(frozen=True, slots=True)
class Known:
    """A drift on record that is not resolved, within the stack that was scanned."""

    fingerprint: bytes
    difference_digest: bytes
    status: Status
    identity: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the scan shows of one resource."""

    fingerprint: bytes
    difference_digest: bytes
    former: tuple[bytes, ...] = ()
    """Fingerprints that earlier recipes gave the same resource."""


K = TypeVar("K", bound=Known)
S = TypeVar("S", bound=Seen)


@dataclass(frozen=True, slots=True)
class Scope:
    """How far the scan may speak of what it did not show."""

    complete: bool
    """False: nothing unseen closes."""
    clean: frozenset[str] = frozenset()
    """Identities positively seen to be as the code wants them."""
    pending: frozenset[str] = frozenset()
    """Identities that are not as the code wants them although they do not show as drift."""
    absent_is_gone: bool = True
    """Whether an identity the scan does not name has left code and state."""

    def closes(self, identity: str) -> bool:
        """Say whether an unseen drift of this identity is over."""
        if not self.complete or identity in self.pending:
            return False
        return self.absent_is_gone or identity in self.clean


def scope_of(assessment: Assessment) -> Scope:
    """Return how far an assessment may speak of what it does not show."""
    return Scope(
        complete=assessment.complete,
        clean=assessment.assessed_clean,
        pending=assessment.still_pending,
        absent_is_gone=assessment.absent_is_gone,
    )


@dataclass(frozen=True, slots=True)
class Pair(Generic[K, S]):
    """A known drift and what the scan shows of the same resource."""

    known: K
    seen: S


@dataclass(frozen=True, slots=True)
class Reconciliation(Generic[K, S]):
    """What to do, each part in the order of the fingerprints."""

    opened: tuple[S, ...]
    """Make a drift."""
    changed: tuple[Pair[K, S], ...]
    """Undecided, and it differs otherwise than before: update it."""
    superseded: tuple[Pair[K, S], ...]
    """Decided on another difference: resolve it as superseded and make a new one."""
    unchanged: tuple[Pair[K, S], ...]
    """The same difference: only seen again."""
    reconciled: tuple[K, ...]
    """No longer there, and the scan may say so."""
    held: tuple[K, ...]
    """Not seen, and the scan may not say that it is over: nothing happens."""


def reconcile(known: Iterable[K], seen: Iterable[S], scope: Scope) -> Reconciliation[K, S]:
    """Compare what is on record with what a scan shows.

    Args:
        known: All unresolved drifts of the stack; one a fingerprint.
        seen: What the scan shows, in any order. Of repeated fingerprints the least digest counts.
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
    different = [pair for pair in pairs if pair.known.difference_digest != pair.seen.difference_digest]
    return Reconciliation(
        opened=tuple(opened),
        changed=tuple(pair for pair in different if pair.known.status not in DECIDED),
        superseded=tuple(pair for pair in different if pair.known.status in DECIDED),
        unchanged=tuple(pair for pair in pairs if pair.known.difference_digest == pair.seen.difference_digest),
        reconciled=tuple(one for one in on_record.values() if scope.closes(one.identity)),
        held=tuple(one for one in on_record.values() if not scope.closes(one.identity)),
    )


def _order(one: Known | Seen) -> tuple[bytes, bytes]:
    return one.fingerprint, one.difference_digest
