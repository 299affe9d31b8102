"""The laws of reconciling: what must hold for any record and any scan.

A second run changes nothing; order and repetition do not matter; nothing outside the scope closes; an incomplete scan
closes nothing; human decisions survive; a source that only says that a resource differs never takes away how.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Gap, Kind, NotAssessed
from drifts.ingest.lapse import Cause
from drifts.ingest.reconcile import Known, Pair, Reconciliation, Seen, reconcile
from drifts.ingest.scope import Scope
from drifts.transitions import DECIDED, OPEN, Status

NAMES = [bytes([number]) for number in range(8)]
"""Fingerprints; a resource's identity is the letter of its fingerprint."""

OLD_NAMES = {name: b"old" + name for name in NAMES}
"""What an earlier recipe called the same resources."""

TYPES = ["aws_instance", "aws_iam_role", "AWS::S3::Bucket", ""]
ATTRIBUTES = st.dictionaries(st.sampled_from(["size", "tags.owner", "ingress"]), st.sampled_from(["1", "2"]))


def identity(name: bytes) -> str:
    return chr(ord("a") + name[-1])


def digest(kind: Kind, carries_values: bool, attributes: dict[str, str]) -> bytes:
    """As the real one: of a resource that is gone, or of which no values are known, only the kind counts."""
    return repr((kind, sorted(attributes.items()) if carries_values else [])).encode()


def known(
    name: bytes,
    attributes: dict[str, str] | None = None,
    status: Status = Status.DETECTED,
    *,
    kind: Kind = Kind.MODIFIED,
    carries_values: bool = True,
    decided_more: dict[str, str] | None = None,
    provider_type: str = "aws_instance",
) -> Known:
    """A drift on record; of a decided one that differed in more, a part was put back."""
    shown = attributes or {} if kind is Kind.MODIFIED and carries_values else {}
    return Known(
        name,
        digest(kind, carries_values, shown),
        status,
        identity(name),
        address=identity(name),
        provider_type=provider_type,
        kind=kind,
        carries_values=carries_values,
        decided_digests={**(decided_more or {}), **shown} if status in DECIDED else {},
    )


def seen(
    name: bytes,
    attributes: dict[str, str] | None = None,
    *,
    kind: Kind = Kind.MODIFIED,
    carries_values: bool = True,
) -> Seen:
    shown = attributes or {} if kind is Kind.MODIFIED and carries_values else {}
    return Seen(
        name,
        digest(kind, carries_values, shown),
        former=(OLD_NAMES[name],),
        kind=kind,
        carries_values=carries_values,
        attribute_digests=shown,
    )


KINDS = st.sampled_from([Kind.MODIFIED, Kind.MODIFIED, Kind.DELETED])


def _record(old: frozenset[bytes]) -> st.SearchStrategy[list[Known]]:
    """Unresolved drifts, one a resource; some of them under their old names."""
    one = st.builds(
        known,
        st.sampled_from(NAMES),
        ATTRIBUTES,
        st.sampled_from(sorted(OPEN)),
        kind=KINDS,
        carries_values=st.booleans(),
        decided_more=ATTRIBUTES,
        provider_type=st.sampled_from(TYPES),
    )
    several = st.lists(one, max_size=8, unique_by=lambda drift: drift.fingerprint)
    return several.map(
        lambda drifts: [
            replace(drift, fingerprint=OLD_NAMES[drift.fingerprint]) if drift.fingerprint in old else drift
            for drift in drifts
        ]
    )


RECORDS = st.frozensets(st.sampled_from(NAMES)).flatmap(_record)
SIGHTS = st.builds(seen, st.sampled_from(NAMES), ATTRIBUTES, kind=KINDS, carries_values=st.booleans())
SCANS = st.lists(SIGHTS, max_size=10)
IDENTITIES = st.frozensets(st.sampled_from([identity(name) for name in NAMES]))
GAPS = st.one_of(
    st.builds(NotAssessed, st.just(Gap.RESOURCE), st.sampled_from([identity(name) for name in NAMES]), st.just("why")),
    st.builds(NotAssessed, st.just(Gap.TYPE), st.sampled_from(["aws_iam_*", "aws_*", "AWS::S3::Bucket"]), st.just("")),
    st.just(NotAssessed(Gap.ALL, "", "cut")),
)
SCOPES = st.builds(
    Scope,
    complete=st.booleans(),
    clean=IDENTITIES,
    pending=IDENTITIES,
    absent_is_gone=st.booleans(),
    not_assessed=st.lists(GAPS, max_size=3).map(tuple),
)


def after(record: list[Known], done: Reconciliation[Known, Seen]) -> list[Known]:
    """The unresolved drifts on record once a reconciliation is carried out."""
    left = {drift.identity: drift for drift in record}
    for over in (*done.reconciled, *(pair.known for pair in done.superseded)):
        del left[over.identity]
    for pair in done.unchanged:
        left[pair.known.identity] = replace(pair.known, fingerprint=pair.seen.fingerprint)
    for pair in done.changed:
        left[pair.known.identity] = _as_shown(pair)
    for new in (*done.opened, *(pair.seen for pair in done.superseded)):
        named = Known(new.fingerprint, new.difference_digest, Status.DETECTED, identity(new.fingerprint))
        left[named.identity] = _as_shown(Pair(named, new))
    return list(left.values())


def _as_shown(pair: Pair[Known, Seen]) -> Known:
    return replace(
        pair.known,
        fingerprint=pair.seen.fingerprint,
        difference_digest=pair.seen.difference_digest,
        kind=pair.seen.kind,
        carries_values=pair.seen.carries_values,
    )


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
    fates = [pair.known for pair in pairs] + [*done.reconciled, *done.pending]
    fates += [one.known for one in done.not_assessed]
    assert sorted(fates, key=lambda one: one.identity) == sorted(record, key=lambda one: one.identity)
    shown = [pair.seen.fingerprint for pair in pairs] + [one.fingerprint for one in done.opened]
    assert sorted(shown) == sorted({one.fingerprint for one in scan})


# --- What a scan may say of what it does not show ---------------------------------------------------------------


@given(RECORDS, SCANS, SCOPES)
def test_an_incomplete_scan_closes_nothing(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    assert reconcile(record, scan, replace(scope, complete=False)).reconciled == ()


@given(RECORDS, SCANS, SCOPES)
def test_nothing_outside_the_scope_closes(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    for over in reconcile(record, scan, scope).reconciled:
        assert over.identity not in scope.pending
        assert scope.absent_is_gone or over.identity in scope.clean


@given(RECORDS, SCANS, SCOPES)
def test_what_a_scan_could_not_look_at_never_closes_and_says_why(
    record: list[Known], scan: list[Seen], scope: Scope
) -> None:
    done = reconcile(record, scan, scope)
    for over in done.reconciled:
        for gap in scope.not_assessed:
            assert gap.what is not Gap.RESOURCE or gap.name != over.identity
            assert gap.what is not Gap.TYPE or not over.provider_type.startswith(gap.name.rstrip("*"))
            assert gap.what is not Gap.ALL or over.identity in scope.clean
    assert all(one.reason for one in done.not_assessed)


@given(st.sampled_from(NAMES), SCOPES, st.sampled_from(Gap))
def test_a_gap_that_covers_a_drift_holds_it_whatever_else_the_scan_says(name: bytes, scope: Scope, what: Gap) -> None:
    covering = {Gap.RESOURCE: identity(name), Gap.TYPE: "aws_inst*", Gap.ALL: ""}
    blind = replace(scope, complete=True, not_assessed=(NotAssessed(what, covering[what], "why"),))
    over = reconcile([known(name)], [], blind).reconciled
    assert bool(over) == (what is Gap.ALL and identity(name) in scope.clean - scope.pending)


@given(RECORDS, SCANS, SCOPES, st.lists(GAPS, min_size=1, max_size=3))
def test_to_know_less_closes_no_more(
    record: list[Known], scan: list[Seen], scope: Scope, more: list[NotAssessed]
) -> None:
    blinder = replace(scope, not_assessed=(*scope.not_assessed, *more))
    closed = {over.identity for over in reconcile(record, scan, blinder).reconciled}
    assert closed <= {over.identity for over in reconcile(record, scan, scope).reconciled}


@given(RECORDS, SCANS, SCOPES)
def test_what_the_scan_shows_is_never_over_and_always_assessed(
    record: list[Known], scan: list[Seen], scope: Scope
) -> None:
    shown = {identity(one.fingerprint) for one in scan}
    done = reconcile(record, scan, scope)
    unseen = [*done.reconciled, *done.pending, *(one.known for one in done.not_assessed)]
    assert {one.identity for one in unseen}.isdisjoint(shown)


@given(RECORDS, SCOPES)
def test_a_complete_scan_that_shows_nothing_closes_all_within_its_scope(record: list[Known], scope: Scope) -> None:
    whole = replace(scope, complete=True, absent_is_gone=True, pending=frozenset(), not_assessed=())
    assert len(reconcile(record, [], whole).reconciled) == len(record)


# --- Decisions --------------------------------------------------------------------------------------------------


@given(RECORDS, SCANS, SCOPES)
def test_human_decisions_survive(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    """A decided drift shows another difference only where all of it was decided just so; else a new one takes over."""
    done = reconcile(record, scan, scope)
    for pair in done.changed:
        if pair.known.status in DECIDED and pair.known.difference_digest != pair.seen.difference_digest:
            assert pair.seen.attribute_digests.items() <= pair.known.decided_digests.items()
    for lapsed in done.superseded:
        assert lapsed.known.status in DECIDED
        assert lapsed.known.difference_digest != lapsed.seen.difference_digest


@given(RECORDS, SCANS, SCOPES)
def test_a_lapsed_decision_names_just_the_attributes_that_it_was_not_about(
    record: list[Known], scan: list[Seen], scope: Scope
) -> None:
    for pair in reconcile(record, scan, scope).superseded:
        decided, now = pair.known.decided_digests, pair.seen.attribute_digests
        other = {path for path, found in now.items() if decided.get(path) != found}
        expected = other if pair.lapse.cause is Cause.DIFFERENCE else set()
        assert (set(pair.lapse.paths), bool(pair.lapse.reason)) == (expected, True)
        assert (pair.lapse.cause is Cause.KIND) == (pair.known.kind is not pair.seen.kind)


@given(st.sampled_from(NAMES), ATTRIBUTES, st.sampled_from(sorted(DECIDED)), SCOPES, st.data())
def test_a_decision_stands_while_a_part_is_put_back_and_comes_again(
    name: bytes, attributes: dict[str, str], status: Status, scope: Scope, data: st.DataObject
) -> None:
    part = {path: found for path, found in attributes.items() if data.draw(st.booleans())}
    record = [known(name, attributes, status)]
    for shown in (part, attributes):
        if shown:
            done = reconcile(record, [seen(name, shown)], scope)
            assert (done.superseded, done.opened) == ((), ())
            record = after(record, done)


@given(ATTRIBUTES, ATTRIBUTES.filter(bool), st.sampled_from(sorted(DECIDED)))
def test_a_decision_stands_for_what_it_was_about_and_for_nothing_else(
    decided: dict[str, str], now: dict[str, str], status: Status
) -> None:
    done = reconcile([known(NAMES[0], decided, status)], [seen(NAMES[0], now)], Scope(complete=True))
    other = sorted(path for path, found in now.items() if decided.get(path) != found)
    assert [sorted(pair.lapse.paths) for pair in done.superseded] == ([other] if other else [])


@given(st.sampled_from(NAMES), ATTRIBUTES, st.sampled_from(sorted(OPEN)), SCOPES)
def test_what_happened_being_another_thing_is_always_a_change(
    name: bytes, attributes: dict[str, str], status: Status, scope: Scope
) -> None:
    for carries_values in (True, False):
        record = [known(name, attributes, status)]
        done = reconcile(record, [seen(name, kind=Kind.DELETED, carries_values=carries_values)], scope)
        assert len(done.superseded if status in DECIDED else done.changed) == 1


# --- Sources that say only that a resource differs --------------------------------------------------------------


@given(RECORDS, SCANS, SCOPES)
def test_a_source_that_cannot_say_how_takes_nothing_away(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    blind = [replace(one, carries_values=False, attribute_digests={}) for one in scan]
    done = reconcile(record, blind, scope)
    for pair in chain(done.changed, done.superseded):
        assert pair.known.kind is not pair.seen.kind


@given(st.sampled_from(NAMES), ATTRIBUTES, st.sampled_from(sorted(OPEN)), KINDS, SCOPES)
def test_both_sources_in_either_order_make_one_drift_that_knows_how_it_differs(
    name: bytes, attributes: dict[str, str], status: Status, kind: Kind, scope: Scope
) -> None:
    low, full = seen(name, kind=kind, carries_values=False), seen(name, attributes, kind=kind)
    for order in ([low, full], [full, low], [low, full, low]):
        record: list[Known] = []
        for one in order:
            record = after(record, reconcile(record, [one], scope))
        (drift,) = record
        assert (drift.carries_values, drift.difference_digest) == (True, full.difference_digest)
    assert reconcile([], [low, full], scope).opened == (full,)


@given(st.sampled_from(NAMES), ATTRIBUTES.filter(bool), st.sampled_from(sorted(DECIDED)), SCOPES)
def test_a_decision_made_blindly_lapses_once_it_is_known_what_differs(
    name: bytes, attributes: dict[str, str], status: Status, scope: Scope
) -> None:
    done = reconcile([known(name, None, status, carries_values=False)], [seen(name, attributes)], scope)
    assert [pair.lapse.cause for pair in done.superseded] == [Cause.BLIND]


@given(st.sampled_from(NAMES), st.sampled_from(sorted(DECIDED)), SCOPES)
def test_a_decision_on_what_is_gone_stands_when_more_is_known_of_it(name: bytes, status: Status, scope: Scope) -> None:
    record = [known(name, None, status, kind=Kind.DELETED, carries_values=False)]
    done = reconcile(record, [seen(name, kind=Kind.DELETED)], scope)
    assert (len(done.changed), done.superseded) == (1, ())


# --- What counts as the same ------------------------------------------------------------------------------------


@given(RECORDS, SCANS, SCOPES)
def test_the_same_difference_is_only_seen_again_and_another_one_is_a_change(
    record: list[Known], scan: list[Seen], scope: Scope
) -> None:
    done = reconcile(record, scan, scope)
    for pair in done.unchanged:
        assert pair.known.difference_digest == pair.seen.difference_digest or not pair.seen.carries_values
    for pair in chain(done.changed, done.superseded):
        assert pair.known.difference_digest != pair.seen.difference_digest or (
            pair.seen.carries_values and not pair.known.carries_values
        )


@given(RECORDS, SCANS, SCOPES)
def test_a_new_recipe_still_finds_the_old_ones_drifts(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    on_record = {drift.identity for drift in record}
    assert {identity(new.fingerprint) for new in reconcile(record, scan, scope).opened}.isdisjoint(on_record)


@given(RECORDS, SCANS, SCOPES)
def test_each_part_is_in_the_order_of_the_fingerprints(record: list[Known], scan: list[Seen], scope: Scope) -> None:
    done = reconcile(record, scan, scope)
    unseen = ([*done.reconciled], [*done.pending], [one.known for one in done.not_assessed])
    for part in ([one.fingerprint for one in done.opened], *([one.fingerprint for one in some] for some in unseen)):
        assert part == sorted(part)
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
