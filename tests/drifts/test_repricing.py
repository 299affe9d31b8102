"""When prices change, the next scan gives the drifts that it shows again the cost they now have."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from costs.actions import store_prices
from costs.current_prices import forget_prices
from costs.models import CostMetric
from costs.price_list import Figure, ListPrices
from costs.trend import cost_trend
from drifts.actions.decide import approve_drift
from drifts.models import Drift
from driftsentry.realtime.events import Entry, render
from tests.drifts.reported import report
from tests.drifts.scans import REASON, drifted, facts, head, ingest, instance, kinds_after, only_drift
from tests.drifts.scans import spelt_otherwise as again

D = Decimal


@pytest.fixture(autouse=True)
def only_the_packages_prices() -> Iterator[None]:
    forget_prices()
    yield
    forget_prices()


def publish(amount: str, *, kind: str = "t3.large") -> None:
    """A newer list has another price of an instance type."""
    prices = ListPrices()
    prices.add([Figure("ec2", "hour", kind, D(amount))])
    store_prices("AmazonEC2", "us-east-1", prices, source="a newer list", on=date(2026, 6, 1))
    forget_prices()


def test_a_drift_that_is_seen_again_has_the_newer_price(world: Any) -> None:
    ingest(world, drifted(instance()))
    # 730 x (0.0832 - 0.0104)
    assert only_drift().cost_impact_monthly == D("53.14")
    publish("0.1832")
    assert only_drift().cost_impact_monthly == D("53.14")
    before = head(world)
    scan = ingest(world, again(drifted(instance()))).scan
    drift = only_drift()
    assert (drift.cost_impact_monthly, drift.cost_basis) == (D("126.14"), "priced")  # 730 x (0.1832 - 0.0104)
    sources = {line["component"]: line["source"] for line in drift.cost_breakdown["lines"]}
    assert sources["EC2 t3.large"] == "a newer list"
    assert (scan.drifts_changed, scan.drifts_recurring) == (0, 1)
    assert kinds_after(world, before) == ["scan.started", "drift.repriced", "scan.completed"]
    assert CostMetric.objects.count() == 2
    assert cost_trend(world.account.pk, days=1).summary.projected_monthly_cost == D("126.14")


def test_a_scan_after_that_changes_nothing(world: Any) -> None:
    ingest(world, drifted(instance()))
    publish("0.1832")
    ingest(world, again(drifted(instance())))
    before = head(world)
    ingest(world, drifted(instance(), clean=("aws_vpc.one",)))
    assert kinds_after(world, before) == ["scan.started", "scan.completed"]


def test_a_drift_that_had_no_price_has_one_once_a_list_has_it(world: Any) -> None:
    ingest(world, drifted(instance(size="z9.huge")))
    assert only_drift().cost_impact_monthly is None
    publish("1.0104", kind="z9.huge")
    ingest(world, again(drifted(instance(size="z9.huge"))))
    assert only_drift().cost_impact_monthly == D("730.00")
    (told,) = facts(world, "drift.repriced")
    assert (told.data["costImpactMonthly"], told.data["previousCostImpactMonthly"]) == ("730.00", None)


def test_a_known_cost_does_not_give_way_to_an_unknown_one(world: Any) -> None:
    publish("1.0104", kind="z9.huge")
    ingest(world, drifted(instance(size="z9.huge")))
    publish("2", kind="another.one")
    ingest(world, again(drifted(instance(size="z9.huge"))))
    assert only_drift().cost_impact_monthly == D("730.00")


def test_a_decision_stands_when_its_drift_is_priced_anew(world: Any) -> None:
    ingest(world, drifted(instance()))
    approve_drift(world.account.pk, only_drift().pk, reason=REASON, by=world.actor(world.engineer))
    publish("0.1832")
    ingest(world, again(drifted(instance())))
    drift = only_drift()
    assert (drift.status, drift.cost_impact_monthly) == ("approved", D("126.14"))


def test_a_cost_that_its_sender_reported_stays(world: Any) -> None:
    ingest(world, drifted(instance()))
    Drift.objects.update(cost_basis="reported", cost_impact_monthly=D("5.00"))
    publish("0.1832")
    ingest(world, again(drifted(instance())))
    assert only_drift().cost_impact_monthly == D("5.00")


def test_another_tenants_drifts_are_left_alone(world: Any) -> None:
    theirs = report(world.outsider, region="us-east-1", actual_state={"instance_type": "t3.large"})
    ingest(world, drifted(instance()))
    before = Drift.objects.get(pk=theirs.pk).cost_impact_monthly
    publish("0.1832")
    ingest(world, again(drifted(instance())))
    assert Drift.objects.get(pk=theirs.pk).cost_impact_monthly == before


def test_it_goes_out_as_an_update(world: Any) -> None:
    ingest(world, drifted(instance()))
    publish("0.1832")
    ingest(world, again(drifted(instance())))
    (told,) = facts(world, "drift.repriced")
    event = render(Entry(seq=told.seq, kind=told.kind, at=told.at, data=told.data))
    assert event is not None
    text = event.text(prev=told.seq - 1)
    assert '"event":"drift:updated"' in text
    assert '"costImpactMonthly":126.14' in text
