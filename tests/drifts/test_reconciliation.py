"""What ends when a scan no longer shows it, and what does not."""

from typing import Any

import pytest

from alerts.models import Alert
from drifts.actions.decide import approve_drift, triage_drift
from drifts.actions.ingest import Submission, ingest_scan
from drifts.models import Drift
from tests.drifts.ingest.plans import changed, no_op, plan
from tests.drifts.scans import (
    REASON,
    WEB,
    alerts,
    clean,
    drifted,
    facts,
    head,
    ingest,
    instance,
    kinds_after,
    only_drift,
    open_group,
)

STATE = {"values": {"root_module": {"resources": [{"address": WEB, "mode": "managed"}]}}}


def test_a_clean_complete_plan_reconciles(world: Any) -> None:
    ingest(world, drifted(instance()))
    before = head(world)
    scan = ingest(world, clean(WEB)).scan
    drift = only_drift()
    assert (drift.status, drift.resolved_how) == ("resolved", "reconciled")
    assert drift.resolved_at == scan.finished_at
    assert (scan.drifts_resolved, scan.drifts_new) == (1, 0)
    assert kinds_after(world, before) == ["scan.started", "drift.resolved", "scan.completed"]
    (resolved,) = facts(world, "drift.resolved")
    assert (resolved.data["status"], resolved.data["resolvedHow"]) == ("resolved", "reconciled")


def test_a_resource_that_left_the_code_is_reconciled_too(world: Any) -> None:
    ingest(world, drifted(instance()))
    assert ingest(world, clean("aws_vpc.main")).scan.drifts_resolved == 1


@pytest.mark.parametrize("decided", [triage_drift, approve_drift])
def test_a_drift_that_people_worked_on_is_reconciled_and_keeps_their_words(world: Any, decided: Any) -> None:
    ingest(world, drifted(instance()))
    more = {"reason": REASON} if decided is approve_drift else {}
    decided(world.account.pk, only_drift().pk, **more, by=world.actor(world.engineer))
    ingest(world, clean(WEB))
    drift = only_drift()
    assert (drift.status, drift.resolved_how) == ("resolved", "reconciled")
    assert drift.approval_reason == more.get("reason", "")


@pytest.mark.parametrize(
    "body",
    [
        plan([], [no_op(WEB)], complete=False),
        plan([], [no_op(WEB)], errored=True),
        plan([], prior_state=STATE, configuration={"root_module": {}}),
        plan([], [no_op("aws_vpc.main")], prior_state=STATE),
        plan([], [changed(WEB)]),
        plan(None, [no_op(WEB)], terraform_version="0.15.3"),
    ],
    ids=["partial", "errored", "refresh only", "targeted", "still pending", "too old to report drift"],
)
def test_a_plan_that_cannot_know_closes_nothing(world: Any, body: bytes) -> None:
    ingest(world, drifted(instance()))
    scan = ingest(world, body).scan
    drift = only_drift()
    assert (drift.status, drift.occurrences, scan.drifts_resolved) == ("detected", 1, 0)


def test_the_sender_may_say_that_a_scan_is_partial(world: Any) -> None:
    ingest(world, drifted(instance()))
    scan = ingest(world, clean(WEB), complete=False).scan
    assert (scan.is_complete, scan.drifts_resolved) == (False, 0)
    assert scan.incomplete_reason
    assert only_drift().status == "detected"


def test_an_incomplete_scan_still_opens_and_changes(world: Any) -> None:
    ingest(world, drifted(instance()))
    scan = ingest(world, drifted(instance(size="m5.large"), open_group()), complete=False).scan
    assert (scan.drifts_new, scan.drifts_changed, scan.drifts_resolved) == (1, 1, 0)


def test_drifts_of_other_stacks_and_accounts_are_left_alone(world: Any) -> None:
    ingest(world, drifted(instance()))
    ingest(world, drifted(instance()), stack="another")
    theirs = Submission(stack="payments-prod")
    ingest_scan(world.other_account.pk, drifted(instance()), theirs, by=world.actor(world.outsider))
    assert len({bytes(drift.fingerprint) for drift in Drift.objects.all()}) == 3
    ingest(world, clean(WEB))
    closed = Drift.objects.get(status="resolved")
    assert (closed.account, closed.stack.name) == (world.account, "payments-prod")


def test_a_drift_that_returns_is_a_new_one_that_knows_the_one_before(world: Any) -> None:
    ingest(world, drifted(instance()))
    first = only_drift()
    ingest(world, clean(WEB))
    scan = ingest(world, drifted(instance(), clean=("aws_vpc.main",))).scan
    back = only_drift(status="detected")
    assert (back.previous_id, back.occurrences, scan.drifts_new) == (first.pk, 1, 1)
    (_, created) = facts(world, "drift.created")
    assert created.data["previousDriftId"] == str(first.pk)


def test_it_knows_the_latest_one_before(world: Any) -> None:
    for number in range(3):
        ingest(world, drifted(instance(), clean=(f"aws_vpc.v{number}",)))
        if number < 2:
            ingest(world, clean(WEB, f"aws_vpc.v{number}"))
    third, second, first = Drift.objects.order_by("-id")
    assert (third.previous_id, second.previous_id, first.previous_id) == (second.pk, first.pk, None)


def test_a_grave_drift_that_returns_raises_an_alert(world: Any) -> None:
    ingest(world, drifted(open_group()))
    ingest(world, clean("aws_security_group.door"))
    ingest(world, drifted(open_group(), clean=("aws_vpc.main",)))
    assert [alert.type for alert in alerts()] == [Alert.Types.DRIFT_DETECTED, Alert.Types.DRIFT_RECURRED]


def test_what_is_resolved_stays_as_it_was(world: Any) -> None:
    ingest(world, drifted(instance()))
    ingest(world, clean(WEB))
    before = Drift.objects.values().get()
    ingest(world, clean(WEB, "aws_vpc.main"))
    assert Drift.objects.values().get() == before
