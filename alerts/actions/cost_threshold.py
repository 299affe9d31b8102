"""What open drifts cost, looked at with each scan: people are told once when it is more than their account wants."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from alerts.actions.alerts import Notice, raise_alerts
from alerts.models import Alert, NotificationSettings
from alerts.notification_facts import CostThresholdCrossed
from audit.journal import Writer
from costs.models import CostMetric
from costs.pricing import ZERO


def watch_costs(w: Writer, *, stack_name: str, scan_id: UUID) -> None:
    """Tell people that open drifts cost more than their account's threshold, when a scan makes it so.

    Args:
        w: The open journal, of the transaction that records the scan; what it changed of costs is written.
        stack_name: The stack that was scanned.
        scan_id: The scan.
    """
    watched = NotificationSettings.objects.filter(account_id=w.account_id, cost_threshold_monthly__isnull=False)
    if not watched.exists():
        return
    # Locked before the sum is read, so that of two scans at once the second counts what the first has changed.
    settings = watched.select_for_update(no_key=True).first()
    if settings is None or settings.cost_threshold_monthly is None:
        return
    threshold, ledger = settings.cost_threshold_monthly, CostMetric.objects.for_account(w.account_id)
    total: Decimal = ledger.order_by().aggregate(total=Sum("impact_delta"))["total"] or ZERO
    is_exceeded = total > threshold
    if is_exceeded == (settings.cost_exceeded_at is not None):
        return
    settings.cost_exceeded_at = w.now if is_exceeded else None
    settings.save(update_fields=["cost_exceeded_at"])
    w.record(
        CostThresholdCrossed(
            id=settings.pk, stack=stack_name, is_exceeded=is_exceeded, total=total, threshold=threshold
        )
    )
    if is_exceeded:
        raise_alerts(w, [_notice(total, threshold, stack_name, scan_id)])


def _notice(total: Decimal, threshold: Decimal, stack_name: str, scan_id: UUID) -> Notice:
    return Notice(
        type=Alert.Types.COST_THRESHOLD_EXCEEDED,
        severity=Alert.Severities.HIGH,
        title=f"Open drifts cost {total:,.2f} USD a month",
        message=f"That is {total - threshold:,.2f} USD more than the {threshold:,.2f} USD a month of which you want to "
        f"be told; a scan of {stack_name} took it there. You are told again when it has fallen and is more once again.",
        scan_id=scan_id,
    )
