"""From plans to what happens to the drifts on record: the cases that the laws leave open."""

from __future__ import annotations

import pytest

from drifts.findings import Assessment
from drifts.ingest.formats.base import Mode
from drifts.ingest.reconcile import Known, Reconciliation, Seen, reconcile
from drifts.ingest.scope import scope_of
from drifts.transitions import Status
from tests.drifts.ingest.plans import assessed, entry, judged, no_op, plan

WEB = "aws_instance.web"
DRIFTED = plan([entry(before={"size": "s"}, after={"size": "l"})], [no_op(WEB, {"size": "l"})])
OTHERWISE = plan([entry(before={"size": "s"}, after={"size": "xl"})], [no_op(WEB, {"size": "xl"})])


def shown(assessment: Assessment) -> list[Seen]:
    return [
        Seen(one.fingerprint, one.difference_digest, kind=one.kind, attribute_digests=one.attribute_digests)
        for one in judged(assessment).observations
    ]


def record(status: Status = Status.DETECTED) -> list[Known]:
    """The drift that `DRIFTED` opened."""
    (one,) = shown(assessed(DRIFTED))
    return [Known(one.fingerprint, one.difference_digest, status, WEB, decided_digests=one.attribute_digests)]


def fate(body: bytes, *, status: Status = Status.DETECTED, mode: Mode = Mode.DRIFT) -> str:
    """What becomes of that drift when another plan arrives."""
    said = assessed(body, mode=mode)
    done: Reconciliation[Known, Seen] = reconcile(record(status), shown(said), scope_of(said))
    fates = ("changed", "superseded", "unchanged", "reconciled", "pending", "not_assessed")
    return next(name for name in fates if getattr(done, name))


def test_a_first_scan_opens_a_drift() -> None:
    said = assessed(DRIFTED)
    assert reconcile([], shown(said), scope_of(said)).opened == tuple(shown(said))


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (DRIFTED, "unchanged"),
        (OTHERWISE, "changed"),
        (plan([], [no_op(WEB)]), "reconciled"),
        (plan([], [no_op("aws_x.other")]), "reconciled"),
        (plan([], [entry(WEB)]), "pending"),
        (plan([]), "not_assessed"),
        (plan([], [no_op(WEB)], errored=True), "not_assessed"),
        (plan([], [no_op(WEB)], complete=False), "not_assessed"),
        (plan(None, [no_op(WEB)], terraform_version="0.12.31"), "not_assessed"),
        (
            plan([entry(before={"size": "s", "etag": "1"}, after={"size": "s", "etag": "2"})], [no_op(WEB)]),
            "reconciled",
        ),
        (plan([entry(actions=("delete",), after=None)], [entry(actions=("create",), before=None)]), "changed"),
    ],
    ids=[
        "the same again",
        "another size",
        "clean",
        "gone from code and state",
        "applied, so it only pends",
        "refresh-only",
        "failed",
        "targeted",
        "too old to tell",
        "noise only",
        "deleted by now",
    ],
)
def test_what_becomes_of_an_undecided_drift(body: bytes, what: str) -> None:
    assert fate(body) == what


@pytest.mark.parametrize("status", [Status.APPROVED, Status.REJECTED])
def test_another_difference_takes_the_place_of_a_decided_one(status: Status) -> None:
    assert fate(OTHERWISE, status=status) == "superseded"
    assert fate(DRIFTED, status=status) == "unchanged"


def test_in_mode_plan_a_pending_change_keeps_the_drift_that_a_state_has_taken_over() -> None:
    applied = plan([], [entry(WEB, before={"size": "l"}, after={"size": "s"})])
    assert fate(applied, mode=Mode.PLAN) == "unchanged"
