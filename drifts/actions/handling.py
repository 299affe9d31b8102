"""Assigning and snoozing many drifts at once: those named one by one, or all members of a group, kept and undone.

Each drift has an outcome of its own, and one stops no other. A group's handling is kept as its decisions are. Undoing
it ends what still stands as it left it: such drifts are awake, or whose they were before, where those may still decide,
and nobody's otherwise; nothing is opened anew. A member that is snoozed at least as long already is left as it is.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.deciders import hold_decider, hold_deciders
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.assigning import checked_note, hand_over, must_be_open
from drifts.actions.decide import checked_reason
from drifts.actions.deciding import CHANGED, MOST, MOST_BY_ID, NOT_FOUND, Outcome, lock_drifts, of_each
from drifts.actions.grouping import drift_group
from drifts.actions.groups import OTHERS, keep
from drifts.actions.snoozing import must_be_to_come, must_be_undecided, snooze_each, unsnooze_each
from drifts.models import Drift, DriftGroupDecision, DriftGroupMember
from drifts.snoozes import lasts_as_long
from driftsentry.api.errors import Conflict, Invalid

SNOOZE, ASSIGN = "snooze", "assign"
HANDLINGS = (SNOOZE, ASSIGN)
OTHERWISE = "It no longer stands as this left it."
AS_LONG = "It is snoozed at least as long already."


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What is done with each of many drifts, checked and ready.

    Attributes:
        action: One of `HANDLINGS`.
        words: The reason, or the note.
        must_fit: Raises a `Conflict` for a drift with which it cannot be done.
        act: Does it with those that fit.
        kept: What a group's decision keeps of it.
        is_done: Whether a drift is so already: in a large group it comes last.
        has_as_much: Whether a drift has as much of it: such a member of a group is left as it is, for undoing it to
            take nothing from it.
    """

    action: str
    words: str
    must_fit: Callable[[Drift], None]
    act: Callable[[Writer, Sequence[Drift]], object]
    kept: Mapping[str, Any]
    is_done: Mapping[str, Any]
    has_as_much: Callable[[Drift], bool] = lambda _: False


@dataclass(frozen=True, slots=True)
class _Handled:
    """What came of handling many drifts.

    Attributes:
        outcomes: Of each.
        owners: Whose those were that were given to somebody else.
    """

    outcomes: list[Outcome]
    owners: Mapping[UUID, UUID | None]


def snoozing(*, reason: str, until: datetime | None) -> Handling:
    """Let nobody be told of them.

    Args:
        reason: Why, 10 to 1000 characters.
        until: Until when; None: until each differs otherwise.

    Raises:
        Invalid: The reason is too short or too long.
    """
    reason = checked_reason(reason)

    def act(w: Writer, drifts: Sequence[Drift]) -> None:
        snooze_each(w, drifts, until=until, reason=reason)

    return Handling(
        action=SNOOZE,
        words=reason,
        must_fit=must_be_undecided,
        act=act,
        kept={"until": until},
        is_done={"snoozed_at__isnull": False},
        has_as_much=lambda drift: lasts_as_long(drift.snoozed_at, drift.snoozed_until, until),
    )


def assignment(*, assignee_id: UUID | None, note: str = "") -> Handling:
    """Give them to somebody, or to nobody.

    Args:
        assignee_id: A user who may decide; None: nobody.
        note: What is to be said with it.

    Raises:
        Invalid: The note is too long.
    """
    note = checked_note(note)

    def act(w: Writer, drifts: Sequence[Drift]) -> None:
        hand_over(w, drifts, assignee_id, note)

    return Handling(
        action=ASSIGN,
        words=note,
        must_fit=must_be_open,
        act=act,
        kept={"assignee_id": assignee_id},
        is_done={"assignee_id": assignee_id},
    )


def handle_drifts(account_id: UUID, drift_ids: Sequence[str], handling: Handling, *, by: Actor) -> list[Outcome]:
    """Assign or snooze drifts that are named one by one.

    Args:
        account_id: The tenant.
        drift_ids: At most `MOST_BY_ID`; one that is no id is not found.
        handling: What is done.
        by: Who does it.

    Returns:
        What came of each, in the order they were named, each once.

    Raises:
        Invalid: There are too many, or the time or the assignee does not do.
    """
    if len(drift_ids) > MOST_BY_ID:
        raise Invalid.field("ids", f"At most {MOST_BY_ID} ids.")
    with journal.writing(account_id, by=by) as w:
        _check(w, handling)
        return of_each(drift_ids, lambda ids: _handle_each(w, ids, handling).outcomes)


def handle_group(
    account_id: UUID,
    group_id: UUID,
    handling: Handling,
    *,
    excluding: Collection[UUID] = (),
    member_digest: str = "",
    by: Actor,
) -> tuple[DriftGroupDecision, int]:
    """Assign or snooze the members of a group as they stand: the longest known first, at most `MOST` at once.

    Args:
        account_id: The tenant.
        group_id: The group.
        handling: What is done.
        excluding: Members to leave out.
        member_digest: Of the members that were looked at; '' is about whoever they are now.
        by: Who does it.

    Returns:
        What was done, and how many members are left with which it was not.

    Raises:
        NotFound: There is no such group, or no longer.
        Invalid: The time or the assignee does not do.
        Conflict: The members are others than those looked at, or it can be done with none of them.
    """
    with journal.writing(account_id, by=by) as w:
        offered = drift_group(account_id, group_id)
        if member_digest and member_digest.lower() != offered.member_digest:
            raise Conflict(OTHERS)
        _check(w, handling)
        excluded = set(excluding)
        members = [one for one in offered.members if one.id not in excluded]
        rows = Drift.objects.filter(account_id=account_id, pk__in=[one.id for one in members])
        done = set(rows.filter(**handling.is_done).values_list("pk", flat=True))
        asked = sorted(members, key=lambda one: one.id in done)[:MOST]
        seen = {one.id: one.difference_digest for one in asked}
        handled = _handle_each(w, seen, handling, seen=seen)
        outcomes = [one for one in handled.outcomes if one.status]
        made = keep(w, offered, handling.action, handling.words, outcomes, owners=handled.owners, **handling.kept)
    return made, len({one.id for one in members} - done - seen.keys())


def undo_handling(w: Writer, made: DriftGroupDecision, members: Sequence[DriftGroupMember], note: str) -> None:
    """Undo what was done with a group, where it still stands.

    Args:
        w: The open journal.
        made: What was done, locked.
        members: Those with which it was.
        note: Why it is undone.
    """
    owners = {one.drift_id: one.assignee_before_id for one in members}
    may = hold_deciders(w.account_id, {one for one in owners.values() if one is not None})
    drifts = lock_drifts(w.account_id, [one.drift_id for one in members])
    standing = [drift for drift in drifts.values() if _stands(made, drift, owners[drift.pk])]
    if made.action == SNOOZE:
        unsnooze_each(w, standing, text=note)
    else:
        _give_back(w, standing, {pk: owner if owner in may else None for pk, owner in owners.items()}, note)
    undone = {one.pk for one in standing}
    for member in members:
        is_undone = member.drift_id in undone
        member.outcome = DriftGroupMember.Outcomes.UNDONE if is_undone else DriftGroupMember.Outcomes.LEFT
        member.error = "" if is_undone else OTHERWISE
    DriftGroupMember.objects.bulk_update(members, ["outcome", "error"], batch_size=500)


def _give_back(w: Writer, drifts: Sequence[Drift], owners: Mapping[UUID, UUID | None], note: str) -> None:
    """Let drifts be whose they were; each of these is told once."""
    theirs: dict[UUID | None, list[Drift]] = {}
    for drift in drifts:
        theirs.setdefault(owners[drift.pk], []).append(drift)
    for owner, some in theirs.items():
        hand_over(w, some, owner, note)


def _check(w: Writer, handling: Handling) -> None:
    """Check what only the database and its clock can say, before any drift is locked.

    Raises:
        Invalid: The time is over or too far away, or the assignee may not decide.
    """
    must_be_to_come(w, handling.kept.get("until"))
    hold_decider(w.account_id, handling.kept.get("assignee_id"))


def _handle_each(
    w: Writer, drift_ids: Iterable[UUID], handling: Handling, *, seen: Mapping[UUID, bytes] | None = None
) -> _Handled:
    ids = list(dict.fromkeys(drift_ids))
    drifts = lock_drifts(w.account_id, ids)
    outcomes, fitting = [], []
    for ident in ids:
        drift = drifts.get(ident)
        if drift is None:
            outcomes.append(Outcome(ident, "not_found", error=NOT_FOUND))
        elif refusal := _refusal(drift, handling, seen):
            outcomes.append(Outcome(ident, "refused", drift.status, refusal))
        else:
            fitting.append(drift)
            outcomes.append(Outcome(ident, "decided", drift.status))
    owners = {drift.pk: drift.assignee_id for drift in fitting} if handling.action == ASSIGN else {}
    handling.act(w, fitting)
    return _Handled(outcomes, owners)


def _refusal(drift: Drift, handling: Handling, seen: Mapping[UUID, bytes] | None) -> str:
    """Say why it cannot be done with a drift; '' where it can."""
    if seen is not None and bytes(drift.difference_digest) != seen[drift.pk]:
        return CHANGED
    try:
        handling.must_fit(drift)
    except Conflict as error:
        return error.message
    return AS_LONG if seen is not None and handling.has_as_much(drift) else ""


def _stands(made: DriftGroupDecision, drift: Drift, before: UUID | None) -> bool:
    if made.action == SNOOZE:
        return drift.snoozed_at == made.decided_at
    if made.assignee_id is None:
        return drift.is_open and drift.assignee_id is None and before is not None
    return drift.is_open and drift.assigned_at == made.decided_at and drift.assignee_id == made.assignee_id
