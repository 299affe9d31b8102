"""Deliveries: each message to a channel or a user, with every try at it. They are rows of their own that change."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from alerts.models.channels import Channel, Medium
from alerts.occasions import Type
from driftsentry.api.ids import new_id


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Reads of deliveries."""

    def for_account(self, account_id: UUID) -> DeliveryQuerySet:
        """The deliveries of a tenant.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id)

    def seen_by(self, account_id: UUID, user_id: UUID | None) -> DeliveryQuerySet:
        """The deliveries that a user may see: those to channels, and those to them alone.

        Args:
            account_id: The tenant.
            user_id: Who looks.
        """
        return self.for_account(account_id).filter(Q(channel__isnull=False) | Q(recipient=user_id))

    def pending(self) -> DeliveryQuerySet:
        """Those that are still to be sent."""
        return self.filter(status=Delivery.Statuses.PENDING)

    def given_up(self) -> DeliveryQuerySet:
        """Those that were not taken, but for tests, which were only tried."""
        return self.filter(status=Delivery.Statuses.DEAD).exclude(type=Type.TEST)


class Delivery(models.Model):
    """One message to one channel or user: enqueued by the transaction that is its cause, sent at least once."""

    class Statuses(models.TextChoices):
        """Where it stands."""

        PENDING = "pending", "Pending"
        DELIVERED = "delivered", "Delivered"
        DEAD = "dead", "Dead: given up"
        CANCELLED = "cancelled", "Cancelled: nobody is to be told any more"

    id = models.UUIDField(
        primary_key=True, default=new_id, editable=False, help_text="Stays the same however often it is sent."
    )
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, models.CASCADE, null=True, blank=True, related_name="deliveries")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+", help_text="For a user alone."
    )
    medium = models.CharField(max_length=20, choices=Medium.choices)
    key = models.CharField(max_length=200, help_text="What it tells: a channel or user is told of that once.")
    type = models.CharField(max_length=40, help_text="One of `alerts.occasions.Type`.")
    severity = models.CharField(max_length=20, blank=True)
    entry_id = models.UUIDField(null=True, blank=True, help_text="The journal entry that it is about.")
    drift = models.ForeignKey("drifts.Drift", models.PROTECT, null=True, blank=True, related_name="+")
    scan = models.ForeignKey("drifts.Scan", models.PROTECT, null=True, blank=True, related_name="+")
    alert = models.ForeignKey("alerts.Alert", models.PROTECT, null=True, blank=True, related_name="+")
    message = models.JSONField(help_text="What it says: `alerts.sending.message.Message`; never a state or secret.")
    status = models.CharField(max_length=20, choices=Statuses.choices, default=Statuses.PENDING)
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often it was tried since `due_at`.")
    due_at = models.DateTimeField(help_text="When it was to be sent at first; it is tried for a day from then on.")
    next_try_at = models.DateTimeField(null=True, blank=True, help_text="Empty once it is over.")
    leased_until = models.DateTimeField(null=True, blank=True, help_text="Until when a worker that sends it has it.")
    last_status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The last answer's HTTP status.")
    last_answer = models.CharField(max_length=500, blank=True, help_text="What the last try came to, in words.")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        """Newest first; those still to be sent are few and have an index of their own."""

        db_table = "alerts_delivery"
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "channel", "key"],
                condition=Q(channel__isnull=False),
                name="alerts_delivery_channel_key",
            ),
            models.UniqueConstraint(
                fields=["account", "recipient", "medium", "key"],
                condition=Q(channel__isnull=True),
                name="alerts_delivery_recipient_key",
            ),
            models.CheckConstraint(
                condition=Q(channel__isnull=False, recipient__isnull=True)
                | Q(channel__isnull=True, recipient__isnull=False),
                name="alerts_delivery_to",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "delivered", "dead", "cancelled"]), name="alerts_delivery_status"
            ),
            models.CheckConstraint(
                condition=Q(status="pending", next_try_at__isnull=False, finished_at__isnull=True)
                | ~Q(status="pending") & Q(next_try_at__isnull=True, finished_at__isnull=False),
                name="alerts_delivery_next_try",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="alerts_delivery_newest"),
            models.Index(fields=["channel", "-id"], name="alerts_delivery_of_channel"),
            models.Index(fields=["drift"], condition=Q(drift__isnull=False), name="alerts_delivery_of_drift"),
            models.Index(fields=["next_try_at"], condition=Q(status="pending"), name="alerts_delivery_due"),
            models.Index(
                fields=["channel", "status"],
                condition=Q(channel__isnull=False, status__in=["pending", "dead"]),
                name="alerts_delivery_open",
            ),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="alerts_delivery_over"),
        ]

    def __str__(self) -> str:
        """What it tells and where it stands."""
        return f"{self.key} ({self.status})"


class Attempt(models.Model):
    """One try at a delivery, with its answer."""

    class Outcomes(models.TextChoices):
        """What it came to."""

        DELIVERED = "delivered", "Delivered"
        AGAIN = "again", "To be tried again"
        REFUSED = "refused", "Refused: no other try would help"
        GONE = "gone", "Gone: nothing will be taken there any more"
        LOST = "lost", "Lost: whoever sent it ended before the answer was noted"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField(help_text="From 1.")
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(help_text="How long it took, in milliseconds.")
    outcome = models.CharField(max_length=20, choices=Outcomes.choices)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The HTTP status, if one came.")
    answer = models.CharField(max_length=500, blank=True, help_text="What came back, or why nothing did.")

    class Meta:
        """In their order."""

        db_table = "alerts_attempt"
        ordering = ["delivery", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="alerts_attempt_number")]

    def __str__(self) -> str:
        """Which try, and what came of it."""
        return f"#{self.number} {self.outcome}"
