"""What people are told. Only `alerts.actions` writes it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from driftsentry.api.ids import new_id


class AlertQuerySet(models.QuerySet["Alert"]):
    """Reads of alerts."""

    def for_account(self, account_id: UUID) -> AlertQuerySet:
        """The alerts that are for everybody of a tenant.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id, recipient=None)

    def seen_by(self, account_id: UUID, user_id: UUID | None) -> AlertQuerySet:
        """The alerts that a user, or an API key, may see: everybody's, and those for them alone.

        Args:
            account_id: The tenant.
            user_id: Who looks.
        """
        return self.filter(Q(recipient=None) | Q(recipient=user_id), account_id=account_id)

    def unread(self) -> AlertQuerySet:
        """Those that nobody has read."""
        return self.filter(read_at=None)

    def snoozed(self, *, is_so: bool = True) -> AlertQuerySet:
        """Those that nobody is to be bothered with for now.

        Args:
            is_so: False: all others.
        """
        return self.filter(snooze_holds()) if is_so else self.exclude(snooze_holds())

    def waiting(self) -> AlertQuerySet:
        """Those that nobody has read and that are not snoozed: what the unread count counts."""
        return self.unread().snoozed(is_so=False)


def snooze_holds() -> Q:
    """The condition under which nobody is to be bothered with an alert now."""
    return Q(snoozed_at__isnull=False) & (Q(snoozed_until=None) | Q(snoozed_until__gt=timezone.now()))


class Alert(models.Model):
    """One thing that somebody should look at; read once for the whole account."""

    class Types(models.TextChoices):
        """What it is about."""

        DRIFT_DETECTED = "drift_detected", "Drift detected"
        APPROVAL_NEEDED = "approval_needed", "Approval needed"
        REMEDIATION_FAILED = "remediation_failed", "Remediation failed"
        DRIFT_RECURRED = "drift_recurred", "Drift recurred"
        SCAN_FAILED = "scan_failed", "Scan failed"
        COST_THRESHOLD_EXCEEDED = "cost_threshold_exceeded", "Cost threshold exceeded"
        SESSION_REUSED = "session_reused", "Session reused"
        ASSIGNED = "assigned", "Assigned to you"
        CHANNEL_DISABLED = "channel_disabled", "Channel disabled"

    class Severities(models.TextChoices):
        """How much it matters."""

        CRITICAL = "critical", "Critical"
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    drift = models.ForeignKey("drifts.Drift", models.PROTECT, null=True, blank=True, related_name="alerts")
    scan = models.ForeignKey("drifts.Scan", models.PROTECT, null=True, blank=True, related_name="alerts")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whom alone it is for; none: everybody of the account.",
    )
    type = models.CharField(max_length=40, choices=Types.choices)
    severity = models.CharField(max_length=20, choices=Severities.choices)
    title = models.CharField(max_length=300)
    message = models.TextField()
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True, help_text="When somebody said that they have it.")
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    acknowledgement_note = models.TextField(blank=True)
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
    snoozed_at = models.DateTimeField(null=True, blank=True, help_text="When it was snoozed; empty: it is not.")
    snoozed_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when; empty with a snooze: until its drift differs otherwise."
    )
    snoozed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    snooze_reason = models.TextField(blank=True)
    snooze_digests = models.JSONField(
        default=dict, blank=True, help_text="The digests of its drift's changes as they were when somebody snoozed it."
    )
    created_at = models.DateTimeField()

    objects = AlertQuerySet.as_manager()

    class Meta:
        """Newest first; the unread ones are few and have an index of their own."""

        db_table = "alerts_alert"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    type__in=[
                        *("drift_detected", "approval_needed", "remediation_failed"),
                        *("drift_recurred", "scan_failed", "cost_threshold_exceeded", "session_reused"),
                        *("assigned", "channel_disabled"),
                    ]
                ),
                name="alerts_alert_type",
            ),
            models.CheckConstraint(
                condition=Q(assignee__isnull=True) | Q(assigned_at__isnull=False), name="alerts_alert_assignment"
            ),
            models.CheckConstraint(
                condition=Q(snoozed_at__isnull=False) | Q(snoozed_until__isnull=True), name="alerts_alert_snooze"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="alerts_alert_newest"),
            models.Index(fields=["account", "-id"], condition=Q(read_at=None), name="alerts_alert_unread"),
            models.Index(
                fields=["account", "assignee", "-id"],
                condition=Q(assignee__isnull=False),
                name="alerts_alert_by_assignee",
            ),
            models.Index(fields=["account"], condition=Q(snoozed_at__isnull=False), name="alerts_alert_snoozed"),
            models.Index(
                fields=["snoozed_until"], condition=Q(snoozed_until__isnull=False), name="alerts_alert_snooze_ends"
            ),
        ]

    def __str__(self) -> str:
        """Its title."""
        return self.title

    @property
    def is_read(self) -> bool:
        """Whether somebody has read it."""
        return self.read_at is not None

    @property
    def is_snoozed(self) -> bool:
        """Whether nobody is to be bothered with it for now."""
        return self.snoozed_at is not None and (self.snoozed_until is None or self.snoozed_until > timezone.now())
