"""What proves who somebody is, beside a password: tokens sent by e-mail, and the second factor."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models

from accounts.models.people import Account, User
from driftsentry.api.encryption import EncryptedTextField


class OneTimeTokenQuerySet(models.QuerySet["OneTimeToken"]):
    """Reads of one-time tokens."""

    def live(self, now: datetime) -> "OneTimeTokenQuerySet":
        """Tokens that are neither used nor expired.

        Args:
            now: The time to judge by.
        """
        return self.filter(used_at=None, expires_at__gt=now)


class OneTimeToken(models.Model):
    """A token that works once, for a while; known by its digest only."""

    class Purposes(models.TextChoices):
        """What it proves."""

        PASSWORD_RESET = "password_reset", "Set a new password"
        INVITATION = "invitation", "Set the first password"
        SSO = "sso", "Take the tokens of a single sign-on"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="one_time_tokens")
    purpose = models.CharField(max_length=20, choices=Purposes.choices)
    digest = models.BinaryField(max_length=32, unique=True, help_text="sha256 of the token.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = OneTimeTokenQuerySet.as_manager()

    class Meta:
        """Newest first."""

        db_table = "accounts_one_time_token"
        ordering = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["user", "purpose"], name="accounts_token_user")]

    def __str__(self) -> str:
        """Its purpose."""
        return self.purpose


class SecondFactor(models.Model):
    """A user's authenticator (TOTP, RFC 6238): asked for at log-in once it is confirmed."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="second_factor")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    secret = EncryptedTextField(help_text="The shared seed, base32, encrypted.")
    last_step = models.BigIntegerField(default=0, help_text="The time step of the last code taken: none works twice.")
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True, help_text="When its first code was shown.")

    class Meta:
        """One a user."""

        db_table = "accounts_second_factor"

    def __str__(self) -> str:
        """Whose it is."""
        return f"of {self.user_id}"


class RecoveryCode(models.Model):
    """A code that stands for the second factor once, when the authenticator is lost; known by its digest only."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32, help_text="sha256 of the code with its user's id.")
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """By user."""

        db_table = "accounts_recovery_code"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "digest"], name="accounts_recovery_code_once"),
        ]

    def __str__(self) -> str:
        """Whose it is."""
        return f"of {self.user_id}"
