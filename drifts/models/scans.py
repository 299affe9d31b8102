"""Scans: one reading of one stack each. Only `drifts.actions` writes them."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from drifts.models.stacks import Stack
from drifts.models.triggers import touched
from driftsentry.api.ids import new_id


class ScanQuerySet(models.QuerySet["Scan"]):
    """Reads of scans."""

    def for_account(self, account_id: UUID) -> ScanQuerySet:
        """The scans of a tenant, each with its stack.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id).select_related("stack")


class Scan(models.Model):
    """One reading of one stack, and what it meant for the drifts on record."""

    class Statuses(models.TextChoices):
        """Where a scan stands."""

        PENDING = "pending", "Pending"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    class Sources(models.TextChoices):
        """Who had it made."""

        SCHEDULER = "scheduler", "Scheduler"
        MANUAL = "manual", "Manual"
        API = "api", "API"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    stack = models.ForeignKey(Stack, models.PROTECT, related_name="scans")
    format = models.CharField(max_length=40, help_text="The format its body was recognised as.")
    tool_version = models.CharField(max_length=60, blank=True)
    provider_versions = models.JSONField(
        default=dict, blank=True, help_text="Each provider's version, where what was read tells one."
    )
    detector = models.CharField(max_length=20, blank=True, help_text="The detector that read it; empty: it was sent.")
    deadline = models.DateTimeField(
        null=True, blank=True, help_text="When a detector's scan that still runs is given up."
    )
    detected_by = models.CharField(max_length=20, choices=Sources.choices, default=Sources.API)
    status = models.CharField(max_length=20, choices=Statuses.choices, default=Statuses.PENDING)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    body_digest = models.BinaryField(max_length=32, help_text="sha256 of the body and of what its sender said of it.")
    is_complete = models.BooleanField(default=False, help_text="Whether it may speak of what it does not show.")
    incomplete_reason = models.CharField(max_length=500, blank=True)
    not_assessed = models.JSONField(
        default=list, blank=True, help_text="Parts of the stack that it could not look at, each with the reason."
    )
    not_assessed_count = models.PositiveIntegerField(default=0, help_text="How many such parts.")
    resources_checked = models.PositiveIntegerField(default=0)
    drifts_new = models.PositiveIntegerField(default=0)
    drifts_recurring = models.PositiveIntegerField(default=0, help_text="Seen before and unchanged.")
    drifts_changed = models.PositiveIntegerField(default=0)
    drifts_resolved = models.PositiveIntegerField(default=0)
    drifts_not_assessed = models.PositiveIntegerField(
        default=0, help_text="Open before and not looked at: they stay open."
    )
    drifts_ignored = models.PositiveIntegerField(default=0, help_text="Findings that turned out to be noise.")
    hidden_by_rules = models.PositiveIntegerField(
        default=0, help_text="Findings of which ignore rules hid something; those hidden whole are ignored ones, too."
    )
    error = models.TextField(blank=True, help_text="Why it failed, for a person.")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScanQuerySet.as_manager()

    class Meta:
        """The same body of a stack is one scan, unless it failed."""

        db_table = "drifts_scan"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["stack", "body_digest"], condition=~Q(status="failed"), name="drifts_scan_body"
            ),
            models.UniqueConstraint(
                fields=["stack"],
                condition=Q(status__in=["pending", "running"]) & ~Q(detector=""),
                name="drifts_scan_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "running", "succeeded", "failed"]), name="drifts_scan_status"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="drifts_scan_newest"),
            models.Index(fields=["started_at"], condition=Q(status="running"), name="drifts_scan_running"),
            models.Index(fields=["created_at"], condition=Q(status="pending"), name="drifts_scan_pending"),
            models.Index(fields=["stack", "-id"], name="drifts_scan_of_stack"),
        ]
        triggers = [touched("scan_updated_at")]

    def __str__(self) -> str:
        """Which stack, and how it went."""
        return f"{self.format} of {self.stack.name}: {self.status}"

    @property
    def counts(self) -> dict[str, int]:
        """Its figures, as the contract names them."""
        return {
            "resourcesChecked": self.resources_checked,
            "driftsNew": self.drifts_new,
            "driftsRecurring": self.drifts_recurring,
            "driftsChanged": self.drifts_changed,
            "driftsResolved": self.drifts_resolved,
            "driftsIgnored": self.drifts_ignored,
            "driftsNotAssessed": self.drifts_not_assessed,
        }


class ScanOutput(models.Model):
    """What a detector's tool has written, masked: the last of it, while it runs and afterwards."""

    scan = models.OneToOneField(Scan, models.CASCADE, primary_key=True, related_name="+")
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    is_cut = models.BooleanField(default=False, help_text="Whether its beginning was dropped.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Beside the scan's own row."""

        db_table = "drifts_scan_output"

    def __str__(self) -> str:
        """Whose it is."""
        return f"of {self.scan_id}"
