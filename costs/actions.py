"""Every write to the ledger of costs, and to the prices that are read from the provider."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction

from audit.journal import Writer
from costs.current_prices import forget_prices
from costs.models import CostMetric, PriceList
from costs.price_list import ListPrices

logger = structlog.get_logger(__name__)

BATCH = 1000
NOTHING = Decimal("0.00")

# The ledger records no fact of its own: what opens, changes or resolves a drift does, and that fact carries the cost. A
# second entry would say the same thing twice, in the journal, on the timeline and on the wire.


@dataclass(frozen=True, slots=True, kw_only=True)
class CostChange:
    """What a drift cost a month before and after something happened to it.

    Attributes:
        drift_id: The drift.
        before: USD a month; None where it was not open or had no known cost.
        after: USD a month; None where it is resolved or has no known cost.
        at: When it happened, where that was not now: history that is entered later.
    """

    drift_id: UUID
    before: Decimal | None
    after: Decimal | None
    at: datetime | None = None


def record_cost_change(
    w: Writer, *, drift_id: UUID, before: Decimal | None, after: Decimal | None, at: datetime | None = None
) -> CostMetric | None:
    """Enter one change, in the writer's transaction.

    Args:
        w: The open journal.
        drift_id: The drift.
        before: USD a month before; None where the drift was not open or had no known cost.
        after: USD a month after; None where the drift is resolved or has no known cost.
        at: When it happened, where that was not now.

    Returns:
        The row, or None where nothing changed.
    """
    made = record_cost_changes(w, [CostChange(drift_id=drift_id, before=before, after=after, at=at)])
    return made[0] if made else None


def record_cost_changes(w: Writer, changes: Iterable[CostChange]) -> list[CostMetric]:
    """Enter the changes of a whole scan, in the writer's transaction.

    Args:
        w: The open journal.
        changes: What happened; changes that change nothing are passed over.

    Returns:
        The rows.
    """
    rows = [row for row in (_row(w, change) for change in changes) if row.impact_delta]
    return CostMetric.objects.bulk_create(rows, batch_size=BATCH)


def _row(w: Writer, change: CostChange) -> CostMetric:
    before, after = change.before or NOTHING, change.after or NOTHING
    return CostMetric(
        account_id=w.account_id,
        drift_id=change.drift_id,
        at=change.at or w.now,
        impact_delta=after - before,
        # What putting a drift back would save is what it costs; one that saves money has nothing to save.
        savings_delta=max(after, NOTHING) - max(before, NOTHING),
    )


def store_prices(service: str, region: str, prices: ListPrices, *, source: str, on: date) -> PriceList:
    """Let prices take the place of the older ones of their service and region.

    They belong to no account, so no journal has an entry of it: the log does. Drifts on record keep the figures they
    were priced with, each with its date, until a scan shows them again.

    Args:
        service: The provider's code of the service.
        region: The provider's region code.
        prices: All that was read of it.
        source: Which list they were read from.
        on: The day.
    """
    with transaction.atomic():
        row, _ = PriceList.objects.update_or_create(
            service=service,
            region=region,
            defaults={"date": on, "source": source, "figures": prices.as_json()},
        )
        transaction.on_commit(forget_prices)
    logger.info("prices_refreshed", service=service, region=region, figures=prices.count, date=on.isoformat())
    return row
