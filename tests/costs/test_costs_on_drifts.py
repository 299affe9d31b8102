"""What the API tells of a drift's cost: the figure, whether it is a least, and all that it rests on."""

from decimal import Decimal
from typing import Any

import pytest

from drifts.findings import Kind
from drifts.models import Drift
from tests.drifts.assessed_scans import differing_somehow, scan_that_says
from tests.drifts.ingest.plans import entry
from tests.drifts.reported import report
from tests.drifts.scans import drifted, ingest, only_drift

D = Decimal
PLACE = {"availability_zone": "us-east-1a"}


def told(world: Any, drift: Drift | None = None) -> dict[str, Any]:
    """A drift's detail, the only one's where none is named."""
    answer = world.client(world.viewer).get(f"/api/v1/drifts/{(drift or only_drift()).pk}")
    assert answer.status_code == 200
    data: dict[str, Any] = answer.json()["data"]
    return data


def grown(address: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    place = {"id": address, **PLACE}
    return entry(address, before={**place, **before}, after={**place, **after})


def test_an_instance_grown_behind_the_codes_back_explains_its_cost(world: Any) -> None:
    ingest(world, drifted(grown("aws_instance.web", {"instance_type": "t3.large"}, {"instance_type": "m5.4xlarge"})))
    data = told(world)
    assert (data["costImpactMonthly"], data["costBasis"], data["costAtLeast"]) == (499.9, "priced", False)
    breakdown = data["costBreakdown"]
    assert {name: value for name, value in breakdown.items() if name != "lines"} == {
        "currency": "USD",
        "priceDate": "2026-01-19",
        "atLeast": False,
        "estimated": False,
        "reason": "",
    }
    lines = {line["component"]: line for line in breakdown["lines"]}
    source = lines["EC2 m5.4xlarge"].pop("source")
    assert source.startswith("aws/karpenter-provider-aws")
    assert lines["EC2 m5.4xlarge"] == {
        "component": "EC2 m5.4xlarge",
        "unit": "hour",
        "unitPrice": "0.768",
        "expectedQuantity": "0",
        "actualQuantity": "730",
        "priceDate": "2026-01-19",
        "estimated": False,
    }
    assert (lines["EC2 t3.large"]["expectedQuantity"], lines["EC2 t3.large"]["actualQuantity"]) == ("730", "0")


def test_what_nobody_can_price_makes_it_a_least_and_says_so(world: Any) -> None:
    fleet = {"launch_template": [{"override": [{"instance_type": "m5.large"}]}]}
    before = {"desired_capacity": 2, "mixed_instances_policy": [fleet]}
    ingest(world, drifted(grown("aws_autoscaling_group.web", before, {**before, "desired_capacity": 5})))
    data = told(world)
    assert (data["costImpactMonthly"], data["costBasis"], data["costAtLeast"]) == (210.24, "priced", True)
    assert data["costBreakdown"]["atLeast"]
    assert data["costBreakdown"]["reason"].startswith("At least that: no price is known for EBS volumes")
    (listed,) = world.client(world.viewer).get("/api/v1/drifts").json()["data"]["items"]
    assert listed["costAtLeast"]


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("address", ["aws_nat_gateway.main", "aws_instance.web", "aws_lb.front"])
def test_a_source_that_tells_no_values_has_no_price(world: Any, address: str, kind: Kind) -> None:
    scan_that_says(world, differing_somehow(address, kind))
    data = told(world)
    assert (data["costImpactMonthly"], data["costBasis"], data["costAtLeast"]) == (None, "unpriced", False)
    assert data["costBreakdown"]["reason"] == "The source of the drift tells no values of the resource."
    assert data["costAccrued"] is None


def test_an_estimate_says_that_it_is_one(world: Any) -> None:
    drift = report(world.engineer, region="eu-west-1")
    data = told(world, drift)
    assert data["costImpactMonthly"] == 58.67  # 730 x (0.0832 - 0.0104) x 1.104
    assert data["costBreakdown"]["estimated"]
    assert "us-east-1's price times 1.104" in data["costBreakdown"]["reason"]
    assert all(line["estimated"] for line in data["costBreakdown"]["lines"] if line["unitPrice"])


def test_a_cost_that_its_sender_states_says_so(world: Any) -> None:
    data = told(world, report(world.engineer, cost="31.50"))
    assert (data["costImpactMonthly"], data["costBasis"], data["costAtLeast"]) == (31.5, "reported", False)
    assert data["costBreakdown"]["lines"] == []
    assert data["costBreakdown"]["reason"] == "The sender of the drift states it."


def test_a_deleted_resource_costs_less_and_an_unmanaged_one_more(world: Any) -> None:
    volume = {"id": "vol-1", "type": "gp3", "size": 500, **PLACE}
    ingest(world, drifted(entry("aws_ebs_volume.data", actions=("delete",), before=volume, after=None)))
    assert told(world)["costImpactMonthly"] == -40.0  # 500 x 0.08
