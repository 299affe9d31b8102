"""What people are told. Only `alerts.actions` writes it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

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
                    ]
                ),
                name="alerts_alert_type",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="alerts_alert_newest"),
            models.Index(fields=["account", "-id"], condition=Q(read_at=None), name="alerts_alert_unread"),
        ]

    def __str__(self) -> str:
        """Its title."""
        return self.title

    @property
    def is_read(self) -> bool:
        """Whether somebody has read it."""
        return self.read_at is not None
