"""Costs on the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from driftsentry.api.casing import CamelSerializer


def usd(help_text: str) -> "serializers.DecimalField":
    """Money: a number with 2 decimals.

    Args:
        help_text: What it is.
    """
    return serializers.DecimalField(max_digits=18, decimal_places=2, help_text=help_text)


class TrendDaySerializer(CamelSerializer):
    """One day, in UTC."""

    date = serializers.DateField()
    cost = usd("What the drifts open at the day's end cost that day, USD: a 365th of 12 months.")
    projected_cost = usd("What the drifts open at the day's end cost a month, USD.")


class TrendSummarySerializer(CamelSerializer):
    """The whole range in three figures."""

    total_cost_usd = usd("The sum of the days' costs.")
    projected_monthly_cost = usd("What the drifts open now cost a month, USD.")
    savings_potential = usd("What putting back those of them that cost money would save a month, USD.")


@extend_schema_serializer(many=False)
class CostTrendSerializer(CamelSerializer):
    """What drifts have cost, every day of the range."""

    trend: Any = TrendDaySerializer(many=True)
    summary = TrendSummarySerializer()
