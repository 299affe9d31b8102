"""Decisions for groups of drifts: one for all members as they stand, kept, and undone by one call."""

from collections.abc import Collection, Sequence
from uuid import UUID

from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.deciding import LEADS_TO, MOST, Outcome, decide_each, decision_for
from drifts.actions.grouping import Offered, drift_group
from drifts.causes import OpenDrift
from drifts.group_facts import DriftGroupDecided
from drifts.models import DriftGroupDecision, DriftGroupMember
from drifts.transitions import can
from driftsentry.api.errors import Conflict

BATCH = 500
OTHERS = (
    "The group has other members than you saw, or they differ otherwise; look again and decide on what is there now."
)
NOBODY = "None of its members can be decided so: look at what was decided of each."


def decide_group(
    account_id: UUID,
    group_id: UUID,
    *,
    action: str,
    reason: str,
    excluding: Collection[UUID] = (),
    member_digest: str = "",
    by: Actor,
) -> tuple[DriftGroupDecision, int]:
    """Make one decision of the members of a group as they stand: the longest known first, at most `MOST` at once.

    Members whose state does not allow it are refused one by one and stop no other.

    Args:
        account_id: The tenant.
        group_id: The group.
        action: One of `drifts.actions.deciding.ACTIONS`.
        reason: Why, 10 to 1000 characters.
        excluding: Members to leave out.
        member_digest: Of the members that were looked at; '' decides on whoever they are now.
        by: Who does it.

    Returns:
        What was decided, and how many members are left that could be decided so.

    Raises:
        NotFound: There is no such group, or no longer.
        Invalid: There is no such action, or the reason is too short or too long.
        Conflict: The members are others than those looked at, or none of them can be decided so.
    """
    decision = decision_for(action, reason)
    with journal.writing(account_id, by=by) as w:
        offered = drift_group(account_id, group_id)
        if member_digest and member_digest.lower() != offered.member_digest:
            raise Conflict(OTHERS)
        excluded = set(excluding)
        members = [one for one in offered.members if one.id not in excluded]
        asked = sorted(members, key=lambda one: not can(one.status, LEADS_TO[action]))[:MOST]
        seen = {one.id: one.difference_digest for one in asked}
        outcomes = [one for one in decide_each(w, seen, decision, seen=seen) if one.status]
        made = _keep(w, offered, action, reason.strip(), outcomes)
    return made, _left(members, asked, action)


def _keep(w: Writer, offered: Offered, action: str, reason: str, outcomes: Sequence[Outcome]) -> DriftGroupDecision:
    """Write down what was decided of whom.

    Raises:
        Conflict: Of nobody.
    """
    decided = sum(one.outcome == "decided" for one in outcomes)
    if not decided:
        raise Conflict(NOBODY)
    made = DriftGroupDecision.objects.create(
        account_id=w.account_id,
        group_id=offered.id,
        cause=offered.cause,
        sentence=offered.sentence,
        action=action,
        reason=reason,
        decided_by_id=w.actor.id,
        decided_at=w.now,
        decided=decided,
        refused=len(outcomes) - decided,
    )
    rows = [
        DriftGroupMember(
            account_id=w.account_id, decision=made, drift_id=one.id, outcome=one.outcome, error=one.error[:500]
        )
        for one in outcomes
    ]
    DriftGroupMember.objects.bulk_create(rows, batch_size=BATCH)
    fact = DriftGroupDecided(
        id=made.pk,
        group_id=made.group_id,
        cause=made.cause,
        action=action,
        members=decided,
        refused=made.refused,
        text=reason,
    )
    w.record(fact)
    return made


def _left(members: Sequence[OpenDrift], asked: Sequence[OpenDrift], action: str) -> int:
    """Count the members that could be decided so and were not asked: there are too many for once."""
    could = sum(can(one.status, LEADS_TO[action]) for one in members)
    return could - sum(can(one.status, LEADS_TO[action]) for one in asked)
