"""The laws of reconciling: what must hold for any record and any scan.

A second run changes nothing; order and repetition do not matter; nothing outside the scope closes; an incomplete scan
closes nothing; human decisions survive.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from drifts.ingest.reconcile import Known, Reconciliation, Scope, Seen, reconcile
from drifts.transitions import DECIDED, OPEN, Status

NAMES = [bytes([number]) for number in range(8)]
"""Fingerprints; a resource's identity is the letter of its fingerprint."""

OLD_NAMES = {name: b"old" + name for name in NAMES}
"""What an earlier recipe called the same resources."""

DIGESTS = [b"one", b"two", b"three"]


def identity(name: bytes) -> str:
    return chr(ord("a") + name[-1])


def known(name: bytes, digest: bytes = b"one", status: Status = Status.DETECTED) -> Known:
    return Known(name, digest, status, identity(name))


def seen(name: bytes, digest: bytes = b"one") -> Seen:
    return Seen(name, digest, former=(OLD_NAMES[name],))


def _record(old: frozenset[bytes]) -> st.SearchStrategy[list[Known]]:
    """Unresolved drifts, one a resource; some of them under their old names."""
    one = st.builds(known, st.sampled_from(NAMES), st.sampled_from(DIGESTS), st.sampled_from(sorted(OPEN)))
    several = st.lists(one, max_size=8, unique_by=lambda drift: drift.fingerprint)
    return several.map(
        lambda drifts: [
            replace(drift, fingerprint=OLD_NAMES[drift.fingerprint]) if drift.fingerprint in old else drift
            for drift in drifts
        ]
    )


RECORDS = st.frozensets(st.sampled_from(NAMES)).flatmap(_record)
SCANS = st.lists(st.builds(seen, st.sampled_from(NAMES), st.sampled_from(DIGESTS)), max_size=10)
IDENTITIES = st.frozensets(st.sampled_from([identity(name) for name in NAMES]))
SCOPES = st.builds(Scope, complete=st.booleans(), clean=IDENTITIES, pending=IDENTITIES, absent_is_gone=st.booleans())


def after(record: list[Known], done: Reconciliation[Known, Seen]) -> list[Known]:
    """The unresolved drifts on record once a reconciliation is carried out."""
    left = {drift.identity: drift for drift in record}
    for over in (*done.reconciled, *(pair.known for pair in done.superseded)):
        del left[over.identity]
    for pair in (*done.changed, *done.unchanged):
        left[pair.known.identity] = replace(
            pair.known, fingerprint=pair.seen.fingerprint, difference_digest=pair.seen.difference_digest
        )
    for new in (*done.opened, *(pair.seen for pair in done.superseded)):
        left[identity(new.fingerprint)] = known(new.fingerprint, new.difference_digest)
    return list(left.values())


@given(RECORDS, SCANS, SCOPES)
def test_a_second_run_changes_nothing(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    settled = after(record, reconcile(record, scan, scope))
    again = reconcile(settled, scan, scope)
    assert (again.opened, again.changed, again.superseded, again.reconciled) == ((), (), (), ())
    assert after(settled, again) == settled


@given(RECORDS, SCANS, SCOPES, st.data())
def test_order_and_repetition_do_not_matter(
    record: list[Known], scan: list[Seen], scope: Scope, data: st.DataObject
) -> None:
    repeated = [*scan, *data.draw(st.lists(st.sampled_from(scan), max_size=5) if scan else st.just([]))]
    shuffled = data.draw(st.permutations(repeated))
    assert reconcile(data.draw(st.permutations(record)), shuffled, scope) == reconcile(record, scan, scope)


@given(RECORDS, SCANS, SCOPES)
def test_every_drift_and_every_resource_has_exactly_one_fate(
    record: list[Known], scan: list[Seen], scope: Scope
) -> None:
    done = reconcile(record, scan, scope)
    pairs = [*done.changed, *done.superseded, *done.unchanged]
    fates = [pair.known for pair in pairs] + [*done.reconciled, *done.held]
    assert sorted(fates, key=lambda one: one.identity) == sorted(record, key=lambda one: one.identity)
    shown = [pair.seen.fingerprint for pair in pairs] + [one.fingerprint for one in done.opened]
    assert sorted(shown) == sorted({one.fingerprint for one in scan})


@given(RECORDS, SCANS, SCOPES)
def test_an_incomplete_scan_closes_nothing(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    assert reconcile(record, scan, replace(scope, complete=False)).reconciled == ()


@given(RECORDS, SCANS, SCOPES)
def test_nothing_outside_the_scope_closes(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    for over in reconcile(record, scan, scope).reconciled:
        assert over.identity not in scope.pending
        assert scope.absent_is_gone or over.identity in scope.clean


@given(RECORDS, SCANS, SCOPES)
def test_what_the_scan_shows_is_never_over(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    shown = {identity(one.fingerprint) for one in scan}
    assert {over.identity for over in reconcile(record, scan, scope).reconciled}.isdisjoint(shown)


@given(RECORDS, SCOPES)
def test_a_complete_scan_that_shows_nothing_closes_all_within_its_scope(record: list[Known], scope: Scope) -> None:
    whole = replace(scope, complete=True, absent_is_gone=True, pending=frozenset())
    assert len(reconcile(record, [], whole).reconciled) == len(record)


@given(RECORDS, SCANS, SCOPES)
def test_human_decisions_survive(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    """A decided drift never gets another difference: a new drift takes its place, the decision stays with the old."""
    done = reconcile(record, scan, scope)
    assert [pair for pair in done.changed if pair.known.status in DECIDED] == []
    assert [pair for pair in done.superseded if pair.known.status not in DECIDED] == []
    for pair in done.superseded:
        assert pair.known.difference_digest != pair.seen.difference_digest


@given(RECORDS, SCANS, SCOPES)
def test_the_same_difference_is_only_seen_again_and_another_one_is_a_change(
    record: list[Known], scan: list[Seen], scope: Scope
) -> None:
    done = reconcile(record, scan, scope)
    for pair in done.unchanged:
        assert pair.known.difference_digest == pair.seen.difference_digest
    for pair in chain(done.changed, done.superseded):
        assert pair.known.difference_digest != pair.seen.difference_digest


@given(RECORDS, SCANS, SCOPES)
def test_a_new_recipe_still_finds_the_old_ones_drifts(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    on_record = {drift.identity for drift in record}
    assert {identity(new.fingerprint) for new in reconcile(record, scan, scope).opened}.isdisjoint(on_record)


@given(RECORDS, SCANS, SCOPES)
def test_each_part_is_in_the_order_of_the_fingerprints(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    done = reconcile(record, scan, scope)
    for part in (done.opened, done.reconciled, done.held):
        names = [one.fingerprint for one in part]
        assert names == sorted(names)
    for pairs in (done.changed, done.superseded, done.unchanged):
        names = [pair.seen.fingerprint for pair in pairs]
        assert names == sorted(names)


@dataclass(frozen=True, slots=True)
class Richer(Seen):
    """What a caller brings along."""

    payload: str = ""


def test_what_the_caller_brings_along_comes_back() -> None:
    brought = Richer(NAMES[0], b"one", payload="kept")
    assert reconcile([], [brought], Scope(complete=True)).opened[0].payload == "kept"
