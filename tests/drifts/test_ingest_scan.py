"""A first scan: what it opens, records, counts and tells."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from alerts.models import Alert
from costs.models import CostMetric
from drifts.models import Drift, Scan, Stack
from driftsentry.api.errors import Conflict, Invalid
from tests.drifts.ingest.plans import changed, entry
from tests.drifts.scans import (
    STACK,
    WEB,
    alerts,
    drifted,
    facts,
    head,
    ingest,
    instance,
    kinds_after,
    only_drift,
    open_group,
)


def test_it_opens_one_drift_with_what_is_known_of_the_resource(world: Any) -> None:
    found = ingest(world, drifted(instance(), clean=("aws_vpc.main",)), environment="production")
    drift = only_drift()
    assert (drift.account, drift.stack.name, drift.stack.environment) == (world.account, STACK, "production")
    assert (drift.address, drift.identity, drift.resource_id) == (WEB, WEB, f"i-{WEB}")
    assert (drift.resource_type, drift.provider_type, drift.kind) == ("EC2", "aws_instance", "modified")
    assert (drift.region, drift.status, drift.occurrences, drift.scan) == ("us-east-1", "detected", 1, found.scan)
    assert drift.difference == {"instance_type": {"expected": "t3.micro", "actual": "t3.large"}}
    assert drift.expected_state["instance_type"] == "t3.micro"
    assert drift.severity_reason
    assert (drift.previous_id, drift.resolved_at, drift.resolved_how) == (None, None, "")
    assert drift.detected_at == drift.last_seen_at


def test_the_scan_counts_what_it_did(world: Any) -> None:
    scan = ingest(world, drifted(instance(), open_group(), clean=("aws_vpc.main",))).scan
    scan = Scan.objects.get(pk=scan.pk)
    assert (scan.status, scan.format, scan.tool_version) == ("succeeded", "terraform-plan", "1.9.5")
    assert (scan.drifts_new, scan.drifts_recurring, scan.drifts_changed, scan.drifts_resolved) == (2, 0, 0, 0)
    assert (scan.resources_checked, scan.is_complete, scan.error) == (3, True, "")
    assert (scan.submitted_by, scan.detected_by) == (world.engineer, "api")
    assert scan.started_at
    assert scan.finished_at
    assert scan.started_at <= scan.finished_at


def test_an_unknown_stack_is_made_and_named_after_its_tool(world: Any) -> None:
    ingest(world, drifted(instance()), stack="  a new one ")
    assert [(stack.name, stack.tool) for stack in Stack.objects.all()] == [("a new one", "terraform")]


def test_the_journal_tells_it_in_order_and_who_did_it(world: Any) -> None:
    before = head(world)
    scan = ingest(world, drifted(open_group())).scan
    assert kinds_after(world, before) == [
        "stack.created",
        "scan.started",
        "drift.created",
        "alert.created",
        "scan.completed",
    ]
    assert {fact.actor_id for fact in facts(world) if fact.seq > before} == {world.engineer.pk}
    (completed,) = facts(world, "scan.completed")
    assert completed.data["id"] == str(scan.pk)
    assert completed.data["stack"] == STACK
    assert completed.data["counts"] == scan.counts


def test_a_created_fact_holds_what_the_contract_lists_and_no_state(world: Any) -> None:
    ingest(world, drifted(instance()))
    (created,) = facts(world, "drift.created")
    drift = only_drift()
    listed = (
        "id",
        "resourceId",
        "resourceType",
        "region",
        "stack",
        "severity",
        "costImpactMonthly",
        "detectedAt",
        "status",
    )
    assert set(listed) <= set(created.data)
    assert created.data["id"] == str(drift.pk)
    assert created.drift_id == drift.pk
    assert Decimal(created.data["costImpactMonthly"]) == drift.cost_impact_monthly
    assert not {"expectedState", "actualState", "difference"} & set(created.data)


def test_what_it_costs_enters_the_ledger(world: Any) -> None:
    ingest(world, drifted(instance(), instance("aws_instance.api", size="m5.large")))
    costs = [drift.cost_impact_monthly for drift in Drift.objects.all()]
    assert all(cost and cost > 0 for cost in costs)
    assert CostMetric.objects.aggregate(sum=Sum("impact_delta"))["sum"] == sum(cost for cost in costs if cost)
    assert {drift.cost_basis for drift in Drift.objects.all()} == {"priced"}


def test_what_has_no_price_enters_no_ledger(world: Any) -> None:
    ingest(world, drifted(changed("aws_sqs_queue.jobs")))
    drift = only_drift()
    assert (drift.cost_impact_monthly, drift.cost_basis) == (None, "unpriced")
    assert not CostMetric.objects.exists()


def test_a_critical_drift_raises_an_alert_and_a_lesser_one_does_not(world: Any) -> None:
    ingest(world, drifted(open_group(), instance()))
    critical = only_drift(severity="critical")
    (alert,) = alerts()
    assert (alert.type, alert.severity, alert.drift, alert.account) == (
        Alert.Types.DRIFT_DETECTED,
        "critical",
        critical,
        world.account,
    )
    assert critical.resource_id in alert.title
    assert alert.message == critical.severity_reason


def test_a_deleted_resource_is_a_drift_with_nothing_actual(world: Any) -> None:
    before = {"id": "i-1", "instance_type": "t3.micro", "availability_zone": "us-east-1a"}
    ingest(world, drifted(entry(WEB, actions=("delete",), before=before, after=None)))
    drift = only_drift()
    assert (drift.kind, drift.actual_state) == ("deleted", {})
    assert drift.cost_impact_monthly is not None
    assert drift.cost_impact_monthly < 0


def test_noise_opens_nothing_and_is_counted(world: Any) -> None:
    before = {"id": "i-1", "tags": None}
    scan = ingest(world, drifted(entry(WEB, before=before, after={**before, "tags": {}}))).scan
    assert (scan.drifts_new, scan.drifts_ignored) == (0, 1)
    assert not Drift.objects.exists()


def test_a_scan_without_a_finding_leaves_a_scan_and_no_drift(world: Any) -> None:
    scan = ingest(world, drifted(clean=(WEB,))).scan
    assert (scan.status, scan.resources_checked) == ("succeeded", 1)
    assert not Drift.objects.exists()


def test_it_may_have_been_made_earlier(world: Any) -> None:
    then = timezone.now() - timedelta(days=3)
    ingest(world, drifted(instance()), observed_at=then, detected_by="scheduler")
    drift = only_drift()
    assert (drift.detected_at, drift.last_seen_at, drift.detected_by) == (then, then, "scheduler")
    assert CostMetric.objects.get().at == then


def test_a_disabled_stack_takes_no_scan(world: Any) -> None:
    ingest(world, drifted(clean=(WEB,)))
    Stack.objects.update(is_enabled=False)
    before = head(world)
    with pytest.raises(Conflict, match="disabled"):
        ingest(world, drifted(instance()))
    assert (Scan.objects.count(), Drift.objects.count(), head(world)) == (1, 0, before)


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\nb", "a\x00b"])
def test_a_stack_needs_a_usable_name(world: Any, name: str) -> None:
    before = head(world)
    with pytest.raises(Invalid):
        ingest(world, drifted(instance()), stack=name)
    assert not Stack.objects.exists()
    assert head(world) == before


def test_the_environment_fills_in_what_the_stack_does_not_know_and_no_more(world: Any) -> None:
    ingest(world, drifted(instance()))
    ingest(world, drifted(instance(size="m5.large")), environment="staging")
    ingest(world, drifted(instance(size="m5.xlarge")), environment="production")
    assert Stack.objects.get().environment == "staging"
    (change,) = facts(world, "stack.changed")
    assert change.data["changes"] == {"environment": ["", "staging"]}
