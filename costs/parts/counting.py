"""The values that readers of resources speak in: a part, how much of it, and where it is bought."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from costs.attributes import Attributes, NothingToPrice
from costs.prices import Price, PriceBook

HOURS_A_MONTH = Decimal(730)
"""365 days of 24 hours, over 12."""

ONE = Decimal(1)
NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """Something that costs money."""

    component: str
    """For people, and what makes two parts the same: `EC2 t3.large`."""
    unit: str
    """What is counted: `hour`, `GB-month`, …"""
    price: Price | None
    """USD a unit; None where no table has it."""
    is_main: bool = False
    """Whether it is the resource itself: without its price the resource has none."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A part and how much of it a month."""

    part: Part
    quantity: Decimal
    outlives: bool = False
    """Whether it stays when the resource is deleted: a volume not deleted with its instance."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is bought, and what is known of the prices there."""

    region: str
    book: PriceBook

    def find(self, family: str, unit: str, item: str) -> Price | None:
        """Look a price of this region up.

        Args:
            family: The table's name.
            unit: The unit of the price.
            item: What is priced.
        """
        return self.book.find(family, self.region, unit, item)


def hourly(component: str, price: Price | None, count: Decimal = ONE, *, is_main: bool = True) -> Counted:
    """Count something that runs all month.

    Args:
        component: What it is, for people.
        price: USD an hour.
        count: How many of it.
        is_main: Whether it is the resource itself.
    """
    return Counted(Part(component, "hour", price, is_main), HOURS_A_MONTH * count)


def unknown(component: str, *, outlives: bool = False) -> Counted:
    """Count something that costs money nobody can tell the amount of.

    Args:
        component: What it is, for people.
        outlives: Whether it stays when the resource is deleted.
    """
    return Counted(Part(component, "month", None), ONE, outlives)


def required(values: Attributes, *names: str) -> str:
    """Return a code without which the resource has no price.

    Args:
        values: The resource's values.
        *names: The attribute's names, first found wins.

    Raises:
        NothingToPrice: None of the names is set, or the value cannot be read.
    """
    found = values.text(*names)
    if not found:
        raise NothingToPrice(f"The resource states no {names[0]}.")
    return found
