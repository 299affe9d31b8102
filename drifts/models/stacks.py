"""Stacks: what a scan is about. Only `drifts.actions` writes them."""

from __future__ import annotations

from uuid import UUID

from django.db import models

from drifts.models.triggers import touched
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

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200, help_text="As pipelines name it in ?stack=.")
    tool = models.CharField(max_length=40, blank=True, help_text="What describes it: terraform, opentofu, …")
    environment = models.CharField(max_length=60, blank=True, help_text="production, staging, …; weighs on severity.")
    repository_url = models.CharField(max_length=500, blank=True, help_text="Where its code is.")
    owner = models.CharField(max_length=200, blank=True, help_text="The team that answers for it.")
    labels = models.JSONField(default=dict, blank=True, help_text="Free names and values.")
    is_enabled = models.BooleanField(default=True, help_text="A disabled stack takes no scans.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = StackQuerySet.as_manager()

    class Meta:
        """One name per tenant."""

        db_table = "drifts_stack"
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="drifts_stack_name")]
        triggers = [touched("stack_updated_at")]

    def __str__(self) -> str:
        """Its name."""
        return self.name
