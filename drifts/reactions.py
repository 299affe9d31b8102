"""What happens to drifts when something happens elsewhere; imported when Django has started."""

from accounts.facts import UserErased
from audit.journal import Writer
from audit.reactions import reacts_to
from drifts.actions.remediating import request_remediation
from drifts.facts import DriftApproved
from drifts.models import Drift, DriftGroupDecision


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


@reacts_to(DriftApproved)
def ask_the_pipeline(w: Writer, fact: DriftApproved) -> None:
    """Have a drift put back by its stack's pipeline, once that is approved.

    Args:
        w: The open journal of the approval.
        fact: Which drift.
    """
    if fact.id is not None:
        request_remediation(w, fact.id)
