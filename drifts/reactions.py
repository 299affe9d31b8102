"""What happens to drifts when something happens elsewhere; imported when Django has started."""

from accounts.facts import UserErased
from audit.journal import Writer
from audit.reactions import reacts_to
from drifts.models import Drift


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
