"""The trend adds up to the open drifts, to the cent."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from audit import journal
from costs.actions import CostChange, record_cost_changes
from costs.models import CostMetric
from costs.trend import cost_trend, daily

D = Decimal


@dataclass(frozen=True)
class Step:
    """From then on a drift costs this a month; None once it is resolved."""

    drift: UUID
    at: datetime
    cost: Decimal | None


def history(seed: int, today: date) -> list[Step]:
    """Some drifts that open, change their cost and mostly resolve within 500 days."""
    dice = random.Random(seed)  # noqa: S311 - chance, not secrecy
    steps = []
    for _ in range(40):
        drift, day = uuid4(), 500
        while day >= 0:
            moment = datetime.combine(today - timedelta(days=day), datetime.min.time(), tzinfo=UTC)
            cost = None if dice.random() < 0.3 else D(dice.randint(-20_000, 90_000)) / 100
            steps.append(Step(drift, moment + timedelta(seconds=dice.randint(0, 86_399)), cost))
            day -= dice.randint(1, 200)
    return sorted(steps, key=lambda step: step.at)


def enter(world: Any, steps: Iterable[Step], *, user: Any = None) -> None:
    user = user or world.engineer
    costs: dict[UUID, Decimal | None] = {}
    changes = []
    for step in steps:
        changes.append(CostChange(drift_id=step.drift, before=costs.get(step.drift), after=step.cost, at=step.at))
        costs[step.drift] = step.cost
    with journal.writing(user.account_id, by=world.actor(user)) as w:
        record_cost_changes(w, changes)


def open_at_the_end_of(day: date, steps: Iterable[Step]) -> list[Decimal]:
    costs = {step.drift: step.cost for step in steps if step.at.date() <= day}
    return [cost for cost in costs.values() if cost is not None]


def a_day(ago: int) -> datetime:
    return timezone.now() - timedelta(days=ago)


@pytest.mark.parametrize("days", [1, 7, 30, 365])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_says_what_the_drifts_open_on_each_day_cost(world: Any, seed: int, days: int) -> None:
    today = timezone.now().date()
    steps = history(seed, today)
    enter(world, steps)
    found = cost_trend(world.account.pk, days=days)
    assert [one.date for one in found.trend] == [today - timedelta(days=ago) for ago in reversed(range(days))]
    for one in found.trend:
        monthly = sum(open_at_the_end_of(one.date, steps), D(0))
        assert one.projected_cost == monthly
        assert abs(one.cost - monthly * 12 / 365) <= D("0.005")
    now = open_at_the_end_of(today, steps)
    assert found.summary.total_cost_usd == sum(one.cost for one in found.trend)
    assert found.summary.projected_monthly_cost == sum(now)
    assert found.summary.savings_potential == sum(cost for cost in now if cost > 0)


def test_a_ledger_without_changes_costs_nothing_every_day(world: Any) -> None:
    found = cost_trend(world.account.pk, days=3)
    assert [(one.cost, one.projected_cost) for one in found.trend] == [(D(0), D(0))] * 3
    assert str(found.summary.total_cost_usd) == "0.00"


def test_what_was_before_the_range_is_in_its_first_day(world: Any) -> None:
    enter(world, [Step(uuid4(), a_day(90), D("100.00"))])
    found = cost_trend(world.account.pk, days=2)
    assert [one.projected_cost for one in found.trend] == [D("100.00")] * 2
    assert [one.cost for one in found.trend] == [D("3.29")] * 2
    assert found.summary.total_cost_usd == D("6.58")


def test_what_is_dated_after_today_is_left_out(world: Any) -> None:
    enter(world, [Step(uuid4(), a_day(-2), D("100.00"))])
    assert cost_trend(world.account.pk, days=7).summary.projected_monthly_cost == 0


def test_another_tenants_drifts_are_not_counted(world: Any) -> None:
    enter(world, [Step(uuid4(), a_day(5), D("100.00"))])
    enter(world, [Step(uuid4(), a_day(5), D("7.00"))], user=world.outsider)
    assert cost_trend(world.account.pk, days=1).summary.projected_monthly_cost == D("100.00")
    assert cost_trend(world.outsider.account_id, days=1).summary.projected_monthly_cost == D("7.00")


def test_it_is_one_query_that_answers_with_days_and_not_with_drifts(world: Any, django_assert_num_queries: Any) -> None:
    enter(world, [Step(uuid4(), a_day(ago), D("1.00")) for ago in range(30) for _ in range(20)])
    with django_assert_num_queries(1):
        found = cost_trend(world.account.pk, days=10)
    assert found.summary.projected_monthly_cost == D("600.00")
    today = timezone.now().date()
    rows = CostMetric.objects.for_account(world.account.pk).by_day(today - timedelta(days=9), today)
    assert len(rows) == 10


@pytest.mark.parametrize(
    ("monthly", "a_days"), [("0", "0.00"), ("100", "3.29"), ("-100", "-3.29"), ("30.42", "1.00"), ("0.01", "0.00")]
)
def test_a_day_is_a_365th_of_12_months(monthly: str, a_days: str) -> None:
    assert str(daily(D(monthly))) == a_days
