"""What happens to drifts when something happens elsewhere; imported when Django has started."""

from accounts.facts import UserChanged, UserErased, UserRoleChanged
from alerts.actions.snooze_ends import settle_alerts
from audit.facts import Fact
from audit.journal import Writer
from audit.reactions import Facts, reacts_once_to, reacts_to
from drifts.actions.approval_lapses import end_uncounted_approvals
from drifts.actions.assigning import release_at_once
from drifts.actions.remediating import request_remediation
from drifts.actions.reviewing import tell_of_own_decision
from drifts.facts import DriftApproved, DriftAttributed, DriftRejected, DriftResolved
from drifts.models import Drift, DriftApproval, DriftGroupDecision, DriftReview


@reacts_to(UserErased)
def erase_reasons(w: Writer, fact: UserErased) -> None:
    """Blank the reasons that an erased person wrote; that they decided, and when, stays.

    Args:
        w: The open journal.
        fact: Who was erased.
    """
    drifts = Drift.objects.filter(account_id=w.account_id)
    drifts.filter(approved_by_id=fact.id).exclude(approval_reason="").update(approval_reason="")
    drifts.filter(rejected_by_id=fact.id).exclude(rejection_reason="").update(rejection_reason="")
    drifts.filter(snoozed_by_id=fact.id).exclude(snooze_reason="").update(snooze_reason="")
    decisions = DriftGroupDecision.objects.filter(account_id=w.account_id)
    decisions.filter(decided_by_id=fact.id).exclude(reason="").update(reason="")
    decisions.filter(undone_by_id=fact.id).exclude(undo_note="").update(undo_note="")


@reacts_to(UserErased)
def erase_words_of_approvals(w: Writer, fact: UserErased) -> None:
    """Blank the reasons of what an erased person said, and the notes of their reviews.

    Args:
        w: The open journal.
        fact: Who was erased.
    """
    if fact.id is not None:
        DriftApproval.objects.for_account(w.account_id).filter(user_id=fact.id).exclude(reason="").update(reason="")
        DriftReview.objects.for_account(w.account_id).filter(reviewed_by_id=fact.id).exclude(note="").update(note="")


@reacts_to(UserErased)
def release_of_an_erased_user(w: Writer, fact: UserErased) -> None:
    """Take what an erased person had: nobody would see to it.

    Args:
        w: The open journal.
        fact: Who was erased.
    """
    if fact.id is not None:
        release_at_once(w, fact.id)


@reacts_to(UserRoleChanged)
def release_of_another_role(w: Writer, fact: UserRoleChanged) -> None:
    """Take what somebody had who may no longer decide.

    Args:
        w: The open journal.
        fact: Whose role changed.
    """
    if fact.id is not None:
        release_at_once(w, fact.id)


@reacts_to(UserChanged)
def release_of_a_deactivated_user(w: Writer, fact: UserChanged) -> None:
    """Take what somebody had who can no longer log in.

    Args:
        w: The open journal.
        fact: Who was changed, and what of them.
    """
    if fact.id is not None and "is_active" in fact.fields:
        release_at_once(w, fact.id)


@reacts_once_to(DriftApproved, DriftRejected, DriftResolved)
def settle_snoozed_alerts(w: Writer, facts: Facts) -> None:
    """End the snoozes of alerts about drifts that were decided or are over: there is nothing left to wait for.

    Args:
        w: The open journal.
        facts: What was decided.
    """
    settle_alerts(w, {fact.id: f"its drift is {_status(fact)}" for _, fact in facts if fact.id is not None})


def _status(fact: Fact) -> str:
    return str(fact.data()["status"])


@reacts_to(DriftAttributed)
def end_approvals_of_the_principal(w: Writer, fact: DriftAttributed) -> None:
    """Let the voice of whoever is now known to have made a change count no longer, or tell that it did count.

    Args:
        w: The open journal of the attribution.
        fact: Which drift.
    """
    if fact.id is not None:
        end_uncounted_approvals(w, fact.id)
        tell_of_own_decision(w, fact.id)


@reacts_to(DriftApproved)
def ask_the_pipeline(w: Writer, fact: DriftApproved) -> None:
    """Have a drift put back by its stack's pipeline, once that is approved.

    Args:
        w: The open journal of the approval.
        fact: Which drift.
    """
    if fact.id is not None:
        request_remediation(w, fact.id)
