"""What a drift has cost since it was first seen: its monthly cost over the time that it had it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from costs.models import CostMetric
from costs.parts.counting import HOURS_A_MONTH
from costs.pricing import ZERO, to_cents

MICROSECONDS_A_MONTH = HOURS_A_MONTH * 3600 * 1_000_000


def accrue(changes: Iterable[tuple[datetime, Decimal]], until: datetime) -> Decimal:
    """Add a changing monthly cost up over time; a month has 730 hours, as it has in every price here.

    Args:
        changes: When the cost changed and by how much, USD a month, in any order; the end of a drift takes away what
            it cost last. What is later than `until` does not count.
        until: The end of the time.

    Returns:
        USD, to the cent.
    """
    total = ZERO
    for at, delta in changes:
        total += delta * max(0, (until - at) // timedelta(microseconds=1))
    return to_cents(total / MICROSECONDS_A_MONTH)


def accrued_cost(account_id: UUID, drift_id: UUID, *, until: datetime | None = None) -> Decimal | None:
    """Read what a drift has cost so far, or in all where it is over, from the ledger: one statement.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        until: The end of the time; now, where nothing is said.

    Returns:
        USD, to the cent; None where the ledger never had a cost of it.
    """
    rows = CostMetric.objects.for_account(account_id).filter(drift_id=drift_id).order_by()
    changes = list(rows.values_list("at", "impact_delta"))
    return accrue(changes, until or timezone.now()) if changes else None
