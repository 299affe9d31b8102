"""Costs on the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from driftsentry.api.casing import CamelSerializer


def usd(help_text: str) -> "serializers.DecimalField":
    """Money: a number with 2 decimals.

    Args:
        help_text: What it is.
    """
    return serializers.DecimalField(max_digits=18, decimal_places=2, help_text=help_text)


_LINE = {
    "component": {"type": "string", "description": "What it is: `EC2 t3.large`, `EBS gp3 storage`, …"},
    "unit": {"type": "string", "description": "What is counted: `hour`, `GB-month`, …; a month has 730 hours."},
    "unitPrice": {"type": ["string", "null"], "description": "USD a unit, in digits; null: nobody knows it."},
    "expectedQuantity": {"type": "string", "description": "Units a month of what should be, in digits."},
    "actualQuantity": {"type": "string", "description": "Units a month of what is, in digits."},
    "priceDate": {"type": ["string", "null"], "format": "date"},
    "source": {"type": "string", "description": "Which list the price comes from."},
    "estimated": {"type": "boolean", "description": "Whether it was derived from another region's price."},
}
_BREAKDOWN = {
    "lines": {"type": "array", "items": {"type": "object", "properties": _LINE}},
    "currency": {"type": "string"},
    "priceDate": {"type": ["string", "null"], "format": "date", "description": "Of the oldest list used."},
    "atLeast": {
        "type": "boolean",
        "description": "Whether parts without a known price take the figure further from 0.",
    },
    "estimated": {"type": "boolean", "description": "Whether a price in it was derived from another region's."},
    "reason": {"type": "string", "description": "Why it is unpriced, a least or an estimate, in words."},
}


@extend_schema_field({"type": "object", "properties": _BREAKDOWN})
class BreakdownField(serializers.DictField):
    """How a cost was arrived at, as `costs.breakdown` writes it; without lines where the sender states the cost."""


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
