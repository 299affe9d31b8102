"""What drifts have cost, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from costs.models import CostMetric
from costs.pricing import ZERO, to_cents

MAX_DAYS = 365


@dataclass(frozen=True, slots=True)
class TrendDay:
    """One day, in UTC."""

    date: date
    cost: Decimal
    """What the drifts open at its end cost that day, USD: a 365th of 12 months."""
    projected_cost: Decimal
    """What the drifts open at its end cost a month, USD."""


@dataclass(frozen=True, slots=True)
class TrendSummary:
    """The whole range in three figures."""

    total_cost_usd: Decimal
    """The sum of the days' costs."""
    projected_monthly_cost: Decimal
    """What the drifts open on the last day cost a month."""
    savings_potential: Decimal
    """What putting back those of them that cost money would save a month."""


@dataclass(frozen=True, slots=True)
class CostTrend:
    """What an account's drifts have cost over some days."""

    trend: tuple[TrendDay, ...]
    summary: TrendSummary


def cost_trend(account_id: UUID, *, days: int) -> CostTrend:
    """Read the trend of an account: one query, every day of the range.

    Args:
        account_id: The tenant.
        days: How many days, the last of which is today in UTC; 1 to `MAX_DAYS`.
    """
    last = timezone.now().date()
    first = last - timedelta(days=days - 1)
    deltas = {row["day"]: row for row in CostMetric.objects.for_account(account_id).by_day(first, last)}
    projected = savings = ZERO
    found = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        if day in deltas:
            projected += deltas[day]["impact"]
            savings += deltas[day]["savings"]
        found.append(TrendDay(date=day, cost=daily(projected), projected_cost=projected))
    summary = TrendSummary(
        total_cost_usd=sum((one.cost for one in found), ZERO),
        projected_monthly_cost=projected,
        savings_potential=savings,
    )
    return CostTrend(tuple(found), summary)


def daily(monthly: Decimal) -> Decimal:
    """A day's share of a monthly cost, to the cent: 12 months over 365 days.

    Args:
        monthly: USD a month.
    """
    return to_cents(monthly * 12 / 365)
