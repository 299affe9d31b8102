"""A second scan of a stack: the same bytes, the same content, another difference."""

from typing import Any

import pytest

from alerts.models import Alert
from drifts.actions.decide import approve_drift, reject_drift, triage_drift
from drifts.models import Drift, Scan
from tests.drifts.ingest.plans import entry
from tests.drifts.scans import (
    REASON,
    SSH,
    TLS,
    alerts,
    drifted,
    facts,
    head,
    ingest,
    instance,
    kinds_after,
    only_drift,
    open_group,
    spelt_otherwise,
)

DOOR = "aws_security_group.door"


def test_the_same_bytes_are_the_same_scan(world: Any) -> None:
    first = ingest(world, drifted(open_group()))
    before = (head(world), only_drift().updated_at, only_drift().occurrences)
    again = ingest(world, drifted(open_group()))
    assert (first.created, again.created) == (True, False)
    assert again.scan.pk == first.scan.pk
    assert (again.scan.status, again.scan.drifts_new) == ("succeeded", 1)
    assert before == (head(world), only_drift().updated_at, only_drift().occurrences)
    assert Scan.objects.count() == 1
    assert len(alerts()) == 1


def test_the_same_bytes_of_another_stack_or_account_are_another_scan(world: Any) -> None:
    body = drifted(instance())
    ingest(world, body)
    assert ingest(world, body, stack="another").created
    assert Drift.objects.count() == 2


def test_the_same_bytes_read_otherwise_are_another_scan(world: Any) -> None:
    body = drifted(instance())
    ingest(world, body)
    again = ingest(world, body, complete=False)
    assert again.created
    assert (again.scan.drifts_recurring, again.scan.is_complete) == (1, False)


def test_the_same_content_in_other_bytes_is_seen_again(world: Any) -> None:
    ingest(world, drifted(open_group()))
    first, before = only_drift(), head(world)
    scan = ingest(world, spelt_otherwise(drifted(open_group()))).scan
    again = only_drift()
    assert (scan.drifts_new, scan.drifts_recurring, scan.drifts_changed) == (0, 1, 0)
    assert (again.pk, again.occurrences, again.detected_at) == (first.pk, 2, first.detected_at)
    assert again.last_seen_at > first.last_seen_at
    assert kinds_after(world, before) == ["scan.started", "scan.completed"]
    assert len(alerts()) == 1


@pytest.mark.parametrize("triaged", [False, True])
def test_another_difference_updates_an_undecided_drift(world: Any, triaged: bool) -> None:
    ingest(world, drifted(instance()))
    first = only_drift()
    if triaged:
        triage_drift(world.account.pk, first.pk, by=world.actor(world.engineer))
    scan = ingest(world, drifted(instance(size="m5.4xlarge"))).scan
    again = only_drift()
    assert (scan.drifts_new, scan.drifts_changed, scan.drifts_recurring) == (0, 1, 0)
    assert (again.pk, again.occurrences, again.status) == (first.pk, 2, "triaged" if triaged else "detected")
    assert again.difference["instance_type"]["actual"] == "m5.4xlarge"
    assert again.actual_state["instance_type"] == "m5.4xlarge"
    assert bytes(again.difference_digest) != bytes(first.difference_digest)
    assert again.cost_impact_monthly
    assert first.cost_impact_monthly
    assert again.cost_impact_monthly > first.cost_impact_monthly
    (updated,) = facts(world, "drift.updated")
    assert (updated.data["id"], updated.data["severity"]) == (str(first.pk), again.severity)
    assert updated.data["changedPaths"] == ["instance_type"]


@pytest.mark.parametrize("decide", [approve_drift, reject_drift])
def test_another_difference_supersedes_a_decided_drift(world: Any, decide: Any) -> None:
    ingest(world, drifted(instance()))
    first = only_drift()
    decide(world.account.pk, first.pk, reason=REASON, by=world.actor(world.engineer))
    decided = {"approved": "approval", "rejected": "rejection"}[only_drift().status]
    before = head(world)
    scan = ingest(world, drifted(instance(size="m5.4xlarge"))).scan
    first.refresh_from_db()
    assert (first.status, first.resolved_how) == ("resolved", "superseded")
    assert first.difference["instance_type"]["actual"] == "t3.large"
    new = only_drift(status="detected")
    assert (new.previous_id, new.fingerprint, new.occurrences) == (first.pk, first.fingerprint, 1)
    assert (scan.drifts_new, scan.drifts_changed, scan.drifts_resolved) == (1, 0, 0)
    assert kinds_after(world, before) == [
        "scan.started",
        "drift.resolved",
        "drift.created",
        "drift.decision_lapsed",
        "alert.created",
        "scan.completed",
    ]
    (alert,) = alerts()
    assert (alert.type, alert.drift_id) == (Alert.Types.APPROVAL_NEEDED, new.pk)
    assert decided in alert.message


@pytest.mark.parametrize("decide", [approve_drift, reject_drift])
def test_a_decision_survives_the_same_difference(world: Any, decide: Any) -> None:
    ingest(world, drifted(instance()))
    decide(world.account.pk, only_drift().pk, reason=REASON, by=world.actor(world.engineer))
    decided = only_drift()
    ingest(world, spelt_otherwise(drifted(instance())))
    again = only_drift()
    assert (again.pk, again.status, again.occurrences) == (decided.pk, decided.status, 2)
    assert (again.approved_by_id, again.rejected_by_id) == (decided.approved_by_id, decided.rejected_by_id)


def test_a_changed_secret_is_another_difference_although_it_reads_alike(world: Any) -> None:
    def rotated(to: str) -> bytes:
        before = {"id": "db-1", "password": "first"}
        entry = instance("aws_db_instance.ledger", before=before, after={**before, "password": to})
        entry["change"]["after_sensitive"] = entry["change"]["before_sensitive"] = {"password": True}
        return drifted(entry)

    ingest(world, rotated("second"))
    assert ingest(world, spelt_otherwise(rotated("second"))).scan.drifts_recurring == 1
    assert ingest(world, rotated("third")).scan.drifts_changed == 1
    assert only_drift().difference == {"password": {"expected": "(sensitive)", "actual": "(sensitive)"}}


def test_a_drift_that_becomes_critical_is_told_once(world: Any) -> None:
    group = {"id": "sg-1", "ingress": [TLS], "tags": {}}
    tagged = {**group, "tags": {"owner": "nobody"}}
    ingest(world, drifted(entry(DOOR, before=group, after=tagged)))
    assert (only_drift().severity, alerts()) == ("low", [])
    ingest(world, drifted(entry(DOOR, before=group, after={**tagged, "ingress": [TLS, SSH]})))
    ingest(world, drifted(entry(DOOR, before=group, after={**tagged, "name": "x", "ingress": [TLS, SSH]})))
    assert only_drift().severity == "critical"
    assert [(one.type, one.drift_id) for one in alerts()] == [("drift_detected", only_drift().pk)]
