"""Drifts: the lasting record of each drifted resource. Only `drifts.actions` writes them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from drifts.detection_limits import MAX_FLAP_HISTORY
from drifts.findings import Kind, Severity
from drifts.models.scans import Scan
from drifts.models.stacks import Stack
from drifts.models.triggers import touched
from drifts.snoozes import is_snoozed
from drifts.transitions import OPEN, TRANSITIONS, Status
from driftsentry.api.ids import new_id


class Assessed(models.TextChoices):
    """Whether the last scan of a drift's stack looked at its resource."""

    ASSESSED = "assessed", "Assessed"
    NOT_ASSESSED = "not_assessed", "Not assessed"

    @classmethod
    def of(cls, drift: Drift) -> Assessed:
        """Read it off a drift.

        Args:
            drift: The drift.
        """
        return cls.ASSESSED if drift.not_assessed_since is None else cls.NOT_ASSESSED


class DriftQuerySet(models.QuerySet["Drift"]):
    """Reads of drifts."""

    def for_account(self, account_id: UUID) -> DriftQuerySet:
        """The drifts of a tenant, each with its stack.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id).select_related("stack")

    def before(self, drift: Drift, *, most: int) -> DriftQuerySet:
        """The drifts of the same resource that were over before this one, newest first.

        Args:
            drift: The drift.
            most: How many at most.
        """
        same = self.filter(account_id=drift.account_id, stack_id=drift.stack_id, fingerprint=drift.fingerprint)
        return same.filter(pk__lt=drift.pk, status=Status.RESOLVED.value).order_by("-id")[:most]

    def open(self) -> DriftQuerySet:
        """Drifts that are not over."""
        return self.exclude(status=Status.RESOLVED.value)

    def snoozed(self, *, is_so: bool = True) -> DriftQuerySet:
        """Drifts that nobody is to be told of for now.

        Args:
            is_so: False: all others.
        """
        holds = Q(snoozed_at__isnull=False) & (Q(snoozed_until=None) | Q(snoozed_until__gt=timezone.now()))
        return self.filter(holds) if is_so else self.exclude(holds)


class Drift(models.Model):
    """The lasting record of one drifted resource: one open drift per resource and stack, however often it is seen."""

    class Statuses(models.TextChoices):
        """Where a drift stands; see `drifts.transitions`."""

        DETECTED = Status.DETECTED.value, "Detected"
        TRIAGED = Status.TRIAGED.value, "Triaged"
        APPROVED = Status.APPROVED.value, "Approved"
        REJECTED = Status.REJECTED.value, "Rejected"
        RESOLVED = Status.RESOLVED.value, "Resolved"

    class Severities(models.TextChoices):
        """How much it matters."""

        CRITICAL = Severity.CRITICAL.value, "Critical"
        HIGH = Severity.HIGH.value, "High"
        MEDIUM = Severity.MEDIUM.value, "Medium"
        LOW = Severity.LOW.value, "Low"

    class Kinds(models.TextChoices):
        """What happened to the resource."""

        MODIFIED = Kind.MODIFIED.value, "Modified"
        DELETED = Kind.DELETED.value, "Deleted"
        UNMANAGED = Kind.UNMANAGED.value, "Unmanaged"

    class CostBases(models.TextChoices):
        """Where the cost comes from."""

        PRICED = "priced", "Priced"
        UNPRICED = "unpriced", "Unpriced"
        REPORTED = "reported", "Reported"

    class Resolutions(models.TextChoices):
        """How a drift ended."""

        AUTO_REMEDIATE = "auto-remediate", "Remediated automatically"
        MANUAL_FIX = "manual-fix", "Fixed by hand"
        ACKNOWLEDGED = "acknowledged", "Acknowledged: the change stands"
        RECONCILED = "reconciled", "Gone from a complete scan"
        SUPERSEDED = "superseded", "Replaced by a different drift"

    class Fidelities(models.TextChoices):
        """How much is known of the difference."""

        FULL = "full", "How it differs is known"
        LOW = "low", "Known only that it differs"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    stack = models.ForeignKey(Stack, models.PROTECT, related_name="drifts")
    fingerprint = models.BinaryField(max_length=32, help_text="Which resource of which stack.")
    difference_digest = models.BinaryField(max_length=32, help_text="Which difference, secrets included.")
    identity = models.TextField(help_text="The resource's name within its stack.")
    address = models.TextField()
    resource_id = models.TextField()
    resource_type = models.CharField(max_length=40, help_text="The family: EC2, RDS, … OTHER.")
    provider_type = models.CharField(max_length=200, blank=True, help_text="The tool's own type name.")
    kind = models.CharField(max_length=20, choices=Kinds.choices, default=Kinds.MODIFIED)
    region = models.CharField(max_length=64)
    cloud_account = models.CharField(max_length=12, blank=True)
    expected_state = models.JSONField(default=dict)
    actual_state = models.JSONField(default=dict)
    difference = models.JSONField(default=dict)
    attribute_digests = models.JSONField(
        default=dict, blank=True, help_text="Changed path to digest of that change, secrets included."
    )
    fidelity = models.CharField(
        max_length=10,
        choices=Fidelities.choices,
        default=Fidelities.FULL,
        help_text="Low: its sources say only that it differs.",
    )
    severity = models.CharField(max_length=20, choices=Severities.choices)
    severity_rank = models.GeneratedField(
        expression=Case(
            *(When(severity=one.value, then=Value(one.rank)) for one in Severity), default=Value(len(Severity))
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    severity_reason = models.TextField(help_text="Why, in words for a person.")
    cost_impact_monthly = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    cost_basis = models.CharField(max_length=20, choices=CostBases.choices, default=CostBases.UNPRICED)
    cost_breakdown = models.JSONField(default=dict, blank=True, help_text="How the cost was arrived at.")
    consequence = models.JSONField(null=True, blank=True, help_text="What putting it back would do, as a scan told it.")
    attribution = models.JSONField(null=True, blank=True, help_text="Who did it, as the cloud's own trail tells.")
    status = models.CharField(max_length=20, choices=Statuses.choices, default=Statuses.DETECTED)
    detected_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    detected_by = models.CharField(max_length=20, choices=Scan.Sources.choices, default=Scan.Sources.API)
    occurrences = models.PositiveIntegerField(default=1, help_text="How many scans have shown it.")
    last_assessed_at = models.DateTimeField(
        null=True, blank=True, help_text="When a scan last looked at its resource, whatever it found."
    )
    not_assessed_since = models.DateTimeField(
        null=True, blank=True, help_text="When a scan of the stack first did not look at it; empty: the last one did."
    )
    not_assessed_reason = models.CharField(max_length=500, blank=True, help_text="Why it was not looked at, in words.")
    is_flapping = models.BooleanField(default=False, help_text="Whether it was gone and came back again and again.")
    alerted_at = models.DateTimeField(null=True, blank=True, help_text="When people were told of it.")
    previous = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    scan = models.ForeignKey(Scan, models.PROTECT, null=True, blank=True, related_name="+", help_text="First seen in.")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    approval_reason = models.TextField(blank=True)
    rejected_at = models.DateTimeField(null=True, blank=True)
    rejected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    rejection_reason = models.TextField(blank=True)
    decided_digests = models.JSONField(
        default=dict, blank=True, help_text="The digests of the changes as they were when somebody decided."
    )
    lapsed = models.JSONField(
        null=True,
        blank=True,
        help_text="Why the decision on the previous drift lapsed, and by which paths; empty: none did.",
    )
    snoozed_at = models.DateTimeField(null=True, blank=True, help_text="When it was snoozed; empty: it is not.")
    snoozed_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when; empty with a snooze: until it differs otherwise."
    )
    snoozed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    snooze_reason = models.TextField(blank=True)
    snooze_digests = models.JSONField(
        default=dict, blank=True, help_text="The digests of the changes as they were when somebody snoozed it."
    )
    # No index of their own: the partial one by assignee answers, and drifts of nobody, which are most, are in none.
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="Whose it is.",
    )
    assigned_at = models.DateTimeField(null=True, blank=True)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_how = models.CharField(max_length=20, choices=Resolutions.choices, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DriftQuerySet.as_manager()

    class Meta:
        """One open drift per resource; the transition table holds whoever writes."""

        db_table = "drifts_drift"
        ordering = ["-detected_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "stack", "fingerprint"], condition=~Q(status="resolved"), name="drifts_drift_open"
            ),
            models.CheckConstraint(condition=Q(status__in=[one.value for one in Status]), name="drifts_drift_status"),
            models.CheckConstraint(
                condition=Q(severity__in=[one.value for one in Severity]), name="drifts_drift_severity"
            ),
            models.CheckConstraint(condition=Q(kind__in=[one.value for one in Kind]), name="drifts_drift_kind"),
            models.CheckConstraint(
                condition=Q(status="resolved", resolved_at__isnull=False) & ~Q(resolved_how="")
                | ~Q(status="resolved") & Q(resolved_at__isnull=True, resolved_how=""),
                name="drifts_drift_resolution",
            ),
            models.CheckConstraint(
                condition=Q(snoozed_at__isnull=True, snoozed_until__isnull=True)
                | Q(snoozed_at__isnull=False, status__in=["detected", "triaged"]),
                name="drifts_drift_snooze",
            ),
            models.CheckConstraint(
                condition=Q(assignee__isnull=True) | Q(assigned_at__isnull=False), name="drifts_drift_assignment"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-detected_at", "-id"], name="drifts_drift_newest"),
            models.Index(fields=["account", "status", "-detected_at"], name="drifts_drift_by_status"),
            models.Index(fields=["account", "severity_rank", "-detected_at"], name="drifts_drift_by_severity"),
            models.Index(
                F("account"),
                F("cost_impact_monthly").desc(nulls_last=True),
                F("id").desc(),
                name="drifts_drift_by_cost",
            ),
            models.Index(fields=["account", "-id"], name="drifts_drift_by_id"),
            models.Index(fields=["stack", "fingerprint", "-id"], name="drifts_drift_history"),
            models.Index(
                fields=["snoozed_until"], condition=Q(snoozed_until__isnull=False), name="drifts_drift_snooze_ends"
            ),
            models.Index(
                fields=["account", "assignee", "-detected_at", "-id"],
                condition=Q(assignee__isnull=False),
                name="drifts_drift_by_assignee",
            ),
        ]
        triggers = [
            touched("drift_updated_at"),
            pgtrigger.FSM(
                name="drift_transition",
                field="status",
                transitions=[
                    (before.value, after.value) for before in TRANSITIONS for after in sorted(TRANSITIONS[before])
                ],
            ),
        ]

    def __str__(self) -> str:
        """Which resource, and where it stands."""
        return f"{self.resource_id} ({self.status})"

    @property
    def lapsed_decision(self) -> dict[str, Any] | None:
        """The decision on the previous drift that lapsed as this one differs otherwise: what, who, when and why."""
        before = self.previous
        if self.lapsed is None or before is None:
            return None
        approved = before.approved_at is not None
        return {
            "drift_id": before.pk,
            "decision": Status.APPROVED.value if approved else Status.REJECTED.value,
            "by": before.approved_by_id if approved else before.rejected_by_id,
            "at": before.approved_at if approved else before.rejected_at,
            **self.lapsed,
        }

    @property
    def flap_history(self) -> DriftQuerySet:
        """The drifts of the same resource before this one, newest first; one query."""
        return Drift.objects.before(self, most=MAX_FLAP_HISTORY).only("detected_at", "resolved_at", "resolved_how")

    @property
    def is_snoozed(self) -> bool:
        """Whether nobody is to be told of it for now."""
        return is_snoozed(self.snoozed_at, self.snoozed_until, timezone.now())

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return Status(self.status) in OPEN
