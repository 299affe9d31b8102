"""An account that says what its open drifts may cost is told once when they cost more."""

from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.actions.reminding import change_notification_settings
from alerts.models import Alert
from costs.models import CostMetric
from tests.alerts.telling.channels import channel, types
from tests.drifts.scans import clean, drifted, facts, ingest, instance

URL = "/api/v1/notification-settings"


def wanted(world: Any, threshold: Decimal | None) -> None:
    """Have the account told when its open drifts cost more than this."""
    values = {"cost_threshold_monthly": threshold}
    change_notification_settings(world.account.pk, values=values, by=world.actor(world.owner))


def warnings() -> list[Alert]:
    """The alerts about what drifts cost, oldest first."""
    return list(Alert.objects.filter(type="cost_threshold_exceeded").order_by("id"))


def drifts_that_cost(number: int, *, size: str = "m5.large") -> bytes:
    """So many instances, each larger than it should be."""
    return drifted(*(instance(f"aws_instance.n{one}", size=size) for one in range(number)))


def test_it_is_told_once_when_a_scan_takes_the_sum_above_and_again_after_it_fell(world: Any) -> None:
    team = channel(world, types=["cost_threshold_exceeded"])
    ingest(world, drifts_that_cost(1))
    one = CostMetric.objects.get().impact_delta
    wanted(world, one * 2)
    ingest(world, drifts_that_cost(2))
    assert warnings() == []
    ingest(world, drifts_that_cost(3))
    ingest(world, drifts_that_cost(4))
    (warning,) = warnings()
    assert warning.title == f"Open drifts cost {one * 3:,.2f} USD a month"
    assert warning.message.startswith(f"That is {one:,.2f} USD more than the {one * 2:,.2f} USD a month")
    assert types(team) == ["cost_threshold_exceeded"]
    ingest(world, clean(*(f"aws_instance.n{one}" for one in range(4))))
    assert len(warnings()) == 1
    ingest(world, drifts_that_cost(3, size="m5.xlarge"))
    assert len(warnings()) == 2
    crossed = [entry.data["isExceeded"] for entry in facts(world, "cost_threshold.crossed")]
    assert crossed == [True, False, True]


def test_another_threshold_is_watched_anew(world: Any) -> None:
    wanted(world, Decimal("1.00"))
    ingest(world, drifts_that_cost(1))
    wanted(world, Decimal("2.00"))
    ingest(world, drifts_that_cost(2))
    assert [one.severity for one in warnings()] == ["high", "high"]


def test_whoever_asks_for_no_threshold_pays_one_look_at_the_settings(world: Any) -> None:
    with CaptureQueriesContext(connection) as asked:
        ingest(world, drifts_that_cost(1))
    read = [one["sql"] for one in asked.captured_queries if "alerts_notification_settings" in one["sql"]]
    assert len(read) == 1
    assert warnings() == []


def test_admins_set_it_and_the_journal_has_both_values(world: Any) -> None:
    answer = world.client(world.owner).patch(URL, {"costThresholdMonthly": 1500}, format="json")
    assert (answer.status_code, answer.json()["data"]["costThresholdMonthly"]) == (200, 1500)
    world.client(world.owner).patch(URL, {"costThresholdMonthly": None}, format="json")
    first, second = facts(world, "notification_settings.changed")
    assert first.data["changes"] == {"cost_threshold_monthly": [None, "1500.00"]}
    assert second.data["changes"] == {"cost_threshold_monthly": ["1500.00", None]}
