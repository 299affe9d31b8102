"""Whose a drift is: given to somebody who may decide, who is told of it, and taken from whoever may no longer decide.

A drift keeps whose it is while it changes, is snoozed and is decided; one that is over keeps it for ever. A drift that
takes the place of another one, since a decision lapsed or was undone, is whose that one was. One that comes back after
it was over is nobody's: whoever had it was done with it. Locks are taken in one order: the user, the drift.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.deciders import hold_decider, hold_deciders, why_not
from alerts.actions import warn_user
from alerts.actions.handling import alerts_of, release_alerts
from alerts.models import Alert
from alerts.snoozes import BY_HAND
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.decide import NOTE_LENGTH
from drifts.assignment_facts import DriftAssigned, DriftAssignmentInherited, DriftUnassigned
from drifts.cause_words import counted
from drifts.findings import Severity
from drifts.models import Drift
from driftsentry.api.errors import Conflict, Invalid, NotFound
from driftsentry.api.jobs import job

RELEASED_AT_ONCE = 500
MAX_BATCHES = 20
MAX_ATTEMPTS = 30
RETRY_SECONDS = 20
"""What others are just changing when its owner leaves is looked for again, ten minutes long."""
RELEASER = Actor.system("assignments")
NOBODYS: Mapping[str, Any] = {"assignee_id": None, "assigned_at": None, "assigned_by_id": None}
HEAVY = (
    *("expected_state", "actual_state", "difference", "cost_breakdown", "attribute_digests", "decided_digests"),
    *("consequence", "attribution", "snooze_digests"),
)
"""Columns that no assignment reads."""


def assign_drift(account_id: UUID, drift_id: UUID, *, assignee_id: UUID | None, note: str = "", by: Actor) -> Drift:
    """Give a drift to somebody, who is told of it, or to nobody. Giving it to whose it is changes nothing.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        assignee_id: A user who may decide; None: nobody.
        note: What is to be said with it, at most `NOTE_LENGTH` characters.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such drift.
        Conflict: It is resolved.
        Invalid: The assignee is not a user who may decide, or the note is too long.
    """
    note = checked_note(note)
    rows = Drift.objects.for_account(account_id).filter(pk=drift_id)
    with journal.writing(account_id, by=by) as w:
        if not rows.exists():
            raise NotFound
        hold_decider(account_id, assignee_id)
        drift = rows.select_for_update(of=("self",)).get()
        must_be_open(drift)
        hand_over(w, [drift], assignee_id, note)
    return drift


def checked_note(note: str) -> str:
    """A note without the space around it.

    Args:
        note: As it was given.

    Raises:
        Invalid: It is too long.
    """
    note = note.strip()
    if len(note) > NOTE_LENGTH:
        raise Invalid.field("note", f"At most {NOTE_LENGTH} characters.")
    return note


def must_be_open(drift: Drift) -> None:
    """Refuse to give away what is over.

    Args:
        drift: The drift.

    Raises:
        Conflict: It is resolved.
    """
    if not drift.is_open:
        raise Conflict(f"A drift that is {drift.status} cannot be assigned.")


def hand_over(w: Writer, drifts: Sequence[Drift], assignee_id: UUID | None, note: str) -> list[Drift]:
    """Give drifts to somebody or to nobody, and tell whoever has them now, once for all.

    Args:
        w: The open journal.
        drifts: The drifts, locked, with their stacks.
        assignee_id: A user who may decide and is held; None: nobody.
        note: What was said with it.

    Returns:
        Those that were not theirs already.
    """
    changed = [one for one in drifts if one.assignee_id != assignee_id]
    if not changed:
        return []
    for drift in changed:
        w.record(_unassigned(drift, BY_HAND, note) if assignee_id is None else _assigned(drift, assignee_id, note))
    values = NOBODYS
    if assignee_id is not None:
        values = {"assignee_id": assignee_id, "assigned_at": w.now, "assigned_by_id": w.actor.user_id}
    _set(changed, values)
    if assignee_id is not None and assignee_id != w.actor.user_id:
        _tell(w, changed, assignee_id)
    return changed


def inherit_assignments(w: Writer, heirs: Mapping[UUID, Drift], stack_names: Mapping[UUID, str]) -> None:
    """Let drifts that took the place of others be whose these were, where those may still decide.

    Args:
        w: The open journal.
        heirs: The former drift → the new one, both of them locked or new.
        stack_names: The names of their stacks.
    """
    rows = Drift.objects.filter(account_id=w.account_id, pk__in=heirs, assignee__isnull=False).order_by("pk")
    former = list(rows.only("assignee_id", "assigned_at", "assigned_by_id"))
    may = hold_deciders(w.account_id, {one.assignee_id for one in former if one.assignee_id is not None})
    for one in former:
        if one.assignee_id not in may:
            continue
        heir = heirs[one.pk]
        _set([heir], {name: getattr(one, name) for name in NOBODYS})
        stack = stack_names[heir.stack_id]
        told: dict[str, Any] = {"assignee_id": one.assignee_id, "former_drift_id": one.pk}
        w.record(DriftAssignmentInherited(**_about(heir, stack), **told))


def release_at_once(w: Writer, user_id: UUID) -> None:
    """Take from a user what they have, if they may no longer decide; what is left over is taken by a job.

    Args:
        w: The open journal of what was done to the user, whose row is locked.
        user_id: Who.
    """
    why = why_not(w.account_id, user_id)
    if not why:
        return
    _release(w, user_id, why)
    job("drifts.tasks.release_assignments").defer(account_id=str(w.account_id), user_id=str(user_id), attempt=0)


def release_the_rest(account_id: UUID, user_id: UUID, *, attempt: int) -> int:
    """Take from a user what is theirs still, if they may no longer decide. Doing it again is no error.

    Args:
        account_id: The tenant.
        user_id: Who.
        attempt: 0 at first; after `MAX_ATTEMPTS` what others hold for so long is left.

    Returns:
        How many drifts and alerts were taken.
    """
    released = 0
    for _ in range(MAX_BATCHES):
        with journal.writing(account_id, by=RELEASER) as w:
            why = why_not(account_id, user_id)
            taken = _release(w, user_id, why) if why else 0
        released += taken
        if not taken:
            break
    left = bool(why) and (_drifts_of(account_id, user_id).exists() or alerts_of(account_id, user_id).exists())
    if left and attempt < MAX_ATTEMPTS:
        again = job("drifts.tasks.release_assignments", schedule_in={"seconds": RETRY_SECONDS})
        again.defer(account_id=str(account_id), user_id=str(user_id), attempt=attempt + 1)
    return released


def _release(w: Writer, user_id: UUID, why: str) -> int:
    """Take what nobody else is just changing: waiting for it here could be waiting crosswise."""
    rows = _drifts_of(w.account_id, user_id).select_for_update(of=("self",), skip_locked=True)
    drifts = list(rows.order_by("pk").defer(*HEAVY)[:RELEASED_AT_ONCE])
    for drift in drifts:
        w.record(_unassigned(drift, why))
    _set(drifts, NOBODYS)
    return len(drifts) + release_alerts(w, user_id, why=why)


def _drifts_of(account_id: UUID, user_id: UUID) -> QuerySet[Drift]:
    return Drift.objects.for_account(account_id).open().filter(assignee_id=user_id)


def _set(drifts: Sequence[Drift], values: Mapping[str, Any]) -> None:
    for drift in drifts:
        for name, value in values.items():
            setattr(drift, name, value)
    if drifts:
        Drift.objects.filter(pk__in=[one.pk for one in drifts]).update(**values)


def _tell(w: Writer, drifts: Sequence[Drift], assignee_id: UUID) -> None:
    """One alert that they alone see. Who gave it to them, and what they said, is in the timeline."""
    worst = min((Severity(one.severity) for one in drifts), key=lambda severity: severity.rank)
    number, stacks = len(drifts), sorted({one.stack.name for one in drifts})
    where = stacks[0] if len(stacks) == 1 else counted(len(stacks), "stack")
    first = drifts[0]
    what = first.resource_id if number == 1 else counted(number, "drift")
    words = f"They are yours now; the list of drifts has them as assigned to you: {number}."
    if number == 1:
        words = f"{first.severity_reason} It is {first.status}, and yours now: its timeline tells who gave it to you."
    warn_user(
        w,
        assignee_id,
        type=Alert.Types.ASSIGNED,
        severity=worst.value,
        title=f"Assigned to you: {what} in {where}",
        message=words,
        drift_id=first.pk if number == 1 else None,
    )


def _about(drift: Drift, stack: str) -> dict[str, Any]:
    return {"id": drift.pk, "status": drift.status, "severity": drift.severity, "stack": stack}


def _assigned(drift: Drift, assignee_id: UUID, note: str) -> DriftAssigned:
    told: dict[str, Any] = {"assignee_id": assignee_id, "previous_assignee_id": drift.assignee_id, "text": note}
    return DriftAssigned(**_about(drift, drift.stack.name), **told)


def _unassigned(drift: Drift, why: str, note: str = "") -> DriftUnassigned:
    told: dict[str, Any] = {"previous_assignee_id": drift.assignee_id, "why": why, "text": note}
    return DriftUnassigned(**_about(drift, drift.stack.name), **told)
