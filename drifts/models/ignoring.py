"""What an account does not want to see: ignore rules, what they hid, and built-in noise rules switched otherwise.

Only `drifts.actions` writes them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from drifts.findings import Kind
from drifts.ingest.ignoring import MAX_GLOB
from drifts.models.drifts import Drift
from drifts.models.scans import Scan
from drifts.models.stacks import Stack
from drifts.models.triggers import touched
from driftsentry.api.ids import new_id


def _globs(words: str) -> ArrayField[list[str], list[str]]:
    return ArrayField(models.CharField(max_length=MAX_GLOB), default=list, blank=True, help_text=words)


class IgnoreRuleQuerySet(models.QuerySet["IgnoreRule"]):
    """Reads of ignore rules."""

    def for_account(self, account_id: UUID) -> IgnoreRuleQuerySet:
        """The rules of a tenant, but for those that were taken away.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id, deleted_at=None)

    def counting(self, now: datetime) -> IgnoreRuleQuerySet:
        """Rules that hide something now: neither off nor expired nor taken away.

        Args:
            now: The time.
        """
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), is_enabled=True, deleted_at=None)


class IgnoreRule(models.Model):
    """Which differences nobody wants to see, why, and for how long. See `drifts.ingest.ignoring` for what it hides."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200, blank=True, help_text="What people call it.")
    stack = models.CharField(max_length=MAX_GLOB, default="*", help_text="Glob over the stack's name.")
    types = _globs("Globs over the provider's type; none: any.")
    addresses = _globs("Globs over the address or the real id; none: any.")
    attributes = _globs("Globs over attribute paths; none: whatever differs, but for what guards something.")
    kinds = ArrayField(
        models.CharField(max_length=20, choices=Drift.Kinds.choices),
        default=list,
        help_text="modified, deleted, unmanaged: what it hides, each only where it is named.",
    )
    reason = models.TextField(max_length=1000, help_text="Why nobody wants to see it.")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="From then on what it hid comes back.")
    is_enabled = models.BooleanField(default=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    hidden_total = models.PositiveBigIntegerField(
        default=0, help_text="Findings of which it hid something, over all scans."
    )
    last_hit_at = models.DateTimeField(null=True, blank=True, help_text="When it hid something last.")
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = IgnoreRuleQuerySet.as_manager()

    class Meta:
        """What it hides is said by kind, and something is."""

        db_table = "drifts_ignore_rule"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kinds__contained_by=[one.value for one in Kind]) & ~Q(kinds=[]),
                name="drifts_ignore_rule_kinds",
            )
        ]
        indexes = [models.Index(fields=["account", "-id"], name="drifts_ignore_rule_newest")]
        triggers = [touched("ignore_rule_updated_at")]

    def __str__(self) -> str:
        """What people call it, or what it is about."""
        return self.title

    @property
    def title(self) -> str:
        """What people call it, or, where they call it nothing, what it is about."""
        about = " ".join([*self.types, *self.addresses, *self.attributes])
        return self.name or about[:MAX_GLOB] or "everything"


class HiddenFindingQuerySet(models.QuerySet["HiddenFinding"]):
    """Reads of what was hidden."""

    def for_account(self, account_id: UUID) -> HiddenFindingQuerySet:
        """What was hidden in a tenant.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id).select_related("stack", "rule")


class HiddenFinding(models.Model):
    """What a rule hid of one resource when it was scanned last: which, not what values."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    rule = models.ForeignKey(IgnoreRule, models.PROTECT, related_name="hidden")
    stack = models.ForeignKey(Stack, models.PROTECT, related_name="+")
    scan = models.ForeignKey(
        Scan, models.PROTECT, related_name="+", help_text="The latest scan in which it was hidden."
    )
    fingerprint = models.BinaryField(max_length=32, help_text="Which resource of which stack.")
    identity = models.TextField(help_text="The resource's name within its stack.")
    address = models.TextField()
    provider_type = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, choices=Drift.Kinds.choices)
    severity = models.CharField(
        max_length=20, choices=Drift.Severities.choices, help_text="How grave what is hidden would have been."
    )
    paths = ArrayField(models.TextField(), default=list, blank=True, help_text="The attributes, at most 50.")
    paths_total = models.PositiveIntegerField(default=0)
    is_whole = models.BooleanField(help_text="Whether nothing of the finding is left to be seen.")
    hidden_at = models.DateTimeField(help_text="When it was hidden last.")

    objects = HiddenFindingQuerySet.as_manager()

    class Meta:
        """One row a rule and resource."""

        db_table = "drifts_hidden_finding"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "rule", "stack", "fingerprint"], name="drifts_hidden_finding_one"
            )
        ]
        indexes = [
            models.Index(fields=["scan", "-id"], name="drifts_hidden_by_scan"),
            models.Index(fields=["rule", "-id"], name="drifts_hidden_by_rule"),
            models.Index(fields=["stack"], condition=Q(is_whole=True), name="drifts_hidden_by_stack"),
        ]

    def __str__(self) -> str:
        """Which resource."""
        return self.address


class NoiseChoiceQuerySet(models.QuerySet["NoiseChoice"]):
    """Reads of what accounts have switched."""

    def for_account(self, account_id: UUID) -> NoiseChoiceQuerySet:
        """What a tenant has switched.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id)


class NoiseChoice(models.Model):
    """A built-in noise rule that an account has switched on or off itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    rule = models.CharField(max_length=80, help_text="The rule's id in the built-in table.")
    is_enabled = models.BooleanField()
    reason = models.TextField(max_length=1000, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    switched_at = models.DateTimeField()

    objects = NoiseChoiceQuerySet.as_manager()

    class Meta:
        """One choice per rule and tenant."""

        db_table = "drifts_noise_choice"
        ordering = ["rule"]
        constraints = [models.UniqueConstraint(fields=["account", "rule"], name="drifts_noise_choice_rule")]

    def __str__(self) -> str:
        """Which rule, and how."""
        return f"{self.rule}: {'on' if self.is_enabled else 'off'}"
