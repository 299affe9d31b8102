"""On the wire: who has said what of a drift, how many it takes, its review, and what accounts demand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone
from rest_framework import serializers

from accounts.models import User
from drifts.actions.approval_policies import FIELDS
from drifts.actions.decide import REASON_LENGTH
from drifts.actions.voices import UNDECIDED, Ends, People, policies_of, policy_for, principal_of, voice_of
from drifts.approvals import (
    EXPIRES_HOURS,
    MOST_NEEDED,
    NEEDED,
    REVIEW_WITHIN_HOURS,
    WORDS,
    Decision,
    Policy,
    lapse_of,
)
from drifts.models import ApprovalPolicy, Drift, DriftApproval, DriftReview
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer

MAX_SHOWN = 20
MAX_WORDS = 100
MAX_EMAIL = 254
DECISION_CHOICES = [(one.value, one.value) for one in Decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One voice, as it is shown.

    Attributes:
        by: Whose.
        at: When it was given.
        decision: What it says.
        expires_at: Until when it counts; none where the drift is decided.
        counts: Whether it counts.
        why_not: Why it does not, in words.
    """

    by: UUID | None
    at: datetime | None
    decision: str
    expires_at: datetime | None = None
    counts: bool = True
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalState:
    """How far the decision on a drift has come.

    Attributes:
        approvals: Who has said what of it; of a decided drift, who decided it.
        needed: How many different people must say the same.
        review: The review of a decision of one person alone, where there is one.
        policy: What its severity demands.
        people: Who of the account's users may have made the change.
    """

    approvals: Sequence[Shown]
    needed: int
    review: DriftReview | None
    policy: Policy
    people: People

    def lets(self, user: User, drift: Drift, decision: Decision) -> bool:
        """Whether somebody whose role may decide may say so of the drift now.

        Args:
            user: Who.
            drift: The drift, with its attribution.
            decision: What they would say.
        """
        is_own = self.policy.excludes_principal(decision)
        if is_own and self.people.is_principal(principal_of(drift), user.email):
            return False
        mine = any(one.by == user.pk and one.decision == decision and one.counts for one in self.approvals)
        return not mine or self.policy.needs(decision) == 1


def approval_states(drifts: Iterable[Drift]) -> dict[UUID, ApprovalState]:
    """Return how far the decisions on drifts of one account have come, in at most four queries.

    Args:
        drifts: The drifts; their attribution may be deferred.
    """
    rows = list(drifts)
    if not rows:
        return {}
    account_id = rows[0].account_id
    policies, people, now = policies_of(account_id), People(account_id), timezone.now()
    decided = [drift.pk for drift in rows if drift.status not in UNDECIDED]
    voices = _voices(account_id, rows) if policies or decided else {}
    pending = DriftReview.objects.for_account(account_id).filter(drift_id__in=decided) if decided else ()
    reviews = {one.drift_id: one for one in pending}
    found: dict[UUID, ApprovalState] = {}
    for drift in rows:
        policy = policy_for(policies, drift.severity)
        heard = voices.get(drift.pk, [])
        is_open = drift.status in UNDECIDED
        shown = _standing(drift, heard, policy, people, now) if is_open else _decided(drift, heard)
        needs = max(policy.needs(one) for one in Decision)
        found[drift.pk] = ApprovalState(
            approvals=shown[:MAX_SHOWN],
            needed=needs if is_open or drift.pk in reviews else max(1, len(shown)),
            review=reviews.get(drift.pk),
            policy=policy,
            people=people,
        )
    return found


def _voices(account_id: UUID, drifts: Sequence[Drift]) -> Mapping[UUID, list[DriftApproval]]:
    found: dict[UUID, list[DriftApproval]] = defaultdict(list)
    rows = DriftApproval.objects.for_account(account_id).filter(drift_id__in=[drift.pk for drift in drifts])
    rows = rows.filter(Q(ended_at=None) | Q(ended_because=Ends.DECIDED)).select_related("user")
    for row in rows.annotate(principal=KeyTextTransform("principal", "drift__attribution")).order_by("id"):
        found[row.drift_id].append(row)
    return found


def _standing(
    drift: Drift, voices: Iterable[DriftApproval], policy: Policy, people: People, now: datetime
) -> list[Shown]:
    shown = []
    for row in voices:
        voice = voice_of(row, str(getattr(row, "principal", None) or ""), people)
        why = lapse_of(voice, policy, digest=bytes(drift.difference_digest), now=now)
        shown.append(
            Shown(
                by=row.user_id,
                at=row.given_at,
                decision=row.decision,
                expires_at=row.expires_at,
                counts=why is None,
                why_not="" if why is None else WORDS[why],
            )
        )
    return shown


def _decided(drift: Drift, voices: Iterable[DriftApproval]) -> list[Shown]:
    """Who decided, the last one last; one person, where it took no others. Voices that decided nothing are left out."""
    decisive = (row for row in voices if row.ended_because == Ends.DECIDED)
    shown = [Shown(by=row.user_id, at=row.given_at, decision=row.decision) for row in decisive]
    givers = {one.by for one in shown}
    if drift.approved_at is not None and drift.approved_by_id not in givers:
        shown.append(Shown(by=drift.approved_by_id, at=drift.approved_at, decision=Decision.APPROVE.value))
    if drift.rejected_at is not None and drift.rejected_by_id not in givers:
        shown.append(Shown(by=drift.rejected_by_id, at=drift.rejected_at, decision=Decision.REJECT.value))
    return shown


class ApprovalSerializer(CamelSerializer):
    """What one person has said of a drift."""

    by = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    decision = serializers.ChoiceField(DECISION_CHOICES)
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when it counts; null where the drift is decided."
    )
    counts = serializers.BooleanField(help_text="Whether it counts as it is now.")
    why_not = serializers.CharField(max_length=MAX_WORDS, allow_blank=True, help_text="Why it does not.")


class ReviewStateSerializer(CamelModelSerializer):
    """The review of what one person decided alone in an emergency."""

    needed_by = serializers.DateTimeField(source="due_at", read_only=True)
    by = serializers.UUIDField(source="reviewed_by_id", read_only=True, allow_null=True)
    at = serializers.DateTimeField(source="reviewed_at", read_only=True, allow_null=True)
    verdict = serializers.ChoiceField(
        DriftReview.Verdicts.choices, read_only=True, allow_blank=True, help_text="Empty: nobody has reviewed it yet."
    )
    broken_by = serializers.UUIDField(source="broken_by_id", read_only=True, help_text="Who decided alone.")
    broken_at = serializers.DateTimeField(read_only=True)

    class Meta:
        """Until when it is needed, and what came of it."""

        model = DriftReview
        fields = ["needed_by", "by", "at", "verdict", "note", "broken_by", "broken_at"]
        read_only_fields = fields


class ReviewSerializer(CamelSerializer):
    """What somebody says of a decision of one person alone."""

    verdict = serializers.ChoiceField(DriftReview.Verdicts.choices)
    note = serializers.CharField(min_length=REASON_LENGTH.start, max_length=REASON_LENGTH.stop - 1)


class ApprovalPolicySerializer(CamelModelSerializer):
    """What an account demands of decisions on drifts of a severity."""

    severity = serializers.ChoiceField(Drift.Severities.choices, read_only=True)
    needed = serializers.IntegerField(
        min_value=NEEDED.start, max_value=MOST_NEEDED, help_text="How many different people must say the same."
    )
    applies_to = serializers.ChoiceField(
        ApprovalPolicy.Applies.choices,
        default=ApprovalPolicy.Applies.BOTH,
        help_text="Where it is about one of them, the other takes one person.",
    )
    expires_hours = serializers.IntegerField(
        min_value=EXPIRES_HOURS.start, max_value=EXPIRES_HOURS.stop - 1, default=72
    )
    break_glass = serializers.BooleanField(
        default=False, help_text="Whether one person may decide alone in an emergency, for another to review."
    )
    review_within_hours = serializers.IntegerField(
        min_value=REVIEW_WITHIN_HOURS.start, max_value=REVIEW_WITHIN_HOURS.stop - 1, default=24
    )
    exclude_principal = serializers.BooleanField(
        default=True,
        help_text="Whether who made the change may not decide even where one person is enough; "
        "where it takes more, they never may.",
    )

    class Meta:
        """What may be set."""

        model = ApprovalPolicy
        fields = ["severity", *FIELDS, "created_at", "updated_at"]
        read_only_fields = ["severity", "created_at", "updated_at"]


def detail_of(state: ApprovalState) -> Any:
    """Return the review of a drift on the wire; none where there is nothing to review.

    Args:
        state: How far the decision on it has come.
    """
    return None if state.review is None else ReviewStateSerializer(state.review).data
