"""Drifts that end, many at once: written in bulk, journaled, their cost taken off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from audit.journal import Writer
from costs.actions import CostChange, record_cost_changes
from drifts.facts import DriftResolved
from drifts.models import Drift
from drifts.snoozes import NOT_SNOOZED
from drifts.transitions import Status


@dataclass(frozen=True, slots=True)
class Ending:
    """A drift that ends.

    Attributes:
        pk: The drift.
        severity: Its severity.
        cost: What it costs a month.
        stack_name: Its stack.
        text: Why it ends, for its timeline.
    """

    pk: UUID
    severity: str
    cost: Decimal | None
    stack_name: str
    text: str = ""


def end_drifts(
    w: Writer, endings: Sequence[Ending], *, how: Drift.Resolutions, at: datetime, columns: Mapping[str, Any]
) -> None:
    """Resolve drifts, whose rows are locked.

    Args:
        w: The open journal.
        endings: The drifts.
        how: How they end.
        at: When.
        columns: What else is to be written.
    """
    if not endings:
        return
    Drift.objects.filter(pk__in=[one.pk for one in endings]).update(
        status=Status.RESOLVED.value, resolved_at=at, resolved_how=how, **NOT_SNOOZED, **columns
    )
    record_cost_changes(w, [CostChange(drift_id=one.pk, before=one.cost, after=None, at=at) for one in endings])
    for one in endings:
        fact = DriftResolved(
            id=one.pk,
            status=Status.RESOLVED.value,
            severity=one.severity,
            stack=one.stack_name,
            resolved_at=at,
            resolved_how=how.value,
            text=one.text,
        )
        w.record(fact)
