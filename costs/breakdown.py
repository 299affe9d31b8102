"""How a cost was arrived at, as it is stored with a drift and shown: plain JSON."""

from __future__ import annotations

from typing import Any

from costs.pricing import Line, Priced

MOST_LINES = 100
"""Components of one breakdown; a resource that has more shows those that changed first."""


def breakdown_of(priced: Priced) -> dict[str, Any]:
    """Write a cost's breakdown.

    Args:
        priced: The cost.
    """
    lines = sorted(priced.breakdown, key=lambda line: not line.quantity)
    return {
        "lines": [_line(line) for line in lines[:MOST_LINES]],
        "currency": priced.currency,
        "priceDate": priced.price_date.isoformat() if priced.price_date else None,
        "atLeast": priced.at_least,
        "estimated": priced.is_estimated,
        "reason": priced.reason,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "component": line.component,
        "unit": line.unit,
        "unitPrice": None if line.unit_price is None else _digits(line),
        "expectedQuantity": str(line.expected_quantity),
        "actualQuantity": str(line.actual_quantity),
        "priceDate": line.price_date.isoformat() if line.price_date else None,
        "source": line.source,
        "estimated": bool(line.estimate),
    }


def _digits(line: Line) -> str:
    """A price in plain digits, without zeros at its end that say nothing."""
    digits = f"{line.unit_price:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
