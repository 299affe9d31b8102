"""What somebody else looks at afterwards: what one person decided alone in an emergency, or on a change of their own.

A review changes nothing about the drift: what is approved may be done already, and what is resolved is final. An
objection is told to everybody, and what to do about it is theirs to decide.
"""

from collections.abc import Mapping
from itertools import groupby
from uuid import UUID

from django.utils import timezone

from alerts.actions import raise_alerts
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.approval_lapses import HEAVY
from drifts.actions.approving import OWN_CHANGE, review_notice
from drifts.actions.decide import checked_reason
from drifts.actions.voices import People, policies_of, policy_for, principal_of
from drifts.approval_facts import DriftReviewed
from drifts.approvals import Decision
from drifts.models import Drift, DriftApproval, DriftReview
from drifts.transitions import Status
from driftsentry.api.errors import Conflict, NotFound

BATCH = 100
DECIDED_SO: Mapping[str, Decision] = {
    Status.APPROVED.value: Decision.APPROVE,
    Status.REJECTED.value: Decision.REJECT,
}
SWEEPER = Actor.system("reviews")
NOTHING = "There is nothing to review: nobody decided on this drift alone in an emergency."
DONE = "It has been reviewed already."
OWN = "You broke the glass yourself: somebody else must review it."
PEOPLE_ONLY = "Only a person can review it."


def review_drift(account_id: UUID, drift_id: UUID, *, verdict: str, note: str, by: Actor) -> DriftReview:
    """Say what one thinks of a decision that somebody made alone.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        verdict: One of `DriftReview.Verdicts`.
        note: Why, 10 to 1000 characters.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such drift.
        Conflict: There is nothing to review, it was reviewed before, or it is not theirs to review.
        Invalid: The note is too short or too long.
    """
    note = checked_reason(note, "note")
    with journal.writing(account_id, by=by) as w:
        drift = Drift.objects.for_account(account_id).select_for_update(of=("self",)).filter(pk=drift_id).first()
        if drift is None:
            raise NotFound
        review = DriftReview.objects.for_account(account_id).filter(drift=drift).first()
        if review is None:
            raise Conflict(NOTHING)
        _refuse(review, drift, by)
        review.reviewed_at, review.reviewed_by_id = w.now, by.user_id
        review.verdict, review.note = verdict, note
        review.save(update_fields=["reviewed_at", "reviewed_by", "verdict", "note"])
        w.record(_reviewed(drift, review))
        if verdict == DriftReview.Verdicts.OBJECTED:
            words = (
                f"Whoever reviewed it objects to the decision of one person alone to {review.decision} it. The drift "
                f"is {drift.status} still: look at its timeline, and at what has been done meanwhile."
            )
            raise_alerts(w, [review_notice(drift, "Objection", words)])
    return review


def tell_overdue_reviews() -> int:
    """Tell people, once, of reviews that nobody has done in time.

    Returns:
        Of how many.
    """
    rows = DriftReview.objects.overdue(timezone.now()).filter(overdue_told_at=None).order_by("due_at")
    found = sorted(rows.values_list("account_id", "id")[:BATCH])
    return sum(_tell(account_id, [one for _, one in some]) for account_id, some in groupby(found, key=lambda r: r[0]))


def tell_of_own_decision(w: Writer, drift_id: UUID) -> None:
    """Tell people where it has become known too late that somebody took part in deciding on their own change.

    Args:
        w: The open journal of the attribution.
        drift_id: The drift.
    """
    decided = Drift.objects.for_account(w.account_id).defer(*HEAVY).filter(pk=drift_id, status__in=DECIDED_SO)
    drift = decided.select_related("approved_by", "rejected_by", "stack").first()
    if drift is None:
        return
    decision = DECIDED_SO[drift.status]
    if not policy_for(policies_of(w.account_id), drift.severity).excludes_principal(decision):
        return
    voices = drift.voices.filter(ended_because=DriftApproval.Ends.DECIDED, decision=decision.value)
    last = drift.approved_by if decision is Decision.APPROVE else drift.rejected_by
    emails = {*voices.values_list("user__email", flat=True), *([last.email] if last else [])}
    people = People(w.account_id)
    if any(people.is_principal(principal_of(drift), email) for email in emails):
        words = (
            f"Whoever made this change took part in the decision to {decision.value} it: that became known only "
            "afterwards. The decision stands; somebody else must look at it."
        )
        raise_alerts(w, [review_notice(drift, "Decided on their own change", words)])


def _tell(account_id: UUID, review_ids: list[UUID]) -> int:
    """Tell of those on whose drifts nobody else is just working: the drift is locked before its review."""
    with journal.writing(account_id, by=SWEEPER) as w:
        rows = DriftReview.objects.for_account(account_id).overdue(w.now).filter(overdue_told_at=None)
        rows = rows.filter(pk__in=review_ids)
        drifts = Drift.objects.for_account(account_id).filter(pk__in=rows.values("drift_id")).order_by("pk")
        held = list(drifts.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True))
        rows = rows.filter(drift_id__in=held).select_for_update(of=("self",), skip_locked=True)
        late = list(rows.select_related("drift__stack").order_by("due_at"))
        DriftReview.objects.filter(pk__in=[one.pk for one in late]).update(overdue_told_at=w.now)
        notices = [
            review_notice(
                one.drift,
                "Review overdue",
                f"One person decided alone to {one.decision} it, and nobody has reviewed that by "
                f"{one.due_at:%Y-%m-%d %H:%M} UTC.",
            )
            for one in late
        ]
        raise_alerts(w, notices)
    return len(late)


def _reviewed(drift: Drift, review: DriftReview) -> DriftReviewed:
    return DriftReviewed(
        id=drift.pk,
        status=drift.status,
        severity=drift.severity,
        stack=drift.stack.name,
        verdict=review.verdict,
        text=review.note,
    )


def _refuse(review: DriftReview, drift: Drift, by: Actor) -> None:
    """Refuse a review by whom it is not to review.

    Raises:
        Conflict: It is done, or it is theirs.
    """
    if review.reviewed_at is not None:
        raise Conflict(DONE)
    if by.user_id is None:
        raise Conflict(PEOPLE_ONLY)
    if by.user_id == review.broken_by_id:
        raise Conflict(OWN)
    if People(drift.account_id).is_principal(principal_of(drift), by.email):
        raise Conflict(OWN_CHANGE)
