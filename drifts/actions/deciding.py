"""One decision made of many drifts in one transaction: each has an outcome of its own, and one stops no other."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import F

from alerts.actions import Notice, raise_alerts
from alerts.models import Alert
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions import decide
from drifts.actions.approving import Hearing, waits_for
from drifts.actions.locks import lock_stack
from drifts.cause_words import counted
from drifts.findings import Severity
from drifts.models import Drift
from drifts.snoozes import NOT_SNOOZED
from drifts.transitions import Action
from driftsentry.api.errors import Conflict, Invalid

MOST = 1000
MOST_BY_ID = 500
ACTIONS = ("triage", "approve", "reject", "acknowledge")
LEADS_TO: Mapping[str, Action] = {
    "triage": Action.TRIAGE,
    "approve": Action.APPROVE,
    "reject": Action.REJECT,
    "acknowledge": Action.RESOLVE,
}
CHANGED = "What differs has changed since the group was read."
NOT_FOUND = "There is nothing here."
HEAVY = (
    "expected_state",
    "actual_state",
    "difference",
    "cost_breakdown",
    "consequence",
    "decided_digests",
    "snooze_digests",
)
"""Columns that no decision needs to read."""

# What a decision writes, which is the same for every drift but for the digests that it binds to: one statement for all.
COLUMNS: Mapping[Action, tuple[str, ...]] = {
    Action.TRIAGE: ("status",),
    Action.APPROVE: ("status", "approved_at", "approved_by_id", "approval_reason", *NOT_SNOOZED),
    Action.REJECT: ("status", "rejected_at", "rejected_by_id", "rejection_reason", *NOT_SNOOZED),
    Action.RESOLVE: (
        "status",
        "resolved_at",
        "resolved_how",
        "not_assessed_since",
        "not_assessed_reason",
        *NOT_SNOOZED,
    ),
}
BINDING = frozenset({Action.APPROVE, Action.REJECT})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a decision about one drift.

    Attributes:
        id: The drift, as it was asked for.
        outcome: `decided`, `awaiting` (others must say the same first), `refused` or `not_found`.
        status: Where it stands now; '' where there is none.
        error: Why it was refused.
    """

    id: UUID | str
    outcome: str
    status: str = ""
    error: str = ""


def decision_for(action: str, reason: str) -> decide.Decision:
    """Return a decision that is ready to be made of many drifts.

    Args:
        action: One of `ACTIONS`.
        reason: Why, 10 to 1000 characters.

    Raises:
        Invalid: There is no such action, or the reason is too short or too long.
    """
    reason = reason.strip()
    if len(reason) not in decide.REASON_LENGTH:
        raise Invalid.field("reason", "Say why in 10 to 1000 characters.")
    match action:
        case "triage":
            return decide.triage(note=reason, tell=False)
        case "approve":
            return decide.approval(reason=reason)
        case "reject":
            return decide.rejection(reason=reason)
        case "acknowledge":
            return decide.resolution(how=Drift.Resolutions.ACKNOWLEDGED, note=reason)
        case _:
            raise Invalid.field("action", f"One of: {', '.join(ACTIONS)}.")


def decide_drifts(account_id: UUID, drift_ids: Sequence[str], *, action: str, reason: str, by: Actor) -> list[Outcome]:
    """Decide about drifts that are named one by one.

    Args:
        account_id: The tenant.
        drift_ids: At most `MOST_BY_ID`; one that is no id is not found.
        action: One of `ACTIONS`.
        reason: Why, 10 to 1000 characters.
        by: Who does it.

    Returns:
        What came of each, in the order they were named, each once.

    Raises:
        Invalid: There are too many, no such action, or the reason is too short or too long.
    """
    if len(drift_ids) > MOST_BY_ID:
        raise Invalid.field("ids", f"At most {MOST_BY_ID} ids.")
    decision = decision_for(action, reason)
    with journal.writing(account_id, by=by) as w:
        return of_each(drift_ids, lambda ids: decide_each(w, ids, decision))


def of_each(drift_ids: Sequence[str], act: Callable[[Sequence[UUID]], list[Outcome]]) -> list[Outcome]:
    """Act on drifts that are named one by one.

    Args:
        drift_ids: As they were named; one that is no id is not found.
        act: What is done with those that are.

    Returns:
        What came of each, in the order they were named, each once.
    """
    named = {text: ident for text in drift_ids if (ident := _uuid_or_none(text))}
    found = {one.id: one for one in act(list(named.values()))}
    return [
        replace(found[named[text]], id=text) if text in named else Outcome(text, "not_found", error=NOT_FOUND)
        for text in dict.fromkeys(drift_ids)
    ]


def decide_each(
    w: Writer, drift_ids: Iterable[UUID], decision: decide.Decision, *, seen: Mapping[UUID, bytes] | None = None
) -> list[Outcome]:
    """Make a decision of each drift that allows it.

    Args:
        w: The open journal.
        drift_ids: The drifts, at most `MOST`.
        decision: What is decided.
        seen: Drift → digest of the difference that was read; one that differs otherwise by now is refused.
    """
    ids = list(dict.fromkeys(drift_ids))
    drifts = lock_drifts(w.account_id, ids)
    hearing = Hearing(w, drifts.values())
    outcomes, decided = [], []
    for ident in ids:
        drift = drifts.get(ident)
        if drift is None:
            outcomes.append(Outcome(ident, "not_found", error=NOT_FOUND))
            continue
        status = drift.status
        try:
            _must_be_as_read(drift, seen)
            is_decided = decide.make(w, drift, decision, hearing)
        except Conflict as error:
            outcomes.append(Outcome(ident, "refused", status, error.message))
        else:
            decided += [drift] if is_decided else []
            outcomes.append(Outcome(ident, "decided" if is_decided else "awaiting", drift.status))
    _write(decided, decision.action)
    hearing.save()
    awake = [drift for drift in decided if not drift.is_snoozed]
    if decision.action is Action.TRIAGE and awake:
        raise_alerts(w, [_decisions_needed(awake)])
    return outcomes


def lock_drifts(account_id: UUID, drift_ids: Sequence[UUID]) -> dict[UUID, Drift]:
    """Lock drifts and, before them, their stacks, so that no scan changes them and none waits crosswise.

    Args:
        account_id: The tenant.
        drift_ids: The drifts; those that are another tenant's are not found.

    Returns:
        Those that there are, by id, each with its stack and without what is `HEAVY`.

    Raises:
        OperationalError: A scan of one of the stacks has been recorded for too long.
    """
    mine = Drift.objects.for_account(account_id).filter(pk__in=drift_ids)
    for stack_id in sorted(set(mine.order_by().values_list("stack_id", flat=True))):
        lock_stack(stack_id)
    rows = mine.defer(*HEAVY).select_for_update(of=("self",)).order_by("pk")
    return {drift.pk: drift for drift in rows}


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _must_be_as_read(drift: Drift, seen: Mapping[UUID, bytes] | None) -> None:
    if seen is not None and bytes(drift.difference_digest) != seen[drift.pk]:
        raise Conflict(CHANGED)


def _write(decided: Sequence[Drift], action: Action) -> None:
    if not decided:
        return
    values: dict[str, Any] = {name: getattr(decided[0], name) for name in COLUMNS[action]}
    if action in BINDING:
        values["decided_digests"] = F("attribute_digests")
    Drift.objects.filter(pk__in=[one.pk for one in decided]).update(**values)


def _decisions_needed(drifts: Sequence[Drift]) -> Notice:
    """One alert for all: whoever triaged them at once is not told of each."""
    worst = min((Severity(one.severity) for one in drifts), key=lambda severity: severity.rank)
    number, stacks = len(drifts), sorted({one.stack.name for one in drifts})
    where = stacks[0] if len(stacks) == 1 else counted(len(stacks), "stack")
    one = drifts[0]
    title = f"{one.resource_id} in {where}" if number == 1 else f"{counted(number, 'drift')} in {where}"
    words = "It has been triaged and waits" if number == 1 else "They have been triaged at once and wait"
    more = waits_for(one.account_id, one.severity) if number == 1 else ""
    return Notice(
        type=Alert.Types.APPROVAL_NEEDED,
        severity=worst.value,
        title=f"Decision needed: {title}",
        message=f"{one.severity_reason + ' ' if number == 1 else ''}{words} for approval or rejection.{more}",
        drift_id=one.pk if number == 1 else None,
    )
