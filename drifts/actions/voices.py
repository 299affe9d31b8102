"""Voices as they are stored: whose stand, whose count, and what ends one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from uuid import UUID

from accounts.models import Domain
from audit.journal import Writer
from drifts.approval_facts import DriftApprovalsLapsed
from drifts.approvals import NO_POLICY, WORDS, Decision, Lapsed, Policy, Voice, is_same_person, lapse_of, name_of
from drifts.models import ApprovalPolicy, Drift, DriftApproval
from drifts.transitions import Status
from driftsentry.api.access import MATRIX, Permission

UNDECIDED = frozenset({Status.DETECTED.value, Status.TRIAGED.value})
DECIDERS = sorted(role.value for role in MATRIX[Permission.DECIDE].roles)
"""The roles that may decide."""
Ends = DriftApproval.Ends


def policies_of(account_id: UUID) -> Mapping[str, Policy]:
    """Return what an account demands, by severity; a severity that is not there demands nothing.

    Args:
        account_id: The tenant.
    """
    return {one.severity: one.rule for one in ApprovalPolicy.objects.for_account(account_id)}


def policy_for(policies: Mapping[str, Policy], severity: str) -> Policy:
    """Return what holds for a severity.

    Args:
        policies: The account's.
        severity: A drift's.
    """
    return policies.get(severity, NO_POLICY)


def taking_several(account_id: UUID, decision: Decision) -> list[str]:
    """Return the severities of which it takes several people to decide so.

    Args:
        account_id: The tenant.
        decision: What is to be decided.
    """
    return sorted(severity for severity, one in policies_of(account_id).items() if one.needs(decision) > 1)


class People:
    """Who of an account's users is known to have made a change."""

    def __init__(self, account_id: UUID) -> None:
        """Look nothing up yet.

        Args:
            account_id: The tenant.
        """
        self._account_id = account_id

    @cached_property
    def _domains(self) -> frozenset[str]:
        return frozenset(Domain.objects.filter(account_id=self._account_id).values_list("name", flat=True))

    def is_principal(self, principal: str, email: str) -> bool:
        """Whether a principal is known to be a user.

        Args:
            principal: Who made the change, as the trail has it; '' where nobody knows.
            email: The user's.
        """
        if not principal:
            return False
        return is_same_person(principal, email, () if "@" in name_of(principal) else self._domains)


def principal_of(drift: Drift) -> str:
    """Who made a drift's change, as the trail has it; '' where nobody knows.

    Args:
        drift: The drift.
    """
    return str((drift.attribution or {}).get("principal") or "")


def standing_voices(account_id: UUID, drift_ids: Iterable[UUID]) -> dict[UUID, list[DriftApproval]]:
    """Return the voices that nothing has ended, each with its giver, by drift; oldest first.

    Args:
        account_id: The tenant.
        drift_ids: The drifts.
    """
    found: dict[UUID, list[DriftApproval]] = defaultdict(list)
    rows = DriftApproval.objects.for_account(account_id).standing().filter(drift_id__in=list(drift_ids))
    for row in rows.select_related("user").order_by("id"):
        found[row.drift_id].append(row)
    return found


def voiced_by(account_id: UUID, user_id: UUID | None, decision: str) -> frozenset[UUID]:
    """Return the drifts of which somebody has said so, and that wait for others.

    Args:
        account_id: The tenant.
        user_id: Who.
        decision: What they said.
    """
    if user_id is None:
        return frozenset()
    mine = DriftApproval.objects.for_account(account_id).standing().filter(user_id=user_id, decision=decision)
    return frozenset(mine.values_list("drift_id", flat=True))


def voice_of(row: DriftApproval, principal: str, people: People) -> Voice:
    """Return a stored voice as the rules ask it.

    Args:
        row: The voice, with its giver.
        principal: Who made the change, as the trail has it.
        people: Of the account.
    """
    giver = row.user
    return Voice(
        by=giver.pk,
        decision=Decision(row.decision),
        digest=bytes(row.difference_digest),
        expires_at=row.expires_at,
        is_eligible=giver.is_active and giver.erased_at is None and giver.role in DECIDERS,
        is_principal=people.is_principal(principal, giver.email),
    )


def lapsed_of(
    w: Writer, drift: Drift, rows: Iterable[DriftApproval], policy: Policy, people: People
) -> list[tuple[DriftApproval, Lapsed]]:
    """Return the voices for a drift that do not count, each with why.

    Args:
        w: The open journal.
        drift: The drift.
        rows: The voices that stand, each with its giver.
        policy: Of the drift's severity.
        people: Of the account.
    """
    principal, digest = principal_of(drift), bytes(drift.difference_digest)
    found = ((row, lapse_of(voice_of(row, principal, people), policy, digest=digest, now=w.now)) for row in rows)
    return [(row, why) for row, why in found if why is not None]


def end_voices(w: Writer, rows: Iterable[DriftApproval], because: Ends) -> None:
    """End voices, by one statement.

    Args:
        w: The open journal.
        rows: The voices.
        because: Why.
    """
    ids = [row.pk for row in rows]
    if ids:
        DriftApproval.objects.filter(account_id=w.account_id, pk__in=ids).update(ended_at=w.now, ended_because=because)


def end_lapsed(w: Writer, lapsed: Sequence[tuple[DriftApproval, Lapsed]]) -> None:
    """End voices that do not count, by one statement a reason.

    Args:
        w: The open journal.
        lapsed: The voices, each with why.
    """
    for because in dict.fromkeys(why for _, why in lapsed):
        end_voices(w, [row for row, why in lapsed if why is because], Ends(because.value))


def record_lapse(w: Writer, drift: Drift, stack_name: str, lapsed: Sequence[tuple[DriftApproval, Lapsed]]) -> None:
    """Tell in a drift's timeline that voices no longer count.

    Args:
        w: The open journal.
        drift: The drift.
        stack_name: Its stack.
        lapsed: The voices, each with why.
    """
    fact = DriftApprovalsLapsed(
        id=drift.pk,
        status=drift.status,
        severity=drift.severity,
        stack=stack_name,
        number=len(lapsed),
        reason="; ".join(dict.fromkeys(WORDS[why] for _, why in lapsed)),
        givers=tuple(row.user_id for row, _ in lapsed),
    )
    w.record(fact)


def withdraw_given(w: Writer, drifts: Iterable[Drift], *, by: UUID | None, at: datetime) -> frozenset[UUID]:
    """Take back the voices that somebody gave for drifts at a time, where they stand still.

    Args:
        w: The open journal.
        drifts: The drifts, each with its stack, whose rows are locked.
        by: Who gave them.
        at: When.

    Returns:
        The drifts of which one was taken back.
    """
    undecided = {drift.pk: drift for drift in drifts if drift.status in UNDECIDED}
    lapsed = [
        (row, Lapsed.WITHDRAWN)
        for rows in standing_voices(w.account_id, undecided).values()
        for row in rows
        if (row.user_id, row.given_at) == (by, at)
    ]
    end_lapsed(w, lapsed)
    for row, why in lapsed:
        drift = undecided[row.drift_id]
        record_lapse(w, drift, drift.stack.name, [(row, why)])
    return frozenset(row.drift_id for row, _ in lapsed)
