"""What people do with alerts beside reading them: one has it, it is given to somebody, or nobody is bothered with it.

Of an alert's drift nothing changes by any of this: `drifts.actions` assigns and snoozes drifts. An alert that one user
alone sees is read, and no more. Locks are taken in one order: the user it is for, the drift, the alert.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from accounts.deciders import hold_decider
from alerts.actions.alerts import warn_user
from alerts.facts import AlertRead
from alerts.handling_facts import AlertAcknowledged, AlertAssigned, AlertSnoozed, AlertUnassigned, AlertUnsnoozed
from alerts.models.alerts import Alert
from alerts.snoozes import BY_HAND, LONGEST, NOT_SNOOZED, lasting
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from driftsentry.api.errors import Conflict, Invalid, NotFound

NOTE_LENGTH = 2000
REASON_LENGTH = range(10, 1001)
RELEASED_AT_ONCE = 500
OVER = "resolved"
OWN = "An alert that is for you alone is read, and no more."
NOTHING_TO_DO = "Its drift is resolved: there is nothing left to do."
NO_DRIFT = "Say until when: it is about no drift that could come to differ otherwise."


def acknowledge_alert(account_id: UUID, alert_id: UUID, *, note: str = "", by: Actor) -> Alert:
    """Say that one has an alert, which reads it too. What somebody has already stays theirs.

    Args:
        account_id: The tenant.
        alert_id: The alert.
        note: What to tell the others, at most `NOTE_LENGTH` characters.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such alert.
        Conflict: It is for one user alone.
        Invalid: The note is too long.
    """
    note = _note(note)
    with journal.writing(account_id, by=by) as w:
        alert = _locked(w, alert_id)
        if alert.acknowledged_at is not None:
            return alert
        if not alert.is_read:
            alert.read_at, alert.read_by_id = w.now, by.user_id
            w.record(AlertRead(id=alert.pk, drift_id=alert.drift_id))
        alert.acknowledged_at, alert.acknowledged_by_id, alert.acknowledgement_note = w.now, by.user_id, note
        alert.save(update_fields=["read_at", "read_by", "acknowledged_at", "acknowledged_by", "acknowledgement_note"])
        told: dict[str, Any] = {"acknowledged_at": w.now, "acknowledged_by": by.user_id, "text": note}
        w.record(AlertAcknowledged(**_about(alert), **told))
    return alert


def assign_alert(account_id: UUID, alert_id: UUID, *, assignee_id: UUID | None, note: str = "", by: Actor) -> Alert:
    """Give an alert to somebody, who is told of it, or to nobody. Giving it to whose it is changes nothing.

    Args:
        account_id: The tenant.
        alert_id: The alert.
        assignee_id: A user who may decide; None: nobody.
        note: What to tell them, at most `NOTE_LENGTH` characters.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such alert.
        Conflict: It is for one user alone, or its drift is resolved.
        Invalid: The assignee is not a user who may decide, or the note is too long.
    """
    note = _note(note)
    with journal.writing(account_id, by=by) as w:
        _must_be_there(w, alert_id)
        hold_decider(account_id, assignee_id)
        _hold_drift(w, alert_id)
        alert = _locked(w, alert_id)
        if alert.drift_status == OVER:  # type: ignore[attr-defined] # as `_locked` annotates it
            raise Conflict(NOTHING_TO_DO)
        if alert.assignee_id == assignee_id:
            return alert
        before = alert.assignee_id
        alert.assignee_id = assignee_id
        alert.assigned_at, alert.assigned_by_id = (None, None) if assignee_id is None else (w.now, by.user_id)
        alert.save(update_fields=["assignee", "assigned_at", "assigned_by"])
        if before is not None and assignee_id is None:
            w.record(_unassigned(alert, before, BY_HAND, text=note))
        elif assignee_id is not None:
            told: dict[str, Any] = {"assignee_id": assignee_id, "previous_assignee_id": before, "text": note}
            w.record(AlertAssigned(**_about(alert), **told))
            _tell(w, alert, assignee_id)
    return alert


def snooze_alert(account_id: UUID, alert_id: UUID, *, until: datetime | None, reason: str, by: Actor) -> Alert:
    """Let nobody be bothered with an alert; a snooze that it has is replaced.

    Args:
        account_id: The tenant.
        alert_id: The alert.
        until: Until when, at most `LONGEST` ahead; None: until its drift differs otherwise, which ends it in any case.
        reason: Why, 10 to 1000 characters.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such alert.
        Conflict: It is for one user alone, or its drift is resolved.
        Invalid: The reason or the time does not do.
    """
    reason = reason.strip()
    if len(reason) not in REASON_LENGTH:
        raise Invalid.field("reason", "Say why in 10 to 1000 characters.")
    with journal.writing(account_id, by=by) as w:
        if until is not None and not w.now < until <= w.now + LONGEST:
            raise Invalid.field("until", f"A time that is to come, at most {LONGEST.days} days ahead; or leave it out.")
        digest, digests = _difference(w, alert_id)
        alert = _locked(w, alert_id)
        if alert.drift_status == OVER:  # type: ignore[attr-defined] # as `_locked` annotates it
            raise Conflict(NOTHING_TO_DO)
        if until is None and alert.drift_id is None:
            raise Invalid.field("until", NO_DRIFT)
        alert.snoozed_at, alert.snoozed_until, alert.snoozed_by_id = w.now, until, by.user_id
        alert.snooze_reason, alert.snooze_digests = reason, digests
        alert.save(update_fields=[*NOT_SNOOZED])
        told: dict[str, Any] = {"snoozed_until": until, "lasting": lasting(until), "difference_digest": digest}
        w.record(AlertSnoozed(**_about(alert), **told, text=reason))
    return alert


def unsnooze_alert(account_id: UUID, alert_id: UUID, *, by: Actor) -> Alert:
    """End the snooze of an alert; whether it has been read stays as it was.

    Args:
        account_id: The tenant.
        alert_id: The alert.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such alert.
        Conflict: It is not snoozed, or for one user alone.
    """
    with journal.writing(account_id, by=by) as w:
        alert = _locked(w, alert_id)
        if alert.snoozed_at is None:
            raise Conflict("It is not snoozed.")
        for name, value in NOT_SNOOZED.items():
            setattr(alert, name, value)
        alert.save(update_fields=[*NOT_SNOOZED])
        w.record(AlertUnsnoozed(**_about(alert), why=BY_HAND, is_read=alert.is_read))
    return alert


def release_alerts(w: Writer, user_id: UUID, *, why: str) -> int:
    """Take alerts from somebody who may no longer have them; those that others are just changing are left for later.

    Args:
        w: The open journal.
        user_id: Whose they are.
        why: In words.

    Returns:
        How many.
    """
    theirs = alerts_of(w.account_id, user_id).select_for_update(of=("self",), skip_locked=True)
    alerts = list(theirs.order_by("id").defer("snooze_digests")[:RELEASED_AT_ONCE])
    nobodys = {"assignee_id": None, "assigned_at": None, "assigned_by_id": None}
    Alert.objects.filter(pk__in=[one.pk for one in alerts]).update(**nobodys)
    for alert in alerts:
        w.record(_unassigned(alert, user_id, why))
    return len(alerts)


def alerts_of(account_id: UUID, user_id: UUID) -> Any:
    """The alerts that are somebody's and about which there is still something to do.

    Args:
        account_id: The tenant.
        user_id: Whose.
    """
    is_open = Q(drift=None) | ~Q(drift__status=OVER)
    return Alert.objects.for_account(account_id).filter(is_open, assignee_id=user_id)


def _must_be_there(w: Writer, alert_id: UUID) -> None:
    if not Alert.objects.seen_by(w.account_id, w.actor.id).filter(pk=alert_id).exists():
        raise NotFound


def _locked(w: Writer, alert_id: UUID) -> Alert:
    """An alert for everybody, locked, with the status of its drift."""
    seen = Alert.objects.seen_by(w.account_id, w.actor.id).annotate(drift_status=F("drift__status"))
    alert = seen.select_for_update(of=("self",)).filter(pk=alert_id).first()
    if alert is None:
        raise NotFound
    if alert.recipient_id is not None:
        raise Conflict(OWN)
    return alert


def _hold_drift(w: Writer, alert_id: UUID) -> None:
    """Keep an alert's drift from being changed; whoever is to be told of it refers to it, when the alert is locked."""
    about = Alert.objects.filter(account_id=w.account_id, pk=alert_id, drift__account_id=w.account_id)
    about.select_for_update(of=("drift",)).select_related("drift").only("id", "drift__id").first()


def _difference(w: Writer, alert_id: UUID) -> tuple[str, dict[str, str]]:
    """How an alert's drift differs, in hexadecimal and by attribute; it is locked, so that no scan changes it."""
    about = Alert.objects.filter(account_id=w.account_id, pk=alert_id, drift__account_id=w.account_id)
    only = about.select_related("drift").only("id", "drift__difference_digest", "drift__attribute_digests")
    alert = only.select_for_update(of=("drift",)).first()
    if alert is None or alert.drift is None:
        return "", {}
    return bytes(alert.drift.difference_digest).hex(), dict(alert.drift.attribute_digests)


def _tell(w: Writer, alert: Alert, assignee_id: UUID) -> None:
    """Tell whoever has it now, unless it was they who took it. The note stays in the journal, with whose it is."""
    if assignee_id == w.actor.user_id:
        return
    warn_user(
        w,
        assignee_id,
        type=Alert.Types.ASSIGNED,
        severity=alert.severity,
        title=f"Assigned to you: {alert.title}",
        message=f"An alert is yours now: {alert.message}",
        drift_id=alert.drift_id,
        scan_id=alert.scan_id,
    )


def _about(alert: Alert) -> dict[str, Any]:
    """What every fact about an alert tells."""
    return {
        "id": alert.pk,
        "drift_id": alert.drift_id,
        "scan_id": alert.scan_id,
        "type": alert.type,
        "severity": alert.severity,
    }


def _unassigned(alert: Alert, before: UUID, why: str, *, text: str = "") -> AlertUnassigned:
    return AlertUnassigned(**_about(alert), previous_assignee_id=before, why=why, text=text)


def _note(note: str) -> str:
    note = note.strip()
    if len(note) > NOTE_LENGTH:
        raise Invalid.field("note", f"At most {NOTE_LENGTH} characters.")
    return note
