"""Reminders: a grave drift that nobody decides on is told of again, every now and then, a few times.

That ends when somebody decides on it, snoozes it, or acknowledges an alert about it, and when it is over. It begins
anew when the drift becomes graver than what was acknowledged, or whoever acknowledged it can see to it no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.utils import timezone

from accounts.deciders import deciders
from accounts.models import Account
from alerts.actions.announcing import can_tell, leave
from alerts.actions.recipients import Letter
from alerts.actions.reminding import count_reminders, notification_settings_of
from alerts.models import Alert, NotificationSettings, Reminder
from alerts.notification_limits import MOST_REMINDERS
from alerts.occasions import Occasion, Type
from audit import journal
from audit.actors import Actor
from drifts.actions.deciding import HEAVY
from drifts.actions.episodes import Place, episode_of
from drifts.findings import Severity
from drifts.models import Drift
from drifts.reminder_facts import DriftReminded
from drifts.transitions import Status

REMINDER = Actor.system("reminders")
BATCH = 200
"""Drifts of one account in a round; the next round goes on."""
UNDECIDED = (Status.DETECTED.value, Status.TRIAGED.value)


def remind() -> int:
    """Remind the people of every account of what has waited for too long.

    Returns:
        Of how many drifts.
    """
    return sum(remind_account(account_id) for account_id in Account.objects.values_list("pk", flat=True).order_by("pk"))


def remind_account(account_id: UUID) -> int:
    """Remind the people of an account of what has waited for too long.

    Args:
        account_id: The tenant.

    Returns:
        Of how many drifts.
    """
    wanted = notification_settings_of(account_id)
    if not _due(account_id, wanted, timezone.now()).exists() or not can_tell(account_id):
        return 0
    with journal.writing(account_id, by=REMINDER) as w:
        if not _is_alone(account_id):
            return 0
        rows = _due(account_id, wanted, w.now).select_related("stack").defer(*HEAVY)
        rows = rows.select_for_update(of=("self",), skip_locked=True).order_by("severity_rank", "detected_at", "id")
        drifts = list(rows[:BATCH])
        numbers = count_reminders(w, [drift.pk for drift in drifts])
        for drift in drifts:
            w.record(_reminded(drift, numbers[drift.pk]))
        told = [_occasion(drift, numbers[drift.pk], w.now) for drift in drifts]
        leave(w, lambda: told, letters=_letters(drifts, told))
    return len(drifts)


def _is_alone(account_id: UUID) -> bool:
    """Whether no other worker reminds the account's people at this moment; none will until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"reminders {account_id}"])
        return bool(cursor.fetchone()[0])


def _due(account_id: UUID, wanted: NotificationSettings, now: datetime) -> QuerySet[Drift]:
    """The drifts that people are to be reminded of now."""
    ranks = [Severity(one).rank for one in wanted.reminder_severities]
    repeat = now - timedelta(hours=wanted.repeat_every_hours)
    of_it = Reminder.objects.filter(drift_id=OuterRef("pk"), account_id=account_id)
    enough = of_it.filter(Q(last_at__gt=repeat) | Q(number__gte=MOST_REMINDERS))
    waiting = Drift.objects.filter(
        account_id=account_id,
        severity_rank__in=ranks,
        status__in=UNDECIDED,
        detected_at__lte=now - timedelta(hours=wanted.reminder_after_hours),
    )
    return waiting.snoozed(is_so=False).filter(~Exists(enough), ~Exists(_acknowledged(account_id)))


def _acknowledged(account_id: UUID) -> QuerySet[Alert]:
    """The alerts that say that somebody has a drift, as grave as it is by now, who may still decide on it."""
    alerts = Alert.objects.annotate(rank=Case(*(When(severity=one, then=one.rank) for one in Severity)))
    return alerts.filter(
        drift_id=OuterRef("pk"),
        rank__lte=OuterRef("severity_rank"),
        acknowledged_at__isnull=False,
        acknowledged_by__in=deciders(account_id),
    )


def _reminded(drift: Drift, number: int) -> DriftReminded:
    told = {"status": drift.status, "severity": drift.severity, "stack": drift.stack.name}
    return DriftReminded(id=drift.pk, **told, number=number)


def _occasion(drift: Drift, number: int, now: datetime) -> Occasion:
    hours = int((now - drift.detected_at) / timedelta(hours=1))
    waits = f"{hours} hours" if hours < 72 else f"{hours // 24} days"
    place = Place.of(drift.stack)
    return Occasion(
        key=f"{episode_of(drift.pk)}:reminder:{number}",
        type=Type.DRIFT_REMINDER,
        severity=drift.severity,
        title=f"Undecided for {waits}: {drift.resource_id} in {place.stack}",
        text=f"{drift.severity_reason} It was found {waits} ago and waits for a decision.",
        stack=place.stack,
        environment=place.environment,
        episode=episode_of(drift.pk),
        drift_id=drift.pk,
        details=(("Reminder", f"{number} of {MOST_REMINDERS}"),),
    )


def _letters(drifts: Sequence[Drift], told: Sequence[Occasion]) -> list[Letter]:
    """To whoever has it, or, where nobody does, to all who may decide."""
    return [
        Letter(occasion=one, only=frozenset({drift.assignee_id}) if drift.assignee_id else None)
        for drift, one in zip(drifts, told, strict=True)
    ]
