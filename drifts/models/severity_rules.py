"""Severity rules of accounts. Only `drifts.actions` writes them."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from drifts.findings import Severity
from drifts.models.drifts import Drift
from drifts.models.triggers import touched
from driftsentry.api.ids import new_id


class SeverityRuleQuerySet(models.QuerySet["SeverityRule"]):
    """Reads of severity rules."""

    def for_account(self, account_id: UUID) -> SeverityRuleQuerySet:
        """The rules of a tenant, in the order in which they are asked.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id).order_by("position", "id")


class SeverityRule(models.Model):
    """What an account says of how grave a change is. Asked before the built-in rules; the first that fits counts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=100, help_text="Rules are asked from the lowest to the highest.")
    severity = models.CharField(max_length=20, choices=Drift.Severities.choices)
    because = models.CharField(max_length=300, help_text="Why, in one sentence; {attribute} is filled in.")
    types = models.JSONField(default=list, help_text="Globs over the provider's type or the family.")
    kinds = models.JSONField(default=list, help_text="Of modified, deleted, unmanaged.")
    attributes = models.JSONField(default=list, blank=True, help_text="Globs over the attribute's path; empty: any.")
    environments = models.JSONField(default=list, help_text="Globs over the stack's environment.")
    test = models.JSONField(null=True, blank=True, help_text="What the change must show: a test and its argument.")
    is_enabled = models.BooleanField(default=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SeverityRuleQuerySet.as_manager()

    class Meta:
        """One name per tenant."""

        db_table = "drifts_severity_rule"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="drifts_severity_rule_name"),
            models.CheckConstraint(
                condition=Q(severity__in=[one.value for one in Severity]), name="drifts_severity_rule_severity"
            ),
        ]
        indexes = [models.Index(fields=["account", "position", "id"], name="drifts_severity_rule_order")]
        triggers = [touched("severity_rule_updated_at")]

    def __str__(self) -> str:
        """Its name."""
        return self.name
