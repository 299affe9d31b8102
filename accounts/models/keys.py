"""API keys: what machines show instead of a log-in."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models.people import Account, User
from driftsentry.api.access import Scope


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Reads of API keys."""

    def for_account(self, account_id: uuid.UUID) -> "ApiKeyQuerySet":
        """The keys of a tenant.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id)

    def live(self, now: datetime) -> "ApiKeyQuerySet":
        """Keys that are neither revoked nor expired.

        Args:
            now: The time to judge by.
        """
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


class ApiKey(models.Model):
    """A key of an account, or of one of its users; known by its prefix, its last four characters and its digest."""

    class Scopes(models.TextChoices):
        """What a key may be for."""

        READ = Scope.READ.value, "Read drifts, stacks, scans, alerts, metrics"
        INGEST = Scope.INGEST.value, "Submit scans, report drifts"
        AUDIT = Scope.AUDIT.value, "Read the audit log"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="api_keys")
    user = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="api_keys",
        help_text="Whose own key it is: it may no more than they may, and stops with them. None: the account's.",
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True, help_text="The key's first characters, by which it is found.")
    last4 = models.CharField(max_length=4)
    digest = models.BinaryField(max_length=32, help_text="sha256 of the whole key.")
    scopes = ArrayField(models.CharField(max_length=10, choices=Scopes.choices))
    stack = models.ForeignKey(
        "drifts.Stack",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="The one stack that it is for; the key goes when the stack goes.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        """Newest first; a user has one key at a time."""

        db_table = "accounts_api_key"
        ordering = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["account", "-created_at"], name="accounts_api_key_newest")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at=None, user__isnull=False), name="accounts_api_key_of_user"
            ),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["read", "ingest", "audit"], scopes__len__gt=0),
                name="accounts_api_key_scopes",
            ),
        ]

    def __str__(self) -> str:
        """Its name and what can be seen of it."""
        return f"{self.name} ({self.prefix}…{self.last4})"
