"""Decisions that take several people: each says what is to be done, and whoever completes the number decides.

A `Hearing` is about drifts whose rows are locked, so that voices come one after the other: of two that would complete
the number at once, one does. What counts is the policy for the drift's severity as both are at that moment: a drift
that became graver needs more voices, and a policy that was lowered lets the next voice decide, but decides nothing
by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from alerts.actions import Notice, raise_alerts
from alerts.models import Alert
from audit.journal import Writer
from drifts.actions.voices import (
    UNDECIDED,
    Ends,
    People,
    end_lapsed,
    end_voices,
    lapsed_of,
    policies_of,
    policy_for,
    principal_of,
    record_lapse,
    standing_voices,
    voice_of,
)
from drifts.approval_facts import DriftApprovalGiven, DriftBreakGlassUsed
from drifts.approvals import BREAK_GLASS_REASON, Decision, Lapsed, Policy, counting, expiry_of
from drifts.cause_words import counted
from drifts.findings import Severity
from drifts.models import Drift, DriftApproval, DriftReview
from drifts.transitions import Status
from driftsentry.api.errors import Conflict, Invalid

GRAVE = frozenset({Severity.CRITICAL.value, Severity.HIGH.value})
OWN_CHANGE = "You made this change, as its attribution tells: somebody else must decide on it."
ALREADY = "You have said so already: {given} of {needed} approvals are given, and the others must come from others."
PEOPLE_ONLY = "It takes several people to decide on this: only a person's voice counts."
NO_GLASS = "The approval policy for {severity} drifts does not let one person decide alone."
BYPASS = (
    "It takes {needed} people to decide on a {severity} drift: {other} it first. Without that it can only be ended as "
    "manual-fix, which the next scan proves, or opens it again."
)
STANDS_FOR: Mapping[str, Decision] = {
    Drift.Resolutions.ACKNOWLEDGED.value: Decision.REJECT,
    Drift.Resolutions.AUTO_REMEDIATE.value: Decision.APPROVE,
}
"""Ways to end a drift by hand that say what a decision says, which must not be had more cheaply."""
UNDONE_BY: Mapping[str, Decision] = {
    Status.APPROVED.value: Decision.REJECT,
    Status.REJECTED.value: Decision.APPROVE,
}
"""Of a decided drift: what would be the other decision."""
TURNED = (
    "It is {status}, and it takes {needed} people to {other} a {severity} drift, which is what this says: end it as it "
    "was decided, or as manual-fix; or let the next scan end it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody says of a drift.

    Attributes:
        decision: What is to be done.
        reason: Why.
        difference_digest: Of the difference that was looked at, in hexadecimal; '' for whatever it is.
        break_glass: Whether they decide alone if voices are missing.
    """

    decision: Decision
    reason: str
    difference_digest: str = ""
    break_glass: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A drift that had a voice, and needs more."""

    drift: Drift
    decision: Decision
    given: int
    needed: int


class Hearing:
    """Who has said what of some drifts, and what it takes to decide on them."""

    def __init__(self, w: Writer, drifts: Iterable[Drift]) -> None:
        """Look nothing up yet.

        Args:
            w: The open journal.
            drifts: The drifts, each with its stack, whose rows are locked.
        """
        self._w = w
        self._drifts = [drift for drift in drifts if drift.status in UNDECIDED]
        self._people = People(w.account_id)
        self._given: list[DriftApproval] = []
        self._decisive: list[DriftApproval] = []
        self._lapsed: list[tuple[DriftApproval, Lapsed]] = []
        self._reviews: list[DriftReview] = []
        self._waiting: list[_Waiting] = []
        self._notices: list[Notice] = []

    @cached_property
    def _policies(self) -> Mapping[str, Policy]:
        return policies_of(self._w.account_id)

    @cached_property
    def _standing(self) -> dict[UUID, list[DriftApproval]]:
        return standing_voices(self._w.account_id, [drift.pk for drift in self._drifts]) if self._policies else {}

    def hear(self, drift: Drift, said: Said) -> bool:
        """Hear what the writer's actor says of an undecided drift.

        Args:
            drift: The drift.
            said: What they say of the difference as it is.

        Returns:
            Whether that decides it; otherwise it waits for others.

        Raises:
            Conflict: They may not say so, or have done so already.
            Invalid: They break the glass without enough of a reason.
        """
        policy = policy_for(self._policies, drift.severity)
        needed = policy.needs(said.decision)
        self._refuse_principal(drift, policy, said.decision)
        self._end_lapsed(drift, policy)
        before = self._counting(drift, policy, said.decision)
        if needed == 1:
            self._close(drift, said.decision, before)
            return True
        giver = self._w.actor.user_id
        if giver is None:
            raise Conflict(PEOPLE_ONLY)
        missing = needed - len(before | {giver})
        if giver in before and not (missing <= 0 or said.break_glass):
            raise Conflict(ALREADY.format(given=len(before), needed=needed))
        if missing > 0 and said.break_glass:
            self._refuse_glass(drift, policy, said)
        if giver not in before:
            self._give(drift, policy, said, giver)
        return self._settle(drift, policy, said, before | {giver}, giver)

    def refuse_bypass(self, drift: Drift, how: str) -> None:
        """Refuse to end a drift by hand where that says what takes several people, or another, to say.

        Of an undecided drift nobody has said so yet; of a decided one it would turn round what they have said.

        Args:
            drift: The drift.
            how: How it is to end.

        Raises:
            Conflict: It must be decided first, or was decided otherwise.
        """
        decision = STANDS_FOR.get(how)
        is_undecided = drift.status in UNDECIDED
        if decision is not None and (is_undecided or UNDONE_BY[drift.status] is decision):
            policy = policy_for(self._policies, drift.severity)
            self._refuse_principal(drift, policy, decision)
            if (needed := policy.needs(decision)) > 1:
                told = {"needed": needed, "severity": drift.severity, "status": drift.status}
                raise Conflict((BYPASS if is_undecided else TURNED).format(**told, other=decision.value))
        if is_undecided:
            self._overtake(drift, self._standing.get(drift.pk, []))

    def save(self) -> None:
        """Write what was heard, in a fixed number of statements, and ask those whose voices are missing."""
        end_lapsed(self._w, self._lapsed)
        end_voices(self._w, self._decisive, Ends.DECIDED)
        DriftApproval.objects.bulk_create(self._given, batch_size=500)
        DriftReview.objects.bulk_create(self._reviews, batch_size=500)
        awake = [one for one in self._waiting if not one.drift.is_snoozed]
        raise_alerts(self._w, [*self._notices, *([_asked(awake)] if awake else [])])

    def _counting(self, drift: Drift, policy: Policy, decision: Decision) -> frozenset[UUID]:
        principal = principal_of(drift)
        voices = [voice_of(row, principal, self._people) for row in self._standing.get(drift.pk, ())]
        return counting(voices, decision, policy, digest=bytes(drift.difference_digest), now=self._w.now)

    def _refuse_principal(self, drift: Drift, policy: Policy, decision: Decision) -> None:
        if not policy.excludes_principal(decision):
            return
        if self._people.is_principal(principal_of(drift), self._w.actor.email):
            raise Conflict(OWN_CHANGE)

    def _refuse_glass(self, drift: Drift, policy: Policy, said: Said) -> None:
        if not policy.break_glass:
            raise Conflict(NO_GLASS.format(severity=drift.severity))
        if len(said.reason) < BREAK_GLASS_REASON:
            words = f"Say in at least {BREAK_GLASS_REASON} characters why nobody else can be waited for."
            raise Invalid.field("reason", words)

    def _end_lapsed(self, drift: Drift, policy: Policy) -> None:
        """What no longer counts is told, and is no voice any more."""
        rows = self._standing.get(drift.pk, [])
        lapsed = lapsed_of(self._w, drift, rows, policy, self._people)
        if lapsed:
            self._lapse(drift, lapsed)

    def _lapse(self, drift: Drift, lapsed: Sequence[tuple[DriftApproval, Lapsed]]) -> None:
        gone = {row.pk for row, _ in lapsed}
        self._standing[drift.pk] = [row for row in self._standing[drift.pk] if row.pk not in gone]
        self._lapsed += lapsed
        record_lapse(self._w, drift, drift.stack.name, lapsed)

    def _give(self, drift: Drift, policy: Policy, said: Said, giver: UUID) -> None:
        """Keep a voice; the giver's former one for the other decision ends by it."""
        other = [row for row in self._standing.get(drift.pk, ()) if row.user_id == giver]
        if other:
            self._lapse(drift, [(row, Lapsed.REPLACED) for row in other])
        row = DriftApproval(
            account_id=self._w.account_id,
            drift=drift,
            user_id=giver,
            decision=said.decision.value,
            reason=said.reason,
            difference_digest=bytes(drift.difference_digest),
            given_at=self._w.now,
            expires_at=expiry_of(policy, self._w.now),
        )
        self._given.append(row)

    def _settle(self, drift: Drift, policy: Policy, said: Said, givers: frozenset[UUID], giver: UUID) -> bool:
        needed, given = policy.needs(said.decision), len(givers)
        told: dict[str, Any] = {"id": drift.pk, "status": drift.status, "severity": drift.severity}
        told["stack"] = drift.stack.name
        told |= {"decision": said.decision.value, "approvals": given, "needed": needed, "text": said.reason}
        fact = DriftApprovalGiven(
            **told,
            givers=tuple(sorted(givers)),
            difference_digest=bytes(drift.difference_digest).hex(),
            expires_at=expiry_of(policy, self._w.now),
        )
        if given < needed and not said.break_glass:
            self._w.record(fact)
            self._waiting.append(_Waiting(drift=drift, decision=said.decision, given=given, needed=needed))
            return False
        if given < needed:
            due = self._w.now + timedelta(hours=policy.review_within_hours)
            self._w.record(DriftBreakGlassUsed(**told, review_due_at=due))
            self._ask_for_review(drift, said.decision, due, giver)
        else:
            self._w.record(fact)
        self._close(drift, said.decision, givers)
        return True

    def _close(self, drift: Drift, decision: Decision, givers: frozenset[UUID]) -> None:
        """The drift is decided: what was said of it stands no longer."""
        rows = self._standing.get(drift.pk, [])
        decisive = [row for row in rows if row.decision == decision.value and row.user_id in givers]
        self._decisive += decisive
        self._overtake(drift, [row for row in rows if row not in decisive])
        for row in self._given[-1:]:
            if row.drift_id == drift.pk:
                row.ended_at, row.ended_because = self._w.now, Ends.DECIDED

    def _overtake(self, drift: Drift, rows: Sequence[DriftApproval]) -> None:
        """Voices that had no part in how the drift was decided are told to have ended by it."""
        if rows:
            self._lapse(drift, [(row, Lapsed.OVERTAKEN) for row in rows])

    def _ask_for_review(self, drift: Drift, decision: Decision, due: datetime, breaker: UUID) -> None:
        review = DriftReview(
            account_id=self._w.account_id,
            drift=drift,
            decision=decision.value,
            broken_by_id=breaker,
            broken_at=self._w.now,
            due_at=due,
        )
        self._reviews.append(review)
        words = f"One person decided alone to {decision.value} it, where it takes several. Somebody else must review "
        self._notices.append(review_notice(drift, "Review needed", f"{words}that by {due:%Y-%m-%d %H:%M} UTC."))


def review_notice(drift: Drift, title: str, words: str) -> Notice:
    """What to tell of a decision of one person alone: it is grave, whatever the drift is.

    Args:
        drift: The drift, with its stack.
        title: What is to be told, in a few words.
        words: All of it.
    """
    return Notice(
        type=Alert.Types.APPROVAL_NEEDED,
        severity=drift.severity if drift.severity in GRAVE else Severity.HIGH.value,
        title=f"{title}: {drift.resource_id} in {drift.stack.name}",
        message=words,
        drift_id=drift.pk,
    )


def waits_for(account_id: UUID, severity: str) -> str:
    """For whom a drift waits, in words: nothing where any one person may decide.

    Args:
        account_id: The tenant.
        severity: The drift's.
    """
    policy = policy_for(policies_of(account_id), severity)
    needs = {one: policy.needs(one) for one in Decision}
    if max(needs.values()) == 1:
        return ""
    if len(set(needs.values())) == 1:
        return f" It takes {policy.needed} people."
    only = next(one for one, number in needs.items() if number > 1)
    return f" It takes {policy.needed} people to {only.value} it."


def _asked(waiting: Sequence[_Waiting]) -> Notice:
    """One alert for all that had a voice in this transaction, which was not the last one that they need."""
    worst = min((Severity(one.drift.severity) for one in waiting), key=lambda severity: severity.rank)
    first = waiting[0]
    missing = first.needed - first.given
    more = "one more is" if missing == 1 else f"{missing} more are"
    if len(waiting) == 1:
        said = f"{first.given} of {first.needed} approvals"
        title = f"{said}: {first.drift.resource_id} in {first.drift.stack.name}"
        words = f"{said} given to {first.decision.value} it, {more} needed. {first.drift.severity_reason}"
    else:
        title = f"More approvals needed: {counted(len(waiting), 'drift')}"
        words = f"Somebody has said to {first.decision.value} them, and it takes others who say the same."
    return Notice(
        type=Alert.Types.APPROVAL_NEEDED,
        severity=worst.value,
        title=title,
        message=words,
        drift_id=first.drift.pk if len(waiting) == 1 else None,
    )
