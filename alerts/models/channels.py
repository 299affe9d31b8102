"""Channels: where a team wants to be told, and of what."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from driftsentry.api.encryption import EncryptedTextField
from driftsentry.api.ids import new_id


class Medium(models.TextChoices):
    """How a message travels."""

    EMAIL = "email", "E-mail"
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams"
    PAGERDUTY = "pagerduty", "PagerDuty"
    WEBHOOK = "webhook", "Webhook"


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Reads of channels."""

    def for_account(self, account_id: UUID) -> ChannelQuerySet:
        """The channels of a tenant.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id)

    def enabled(self) -> ChannelQuerySet:
        """Those that are told of anything."""
        return self.filter(is_enabled=True)


class Channel(models.Model):
    """A place where a team is told of what it chose to hear: an inbox, a chat room, a pager, a program."""

    MAX_REASON = 500

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=Medium.choices)
    config = models.JSONField(default=dict, blank=True, help_text="What is not secret, e.g. an e-mail's recipients.")
    secrets = EncryptedTextField(blank=True, default="", help_text="What is: addresses that hold a token, keys. JSON.")
    destination = models.CharField(
        max_length=200, blank=True, help_text="Where its messages go, as far as that may be shown."
    )
    secret_hints = models.JSONField(
        default=dict, blank=True, help_text="Which secrets there are, each with as much of it as may be shown."
    )
    previous_secret_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when the signing secret before this one signs beside it."
    )
    severities = models.JSONField(default=list, blank=True, help_text="Which severities it hears of; empty: all.")
    types = models.JSONField(default=list, blank=True, help_text="Which types it hears of; empty: all.")
    stacks = models.JSONField(default=list, blank=True, help_text="Names or globs of stacks; empty: all.")
    environments = models.JSONField(default=list, blank=True, help_text="Names or globs; empty: all.")
    quiet_hours = models.JSONField(null=True, blank=True, help_text="When it is left in peace; empty: never.")
    digest_above = models.PositiveSmallIntegerField(
        default=5, help_text="More than so many messages of one scan become one."
    )
    is_enabled = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True, blank=True, help_text="When DriftSentry itself disabled it.")
    disabled_reason = models.CharField(max_length=MAX_REASON, blank=True, help_text="Why it did, in words.")
    failing_since = models.DateTimeField(null=True, blank=True, help_text="Since when nothing has been delivered.")
    resting_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when it is not spoken to: it failed, or asked for that."
    )
    last_delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        """One name per account, whatever its case."""

        db_table = "alerts_channel"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint("account", Lower("name"), name="alerts_channel_name"),
            models.CheckConstraint(condition=Q(kind__in=Medium.values), name="alerts_channel_kind"),
        ]

    def __str__(self) -> str:
        """Its name and kind."""
        return f"{self.name} ({self.kind})"
