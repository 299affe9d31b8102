"""The ends of alerts' snoozes that nobody asks for: their time, what became of their drift, what was decided of it.

Whom a snooze was to leave in peace is to hear of the alert again when its time is over or its drift differs otherwise:
it counts as unread once more, whoever had read it. When its drift is decided or over, there is nothing left to do: it
counts as read.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from uuid import UUID

from django.utils import timezone

from alerts.handling_facts import AlertUnsnoozed
from alerts.models.alerts import Alert, AlertQuerySet
from alerts.snoozes import NOT_SNOOZED, TIME_OVER
from audit import journal
from audit.actors import Actor
from audit.journal import Writer

BATCH = 200
MAX_BATCHES = 10
"""A sweep ends after so many, and the next one goes on."""
SWEEPER = Actor.system("snoozes")


def end_expired_snoozes() -> int:
    """End the snoozes of alerts whose time is over: they count as unread again.

    Returns:
        How many.
    """
    ended = 0
    for _ in range(MAX_BATCHES):
        due = Alert.objects.filter(snoozed_until__lte=timezone.now()).order_by("snoozed_until")
        found = sorted(due.values_list("account_id", "id")[:BATCH])
        for account_id, rows in groupby(found, key=lambda row: row[0]):
            ended += _end_expired(account_id, [alert_id for _, alert_id in rows])
        if len(found) < BATCH:
            break
    return ended


def snoozed_alerts(account_id: UUID, drift_ids: Collection[UUID]) -> list[Alert]:
    """The snoozed alerts about some drifts, locked.

    Args:
        account_id: The tenant.
        drift_ids: The drifts, whose rows are locked.
    """
    rows = Alert.objects.for_account(account_id).filter(snoozed_at__isnull=False, drift_id__in=drift_ids)
    return list(rows.select_for_update(of=("self",)).order_by("id"))


def wake_alerts(w: Writer, alerts: Iterable[tuple[Alert, str]]) -> None:
    """End snoozes, so that the alerts count as unread again.

    Args:
        w: The open journal.
        alerts: The alerts, locked, each with why.
    """
    found = list(alerts)
    _rows(one for one, _ in found).update(**NOT_SNOOZED, read_at=None, read_by_id=None)
    for alert, why in found:
        w.record(_ended(alert, why, is_read=False))


def settle_alerts(w: Writer, ends: dict[UUID, str]) -> None:
    """End the snoozes of alerts with whose drifts there is nothing left to do, so that they count as read.

    Args:
        w: The open journal.
        ends: Drift → why, in words.
    """
    alerts = snoozed_alerts(w.account_id, ends.keys())
    if not alerts:
        return
    _rows(one for one in alerts if not one.is_read).update(read_at=w.now, read_by_id=w.actor.user_id)
    _rows(alerts).update(**NOT_SNOOZED)
    for alert in alerts:
        if alert.drift_id is not None:
            w.record(_ended(alert, ends[alert.drift_id], is_read=True))


def _end_expired(account_id: UUID, alert_ids: Sequence[UUID]) -> int:
    """End those of an account that nobody else is just changing: these are left to the next sweep."""
    with journal.writing(account_id, by=SWEEPER) as w:
        rows = Alert.objects.filter(account_id=account_id, pk__in=alert_ids, snoozed_until__lte=w.now)
        alerts = list(rows.select_for_update(of=("self",), skip_locked=True).order_by("id").defer("snooze_digests"))
        wake_alerts(w, [(alert, TIME_OVER) for alert in alerts])
    return len(alerts)


def _rows(alerts: Iterable[Alert]) -> AlertQuerySet:
    return Alert.objects.filter(pk__in=[one.pk for one in alerts])


def _ended(alert: Alert, why: str, *, is_read: bool) -> AlertUnsnoozed:
    return AlertUnsnoozed(
        id=alert.pk,
        drift_id=alert.drift_id,
        scan_id=alert.scan_id,
        type=alert.type,
        severity=alert.severity,
        why=why,
        is_read=is_read,
    )
