"""What a drift costs a month: the price of what is, minus the price of what should be.

Pure: no Django, no I/O but the packaged price tables. Both sides are taken apart into priced parts (`costs.parts`) and
compared part by part, so a part that nobody can price does no harm as long as it did not change.

The figure covers on-demand list prices of instances, volumes, databases with their storage, caches, NAT gateways, load
balancers and addresses. Charges that follow use (traffic, requests, capacity units, snapshots, backups) and discounts
(reservations, savings plans) are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from costs.attributes import NothingToPrice
from costs.parts import Counted, Part, parts_of
from costs.prices import CURRENCY, PACKAGED, PriceBook

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MOST = Decimal(1_000_000_000)
"""USD a month; no resource costs so much."""
NAMED = 3
"""Components that a reason names."""
KINDS = frozenset({"modified", "deleted", "unmanaged"})

Basis = Literal["priced", "unpriced", "reported"]


def to_cents(amount: Decimal) -> Decimal:
    """Round to cents, half away from zero, so that a cost and its saving are the same figure.

    Args:
        amount: USD.
    """
    return amount.quantize(CENT, ROUND_HALF_UP) + ZERO


@dataclass(frozen=True, slots=True)
class Line:
    """One component of both sides, priced for a month."""

    component: str
    """`EC2 t3.large`, `gp3 storage`, …"""
    unit: str
    """What is counted: `hour`, `GB-month`, `IOPS-month`, …"""
    unit_price: Decimal | None
    """USD a unit; None where no table has it."""
    expected_quantity: Decimal
    """Units a month of what should be."""
    actual_quantity: Decimal
    """Units a month of what is."""
    is_main: bool
    """Whether it is the resource itself, and not something attached to it."""
    price_date: date | None
    source: str = ""
    """Which list the price comes from."""
    estimate: str = ""
    """How the price was derived, in words; '' where it stands in the list itself."""

    @property
    def quantity(self) -> Decimal:
        """Units a month that are there beyond what should be; negative where some are missing."""
        return self.actual_quantity - self.expected_quantity

    @property
    def expected(self) -> Decimal | None:
        """USD a month of what should be, to the cent."""
        return None if self.unit_price is None else to_cents(self.expected_quantity * self.unit_price)

    @property
    def actual(self) -> Decimal | None:
        """USD a month of what is, to the cent."""
        return None if self.unit_price is None else to_cents(self.actual_quantity * self.unit_price)


@dataclass(frozen=True, slots=True)
class Priced:
    """What a drift costs a month, and how that was found."""

    impact_monthly: Decimal | None
    """Actual minus expected, USD a month, 2 decimals: more than 0 where the drift costs money. None is unknown."""
    basis: Basis
    breakdown: tuple[Line, ...] = ()
    price_date: date | None = None
    """The oldest price list that the figure uses."""
    at_least: bool = False
    """Whether the true figure is further from 0, since parts without a known price add to it."""
    currency: str = CURRENCY
    reason: str = ""
    """Why it is unpriced, a least or an estimate, in words; '' where it is a plain figure."""

    @property
    def is_estimated(self) -> bool:
        """Whether a price that changed the figure was derived from another region's."""
        return any(line.estimate for line in self.breakdown if line.quantity)


def reported(impact_monthly: Decimal) -> Priced:
    """Take a figure as the sender of a drift states it.

    Args:
        impact_monthly: USD a month, actual minus expected.
    """
    return Priced(impact_monthly=impact_monthly, basis="reported", reason="The sender of the drift states it.")


def price_drift(
    *,
    provider_type: str,
    kind: str,
    region: str,
    expected: Mapping[str, object] | None,
    actual: Mapping[str, object] | None,
    book: PriceBook = PACKAGED,
) -> Priced:
    """Price a drift: what is there a month, minus what should be there.

    Never raises, whatever the states hold: what cannot be priced is `unpriced`.

    Args:
        provider_type: `aws_instance`, `AWS::EC2::Instance`, …
        kind: `modified`, `deleted` (what should be is gone) or `unmanaged` (what is there should not be).
        region: The provider's region code.
        expected: The state that should be.
        actual: The state that is.
        book: The prices that are known; the package's where nothing newer is.
    """
    if kind not in KINDS:
        return _unpriced(f"A drift of kind {kind[:40]!r} has no price.")
    try:
        should = [] if kind == "unmanaged" else parts_of(provider_type, region, expected or {}, book)
        found = [] if kind == "deleted" else parts_of(provider_type, region, actual or {}, book)
    except NothingToPrice as nothing:
        return _unpriced(str(nothing))
    if kind == "deleted":
        should = [counted for counted in should if not counted.outlives]
    return _judge(_lines(should, found))


def _lines(expected: Iterable[Counted], actual: Iterable[Counted]) -> tuple[Line, ...]:
    """Set the two sides against each other, part by part; equal parts of one side are added up."""
    quantities: dict[Part, list[Decimal]] = {}
    for side, counted in [*((0, one) for one in expected), *((1, one) for one in actual)]:
        quantities.setdefault(counted.part, [Decimal(0), Decimal(0)])[side] += counted.quantity
    return tuple(
        Line(
            component=part.component,
            unit=part.unit,
            unit_price=part.price.amount if part.price else None,
            expected_quantity=of_expected,
            actual_quantity=of_actual,
            is_main=part.is_main,
            price_date=part.price.on if part.price else None,
            source=part.price.source if part.price else "",
            estimate=part.price.estimate if part.price else "",
        )
        for part, (of_expected, of_actual) in quantities.items()
    )


def _judge(lines: tuple[Line, ...]) -> Priced:
    """Add up what changed, unless something without a price makes the sum meaningless."""
    changed = [line for line in lines if line.quantity]
    unknown = [line for line in changed if line.unit_price is None]
    impact = to_cents(sum((line.quantity * line.unit_price for line in changed if line.unit_price is not None), ZERO))
    if abs(impact) > MOST:
        return _unpriced("The sizes stated are absurd.", lines)
    if unknown and not _adds_to(impact, unknown):
        return _unpriced(f"No price is known for: {unknown[0].component}.", lines)
    return Priced(
        impact_monthly=impact,
        basis="priced",
        breakdown=lines,
        price_date=min((line.price_date for line in changed or lines if line.price_date), default=None),
        at_least=bool(unknown),
        reason=" ".join([*_of_unknown(unknown), *_of_estimates(changed)]),
    )


def _of_unknown(unknown: list[Line]) -> list[str]:
    return [f"At least that: no price is known for {_named(unknown)}."] if unknown else []


def _of_estimates(changed: list[Line]) -> list[str]:
    found = [line for line in changed if line.estimate]
    return [f"Estimated, for {_named(found)}: {found[0].estimate}."] if found else []


def _named(lines: list[Line]) -> str:
    """Some components by name, the rest by number."""
    names = [line.component for line in lines[:NAMED]]
    return ", ".join(names) + (f" and {len(lines) - NAMED} more" if len(lines) > NAMED else "")


def _adds_to(impact: Decimal, unknown: list[Line]) -> bool:
    """Whether what has no price can only move the figure further from 0, and is not the resource itself."""
    if not impact or any(line.is_main for line in unknown):
        return False
    return all((line.quantity > 0) == (impact > 0) for line in unknown)


def _unpriced(reason: str, lines: tuple[Line, ...] = ()) -> Priced:
    return Priced(impact_monthly=None, basis="unpriced", breakdown=lines, reason=reason)
