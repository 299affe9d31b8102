"""Whatever scans, people and price lists do, the trend, the summary and the open drifts tell one cost, to the cent."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costs.actions import store_prices
from costs.current_prices import forget_prices
from costs.price_list import Figure, ListPrices
from costs.trend import cost_trend
from drifts.models import Drift
from driftsentry.api.errors import Conflict
from driftsentry.dashboard.queries import summary
from tests.costs.test_trend import Step as Change
from tests.costs.test_trend import a_day, enter, open_at_the_end_of
from tests.drifts.reported import report
from tests.drifts.test_tables_equal_journal import DECISIONS, SCANS

D = Decimal
Step = Callable[[Any, int], None]


@pytest.fixture(autouse=True)
def only_the_packages_prices() -> Iterator[None]:
    forget_prices()
    yield
    forget_prices()


def reporting(number: int, cost: Decimal) -> Step:
    """A client reports a drift with a cost of its own."""

    def step(world: Any, _: int) -> None:
        try:
            report(world.engineer, f"i-{number}", cost=str(cost))
        except Conflict:
            return

    return step


def publishing(kind: str, cents: int) -> Step:
    """A newer price list comes in, whose prices the next scan goes by."""

    def step(world: Any, _: int) -> None:
        prices = ListPrices()
        prices.add([Figure("ec2", "hour", kind, D(cents) / 100)])
        store_prices("AmazonEC2", "us-east-1", prices, source="a list", on=date(2026, 6, 1))
        forget_prices()

    return step


REPORTS = st.builds(reporting, st.integers(0, 3), st.decimals(-1000, 1000, places=2))
LISTS = st.builds(publishing, st.sampled_from(["t3.small", "m5.large", "m5.4xlarge"]), st.integers(1, 500))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(SCANS, SCANS, DECISIONS, REPORTS, LISTS), min_size=3, max_size=10))
def test_after_any_story_the_trend_adds_up_to_the_open_drifts(world: Any, steps: list[Step]) -> None:
    for number, step in enumerate(steps):
        step(world, number)
    opened = Drift.objects.for_account(world.account.pk).open()
    cost = opened.aggregate(sum=Sum("cost_impact_monthly"))["sum"] or D(0)
    saving = opened.filter(cost_impact_monthly__gt=0).aggregate(sum=Sum("cost_impact_monthly"))["sum"] or D(0)
    trend, at_a_glance = cost_trend(world.account.pk, days=30), summary(world.account.pk, days=30)
    assert trend.trend[-1].projected_cost == trend.summary.projected_monthly_cost == cost
    assert trend.summary.savings_potential == saving
    assert (at_a_glance.cost.total_monthly_impact, at_a_glance.cost.projected_savings) == (cost, saving)


changes = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 400), st.one_of(st.none(), st.decimals(-5000, 5000, places=2))),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=changes, days=st.sampled_from([1, 30, 365]))
def test_any_history_of_changes_adds_up_on_every_day(
    world: Any, told: list[tuple[int, int, Decimal | None]], days: int
) -> None:
    drifts: list[UUID] = [uuid4() for _ in range(5)]
    steps = sorted((Change(drifts[place], a_day(ago), cost) for place, ago, cost in told), key=lambda one: one.at)
    # Other examples left their drifts open: what this one adds is what counts.
    before = cost_trend(world.account.pk, days=days).trend
    enter(world, steps)
    after = cost_trend(world.account.pk, days=days).trend
    for old, new in zip(before, after, strict=True):
        assert new.projected_cost - old.projected_cost == sum(open_at_the_end_of(new.date, steps), D(0))
