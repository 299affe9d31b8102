"""What ignore rules do to scans: what is hidden is counted, listed, never called clean, and comes back."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from alerts.models import Alert
from drifts.actions.decide import approve_drift, reject_drift
from drifts.actions.ignore_rules import change_ignore_rule, create_ignore_rule, delete_ignore_rule
from drifts.actions.noise_rules import switch_noise_rule
from drifts.models import Drift, HiddenFinding, IgnoreRule
from tests.drifts.assessed_scans import differing, differing_somehow, not_read, scan_that_says
from tests.drifts.ingest.plans import entry
from tests.drifts.scans import REASON, alerts, drifted, facts, ingest, instance, only_drift, open_group

WHY = "The scaler changes it."


def rule(world: Any, **values: Any) -> IgnoreRule:
    return create_ignore_rule(world.account.pk, values={"reason": WHY, **values}, by=world.actor(world.engineer))


def anew(*entries: Any, number: int = 1) -> bytes:
    """The same drift in a later scan."""
    return drifted(*entries, clean=(f"aws_vpc.v{number}",))


def gone(address: str = "aws_instance.gone") -> dict[str, Any]:
    return entry(address, actions=("delete",), before={"id": "i-9"}, after=None)


def test_a_hidden_finding_makes_no_drift_and_is_counted_and_kept(world: Any) -> None:
    hiding = rule(world, name="sizes", types=["aws_instance"])
    scan = ingest(world, drifted(instance(), open_group())).scan
    assert only_drift().provider_type == "aws_security_group"
    assert (scan.hidden_by_rules, scan.drifts_ignored, scan.drifts_new) == (1, 1, 1)
    hiding.refresh_from_db()
    assert (hiding.hidden_total, hiding.last_hit_at is not None) == (1, True)
    row = HiddenFinding.objects.get()
    assert (row.rule_id, row.scan_id, row.address) == (hiding.pk, scan.pk, "aws_instance.web")
    assert (row.paths, row.is_whole, row.severity) == (["instance_type"], True, "medium")
    ingest(world, anew(instance(), open_group()))
    hiding.refresh_from_db()
    assert (hiding.hidden_total, HiddenFinding.objects.count()) == (2, 1)


def test_a_rule_over_attributes_hides_only_these(world: Any) -> None:
    rule(world, attributes=["instance_type"])
    before = {"id": "i-1", "instance_type": "a", "tenancy": "default"}
    after = {**before, "instance_type": "b", "tenancy": "dedicated"}
    scan = ingest(world, drifted(entry("aws_instance.web", before=before, after=after))).scan
    assert list(only_drift().difference) == ["tenancy"]
    assert (scan.hidden_by_rules, scan.drifts_ignored) == (1, 0)
    assert HiddenFinding.objects.get().is_whole is False


def test_a_rule_for_everything_hides_neither_a_deletion_nor_what_guards(world: Any) -> None:
    rule(world)
    ingest(world, drifted(instance(), open_group(), gone()))
    assert sorted(Drift.objects.values_list("kind", "provider_type")) == [
        ("deleted", "aws_instance"),
        ("modified", "aws_security_group"),
    ]


def test_a_deletion_is_hidden_by_a_rule_that_names_it(world: Any) -> None:
    rule(world, kinds=["deleted"])
    ingest(world, drifted(instance(), gone()))
    assert only_drift().kind == "modified"


def test_a_rule_is_for_its_stacks(world: Any) -> None:
    rule(world, stack="other-*")
    ingest(world, drifted(instance()))
    ingest(world, drifted(instance()), stack="other-one")
    assert only_drift().stack.name == "payments-prod"


def test_another_tenants_rule_hides_nothing(world: Any) -> None:
    create_ignore_rule(world.other_account.pk, values={"reason": WHY}, by=world.actor(world.outsider))
    ingest(world, drifted(instance()))
    assert only_drift()


def test_an_open_drift_that_is_hidden_ends_as_acknowledged_in_the_rules_name(world: Any) -> None:
    ingest(world, drifted(instance()))
    rule(world, name="sizes", types=["aws_instance"])
    ingest(world, anew(instance()))
    drift = only_drift()
    assert (drift.status, drift.resolved_how) == ("resolved", "acknowledged")
    told = facts(world, "drift.resolved")
    assert (told[0].personal or {})["text"] == f"The ignore rule sizes hides it: {WHY}"


def test_a_rejected_one_ends_and_an_approved_one_waits_for_a_clean_scan(world: Any) -> None:
    ingest(world, drifted(instance("aws_instance.a"), instance("aws_instance.b")))
    by = world.actor(world.engineer)
    approved, rejected = Drift.objects.order_by("address")
    approve_drift(world.account.pk, approved.pk, reason=REASON, by=by)
    reject_drift(world.account.pk, rejected.pk, reason=REASON, by=by)
    rule(world)
    ingest(world, anew(instance("aws_instance.a"), instance("aws_instance.b")))
    assert [one.status for one in Drift.objects.order_by("address")] == ["approved", "resolved"]
    ingest(world, drifted(clean=("aws_instance.a", "aws_instance.b")))
    assert Drift.objects.get(pk=approved.pk).resolved_how == "reconciled"


def expire(world: Any, one: IgnoreRule) -> str:
    IgnoreRule.objects.filter(pk=one.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    return "until that expired on"


def switch_off(world: Any, one: IgnoreRule) -> str:
    change_ignore_rule(world.account.pk, one.pk, values={"is_enabled": False}, by=world.actor(world.engineer))
    return "until that was switched off"


def take_away(world: Any, one: IgnoreRule) -> str:
    delete_ignore_rule(world.account.pk, one.pk, by=world.actor(world.engineer))
    return "until that was taken away on"


def narrow(world: Any, one: IgnoreRule) -> str:
    values = {"types": ["aws_eip"]}
    change_ignore_rule(world.account.pk, one.pk, values=values, by=world.actor(world.engineer))
    return "which no longer covers it"


@pytest.mark.parametrize("end", [expire, switch_off, take_away, narrow])
def test_what_a_rule_hid_comes_back_and_says_so(world: Any, end: Any) -> None:
    ingest(world, drifted(instance()))
    first = only_drift()
    hiding = rule(world, name="sizes")
    ingest(world, anew(instance()))
    words = end(world, hiding)
    ingest(world, anew(instance(), number=2))
    back = only_drift(status="detected")
    assert back.previous_id == first.pk
    told = [one for one in alerts() if one.drift_id == back.pk]
    assert [(one.type, one.title) for one in told] == [
        (Alert.Types.DRIFT_RECURRED, f"Back for review: {back.resource_id} in payments-prod")
    ]
    assert f"It was hidden by the ignore rule sizes {words}" in told[0].message
    assert not back.is_flapping
    ingest(world, anew(instance(), number=3))
    assert len([one for one in alerts() if one.drift_id == back.pk]) == 1


def test_many_that_come_back_at_once_are_told_of_in_one_alert_more(world: Any) -> None:
    many = [instance(f"aws_instance.n{number}") for number in range(23)]
    hiding = rule(world, name="sizes")
    ingest(world, drifted(*many))
    expire(world, hiding)
    scan = ingest(world, anew(*many)).scan
    assert scan.drifts_new == 23
    told = alerts()
    assert len(told) == 21
    assert [one.title for one in told if one.scan_id] == ["Back for review: 3 more in payments-prod"]


def test_a_noise_rule_that_is_switched_off_lets_the_difference_show(world: Any) -> None:
    stamped = entry("aws_lambda_function.f", before={"id": "f", "etag": "a"}, after={"id": "f", "etag": "b"})
    assert ingest(world, drifted(stamped)).scan.drifts_ignored == 1
    by = world.actor(world.engineer)
    switch_noise_rule(world.account.pk, "any.etag", is_enabled=False, reason="We watch it.", by=by)
    ingest(world, anew(stamped))
    assert list(only_drift().difference) == ["etag"]
    switch_noise_rule(world.account.pk, "any.etag", is_enabled=True, by=by)
    switch_noise_rule(world.account.pk, "any.etag", is_enabled=True, by=by)
    assert [one.data["isEnabled"] for one in facts(world, "noise_rule.switched")] == [False, True]
    assert ingest(world, anew(stamped, number=2)).scan.drifts_ignored == 1


def test_a_source_that_tells_no_values_brings_nothing_back_that_a_rule_hides(world: Any) -> None:
    rule(world, name="sizes", types=["aws_instance"])
    scan_that_says(world, differing(instance_type="t3.large"))
    before = HiddenFinding.objects.get()
    scan = scan_that_says(world, differing_somehow())
    assert (Drift.objects.count(), alerts()) == (0, [])
    assert (scan.hidden_by_rules, scan.drifts_ignored, scan.drifts_new) == (1, 1, 0)
    after = HiddenFinding.objects.get()
    assert (after.scan_id, after.hidden_at, after.paths) == (scan.pk, before.hidden_at, ["instance_type"])


def test_it_does_where_no_scan_has_told_how_the_resource_differs(world: Any) -> None:
    rule(world, types=["aws_instance"])
    scan_that_says(world, differing_somehow())
    assert only_drift().fidelity == "low"


def test_it_does_where_what_was_told_is_old(world: Any) -> None:
    rule(world, types=["aws_instance"])
    scan_that_says(world, differing(instance_type="t3.large"), at=timezone.now() - timedelta(days=8))
    scan_that_says(world, differing_somehow())
    assert only_drift().fidelity == "low"


@pytest.mark.parametrize("end", [expire, switch_off, take_away, narrow])
def test_it_does_where_the_rule_no_longer_counts(world: Any, end: Any) -> None:
    hiding = rule(world, types=["aws_instance"])
    scan_that_says(world, differing(instance_type="t3.large"))
    end(world, hiding)
    scan_that_says(world, differing_somehow())
    assert only_drift().fidelity == "low"


def test_it_does_where_a_part_was_to_be_seen(world: Any) -> None:
    rule(world, attributes=["instance_type"])
    scan_that_says(world, differing(instance_type="t3.large", monitoring=False))
    drift = only_drift()
    scan = scan_that_says(world, differing_somehow())
    assert (only_drift().pk, scan.drifts_recurring) == (drift.pk, 1)


def test_what_was_clean_meanwhile_does_not_come_back_for_review(world: Any) -> None:
    hiding = rule(world, types=["aws_instance"])
    scan_that_says(world, differing(instance_type="t3.large"))
    scan_that_says(world, not_assessed=(not_read("aws_instance.web"),))
    assert HiddenFinding.objects.count() == 1
    scan_that_says(world)
    assert HiddenFinding.objects.count() == 0
    expire(world, hiding)
    scan_that_says(world, differing(instance_type="t3.large"))
    assert (only_drift().status, alerts()) == ("detected", [])


def test_a_lapsed_decision_is_told_of_as_such_even_where_a_rule_hid_the_drift(world: Any) -> None:
    scan_that_says(world, differing(instance_type="t3.large"))
    approve_drift(world.account.pk, only_drift().pk, reason=REASON, by=world.actor(world.engineer))
    hiding = rule(world, types=["aws_instance"])
    scan_that_says(world, differing(instance_type="t3.large"))
    expire(world, hiding)
    scan_that_says(world, differing(instance_type="m5.large"))
    assert [one.type for one in alerts()] == [Alert.Types.APPROVAL_NEEDED]
