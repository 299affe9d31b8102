"""Tenants and their users."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.auth.password_validation import validate_password
from django.db import models
from django.db.models.functions import Lower

from driftsentry.api.access import Role


class Account(models.Model):
    """A tenant: everything but the system's own tables belongs to one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """By name."""

        db_table = "accounts_account"
        ordering = ["name"]

    def __str__(self) -> str:
        """Its name."""
        return self.name


def normalised_email(email: str) -> str:
    """An e-mail as it is stored and looked up: trimmed and in lower case.

    Args:
        email: As typed.
    """
    return email.strip().lower()


class UserManager(BaseUserManager["User"]):
    """Looks users up by e-mail, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user of an e-mail.

        Args:
            username: The e-mail, in any case.
        """
        return self.get(email=normalised_email(username or ""))

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Make an admin in the account `default`, for `manage.py createsuperuser`.

        Args:
            email: The log-in name.
            password: The password.
            **extra: The account's name and the user's, where given.

        Raises:
            ValidationError: The password breaks a rule.
        """
        from accounts.actions import create_account, create_user  # noqa: PLC0415 - Django's hook sits below the actions
        from audit.actors import Actor  # noqa: PLC0415

        by = Actor.system("createsuperuser")
        name = extra.get("name") or email
        if password is not None:
            validate_password(password, User(email=normalised_email(email), name=name))
        account = Account.objects.filter(name="default").first() or create_account("default", by=by)
        user = create_user(account, email=email, name=name, role=Role.ADMIN, password=password, by=by)
        User.objects.filter(pk=user.pk).update(is_superuser=True)
        user.is_superuser = True
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person of one account, logging in by e-mail."""

    class Roles(models.TextChoices):
        """A user's role; each includes the ones after it."""

        ADMIN = Role.ADMIN.value, "Admin"
        ENGINEER = Role.ENGINEER.value, "Engineer"
        VIEWER = Role.VIEWER.value, "Viewer"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="users")
    email = models.EmailField(max_length=254, unique=True, help_text="The log-in name, in lower case.")
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=Roles.choices, default=Roles.VIEWER)
    is_active = models.BooleanField(default=True, help_text="Cleared instead of deleting the user.")
    email_notifications = models.BooleanField(default=True)
    slack_integration = models.BooleanField(default=False)
    critical_alerts_only = models.BooleanField(default=False)
    erased_at = models.DateTimeField(null=True, blank=True, help_text="When their personal data were erased, for ever.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        """One user per e-mail, whatever its case."""

        db_table = "accounts_user"
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email"),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="accounts_user_role"
            ),
        ]

    def __str__(self) -> str:
        """The e-mail."""
        return self.email

    @property
    def is_invited(self) -> bool:
        """Has no password yet and has never logged in."""
        return self.last_login is None and not self.has_usable_password()

    @property
    def status(self) -> str:
        """`active`, `invited`, `deactivated` or `erased`."""
        if self.erased_at is not None:
            return "erased"
        if not self.is_active:
            return "deactivated"
        return "invited" if self.is_invited else "active"

    @property
    def is_staff(self) -> bool:
        """May use the admin: admins only."""
        return self.role == Role.ADMIN


class Domain(models.Model):
    """An e-mail domain that belongs to an account: who signs in with one of its e-mails first is made a user there."""

    name = models.CharField(max_length=253, unique=True, help_text="In lower case, e.g. example.com.")
    account = models.ForeignKey(Account, models.CASCADE, related_name="domains")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """By name, in lower case."""

        db_table = "accounts_domain"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(name=Lower("name")), name="accounts_domain_lower"),
        ]

    def __str__(self) -> str:
        """Its name."""
        return self.name
