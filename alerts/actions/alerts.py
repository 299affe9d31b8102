"""Every write to alerts."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from prometheus_client import Counter

from alerts.facts import AlertCreated, AlertRead, OwnAlertCreated, OwnAlertRead
from alerts.models.alerts import Alert
from audit import journal
from audit.actors import Actor
from audit.facts import Fact
from audit.journal import Writer
from driftsentry.api.errors import NotFound
from driftsentry.api.ids import new_id

RAISED = Counter("driftsentry_alerts_raised", "Alerts raised.", ["type", "severity"])
MARK_BATCH = 1000
TITLE_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that somebody should look at.

    Attributes:
        type: One of `Alert.Types`.
        severity: One of `Alert.Severities`.
        title: One line.
        message: The whole of it, in words.
        drift_id: The drift it is about, if any.
        scan_id: The scan it is about, if any.
    """

    type: Alert.Types
    severity: str
    title: str
    message: str
    drift_id: UUID | None = None
    scan_id: UUID | None = None


def raise_alerts(w: Writer, notices: Iterable[Notice]) -> list[Alert]:
    """Make an alert of each notice, in the writer's transaction.

    Args:
        w: The open journal.
        notices: What to tell.
    """
    made = [
        Alert(
            id=new_id(),
            account_id=w.account_id,
            drift_id=one.drift_id,
            scan_id=one.scan_id,
            type=one.type,
            severity=one.severity,
            title=one.title[:TITLE_LENGTH],
            message=one.message,
            created_at=w.now,
        )
        for one in notices
    ]
    Alert.objects.bulk_create(made, batch_size=500)
    for alert in made:
        w.record(
            AlertCreated(
                id=alert.pk,
                drift_id=alert.drift_id,
                scan_id=alert.scan_id,
                type=alert.type,
                severity=alert.severity,
                title=alert.title,
                message=alert.message,
                created_at=alert.created_at,
            )
        )
    transaction.on_commit(lambda: _count(made))
    return made


def mark_read(account_id: UUID, alert_id: UUID, *, by: Actor) -> Alert:
    """Note that somebody has read an alert. Reading it twice changes nothing.

    Args:
        account_id: The tenant.
        alert_id: The alert.
        by: Who has read it.

    Raises:
        NotFound: The tenant has no such alert.
    """
    with journal.writing(account_id, by=by) as w:
        alert = Alert.objects.seen_by(account_id, by.id).select_for_update().filter(pk=alert_id).first()
        if alert is None:
            raise NotFound
        if not alert.is_read:
            alert.read_at, alert.read_by_id = w.now, by.id
            alert.save(update_fields=["read_at", "read_by"])
            w.record(_read(alert.pk, alert.drift_id, alert.recipient_id))
    return alert


def mark_all_read(account_id: UUID, *, by: Actor) -> int:
    """Note that somebody has read every alert that there is now; what is snoozed is left for when it comes back.

    Args:
        account_id: The tenant.
        by: Who has read them.

    Returns:
        How many were unread.
    """
    newest = Alert.objects.seen_by(account_id, by.id).order_by("-id").values_list("id", flat=True).first()
    total = 0
    while newest:
        marked = _mark_batch(account_id, newest, by=by)
        total += marked
        if marked < MARK_BATCH:
            break
    return total


def _mark_batch(account_id: UUID, newest: UUID, *, by: Actor) -> int:
    with journal.writing(account_id, by=by) as w:
        unread = Alert.objects.seen_by(account_id, by.id).waiting().filter(id__lte=newest).order_by("id")
        rows = list(unread.select_for_update().values_list("id", "drift_id", "recipient_id")[:MARK_BATCH])
        Alert.objects.filter(id__in=[ident for ident, _, _ in rows]).update(read_at=w.now, read_by_id=by.id)
        for ident, drift_id, recipient_id in rows:
            w.record(_read(ident, drift_id, recipient_id))
    return len(rows)


def _read(alert_id: UUID, drift_id: UUID | None, recipient_id: UUID | None) -> Fact:
    """The stream tells everybody of an alert; of one person's own it says nothing."""
    return OwnAlertRead(id=alert_id) if recipient_id else AlertRead(id=alert_id, drift_id=drift_id)


def warn_user(
    w: Writer,
    user_id: UUID,
    *,
    type: Alert.Types,  # noqa: A002
    severity: str,
    title: str,
    message: str,
    drift_id: UUID | None = None,
    scan_id: UUID | None = None,
) -> Alert:
    """Make an alert that one user alone sees, in the writer's transaction.

    Args:
        w: The open journal.
        user_id: Whom to tell.
        type: What it is about.
        severity: One of `Alert.Severities`.
        title: One line.
        message: The whole of it, in words.
        drift_id: The drift it is about, if any.
        scan_id: The scan it is about, if any.
    """
    alert = Alert.objects.create(
        account_id=w.account_id,
        recipient_id=user_id,
        drift_id=drift_id,
        scan_id=scan_id,
        type=type,
        severity=severity,
        title=title[:TITLE_LENGTH],
        message=message,
        created_at=w.now,
    )
    w.record(OwnAlertCreated(id=alert.pk, user_id=str(user_id), type=type, severity=severity))
    return alert


def _count(made: list[Alert]) -> None:
    for alert in made:
        RAISED.labels(type=alert.type, severity=alert.severity).inc()
