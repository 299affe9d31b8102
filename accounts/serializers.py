"""Accounts on the wire."""

from rest_framework import serializers

from accounts.models import User
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer


class LoginSerializer(CamelSerializer):
    """A log-in."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False, write_only=True)


class RefreshTokenSerializer(CamelSerializer):
    """A refresh token."""

    refresh_token = serializers.CharField(max_length=4096)


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
