"""Decisions for groups of drifts: one for all members as they stand, kept, and undone by one call."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.deciding import LEADS_TO, MOST, Outcome, decide_each, decision_for
from drifts.actions.grouping import Offered, drift_group
from drifts.actions.voices import voiced_by
from drifts.causes import OpenDrift
from drifts.group_facts import DriftGroupDecided
from drifts.models import DriftGroupDecision, DriftGroupMember
from drifts.transitions import can
from driftsentry.api.errors import Conflict

BATCH = 500
OTHERS = (
    "The group has other members than you saw, or they differ otherwise; look again and decide on what is there now."
)
NOBODY = "None of its members can be decided so."
MOST_REASONS = 3
"""Why none can, where each has its own reason: an answer names the first ones."""


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

    Members whose state does not allow it are refused one by one and stop no other. Those of which it takes more people
    to decide have one voice more, and wait; those of which one has said so already come last.

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
        said = voiced_by(account_id, by.user_id, action)
        asked = sorted(members, key=lambda one: (not can(one.status, LEADS_TO[action]), one.id in said))[:MOST]
        seen = {one.id: one.difference_digest for one in asked}
        outcomes = [one for one in decide_each(w, seen, decision, seen=seen) if one.status]
        made = keep(w, offered, action, reason.strip(), outcomes)
    return made, _left([one for one in members if one.id not in said], asked, action)


def keep(
    w: Writer,
    offered: Offered,
    action: str,
    reason: str,
    outcomes: Sequence[Outcome],
    *,
    owners: Mapping[UUID, UUID | None] = MappingProxyType({}),
    **more: Any,
) -> DriftGroupDecision:
    """Write down what was decided of whom.

    Args:
        w: The open journal.
        offered: The group.
        action: One of its decisions' actions.
        reason: Why.
        outcomes: What came of each member.
        owners: Whose members were before, where that is what was decided.
        **more: Other columns of the decision.

    Raises:
        Conflict: Of nobody.
    """
    decided, awaiting = (sum(one.outcome == word for one in outcomes) for word in ("decided", "awaiting"))
    if not decided + awaiting:
        raise Conflict(why_nobody(outcomes))
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
        awaiting=awaiting,
        refused=len(outcomes) - decided - awaiting,
        **more,
    )
    rows = [
        DriftGroupMember(
            account_id=w.account_id,
            decision=made,
            drift_id=one.id,
            outcome=one.outcome,
            error=one.error[:500],
            assignee_before_id=owners.get(one.id) if isinstance(one.id, UUID) else None,
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
        awaiting=awaiting,
        text=reason,
    )
    w.record(fact)
    return made


def why_nobody(outcomes: Sequence[Outcome]) -> str:
    """Say why nothing was decided, in the words of the first `MOST_REASONS` of the members' reasons.

    Args:
        outcomes: What came of each.
    """
    reasons = dict.fromkeys(one.error for one in outcomes if one.error)
    return " ".join([NOBODY, *list(reasons)[:MOST_REASONS]])


def _left(members: Sequence[OpenDrift], asked: Sequence[OpenDrift], action: str) -> int:
    """Count the members that could be decided so and were not asked: there are too many for once."""
    done = {one.id for one in asked}
    return sum(can(one.status, LEADS_TO[action]) for one in members if one.id not in done)
