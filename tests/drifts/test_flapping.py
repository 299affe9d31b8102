"""A drift that is gone and back within days, again and again: marked, with its history, and told of once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drifts.actions.detection_settings import change_detection_settings
from drifts.findings import Finding
from drifts.models import Drift
from tests.drifts.assessed_scans import differing, scan_that_says
from tests.drifts.scans import WEB, alerts, only_drift

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURS = timedelta(hours=1)
GROUP = "aws_security_group.door"


def grave(address: str = GROUP, *, to: str = "0.0.0.0/0") -> Finding:
    """A port opened to the whole internet."""
    rule = {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": [to]}
    return differing(address, ingress=[rule])


def come_and_go(world: Any, times: int, *, every: timedelta = 12 * HOURS, found: Any = None) -> datetime:
    """Let a resource drift and be put back, so often; the next return is due at the time this answers."""
    for number in range(times):
        scan_that_says(world, found or differing(monitoring=False), at=START + 2 * number * every)
        scan_that_says(world, at=START + (2 * number + 1) * every)
    return START + 2 * times * every


def shown(world: Any, drift: Drift) -> Any:
    return world.client(world.viewer).get(f"/api/v1/drifts/{drift.pk}").json()["data"]


def test_it_flaps_from_the_second_return_on(world: Any) -> None:
    back = come_and_go(world, 2)
    scan_that_says(world, differing(monitoring=False), at=back)
    flags = list(Drift.objects.order_by("id").values_list("is_flapping", flat=True))
    assert flags == [False, False, True]
    rows = world.client(world.viewer).get("/api/v1/drifts", {"isFlapping": "true"}).json()["data"]["items"]
    assert [(one["isFlapping"], one["status"]) for one in rows] == [(True, "detected")]
    rest = world.client(world.viewer).get("/api/v1/drifts", {"isFlapping": "false"}).json()["data"]["items"]
    assert len(rest) == 2


def test_its_history_is_shown_newest_first(world: Any) -> None:
    back = come_and_go(world, 2)
    scan_that_says(world, differing(monitoring=False), at=back)
    second, first = Drift.objects.filter(status="resolved").order_by("-id")
    history = shown(world, only_drift(status="detected"))["flapHistory"]
    assert [one["driftId"] for one in history] == [str(second.pk), str(first.pk)]
    assert history[1] == {
        "driftId": str(first.pk),
        "detectedAt": "2026-03-01T12:00:00Z",
        "resolvedAt": "2026-03-02T00:00:00Z",
        "resolvedHow": "reconciled",
    }
    assert shown(world, first)["flapHistory"] == []


def test_returns_that_are_far_apart_are_none(world: Any) -> None:
    back = come_and_go(world, 2, every=timedelta(days=8))
    scan_that_says(world, differing(monitoring=False), at=back)
    assert not only_drift(status="detected").is_flapping


def test_an_account_says_what_is_far_apart(world: Any) -> None:
    change_detection_settings(world.account.pk, values={"flap_window_days": 60}, by=world.actor(world.owner))
    back = come_and_go(world, 2, every=timedelta(days=8))
    scan_that_says(world, differing(monitoring=False), at=back)
    assert only_drift(status="detected").is_flapping


def test_what_stays_all_through_the_window_no_longer_flaps(world: Any) -> None:
    back = come_and_go(world, 2)
    scan_that_says(world, differing(monitoring=False), at=back)
    scan_that_says(world, differing(monitoring=False), at=back + timedelta(days=6))
    assert only_drift(status="detected").is_flapping
    scan_that_says(world, differing(monitoring=False), at=back + timedelta(days=7, hours=1))
    assert not only_drift(status="detected").is_flapping


def test_it_is_told_of_once_and_not_at_each_return(world: Any) -> None:
    come_and_go(world, 5, found=grave())
    titles = [alert.title for alert in alerts()]
    assert [title.split(":")[0] for title in titles] == [
        "Critical drift",
        "Critical drift is back",
        "Critical drift keeps coming back",
    ]
    assert "within 7 days" in alerts()[-1].message
    assert Drift.objects.filter(is_flapping=True, alerted_at=None).count() == 0


def test_a_graver_return_is_told_of_all_the_same(world: Any) -> None:
    back = come_and_go(world, 4, found=grave(to="8.8.8.0/24"))
    before = len(alerts())
    assert set(Drift.objects.values_list("severity", flat=True)) != {"critical"}
    scan_that_says(world, grave(), at=back)
    assert only_drift(status="detected").severity == "critical"
    assert [alert.title for alert in alerts()][before:] == [
        f"Critical drift keeps coming back: id of {GROUP} in payments-prod"
    ]


@pytest.mark.parametrize("found", [WEB, GROUP])
def test_a_resource_that_flaps_makes_no_other_flap(world: Any, found: str) -> None:
    back = come_and_go(world, 2)
    scan_that_says(world, differing(monitoring=False), differing("aws_instance.other", monitoring=False), at=back)
    assert not only_drift(address="aws_instance.other").is_flapping
