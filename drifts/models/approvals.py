"""Decisions that take several people: what accounts demand, and what each person said.

Only `drifts.actions` writes them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from drifts import approvals
from drifts.approvals import AppliesTo, Decision, Policy
from drifts.findings import Severity
from drifts.models.drifts import Drift
from drifts.models.triggers import touched
from driftsentry.api.ids import new_id

DECISIONS = [(Decision.APPROVE.value, "Approve"), (Decision.REJECT.value, "Reject")]


class ApprovalPolicyQuerySet(models.QuerySet["ApprovalPolicy"]):
    """Reads of policies."""

    def for_account(self, account_id: UUID) -> ApprovalPolicyQuerySet:
        """The policies of a tenant: four at most, one a severity.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id)


class ApprovalPolicy(models.Model):
    """What an account demands of decisions on drifts of a severity. Without a row, one person decides."""

    class Applies(models.TextChoices):
        """Which decisions it is about."""

        APPROVE = AppliesTo.APPROVE.value, "Approving"
        REJECT = AppliesTo.REJECT.value, "Rejecting"
        BOTH = AppliesTo.BOTH.value, "Both"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    severity = models.CharField(max_length=20, choices=Drift.Severities.choices)
    needed = models.PositiveSmallIntegerField(default=1, help_text="How many different people must say the same.")
    applies_to = models.CharField(max_length=10, choices=Applies.choices, default=Applies.BOTH)
    expires_hours = models.PositiveIntegerField(default=72, help_text="How long an approval counts.")
    break_glass = models.BooleanField(
        default=False, help_text="Whether one person may decide alone in an emergency; another must review it."
    )
    review_within_hours = models.PositiveIntegerField(default=24, help_text="How long such a review may take.")
    exclude_principal = models.BooleanField(
        default=True, help_text="Whether who made the change may not decide even where one is enough."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ApprovalPolicyQuerySet.as_manager()

    class Meta:
        """One a severity."""

        db_table = "drifts_approval_policy"
        verbose_name_plural = "approval policies"
        ordering = ["severity"]
        constraints = [
            models.UniqueConstraint(fields=["account", "severity"], name="drifts_approval_policy_once"),
            models.CheckConstraint(
                condition=Q(severity__in=[one.value for one in Severity]), name="drifts_approval_policy_severity"
            ),
            models.CheckConstraint(
                condition=Q(needed__gte=1, needed__lte=approvals.MOST_NEEDED), name="drifts_approval_policy_needed"
            ),
        ]
        triggers = [touched("approval_policy_updated_at")]

    def __str__(self) -> str:
        """What it demands."""
        return f"{self.severity}: {self.needed}"

    @property
    def rule(self) -> Policy:
        """What it says."""
        return Policy(
            needed=self.needed,
            applies_to=AppliesTo(self.applies_to),
            expires_hours=self.expires_hours,
            break_glass=self.break_glass,
            review_within_hours=self.review_within_hours,
            exclude_principal=self.exclude_principal,
        )


class DriftApprovalQuerySet(models.QuerySet["DriftApproval"]):
    """Reads of what people said."""

    def for_account(self, account_id: UUID) -> DriftApprovalQuerySet:
        """Those of a tenant.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id)

    def standing(self) -> DriftApprovalQuerySet:
        """Those that nothing has ended; whether they count, `drifts.approvals` says."""
        return self.filter(ended_at=None)


class DriftApproval(models.Model):
    """What one of several people said of a drift: approve or reject."""

    class Ends(models.TextChoices):
        """What ended it."""

        DECIDED = "decided", "The drift was decided so"
        OVERTAKEN = approvals.Lapsed.OVERTAKEN.value, "The drift was decided without it, or is over"
        DIFFERENCE = approvals.Lapsed.DIFFERENCE.value, "The difference has changed"
        EXPIRED = approvals.Lapsed.EXPIRED.value, "Expired"
        ROLE = approvals.Lapsed.ROLE.value, "Its giver may no longer decide"
        PRINCIPAL = approvals.Lapsed.PRINCIPAL.value, "Its giver made the change"
        REPLACED = approvals.Lapsed.REPLACED.value, "Its giver said the other"
        WITHDRAWN = approvals.Lapsed.WITHDRAWN.value, "Taken back"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    drift = models.ForeignKey(Drift, models.PROTECT, related_name="voices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decision = models.CharField(max_length=10, choices=DECISIONS)
    reason = models.TextField(blank=True)
    difference_digest = models.BinaryField(max_length=32, help_text="Of the difference that was seen.")
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it stands.")
    ended_because = models.CharField(max_length=20, choices=Ends.choices, blank=True)

    objects = DriftApprovalQuerySet.as_manager()

    class Meta:
        """One person has one voice at a time; those that stand are few and have indexes of their own."""

        db_table = "drifts_approval"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "drift", "user"], condition=Q(ended_at=None), name="drifts_approval_one_voice"
            ),
            models.CheckConstraint(
                condition=Q(decision__in=[one.value for one in Decision]), name="drifts_approval_decision"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_because="") | Q(ended_at__isnull=False) & ~Q(ended_because=""),
                name="drifts_approval_end",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="drifts_approval_newest"),
            models.Index(fields=["expires_at"], condition=Q(ended_at=None), name="drifts_approval_expires"),
        ]

    def __str__(self) -> str:
        """What it says."""
        return f"{self.decision} ({self.ended_because or 'stands'})"


class DriftReviewQuerySet(models.QuerySet["DriftReview"]):
    """Reads of reviews."""

    def for_account(self, account_id: UUID) -> DriftReviewQuerySet:
        """Those of a tenant.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id)

    def pending(self) -> DriftReviewQuerySet:
        """Those that nobody has done yet."""
        return self.filter(reviewed_at=None)

    def overdue(self, now: datetime) -> DriftReviewQuerySet:
        """Those that should have been done by now.

        Args:
            now: The time.
        """
        return self.pending().filter(due_at__lte=now)


class DriftReview(models.Model):
    """A decision for which the glass was broken, and what somebody else said of it afterwards."""

    class Verdicts(models.TextChoices):
        """What the reviewer says."""

        CONFIRMED = "confirmed", "Confirmed"
        OBJECTED = "objected", "Objected"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    drift = models.ForeignKey(Drift, models.PROTECT, related_name="reviews")
    decision = models.CharField(max_length=10, choices=DECISIONS)
    broken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    broken_at = models.DateTimeField()
    due_at = models.DateTimeField()
    overdue_told_at = models.DateTimeField(null=True, blank=True, help_text="When people were told that it is late.")
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=10, choices=Verdicts.choices, blank=True)
    note = models.TextField(blank=True)

    objects = DriftReviewQuerySet.as_manager()

    class Meta:
        """One a drift: a decided drift is not decided again."""

        db_table = "drifts_review"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "drift"], name="drifts_review_once"),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, verdict="")
                | Q(reviewed_at__isnull=False, verdict__in=["confirmed", "objected"]),
                name="drifts_review_verdict",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="drifts_review_newest"),
            models.Index(fields=["due_at"], condition=Q(reviewed_at=None), name="drifts_review_pending"),
        ]

    def __str__(self) -> str:
        """Where it stands."""
        return self.verdict or "pending"
