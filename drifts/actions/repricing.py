"""Open drifts that are as they were, priced anew where the price lists have changed since: their decisions stand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from audit.journal import Writer
from costs.actions import CostChange, record_cost_changes
from costs.breakdown import breakdown_of
from drifts.actions.content import Shown
from drifts.actions.known import OnRecord
from drifts.facts import DriftRepriced
from drifts.ingest.reconcile import Pair
from drifts.models import Drift

BATCH = 500
_HEAVY = ("expected_state", "actual_state", "difference", "attribute_digests", "decided_digests")


def reprice(w: Writer, stack_name: str, pairs: Sequence[Pair[OnRecord, Shown]], *, at: datetime) -> None:
    """Give drifts that a scan shows again as they were the cost that the lists now give; the ledger changes with it.

    A cost that its sender reported stays, and a known one does not give way to one that the scan cannot tell.

    Args:
        w: The open journal.
        stack_name: The stack.
        pairs: What is on record and what the scan shows of the same.
        at: When the tool looked.
    """
    news = {pair.known.pk: pair for pair in pairs if _costs_otherwise(pair)}
    if not news:
        return
    rows: Any = Drift.objects.exclude(cost_basis=Drift.CostBases.REPORTED).defer(*_HEAVY)
    drifts: dict[Any, Drift] = rows.in_bulk(list(news))
    for pk, drift in drifts.items():
        priced = news[pk].seen.priced
        drift.cost_impact_monthly, drift.cost_basis = priced.impact_monthly, priced.basis
        drift.cost_breakdown = breakdown_of(priced)
    columns = ["cost_impact_monthly", "cost_basis", "cost_breakdown"]
    Drift.objects.bulk_update(drifts.values(), columns, batch_size=BATCH)
    before = {pk: news[pk].known.cost for pk in drifts}
    record_cost_changes(
        w,
        [
            CostChange(drift_id=pk, before=before[pk], after=drift.cost_impact_monthly, at=at)
            for pk, drift in drifts.items()
        ],
    )
    for pk, drift in drifts.items():
        fact = DriftRepriced(
            id=pk,
            status=drift.status,
            stack=stack_name,
            severity=drift.severity,
            cost_impact_monthly=drift.cost_impact_monthly,
            previous_cost_impact_monthly=before[pk],
        )
        w.record(fact)


def _costs_otherwise(pair: Pair[OnRecord, Shown]) -> bool:
    now = pair.seen.priced.impact_monthly
    return now is not None and now != pair.known.cost
