"""The states of a drift and which decision may follow which: one table for actions, admin and the database trigger."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a drift stands."""

    DETECTED = "detected"
    """Seen, and nobody has looked."""
    TRIAGED = "triaged"
    """Somebody has looked and not decided."""
    APPROVED = "approved"
    """Putting the resource back is approved."""
    REJECTED = "rejected"
    """Putting it back is declined; the change stands."""
    RESOLVED = "resolved"
    """Over, for the reason in `resolvedHow`. Final."""


class Action(StrEnum):
    """What a person, or the ingest itself, may do to a drift."""

    TRIAGE = "triage"
    APPROVE = "approve"
    REJECT = "reject"
    RESOLVE = "resolve"


LEADS_TO: dict[Action, Status] = {
    Action.TRIAGE: Status.TRIAGED,
    Action.APPROVE: Status.APPROVED,
    Action.REJECT: Status.REJECTED,
    Action.RESOLVE: Status.RESOLVED,
}

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.DETECTED: frozenset({Status.TRIAGED, Status.APPROVED, Status.REJECTED, Status.RESOLVED}),
    Status.TRIAGED: frozenset({Status.APPROVED, Status.REJECTED, Status.RESOLVED}),
    Status.APPROVED: frozenset({Status.RESOLVED}),
    Status.REJECTED: frozenset({Status.RESOLVED}),
    Status.RESOLVED: frozenset(),
}
"""Status → the statuses that may follow it."""

OPEN: frozenset[Status] = frozenset(Status) - {Status.RESOLVED}
DECIDED: frozenset[Status] = frozenset({Status.APPROVED, Status.REJECTED})


def can(status: Status | str, action: Action | str) -> bool:
    """Say whether an action is allowed in a status.

    Raises:
        ValueError: The status or the action does not exist.
    """
    return LEADS_TO[Action(action)] in TRANSITIONS[Status(status)]
