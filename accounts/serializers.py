"""Accounts on the wire."""

from typing import Any

from rest_framework import serializers

from accounts.models import Session, User
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer


class LoginSerializer(CamelSerializer):
    """A log-in."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False, write_only=True)
    code = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="The authenticator's code, or a recovery code; only where the user has a second factor.",
    )


class RefreshTokenSerializer(CamelSerializer):
    """A refresh token."""

    refresh_token = serializers.CharField(max_length=4096)


class SsoCodeSerializer(CamelSerializer):
    """The end of a single sign-on: its code, and what proves that it was begun here (RFC 7636)."""

    code = serializers.CharField(max_length=128, write_only=True)
    verifier = serializers.RegexField(
        r"^[A-Za-z0-9._~-]{43,128}\Z",
        write_only=True,
        help_text="The log-in was begun with the base64url of its SHA-256 as `challenge`.",
    )


class SignedInUserSerializer(CamelModelSerializer):
    """The user of a log-in's answer."""

    class Meta:
        """The contract's fields."""

        model = User
        fields = ["id", "email", "name", "role"]
        read_only_fields = fields


class TokenPairSerializer(CamelSerializer):
    """A fresh pair of tokens."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()


class SignedInSerializer(TokenPairSerializer):
    """A log-in's answer."""

    user = SignedInUserSerializer()


class SettingsSerializer(CamelModelSerializer):
    """What a user wants to be told, and where."""

    email_notifications = serializers.BooleanField()
    slack_integration = serializers.BooleanField()
    critical_alerts_only = serializers.BooleanField()

    class Meta:
        """The contract's fields."""

        model = User
        fields = ["email_notifications", "slack_integration", "critical_alerts_only"]


class ProfileSerializer(CamelModelSerializer):
    """The user's own profile."""

    settings = SettingsSerializer(source="*", read_only=True)
    account_id = serializers.UUIDField(read_only=True)

    class Meta:
        """Only the name can be changed here."""

        model = User
        fields = ["id", "email", "name", "role", "account_id", "settings", "created_at", "updated_at"]
        read_only_fields = ["id", "email", "role", "created_at", "updated_at"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse other settings than there are: they are changed elsewhere, and must not seem to be changed here.

        Args:
            attrs: What is to change.

        Raises:
            ValidationError: The body holds other settings.
        """
        same = SettingsSerializer(self.instance).data
        if self.initial_data.get("settings", same) != same:
            raise serializers.ValidationError({"settings": "Change these by PUT /users/me/settings."})
        return attrs


class SecondFactorSerializer(CamelSerializer):
    """What a user may know of their second factor."""

    enabled = serializers.BooleanField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    recovery_codes_left = serializers.IntegerField()


class BeginSecondFactorSerializer(CamelSerializer):
    """The password, once more: a session left open is not enough."""

    current_password = serializers.CharField(max_length=1000, trim_whitespace=False, write_only=True)


class SecondFactorCodeSerializer(CamelSerializer):
    """A code of the authenticator, or a recovery code where one is taken."""

    code = serializers.CharField(max_length=64, write_only=True)


class RemoveSecondFactorSerializer(BeginSecondFactorSerializer, SecondFactorCodeSerializer):
    """Both proofs of who asks."""


class EnrolmentSerializer(CamelSerializer):
    """What an authenticator needs, shown once."""

    secret = serializers.CharField(help_text="The seed in base32, for typing.")
    uri = serializers.CharField(help_text="The same as an otpauth:// address, for a QR code.")


class RecoveryCodesSerializer(CamelSerializer):
    """Codes that stand for the second factor, each once; shown once."""

    recovery_codes = serializers.ListField(child=serializers.CharField())


class PasswordChangeSerializer(CamelSerializer):
    """Another password for oneself."""

    current_password = serializers.CharField(max_length=1000, trim_whitespace=False, write_only=True)
    new_password = serializers.CharField(min_length=8, max_length=1000, trim_whitespace=False, write_only=True)


class ForgottenPasswordSerializer(CamelSerializer):
    """Whose password was forgotten."""

    email = serializers.CharField(max_length=254)


class PasswordResetSerializer(CamelSerializer):
    """A mailed link's token, and the password that it sets."""

    token = serializers.CharField(max_length=200, write_only=True)
    new_password = serializers.CharField(min_length=8, max_length=1000, trim_whitespace=False, write_only=True)


class UserSerializer(CamelModelSerializer):
    """A user, for an admin."""

    status = serializers.ChoiceField(["active", "invited", "deactivated"], read_only=True)
    last_login_at = serializers.DateTimeField(source="last_login", read_only=True, allow_null=True)

    class Meta:
        """What an admin sees of a user."""

        model = User
        fields = ["id", "email", "name", "role", "is_active", "status", "last_login_at", "created_at", "updated_at"]
        read_only_fields = fields


class InvitationSerializer(CamelSerializer):
    """A user to be invited."""

    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=200)
    role = serializers.ChoiceField(User.Roles.choices)


class AdministeredUserSerializer(CamelSerializer):
    """What an admin changes of a user."""

    name = serializers.CharField(max_length=200, required=False)
    role = serializers.ChoiceField(User.Roles.choices, required=False)
    is_active = serializers.BooleanField(required=False)


class SessionSerializer(CamelModelSerializer):
    """A place where the user is signed in."""

    is_current = serializers.SerializerMethodField(help_text="Whether this request came from there.")
    last_used_at = serializers.DateTimeField(source="refreshed_at", read_only=True, help_text="To the quarter hour.")

    class Meta:
        """What helps to tell one place from another."""

        model = Session
        fields = ["id", "address", "user_agent", "created_at", "last_used_at", "expires_at", "is_current"]
        read_only_fields = fields

    def get_is_current(self, session: Session) -> bool:
        """Whether this request came from there.

        Args:
            session: One of the user's.
        """
        here = self.context["request"].auth
        return isinstance(here, Session) and here.pk == session.pk


class RevokedCountSerializer(CamelSerializer):
    """How many sessions ended."""

    revoked_count = serializers.IntegerField()
