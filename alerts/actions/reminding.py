"""When people are reminded of what nobody decides on: read for each round, changed by an account's admins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from alerts.models import NotificationSettings, Reminder
from alerts.notification_facts import NotificationSettingsChanged
from alerts.notification_limits import LEAST_COST, MOST_COST, REMINDER_AFTER_HOURS, REMINDER_REPEAT_HOURS, Hours
from alerts.routing import SEVERITIES
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from driftsentry.api.errors import Invalid

LIMITS: dict[str, Hours] = {"reminder_after_hours": REMINDER_AFTER_HOURS, "repeat_every_hours": REMINDER_REPEAT_HOURS}
FIELDS = ("reminder_severities", *LIMITS, "cost_threshold_monthly")


def notification_settings_of(account_id: UUID) -> NotificationSettings:
    """An account's settings, or the defaults, which no row stands for.

    Args:
        account_id: The tenant.
    """
    found = NotificationSettings.objects.filter(account_id=account_id).first()
    return found or NotificationSettings(account_id=account_id)


def change_notification_settings(account_id: UUID, *, values: Mapping[str, Any], by: Actor) -> NotificationSettings:
    """Change an account's settings; those not named stay.

    Args:
        account_id: The tenant.
        values: New values, of `FIELDS`.
        by: Who does it.

    Raises:
        Invalid: A value is out of its bounds.
    """
    given = _checked(values)
    with journal.writing(account_id, by=by) as w:
        known = notification_settings_of(account_id)
        if all(getattr(known, name) == value for name, value in given.items()):
            return known
        NotificationSettings.objects.get_or_create(account_id=account_id)
        settings = NotificationSettings.objects.select_for_update().get(account_id=account_id)
        new = {name: value for name, value in given.items() if getattr(settings, name) != value}
        if new:
            changes = {name: [getattr(settings, name), value] for name, value in new.items()}
            if "cost_threshold_monthly" in new:
                new["cost_exceeded_at"] = None  # of another threshold nobody has been told
            for name, value in new.items():
                setattr(settings, name, value)
            settings.save(update_fields=[*new, "updated_at"])
            w.record(NotificationSettingsChanged(id=settings.pk, changes=changes))
    return settings


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: values[name] for name in FIELDS if name in values}
    for name, limit in LIMITS.items():
        if name in given and not limit.least <= given[name] <= limit.most:
            raise Invalid.field(name, f"{limit.least} to {limit.most}.")
    cost = given.get("cost_threshold_monthly")
    if cost is not None and not LEAST_COST <= cost <= MOST_COST:
        raise Invalid.field("costThresholdMonthly", f"{LEAST_COST} to {MOST_COST} USD, or nothing.")
    if "reminder_severities" in given:
        wanted = given["reminder_severities"]
        if not set(wanted) <= set(SEVERITIES):
            raise Invalid.field("reminderSeverities", f"Choose among {', '.join(SEVERITIES)}.")
        given["reminder_severities"] = [one for one in SEVERITIES if one in wanted]
    return given


def count_reminders(w: Writer, drift_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Keep that people are reminded of drifts now.

    Args:
        w: The open journal.
        drift_ids: The drifts, whose rows are locked.

    Returns:
        Drift → how often people have been reminded of it by now, this time included.
    """
    known = Reminder.objects.filter(account_id=w.account_id, drift_id__in=drift_ids).values_list("drift_id", "number")
    numbers = dict(known)
    rows = [
        Reminder(account_id=w.account_id, drift_id=one, number=numbers.get(one, 0) + 1, last_at=w.now)
        for one in drift_ids
    ]
    Reminder.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["drift", "account"],
        update_fields=["number", "last_at"],
    )
    return {row.drift_id: row.number for row in rows}
