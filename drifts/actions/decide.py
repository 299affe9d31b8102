"""Decisions: a person moves a drift along its states; of two at once one wins and the other is told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from alerts.actions import Notice, raise_alerts
from alerts.models import Alert
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from costs.actions import record_cost_change
from drifts.actions.approving import Hearing, Said, waits_for
from drifts.approvals import Decision as Voiced
from drifts.counters import DECISIONS
from drifts.facts import DriftApproved, DriftCommented, DriftRejected, DriftResolved, DriftTriaged
from drifts.models import Drift
from drifts.snoozes import NOT_SNOOZED
from drifts.transitions import LEADS_TO, Action, can
from driftsentry.api.errors import Conflict, Invalid, NotFound

REASON_LENGTH = range(10, 1001)
NOTE_LENGTH = 2000
MANUAL_RESOLUTIONS = (
    Drift.Resolutions.AUTO_REMEDIATE,
    Drift.Resolutions.MANUAL_FIX,
    Drift.Resolutions.ACKNOWLEDGED,
)


def triage_drift(account_id: UUID, drift_id: UUID, *, note: str = "", by: Actor) -> Drift:
    """Note that somebody has looked at a drift; it now waits for a decision.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        note: What they found, at most `NOTE_LENGTH` characters.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such drift.
        Conflict: Its status does not allow it.
    """
    return _decide(account_id, drift_id, triage(note=note), by=by)


def approve_drift(
    account_id: UUID,
    drift_id: UUID,
    *,
    reason: str,
    difference_digest: str = "",
    break_glass: bool = False,
    by: Actor,
) -> Drift:
    """Approve remediation: the resource is to be put back to the expected state.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        reason: Why, 10 to 1000 characters.
        difference_digest: Of the difference that was looked at, in hexadecimal; '' decides on whatever it is now.
        break_glass: Whether to decide alone where others are missing, to be reviewed afterwards.
        by: Who does it.

    Returns:
        The drift: as it was where the account's policy wants more people to say so first.

    Raises:
        NotFound: The tenant has no such drift.
        Conflict: Its status does not allow it, it differs otherwise by now, or the policy does not let them say so.
        Invalid: The reason is too short or too long.
    """
    decision = approval(reason=reason, difference_digest=difference_digest, break_glass=break_glass)
    return _decide(account_id, drift_id, decision, by=by)


def reject_drift(
    account_id: UUID,
    drift_id: UUID,
    *,
    reason: str,
    difference_digest: str = "",
    break_glass: bool = False,
    by: Actor,
) -> Drift:
    """Decline remediation: the change stands.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        reason: Why, 10 to 1000 characters.
        difference_digest: Of the difference that was looked at, in hexadecimal; '' decides on whatever it is now.
        break_glass: Whether to decide alone where others are missing, to be reviewed afterwards.
        by: Who does it.

    Returns:
        The drift: as it was where the account's policy wants more people to say so first.

    Raises:
        NotFound: The tenant has no such drift.
        Conflict: Its status does not allow it, it differs otherwise by now, or the policy does not let them say so.
        Invalid: The reason is too short or too long.
    """
    decision = rejection(reason=reason, difference_digest=difference_digest, break_glass=break_glass)
    return _decide(account_id, drift_id, decision, by=by)


def resolve_drift(account_id: UUID, drift_id: UUID, *, how: str, note: str = "", by: Actor) -> Drift:
    """End a drift by hand.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        how: One of `MANUAL_RESOLUTIONS`.
        note: What was done, at most `NOTE_LENGTH` characters.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such drift.
        Conflict: It is over already, or its policy wants several people to say what that says, and they have not.
        Invalid: `how` is not one of those.
    """
    return _decide(account_id, drift_id, resolution(how=how, note=note), by=by)


def comment_on_drift(account_id: UUID, drift_id: UUID, *, text: str, by: Actor) -> UUID:
    """Write a comment into a drift's timeline, in whatever status it is.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        text: 1 to `NOTE_LENGTH` characters.
        by: Who does it.

    Returns:
        The id of the timeline's entry.

    Raises:
        NotFound: The tenant has no such drift.
        Invalid: The text is empty or too long.
    """
    text = _bounded(text, "text")
    if not text:
        raise Invalid.field("text", "Write something.")
    with journal.writing(account_id, by=by) as w:
        if not Drift.objects.for_account(account_id).filter(pk=drift_id).exists():
            raise NotFound
        return w.record(DriftCommented(id=drift_id, text=text))


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision, checked and ready to be made of drifts."""

    action: Action
    change: Callable[[Writer, Drift], None]
    """What it does to a drift beside its status."""
    said: Said | None = None
    """What it says of an undecided drift, where it may take others who say the same."""
    how: str = ""
    """How a drift ends by it."""


def triage(*, note: str = "", tell: bool = True) -> Decision:
    """Somebody has looked.

    Args:
        note: What they found, at most `NOTE_LENGTH` characters.
        tell: Whether an alert says of each drift that it waits for a decision.

    Raises:
        Invalid: The note is too long.
    """
    note = _bounded(note, "note")

    def change(w: Writer, drift: Drift) -> None:
        w.record(DriftTriaged(**_decided(drift), text=note))
        if tell and not drift.is_snoozed:
            raise_alerts(w, [_approval_needed(drift)])

    return Decision(Action.TRIAGE, change)


def approval(*, reason: str, difference_digest: str = "", break_glass: bool = False) -> Decision:
    """The resource is to be put back.

    Args:
        reason: Why, 10 to 1000 characters.
        difference_digest: Of the difference that was looked at; '' decides on whatever it is.
        break_glass: Whether to decide alone where others are missing.

    Raises:
        Invalid: The reason is too short or too long.
    """
    reason = checked_reason(reason)
    digest = difference_digest
    said = Said(decision=Voiced.APPROVE, reason=reason, difference_digest=digest, break_glass=break_glass)

    def change(w: Writer, drift: Drift) -> None:
        _bind(drift, difference_digest)
        drift.approved_at, drift.approved_by_id, drift.approval_reason = w.now, w.actor.id, reason
        told = _decided(drift) | {"difference_digest": digest_of(drift), "text": reason}
        w.record(DriftApproved(**told, approved_at=w.now, approved_by=w.actor.id))

    return Decision(Action.APPROVE, change, said)


def rejection(*, reason: str, difference_digest: str = "", break_glass: bool = False) -> Decision:
    """The change stands.

    Args:
        reason: Why, 10 to 1000 characters.
        difference_digest: Of the difference that was looked at; '' decides on whatever it is.
        break_glass: Whether to decide alone where others are missing.

    Raises:
        Invalid: The reason is too short or too long.
    """
    reason = checked_reason(reason)
    digest = difference_digest
    said = Said(decision=Voiced.REJECT, reason=reason, difference_digest=digest, break_glass=break_glass)

    def change(w: Writer, drift: Drift) -> None:
        _bind(drift, difference_digest)
        drift.rejected_at, drift.rejected_by_id, drift.rejection_reason = w.now, w.actor.id, reason
        told = _decided(drift) | {"difference_digest": digest_of(drift), "text": reason}
        w.record(DriftRejected(**told, rejected_at=w.now, rejected_by=w.actor.id))

    return Decision(Action.REJECT, change, said)


def resolution(*, how: str, note: str = "") -> Decision:
    """It is over.

    Args:
        how: One of `MANUAL_RESOLUTIONS`.
        note: What was done, at most `NOTE_LENGTH` characters.

    Raises:
        Invalid: `how` is not one of those, or the note is too long.
    """
    if how not in MANUAL_RESOLUTIONS:
        raise Invalid.field("how", f"One of: {', '.join(MANUAL_RESOLUTIONS)}.")
    note = _bounded(note, "note")

    def change(w: Writer, drift: Drift) -> None:
        drift.resolved_at, drift.resolved_how = w.now, how
        drift.not_assessed_since, drift.not_assessed_reason = None, ""
        record_cost_change(w, drift_id=drift.pk, before=drift.cost_impact_monthly, after=None)
        w.record(DriftResolved(**_decided(drift), resolved_at=w.now, resolved_how=how, text=note))

    return Decision(Action.RESOLVE, change, how=how)


def make(w: Writer, drift: Drift, decision: Decision, hearing: Hearing) -> bool:
    """Make a decision of a drift, whose row is locked: check, change, record. The row is not saved.

    Args:
        w: The open journal.
        drift: The drift, with its stack.
        decision: What is decided.
        hearing: About this drift, perhaps among others; to be saved afterwards.

    Returns:
        Whether it is decided: False where the account's policy wants others to say the same first.

    Raises:
        Conflict: Its status does not allow it, it differs otherwise than what was looked at, or it takes others.
        Invalid: The glass is broken without enough of a reason.
    """
    if not can(drift.status, decision.action):
        raise Conflict(f"A drift that is {drift.status} cannot be {LEADS_TO[decision.action].value}.")
    if not _is_settled(drift, decision, hearing):
        return False
    drift.status = LEADS_TO[decision.action].value
    if decision.action is not Action.TRIAGE:
        for name, value in NOT_SNOOZED.items():
            setattr(drift, name, value)
    decision.change(w, drift)
    transaction.on_commit(lambda: DECISIONS.labels(action=decision.action.value).inc())
    return True


def _is_settled(drift: Drift, decision: Decision, hearing: Hearing) -> bool:
    """Whether nobody else has to say the same first."""
    if decision.said is not None:
        must_be_as_seen(drift, decision.said.difference_digest)
        return hearing.hear(drift, decision.said)
    if decision.action is Action.RESOLVE:
        hearing.refuse_bypass(drift, decision.how)
    return True


def _decide(account_id: UUID, drift_id: UUID, decision: Decision, *, by: Actor) -> Drift:
    """Make a decision, with the drift's row locked so that decisions come one after the other."""
    with journal.writing(account_id, by=by) as w:
        drift = Drift.objects.for_account(account_id).select_for_update(of=("self",)).filter(pk=drift_id).first()
        if drift is None:
            raise NotFound
        hearing = Hearing(w, [drift])
        if make(w, drift, decision, hearing):
            drift.save(update_fields=[*DECISION_FIELDS, "updated_at"])
        hearing.save()
    return drift


DECISION_FIELDS = (
    *("status", "approved_at", "approved_by", "approval_reason", "rejected_at", "rejected_by", "rejection_reason"),
    *("resolved_at", "resolved_how", "decided_digests", "not_assessed_since", "not_assessed_reason"),
    *NOT_SNOOZED,
)


def _bind(drift: Drift, seen: str) -> None:
    """Bind a decision to the difference as it is: `drifts.ingest.lapse` says when it no longer holds.

    Raises:
        Conflict: The difference is not the one that was looked at.
    """
    must_be_as_seen(drift, seen)
    drift.decided_digests = drift.attribute_digests


def must_be_as_seen(drift: Drift, seen: str) -> None:
    """Refuse to act on a difference that nobody has looked at.

    Args:
        drift: The drift.
        seen: The digest of the difference that was looked at, in hexadecimal; '' for whatever it is.

    Raises:
        Conflict: It differs otherwise by now.
    """
    if seen and seen.lower() != digest_of(drift):
        raise Conflict("What differs has changed since you looked at it; look again and decide on what is there now.")


def _decided(drift: Drift) -> dict[str, Any]:
    """What every decision's fact tells."""
    return {"id": drift.pk, "status": drift.status, "severity": drift.severity, "stack": drift.stack.name}


def digest_of(drift: Drift) -> str:
    """The digest of a drift's difference, in hexadecimal.

    Args:
        drift: The drift.
    """
    return bytes(drift.difference_digest).hex()


def _approval_needed(drift: Drift) -> Notice:
    waits = waits_for(drift.account_id, drift.severity)
    return Notice(
        type=Alert.Types.APPROVAL_NEEDED,
        severity=drift.severity,
        title=f"Decision needed: {drift.resource_id} in {drift.stack.name}",
        message=f"{drift.severity_reason} It has been triaged and waits for approval or rejection.{waits}",
        drift_id=drift.pk,
    )


def checked_reason(reason: str, field: str = "reason") -> str:
    """A reason without the space around it.

    Args:
        reason: As it was given.
        field: What it is called where it was given.

    Raises:
        Invalid: It is too short or too long.
    """
    reason = reason.strip()
    if len(reason) not in REASON_LENGTH:
        raise Invalid.field(field, "Say why in 10 to 1000 characters.")
    return reason


def _bounded(text: str, field: str) -> str:
    text = text.strip()
    if len(text) > NOTE_LENGTH:
        raise Invalid.field(field, f"At most {NOTE_LENGTH} characters.")
    return text
