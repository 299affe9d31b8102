"""The figures of the dashboard: one statement per table, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce
from django.utils import timezone

from alerts.models import Alert
from alerts.models.alerts import snooze_holds
from costs.pricing import ZERO
from drifts.findings import Severity
from drifts.models import Drift, Stack
from drifts.transitions import OPEN, Status

MAX_DAYS = 365
MAX_TOP = 50
HUNDREDTHS_OF_PERCENT = 10_000
IS_OPEN = ~Q(status=Status.RESOLVED.value)
AWAITS_DECISION = Q(status__in=[Status.DETECTED.value, Status.TRIAGED.value])


class By(StrEnum):
    """What drifts can be counted by."""

    STACK = "stack"
    RESOURCE_TYPE = "resourceType"
    REGION = "region"


COLUMNS: dict[By, str] = {By.STACK: "stack__name", By.RESOURCE_TYPE: "resource_type", By.REGION: "region"}


@dataclass(frozen=True, slots=True)
class DriftFigures:
    """Drifts, counted."""

    total: int
    """Drifts detected in the days asked for, and older ones that are still open."""
    by_status: Mapping[str, int]
    """The same, by status; every status is there."""
    by_severity: Mapping[str, int]
    """The same, by severity; every severity is there."""
    open: int
    """Not resolved, now."""
    resolved_today: int
    """Resolved since midnight UTC."""
    pending_approval: int
    """Awaiting a decision, now: detected or triaged."""
    not_assessed: int
    """Not resolved, and the last scan of the stack did not look at them."""


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """Alerts, counted."""

    total: int
    unread: int


@dataclass(frozen=True, slots=True)
class StackFigures:
    """Stacks, counted."""

    total: int
    stale: int
    """Not scanned for twice the interval of their schedule."""


@dataclass(frozen=True, slots=True)
class CostFigures:
    """What the drifts open now cost, USD a month."""

    total_monthly_impact: Decimal
    """The sum of the known costs."""
    projected_savings: Decimal
    """What putting back those that cost money would save."""


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """How long people took, of decisions and resolutions of the days asked for; None where there are none."""

    mean_seconds_to_decision: float | None
    """From detection to approval or rejection."""
    mean_seconds_to_resolution: float | None
    """From detection to resolution, by hand or by a scan."""


@dataclass(frozen=True, slots=True)
class Summary:
    """An account at a glance."""

    drifts: DriftFigures
    stacks: StackFigures
    alerts: AlertFigures
    cost: CostFigures
    response_times: ResponseTimes


@dataclass(frozen=True, slots=True)
class Share:
    """One value's part of a whole."""

    value: str
    count: int
    percentage: Decimal


@dataclass(frozen=True, slots=True)
class Distribution:
    """All drifts on record, by one column."""

    data: tuple[Share, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Rank:
    """Where open drifts are, and what they cost a month."""

    name: str
    count: int
    total_monthly_impact: Decimal


def summary(account_id: UUID, *, days: int) -> Summary:
    """Read an account at a glance, in three statements.

    Args:
        account_id: The tenant.
        days: How many days, the last of which is today in UTC; 1 to `MAX_DAYS`.
    """
    today = datetime.combine(timezone.now().astimezone(UTC), time.min, UTC)
    since = today - timedelta(days=days - 1)
    found = _drift_figures(account_id, since=since, today=today)
    alerts = Alert.objects.for_account(account_id).aggregate(total=Count("pk"), unread=_waiting())
    stacks = Stack.objects.for_account(account_id).aggregate(total=Count("pk"), stale=Count("pk", Q(is_stale=True)))
    return Summary(
        drifts=DriftFigures(
            total=found["total"],
            by_status={one.value: found[f"status_{one.value}"] for one in Status},
            by_severity={one.value: found[f"severity_{one.value}"] for one in Severity},
            open=sum(found[f"status_{one.value}"] for one in OPEN),
            resolved_today=found["resolved_today"],
            pending_approval=found["pending_approval"],
            not_assessed=found["not_assessed"],
        ),
        stacks=StackFigures(**stacks),
        alerts=AlertFigures(**alerts),
        cost=CostFigures(found["impact"] or ZERO, found["savings"] or ZERO),
        response_times=ResponseTimes(_seconds(found["to_decision"]), _seconds(found["to_resolution"])),
    )


def _waiting() -> Count:
    """Unread alerts, but for those that somebody snoozed: what the unread count of the API counts."""
    return Count("pk", Q(read_at=None) & ~snooze_holds())


def distribution(account_id: UUID, values: type[Severity | Status], column: str) -> Distribution:
    """Count all drifts of an account by severity or by status, none of its values left out.

    Args:
        account_id: The tenant.
        values: The values to count.
        column: Where they stand.
    """
    rows = _drifts(account_id).values_list(column).annotate(count=Count("pk")).order_by()
    found: dict[str, int] = dict(rows)
    counts = [found.get(one.value, 0) for one in values]
    shares = zip(values, counts, percentages(counts), strict=True)
    return Distribution(tuple(Share(one.value, count, part) for one, count, part in shares), sum(counts))


def top(account_id: UUID, *, by: By, limit: int) -> tuple[Rank, ...]:
    """Where most open drifts are, most first, then by name.

    Args:
        account_id: The tenant.
        by: What to count by.
        limit: How many to tell, 1 to `MAX_TOP`.
    """
    rows = _drifts(account_id).filter(IS_OPEN).values_list(COLUMNS[by])
    ranked = rows.annotate(count=Count("pk"), impact=Sum("cost_impact_monthly")).order_by("-count", COLUMNS[by])
    return tuple(Rank(name, count, impact or ZERO) for name, count, impact in ranked[:limit])


def percentages(counts: Sequence[int]) -> list[Decimal]:
    """Each count's share of their sum, to 2 decimals, that add up to 100 exactly; all 0 where there is nothing.

    What rounding down leaves over goes to the largest remainders (Hamilton's method).

    Args:
        counts: How many of each.
    """
    total = sum(counts)
    if not total:
        return [ZERO for _ in counts]
    parts = [divmod(count * HUNDREDTHS_OF_PERCENT, total) for count in counts]
    left_over = HUNDREDTHS_OF_PERCENT - sum(whole for whole, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda place: -parts[place][1])
    favoured = set(by_remainder[:left_over])
    return [Decimal(whole + (place in favoured)).scaleb(-2) for place, (whole, _) in enumerate(parts)]


def _drift_figures(account_id: UUID, *, since: datetime, today: datetime) -> dict[str, Any]:
    """Every figure of the drifts table, over the rows that any of them can be about."""
    counted = IS_OPEN | Q(detected_at__gte=since)
    decided_at = Coalesce("approved_at", "rejected_at")
    rows = _drifts(account_id).filter(counted | Q(resolved_at__gte=since)).annotate(decided_at=decided_at)
    aggregates: dict[str, Any] = {
        "total": Count("pk", counted),
        "resolved_today": Count("pk", Q(resolved_at__gte=today)),
        "pending_approval": Count("pk", AWAITS_DECISION),
        "not_assessed": Count("pk", IS_OPEN & Q(not_assessed_since__isnull=False)),
        "impact": Sum("cost_impact_monthly", filter=IS_OPEN),
        "savings": Sum("cost_impact_monthly", filter=IS_OPEN & Q(cost_impact_monthly__gt=0)),
        "to_decision": Avg(_since_detection("decided_at"), filter=Q(decided_at__gte=since)),
        "to_resolution": Avg(_since_detection("resolved_at"), filter=Q(resolved_at__gte=since)),
    }
    aggregates |= {f"status_{one.value}": Count("pk", counted & Q(status=one.value)) for one in Status}
    aggregates |= {f"severity_{one.value}": Count("pk", counted & Q(severity=one.value)) for one in Severity}
    return rows.aggregate(**aggregates)


def _drifts(account_id: UUID) -> QuerySet[Drift]:
    return Drift.objects.for_account(account_id).order_by()


def _since_detection(column: str) -> ExpressionWrapper[CombinedExpression]:
    return ExpressionWrapper(F(column) - F("detected_at"), output_field=DurationField())


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else round(duration.total_seconds(), 1)
