"""Stacks: what a scan is about. Only `drifts.actions` writes them."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q

from drifts.models.triggers import touched_but_for
from driftsentry.api.encryption import EncryptedTextField
from driftsentry.api.ids import new_id


class StackQuerySet(models.QuerySet["Stack"]):
    """Reads of stacks."""

    def for_account(self, account_id: UUID) -> StackQuerySet:
        """The stacks of a tenant.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id)


class Stack(models.Model):
    """One body of infrastructure code and the place it is deployed to: what a scan is about."""

    class Detectors(models.TextChoices):
        """What DriftSentry reads by itself; `drifts.detectors.registry` has them."""

        AWS = "aws", "AWS"
        CLOUDFORMATION = "cloudformation", "CloudFormation"
        TERRAFORM = "terraform", "Terraform or OpenTofu"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200, help_text="As pipelines name it in ?stack=.")
    tool = models.CharField(max_length=40, blank=True, help_text="What describes it: terraform, opentofu, …")
    environment = models.CharField(max_length=60, blank=True, help_text="production, staging, …; weighs on severity.")
    repository_url = models.CharField(max_length=500, blank=True, help_text="Where its code is.")
    owner = models.CharField(max_length=200, blank=True, help_text="The team that answers for it.")
    labels = models.JSONField(default=dict, blank=True, help_text="Free names and values.")
    is_enabled = models.BooleanField(default=True, help_text="A disabled stack takes no scans.")
    schedule = models.CharField(
        max_length=100,
        blank=True,
        help_text="When it is to be scanned: five cron fields, in UTC; empty: never by itself.",
    )
    detector = models.CharField(
        max_length=20,
        blank=True,
        choices=Detectors.choices,
        help_text="What scans it; empty: its pipelines send scans.",
    )
    detector_config = models.JSONField(
        default=dict, blank=True, help_text="What its detector reads, and how; no secrets."
    )
    detector_secret_names = models.JSONField(
        default=list, blank=True, help_text="Of its secrets; their texts stand apart."
    )
    scan_time_limit_seconds = models.PositiveIntegerField(default=900, help_text="Most seconds its detector may take.")
    next_scan_at = models.DateTimeField(null=True, blank=True, help_text="When the schedule starts its detector next.")
    last_scan_at = models.DateTimeField(null=True, blank=True, help_text="When a scan of it last succeeded.")
    stale_at = models.DateTimeField(null=True, blank=True, help_text="When it counts as stale unless a scan succeeds.")
    is_stale = models.BooleanField(
        default=False, help_text="Whether its schedule says that it should have been scanned."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = StackQuerySet.as_manager()

    class Meta:
        """One name per tenant."""

        db_table = "drifts_stack"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="drifts_stack_name"),
            models.CheckConstraint(
                condition=Q(scan_time_limit_seconds__gte=30, scan_time_limit_seconds__lte=7200),
                name="drifts_stack_time_limit",
            ),
        ]
        indexes = [
            models.Index(fields=["next_scan_at"], condition=Q(next_scan_at__isnull=False), name="drifts_stack_due"),
            models.Index(fields=["stale_at"], condition=Q(stale_at__isnull=False), name="drifts_stack_stale_at"),
        ]
        triggers = [touched_but_for("stack_updated_at", "next_scan_at", "last_scan_at", "stale_at", "is_stale")]

    def __str__(self) -> str:
        """Its name."""
        return self.name


class StackSecrets(models.Model):
    """The secrets of a stack's detector: apart from the stack, so that nothing but the detector's run reads them."""

    stack = models.OneToOneField(Stack, models.CASCADE, primary_key=True, related_name="+")
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    secrets = EncryptedTextField(help_text="JSON of names and texts, encrypted.")

    class Meta:
        """Beside the stack's own row."""

        db_table = "drifts_stack_secrets"
        verbose_name_plural = "stack secrets"

    def __str__(self) -> str:
        """Whose they are."""
        return f"of {self.stack_id}"
