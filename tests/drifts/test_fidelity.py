"""A source that says only that a resource differs, and one that says how: one drift, which keeps what is known."""

from typing import Any

import pytest

from drifts.actions.decide import approve_drift
from drifts.findings import Kind
from drifts.models import Drift
from tests.drifts.assessed_scans import differing, differing_somehow, gone, scan_that_says
from tests.drifts.scans import REASON, alerts, only_drift


def approve(world: Any) -> None:
    approve_drift(world.account.pk, only_drift().pk, reason=REASON, by=world.actor(world.engineer))


def test_a_full_scan_enriches_what_a_poor_source_opened(world: Any) -> None:
    scan_that_says(world, differing_somehow())
    poor = only_drift()
    assert (poor.fidelity, poor.difference, poor.attribute_digests) == ("low", {}, {})
    scan = scan_that_says(world, differing(instance_type="m5.large"))
    drift = only_drift()
    assert (scan.drifts_changed, scan.drifts_new) == (1, 0)
    assert (drift.pk, drift.fidelity, drift.occurrences) == (poor.pk, "full", 2)
    assert drift.difference == {"instance_type": {"expected": "t3.micro", "actual": "m5.large"}}


@pytest.mark.parametrize("decided", [False, True], ids=["undecided", "decided"])
def test_a_poor_source_takes_nothing_away(world: Any, decided: bool) -> None:
    scan_that_says(world, differing(instance_type="m5.large"))
    if decided:
        approve(world)
    before = only_drift()
    scan = scan_that_says(world, differing_somehow())
    drift = only_drift()
    assert (scan.drifts_recurring, scan.drifts_changed, scan.drifts_new) == (1, 0, 0)
    assert (drift.status, drift.fidelity, drift.difference) == (before.status, "full", before.difference)
    assert (drift.occurrences, drift.last_seen_at > before.last_seen_at) == (2, True)


def test_a_decision_made_without_knowing_the_difference_lapses_when_it_is_known(world: Any) -> None:
    scan_that_says(world, differing_somehow())
    approve(world)
    scan_that_says(world, differing(instance_type="m5.large"))
    drift = only_drift(status="detected")
    assert drift.lapsed == {"paths": [], "reason": "it was made before it was known what differs"}
    assert "before it was known what differs" in alerts()[-1].message


def test_a_decision_on_what_is_gone_stands_when_more_is_known_of_it(world: Any) -> None:
    scan_that_says(world, differing_somehow(kind=Kind.DELETED))
    approve(world)
    scan_that_says(world, gone())
    drift = only_drift()
    assert (drift.status, drift.fidelity, drift.expected_state["id"]) == ("approved", "full", "i-1")


def test_what_a_poor_source_says_of_another_kind_is_a_change(world: Any) -> None:
    scan_that_says(world, differing(instance_type="m5.large"))
    scan = scan_that_says(world, differing_somehow(kind=Kind.DELETED))
    drift = only_drift()
    assert (scan.drifts_changed, drift.kind, drift.fidelity, drift.difference) == (1, "deleted", "low", {})


def test_the_api_says_how_much_is_known(world: Any) -> None:
    scan_that_says(world, differing_somehow(), differing("aws_instance.other", monitoring=False))
    rows = world.client(world.viewer).get("/api/v1/drifts", {"fidelity": "low"}).json()["data"]["items"]
    assert [(one["address"], one["fidelity"]) for one in rows] == [("aws_instance.web", "low")]
    assert Drift.objects.count() == 2
