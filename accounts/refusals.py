"""What somebody was refused is journaled, so that an auditor sees who tried what."""

from typing import Any

import structlog

from accounts.actors import actor_of
from accounts.facts import AccessRefused
from audit import journal
from driftsentry.api import counting
from driftsentry.api.access import Permission
from driftsentry.api.tenancy import account_id_of

logger = structlog.get_logger(__name__)

MOST = "10/minute"
"""Entries of one user or key, counted in Redis: whoever asks on and on must not fill the journal. While Redis is away
nothing counts them, so they are told in the log only."""


def note_refusal(request: Any, permission: Permission) -> None:
    """Journal that a request was refused, in a transaction of its own; never what it carried.

    Args:
        request: An authenticated DRF request.
        permission: What it would have needed.
    """
    match = request.resolver_match
    route = str(match.url_name or "") if match else ""
    refused = AccessRefused(permission=permission.value, method=str(request.method), route=route)
    logger.warning("access_refused", permission=refused.permission, method=refused.method, route=route)
    if not _fits(str(request.user.pk)):
        return
    with journal.writing(account_id_of(request), by=actor_of(request)) as w:
        w.record(refused)


def _fits(who: str) -> bool:
    try:
        return not counting.shared().hit(MOST, "access refused", who)
    except counting.StoreAway:
        return False
