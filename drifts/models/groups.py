"""Decisions that were made of whole groups of drifts. Only `drifts.actions` writes them."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from drifts.causes import Cause
from drifts.models.drifts import Drift
from driftsentry.api.ids import new_id

ACTIONS = [
    ("triage", "Triage"),
    ("approve", "Approve"),
    ("reject", "Reject"),
    ("acknowledge", "Acknowledge: the change stands, and it is over"),
    ("snooze", "Snooze"),
    ("assign", "Assign"),
]
CAUSES = [
    (Cause.PRINCIPAL.value, "One principal"),
    (Cause.SAME_CHANGE.value, "The same change"),
    (Cause.VERSION_STEP.value, "A version step"),
    (Cause.TIME_WINDOW.value, "One time window"),
]


class DriftGroupDecisionQuerySet(models.QuerySet["DriftGroupDecision"]):
    """Reads of decisions."""

    def for_account(self, account_id: UUID) -> DriftGroupDecisionQuerySet:
        """The decisions of a tenant, newest first.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id).order_by("-id")


class DriftGroupDecision(models.Model):
    """One decision for all drifts of a group, as they stood then."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    group_id = models.UUIDField(help_text="The group's id; a group has no row of its own.")
    cause = models.CharField(max_length=20, choices=CAUSES)
    sentence = models.TextField(help_text="What the members shared, in words, as it was then.")
    action = models.CharField(max_length=20, choices=ACTIONS)
    reason = models.TextField(blank=True)
    until = models.DateTimeField(
        null=True, blank=True, help_text="Until when they were snoozed; empty: until they differ otherwise."
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="Whose they were made.",
    )
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField()
    decided = models.PositiveIntegerField(default=0, help_text="Members that it was made of.")
    awaiting = models.PositiveIntegerField(default=0, help_text="Members that it takes more people to decide.")
    refused = models.PositiveIntegerField(default=0, help_text="Members whose state did not allow it.")
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undo_note = models.TextField(blank=True)
    undone = models.PositiveIntegerField(default=0, help_text="Members that were opened anew.")
    left = models.PositiveIntegerField(default=0, help_text="Members that no longer stood as it had left them.")

    objects = DriftGroupDecisionQuerySet.as_manager()

    class Meta:
        """Newest first."""

        db_table = "drifts_group_decision"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=[name for name, _ in ACTIONS]), name="drifts_group_decision_action"
            ),
            models.CheckConstraint(
                condition=Q(cause__in=[name for name, _ in CAUSES]), name="drifts_group_decision_cause"
            ),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="drifts_group_decision_newest")]

    def __str__(self) -> str:
        """What was decided of what."""
        return f"{self.action}: {self.sentence}"


class DriftGroupMember(models.Model):
    """A drift that a decision for its group was made of, or could not be."""

    class Outcomes(models.TextChoices):
        """What came of it."""

        DECIDED = "decided", "Decided"
        AWAITING = "awaiting", "It takes more people"
        REFUSED = "refused", "Its state did not allow it"
        UNDONE = "undone", "Undone: opened anew"
        LEFT = "left", "Left alone when it was undone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    decision = models.ForeignKey(DriftGroupDecision, models.PROTECT, related_name="members")
    drift = models.ForeignKey(Drift, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcomes.choices)
    error = models.CharField(max_length=500, blank=True, help_text="Why it was refused or left alone.")
    successor = models.ForeignKey(
        Drift, models.PROTECT, null=True, blank=True, related_name="+", help_text="The drift that was opened anew."
    )
    assignee_before = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="Whose it was before it was made somebody else's.",
    )

    class Meta:
        """A drift once a decision."""

        db_table = "drifts_group_member"
        ordering = ["drift_id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "decision", "drift"], name="drifts_group_member_once"),
        ]

    def __str__(self) -> str:
        """Which drift, and what came of it."""
        return f"{self.drift_id}: {self.outcome}"
