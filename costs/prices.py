"""The dated price table: public on-demand list prices in USD, read once from `price_tables/`.

One file a family of prices; each names its source, licence and date. What no file has is unknown: there is no
fallback from one region, engine or type to another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "price_tables"
CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of something costs, and when that was so."""

    amount: Decimal
    """USD a unit."""
    on: date
    """The day the figure was read from the provider's list."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """One family of prices, with where it comes from."""

    family: str
    """`ec2`, `ebs`, `rds_mysql`, …: the file's name."""
    what: str
    """What the figures are, for people."""
    source: str
    licence: str
    date: date
    currency: str
    figures: Mapping[str, Mapping[str, Mapping[str, Decimal]]]
    """Region → unit (`hour`, `GB-month`, …) → item (`t3.large`, `gp3`, …) → USD a unit."""

    def price(self, region: str, unit: str, item: str) -> Price | None:
        """Look a price up.

        Args:
            region: The provider's region code, `us-east-1`.
            unit: `hour`, `GB-month`, `IOPS-month`, …
            item: What is priced: `t3.large`, `gp3`, …

        Returns:
            The price, or None where the table has none.
        """
        amount = self.figures.get(region, {}).get(unit, {}).get(item)
        return None if amount is None else Price(amount, self.date)


@lru_cache(maxsize=1)
def price_tables() -> Mapping[str, PriceTable]:
    """Return all tables by family; the files are read at the first call only."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.json"))}


def find_price(family: str, region: str, unit: str, item: str) -> Price | None:
    """Look a price up in a family.

    Args:
        family: The table's name; an unknown one has no prices.
        region: The provider's region code.
        unit: The unit of the price.
        item: What is priced.
    """
    table = price_tables().get(family)
    return None if table is None else table.price(region, unit, item)


def _read(path: Path) -> PriceTable:
    data = json.loads(path.read_text(encoding="utf-8"))
    figures = {
        region: {unit: {item: Decimal(amount) for item, amount in items.items()} for unit, items in units.items()}
        for region, units in data["figures"].items()
    }
    return PriceTable(
        family=path.stem,
        what=data["what"],
        source=data["source"],
        licence=data["licence"],
        date=date.fromisoformat(data["date"]),
        currency=data["currency"],
        figures=figures,
    )
