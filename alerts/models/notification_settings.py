"""When people are reminded, and what channels have been told: what keeps anybody from being told too often."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q

from alerts.models.alerts import Alert
from alerts.models.channels import Channel
from alerts.notification_limits import REMINDER_AFTER_HOURS, REMINDER_REPEAT_HOURS, default_severities
from driftsentry.api.ids import new_id


class NotificationSettings(models.Model):
    """When an account wants to be reminded of drifts that nobody decides on, and told of what drifts cost.

    Without a row it has the defaults.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.OneToOneField("accounts.Account", models.PROTECT, related_name="+")
    reminder_severities = models.JSONField(
        default=default_severities, blank=True, help_text="Of which drifts people are reminded; empty: of none."
    )
    reminder_after_hours = models.PositiveSmallIntegerField(
        default=REMINDER_AFTER_HOURS.default, help_text="How long a drift waits undecided before the first reminder."
    )
    repeat_every_hours = models.PositiveSmallIntegerField(
        default=REMINDER_REPEAT_HOURS.default, help_text="How long after a reminder the next one follows."
    )
    cost_threshold_monthly = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="People are told when open drifts cost more than this a month, USD; empty: never.",
    )
    cost_exceeded_at = models.DateTimeField(
        null=True, blank=True, help_text="When they were told of it; empty once it is no longer so."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """One row per tenant at most."""

        db_table = "alerts_notification_settings"
        verbose_name_plural = "notification settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    reminder_after_hours__gte=REMINDER_AFTER_HOURS.least,
                    reminder_after_hours__lte=REMINDER_AFTER_HOURS.most,
                ),
                name="alerts_notification_after",
            ),
            models.CheckConstraint(
                condition=Q(
                    repeat_every_hours__gte=REMINDER_REPEAT_HOURS.least,
                    repeat_every_hours__lte=REMINDER_REPEAT_HOURS.most,
                ),
                name="alerts_notification_repeat",
            ),
            models.CheckConstraint(
                condition=Q(cost_threshold_monthly__isnull=True) | Q(cost_threshold_monthly__gt=0),
                name="alerts_notification_cost",
            ),
        ]

    def __str__(self) -> str:
        """What it asks for."""
        return f"reminded after {self.reminder_after_hours} hours, then every {self.repeat_every_hours}"


class Reminder(models.Model):
    """How often people were reminded of a drift that nobody has decided on, and when last."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+", db_index=False)
    drift = models.ForeignKey("drifts.Drift", models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="How often.")
    last_at = models.DateTimeField(help_text="When last.")

    class Meta:
        """One row per drift."""

        db_table = "alerts_reminder"
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint(fields=["drift", "account"], name="alerts_reminder_once")]

    def __str__(self) -> str:
        """Which one."""
        return f"reminder {self.number}"


class ToldQuerySet(models.QuerySet["Told"]):
    """Reads of what channels were told."""

    def for_account(self, account_id: UUID) -> ToldQuerySet:
        """What a tenant's channels were told.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id)


class Told(models.Model):
    """That a channel was told of something that is not over: a drift, or a stack that is not scanned.

    The row goes with the end of it, by itself or in a digest though it was told. So it also says what is still open.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_index=False)
    drift = models.ForeignKey("drifts.Drift", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    alert = models.ForeignKey(
        Alert,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="Instead of a drift: the alert that told of scans that fail or are missing.",
    )
    severity_rank = models.PositiveSmallIntegerField(help_text="As how grave; 0 is the gravest.")
    told_at = models.DateTimeField()

    objects = ToldQuerySet.as_manager()

    class Meta:
        """Once per channel, and drift or alert."""

        db_table = "alerts_told"
        ordering = ["-told_at"]
        verbose_name_plural = "told"
        constraints = [
            models.UniqueConstraint(fields=["drift", "channel", "account"], name="alerts_told_once"),
            models.UniqueConstraint(
                fields=["alert", "channel", "account"],
                condition=Q(alert__isnull=False),
                name="alerts_told_of_alert_once",
            ),
            models.CheckConstraint(
                condition=Q(drift__isnull=False, alert__isnull=True) | Q(drift__isnull=True, alert__isnull=False),
                name="alerts_told_of_one",
            ),
        ]

    def __str__(self) -> str:
        """Of which drift or alert."""
        return f"{self.channel_id} was told of {self.about}"

    @property
    def about(self) -> UUID:
        """The drift, or the alert."""
        return self.drift_id or self.alert_id  # type: ignore[return-value] # one of them is there
