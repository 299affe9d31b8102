"""Voices that end without a decision: the difference changed, time is over, the giver may not decide, or took it back.

Whether a voice counts is asked anew at each decision; this is what makes a lapse visible when nobody decides.
"""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from alerts.actions import Notice, raise_alerts
from alerts.models import Alert
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.known import OnRecord
from drifts.actions.voices import (
    DECIDERS,
    UNDECIDED,
    People,
    end_lapsed,
    lapsed_of,
    policies_of,
    policy_for,
    record_lapse,
    standing_voices,
)
from drifts.approvals import Lapsed
from drifts.cause_words import counted
from drifts.findings import Severity
from drifts.models import Drift, DriftApproval
from driftsentry.api.errors import Conflict, NotFound

BATCH = 200
MAX_BATCHES = 10
"""A sweep ends after so many, and the next one goes on."""
SWEEPER = Actor.system("approvals")
HEAVY = (
    *("expected_state", "actual_state", "difference", "cost_breakdown", "attribute_digests", "decided_digests"),
    *("consequence", "snooze_digests"),
)
"""Columns that the end of a voice does not read."""
NOTHING = "You have said nothing of it that stands."


def end_moved_approvals(w: Writer, stack_name: str, changed: Sequence[tuple[OnRecord, Drift]]) -> None:
    """End the voices for drifts that differ otherwise than when they were given, and say so in one alert.

    Args:
        w: The open journal of a scan.
        stack_name: The stack.
        changed: Drifts that differ otherwise than before, each as it was and as it is.
    """
    drifts = {drift.pk: drift for _, drift in changed}
    standing = standing_voices(w.account_id, drifts) if drifts else {}
    ended: list[Drift] = []
    lapsed: list[tuple[DriftApproval, Lapsed]] = []
    for pk, rows in standing.items():
        digest = bytes(drifts[pk].difference_digest)
        moved = [(row, Lapsed.DIFFERENCE) for row in rows if bytes(row.difference_digest) != digest]
        if moved:
            record_lapse(w, drifts[pk], stack_name, moved)
            ended.append(drifts[pk])
            lapsed += moved
    end_lapsed(w, lapsed)
    awake = [drift for drift in ended if not drift.is_snoozed]
    if awake:
        raise_alerts(w, [_needed_again(awake, stack_name)])


def end_uncounted_approvals(w: Writer, drift_id: UUID) -> None:
    """End the voices for a drift that do not count, as when it has become known who made the change.

    Args:
        w: The open journal.
        drift_id: The drift.
    """
    standing = standing_voices(w.account_id, [drift_id]).get(drift_id)
    if standing:
        drift = Drift.objects.for_account(w.account_id).defer(*HEAVY).get(pk=drift_id)
        _end_uncounted(w, [drift], {drift_id: standing})


def withdraw_approval(account_id: UUID, drift_id: UUID, *, by: Actor) -> Drift:
    """Take back what one has said of a drift that waits for others.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such drift.
        Conflict: They have said nothing that stands: it may be decided by now.
    """
    with journal.writing(account_id, by=by) as w:
        drift = Drift.objects.for_account(account_id).select_for_update(of=("self",)).filter(pk=drift_id).first()
        if drift is None:
            raise NotFound
        mine = [row for row in standing_voices(account_id, [drift_id]).get(drift_id, []) if row.user_id == by.user_id]
        if not mine or drift.status not in UNDECIDED:
            raise Conflict(NOTHING)
        lapsed = [(row, Lapsed.WITHDRAWN) for row in mine]
        end_lapsed(w, lapsed)
        record_lapse(w, drift, drift.stack.name, lapsed)
    return drift


def sweep_approvals() -> int:
    """End the voices that no longer count, in every account.

    Returns:
        How many drifts it was about.
    """
    swept = 0
    for _ in range(MAX_BATCHES):
        giver = Q(user__is_active=False) | Q(user__erased_at__isnull=False) | ~Q(user__role__in=DECIDERS)
        due = Q(expires_at__lte=timezone.now()) | giver | ~Q(drift__status__in=UNDECIDED)
        rows = DriftApproval.objects.standing().filter(due).order_by("account_id", "drift_id")
        found = list(rows.values_list("account_id", "drift_id").distinct()[:BATCH])
        for account_id, pairs in groupby(found, key=lambda pair: pair[0]):
            swept += _sweep(account_id, [drift_id for _, drift_id in pairs])
        if len(found) < BATCH:
            break
    return swept


def _sweep(account_id: UUID, drift_ids: Sequence[UUID]) -> int:
    """End those of drifts of an account that nobody is just deciding: these are left to the next sweep."""
    with journal.writing(account_id, by=SWEEPER) as w:
        rows = Drift.objects.for_account(account_id).select_for_update(of=("self",), skip_locked=True)
        drifts = list(rows.filter(pk__in=drift_ids).order_by("pk").defer(*HEAVY))
        standing = standing_voices(account_id, [drift.pk for drift in drifts])
        over = [drift for drift in drifts if drift.status not in UNDECIDED and drift.pk in standing]
        _end_overtaken(w, [(drift, standing.pop(drift.pk)) for drift in over])
        _end_uncounted(w, drifts, standing)
    return len(drifts)


def _end_overtaken(w: Writer, voices: Sequence[tuple[Drift, list[DriftApproval]]]) -> None:
    """End what was said of drifts that were decided without it, or are over."""
    ended: list[tuple[DriftApproval, Lapsed]] = []
    for drift, rows in voices:
        lapsed = [(row, Lapsed.OVERTAKEN) for row in rows]
        record_lapse(w, drift, drift.stack.name, lapsed)
        ended += lapsed
    end_lapsed(w, ended)


def _end_uncounted(w: Writer, drifts: Sequence[Drift], standing: dict[UUID, list[DriftApproval]]) -> None:
    policies, people = policies_of(w.account_id), People(w.account_id)
    ended: list[tuple[DriftApproval, Lapsed]] = []
    for drift in drifts:
        policy = policy_for(policies, drift.severity)
        lapsed = lapsed_of(w, drift, standing.get(drift.pk, ()), policy, people)
        if lapsed:
            record_lapse(w, drift, drift.stack.name, lapsed)
            ended += lapsed
    end_lapsed(w, ended)


def _needed_again(drifts: Sequence[Drift], stack_name: str) -> Notice:
    """One alert for all of a scan."""
    worst = min((Severity(one.severity) for one in drifts), key=lambda severity: severity.rank)
    only = drifts[0] if len(drifts) == 1 else None
    what = only.resource_id if only else counted(len(drifts), "drift")
    return Notice(
        type=Alert.Types.APPROVAL_NEEDED,
        severity=worst.value,
        title=f"Approvals needed again: {what} in {stack_name}",
        message="What differs has changed since they were given: look again and decide on what is there now.",
        drift_id=only.pk if only else None,
    )
