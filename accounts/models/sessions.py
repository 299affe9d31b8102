"""The sessions in which users are signed in."""

import uuid
from datetime import datetime

from django.db import models

from accounts.models.people import Account, User


class SessionQuerySet(models.QuerySet["Session"]):
    """Reads of sessions."""

    def live(self, now: datetime) -> "SessionQuerySet":
        """Sessions that are neither revoked nor expired.

        Args:
            now: The time to judge by.
        """
        return self.filter(revoked_at=None, expires_at__gt=now)


class Session(models.Model):
    """A place where a user is signed in; its refresh token is known by its digest only."""

    class RevokedBecause(models.TextChoices):
        """Why a session ended before its time."""

        LOGOUT = "logout", "Logged out"
        REVOKED = "revoked", "Signed out from elsewhere"
        REUSED = "reused", "A used refresh token came again"
        PASSWORD = "password", "The password was changed"
        ROLE = "role", "The role was changed"
        DEACTIVATED = "deactivated", "The user was deactivated"
        ERASED = "erased", "The user was erased"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="sessions")
    refresh_digest = models.BinaryField(max_length=32, help_text="sha256 of the current refresh token's id.")
    previous_digest = models.BinaryField(
        max_length=32, null=True, blank=True, help_text="sha256 of the id of the refresh token before it."
    )
    address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    refreshed_at = models.DateTimeField(help_text="When its refresh token was last rotated.")
    taken_up_at = models.DateTimeField(
        null=True, blank=True, help_text="When the tokens of that rotation were first used: their answer had arrived."
    )
    expires_at = models.DateTimeField(help_text="When its refresh token stops.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_because = models.CharField(max_length=20, choices=RevokedBecause.choices, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        """Newest first."""

        db_table = "accounts_session"
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["user", "-created_at"], name="accounts_session_user")]

    def __str__(self) -> str:
        """Whose it is and since when."""
        return f"{self.user_id} since {self.created_at:%Y-%m-%d %H:%M}"
