"""Public on-demand list prices in USD: the dated tables of the package, and newer ones laid over them.

One file of `price_tables/` is one family of prices; each names its source, licence and date. What no table has is
unknown: nothing falls back from one engine or type to another. A region of which a family has no figure is estimated
from us-east-1 where `region_factors.json` has a factor, and every such figure says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

FOLDER = Path(__file__).parent / "price_tables"
FACTORS = Path(__file__).parent / "region_factors.json"
CURRENCY = "USD"

Figures: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Decimal]]]
"""Region → unit (`hour`, `GB-month`, …) → item (`t3.large`, `gp3`, …) → USD a unit."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of something costs, when that was so, and who says it."""

    amount: Decimal
    """USD a unit."""
    on: date
    """The day the figure was read from the provider's list."""
    source: str = ""
    """Where the figure comes from."""
    estimate: str = ""
    """How it was derived, in words; '' where it is a figure of the list itself."""


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
    figures: Figures

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
        return None if amount is None else Price(amount, self.date, self.source)


@dataclass(frozen=True, slots=True)
class RegionFactors:
    """What a region's list prices are of those of another, roughly."""

    source: str
    method: str
    date: date
    base: str
    """The region whose figures are multiplied."""
    families: frozenset[str]
    """The families of prices that it may stand in for."""
    factors: Mapping[str, Decimal]
    """Region → factor."""


@dataclass(frozen=True, slots=True)
class PriceBook:
    """All prices that are known: the package's, and over them those read from the provider since."""

    refreshed: Mapping[tuple[str, str], PriceTable] = field(default_factory=dict)
    """Family and region → the newest table of that family in that region."""

    def find(self, family: str, region: str, unit: str, item: str) -> Price | None:
        """Look a price up; where no table has it for the region, estimate it if that can be done.

        Args:
            family: The table's name; an unknown one has no prices.
            region: The provider's region code.
            unit: The unit of the price.
            item: What is priced.

        Returns:
            The price, or None where nothing is known.
        """
        return self.listed(family, region, unit, item) or self._estimated(family, region, unit, item)

    def listed(self, family: str, region: str, unit: str, item: str) -> Price | None:
        """Look a price up that some list holds for this very region.

        Args:
            family: The table's name.
            region: The provider's region code.
            unit: The unit of the price.
            item: What is priced.
        """
        newer = self.refreshed.get((family, region))
        found = None if newer is None else newer.price(region, unit, item)
        packaged = price_tables().get(family)
        return found or (None if packaged is None else packaged.price(region, unit, item))

    def _estimated(self, family: str, region: str, unit: str, item: str) -> Price | None:
        known = region_factors()
        factor = known.factors.get(region)
        if factor is None or family not in known.families:
            return None
        base = self.listed(family, known.base, unit, item)
        if base is None:
            return None
        words = f"{known.base}'s price times {factor}, {known.method}"
        return Price(base.amount * factor, min(base.on, known.date), base.source, words)


PACKAGED = PriceBook()
"""What the package knows of its own."""


@lru_cache(maxsize=1)
def price_tables() -> Mapping[str, PriceTable]:
    """Return the package's tables by family; the files are read at the first call only."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.json"))}


@lru_cache(maxsize=1)
def region_factors() -> RegionFactors:
    """Return the package's region factors; the file is read at the first call only."""
    data = json.loads(FACTORS.read_text(encoding="utf-8"))
    return RegionFactors(
        source=data["source"],
        method=data["method"],
        date=date.fromisoformat(data["date"]),
        base=data["base"],
        families=frozenset(data["families"]),
        factors={region: Decimal(entry["factor"]) for region, entry in data["factors"].items()},
    )


def figures_of(plain: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Figures:
    """Read figures as files and the database keep them.

    Args:
        plain: Region → unit → item → a decimal in digits.
    """
    return {
        region: {unit: {item: Decimal(amount) for item, amount in items.items()} for unit, items in units.items()}
        for region, units in plain.items()
    }


def _read(path: Path) -> PriceTable:
    data = json.loads(path.read_text(encoding="utf-8"))
    return PriceTable(
        family=path.stem,
        what=data["what"],
        source=data["source"],
        licence=data["licence"],
        date=date.fromisoformat(data["date"]),
        currency=data["currency"],
        figures=figures_of(data["figures"]),
    )
