"""What an account has decided about judging, loaded once for each scan."""

from functools import partial
from uuid import UUID

from django.utils import timezone

from drifts.actions.ignore_rules import asked_rules as asked_ignore_rules
from drifts.actions.noise_rules import noise_of
from drifts.actions.returning import remembered
from drifts.actions.severity_rules import asked_rules
from drifts.ingest.ignoring import Ignoring
from drifts.ingest.policy import Policy


def policy_of(account_id: UUID, *, stack: str = "") -> Policy:
    """Load an account's policy.

    Args:
        account_id: The tenant.
        stack: The stack's name; '' where ignore rules do not count, as for what a client reports itself: whoever sends
            one drift by hand wants it to be seen, and a rule that hid it would leave nothing to answer with.
    """
    now = timezone.now()
    rules = asked_ignore_rules(account_id, now) if stack else ()
    return Policy(
        noise=noise_of(account_id),
        severity=asked_rules(account_id),
        ignoring=Ignoring(rules),
        stack=stack,
        remembered=partial(remembered, account_id, stack, now=now),
    )
