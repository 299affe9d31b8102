"""When the severity rules change, the next scan gives the drifts that it shows again the severity they now have."""

from typing import Any

from drifts.actions.decide import approve_drift
from drifts.actions.severity_rules import create_severity_rule, delete_severity_rule
from drifts.models import Drift
from driftsentry.realtime.events import Entry, render
from tests.drifts.reported import report
from tests.drifts.scans import REASON, alerts, drifted, facts, head, ingest, instance, kinds_after, only_drift
from tests.drifts.scans import spelt_otherwise as again

RULE = {"name": "Sizes", "severity": "critical", "because": "Sizes are agreed upon.", "attributes": ["instance_type"]}


def write(world: Any, **more: Any) -> Any:
    return create_severity_rule(world.account.pk, values={**RULE, **more}, by=world.actor(world.owner))


def test_a_drift_that_is_seen_again_is_judged_by_the_new_rule_and_told_of(world: Any) -> None:
    ingest(world, drifted(instance()))
    first = only_drift()
    write(world)
    assert only_drift().severity == "medium"
    before = head(world)
    scan = ingest(world, again(drifted(instance()))).scan
    drift = only_drift()
    assert (drift.pk, drift.severity, drift.severity_reason) == (first.pk, "critical", "Sizes are agreed upon.")
    assert (drift.occurrences, scan.drifts_changed, scan.drifts_recurring) == (2, 0, 1)
    assert kinds_after(world, before) == ["scan.started", "drift.rejudged", "alert.created", "scan.completed"]
    (told,) = facts(world, "drift.rejudged")
    assert (told.data["severity"], told.data["previousSeverity"]) == ("critical", "medium")
    assert [alert.title for alert in alerts()] == [f"Critical drift: {drift.resource_id} in {drift.stack.name}"]


def test_without_the_rule_it_is_judged_as_before_and_a_third_scan_changes_nothing(world: Any) -> None:
    rule = write(world)
    ingest(world, drifted(instance()))
    delete_severity_rule(world.account.pk, rule.pk, by=world.actor(world.owner))
    ingest(world, again(drifted(instance())))
    assert only_drift().severity == "medium"
    before = head(world)
    ingest(world, drifted(instance(), clean=("aws_vpc.one",)))
    assert kinds_after(world, before) == ["scan.started", "scan.completed"]


def test_a_decision_stands_when_its_drift_is_judged_anew(world: Any) -> None:
    ingest(world, drifted(instance()))
    approve_drift(world.account.pk, only_drift().pk, reason=REASON, by=world.actor(world.engineer))
    write(world)
    ingest(world, again(drifted(instance())))
    drift = only_drift()
    assert (drift.status, drift.severity, drift.approval_reason) == ("approved", "critical", REASON)


def test_a_severity_that_its_sender_reported_stays(world: Any) -> None:
    ingest(world, drifted(instance()))
    Drift.objects.update(severity="low", severity_reason="Reported as low by the sender.")
    write(world)
    ingest(world, again(drifted(instance())))
    assert only_drift().severity == "low"
    assert report(world.owner, severity="high").severity == "high"


def test_clients_of_the_stream_learn_of_it_as_of_any_other_change(world: Any) -> None:
    ingest(world, drifted(instance()))
    write(world)
    ingest(world, again(drifted(instance())))
    (told,) = facts(world, "drift.rejudged")
    event = render(Entry(seq=told.seq, at=told.at, kind=told.kind, data=told.data))
    assert event
    assert event.text(0).startswith('{"event":"drift:updated"')
    assert event.facets["severity"] == {"critical", "medium"}
