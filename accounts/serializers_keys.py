"""API keys on the wire."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import ApiKey
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer

SHOWN = [
    *("id", "name", "prefix", "last4", "scopes", "stack", "user_id", "created_by_id"),
    *("created_at", "expires_at", "last_used_at", "revoked_at"),
]
ONCE = "Shown once, kept nowhere: null where the answer is given again for the same Idempotency-Key."


class ApiKeySerializer(CamelModelSerializer):
    """What can be seen of a key."""

    scopes = serializers.ListField(child=serializers.ChoiceField(ApiKey.Scopes.choices), read_only=True)
    stack = serializers.CharField(
        source="stack.name", read_only=True, allow_null=True, help_text="The one stack that it is for; null: all."
    )
    user_id = serializers.UUIDField(read_only=True, allow_null=True, help_text="Whose own key it is; null: nobody's.")
    created_by_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        """Never the key, nor what it is known by."""

        model = ApiKey
        fields = SHOWN
        read_only_fields = SHOWN


class CreatedApiKeySerializer(ApiKeySerializer):
    """A key just made."""

    api_key = serializers.CharField(allow_null=True, help_text=ONCE)

    class Meta(ApiKeySerializer.Meta):
        """The key, and what can be seen of it from now on."""

        fields = [*SHOWN, "api_key"]


@extend_schema_field({"type": "array", "minItems": 1, "items": {"enum": ApiKey.Scopes.values, "type": "string"}})
class ScopesField(serializers.MultipleChoiceField):
    """One scope or more."""


class NewApiKeySerializer(CamelSerializer):
    """A key to be made."""

    name = serializers.CharField(max_length=100)
    scopes = ScopesField(choices=ApiKey.Scopes.choices, allow_empty=False)
    stack = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="The name of the one stack that it is for."
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class ChangedApiKeySerializer(CamelSerializer):
    """What can be changed of a key."""

    name = serializers.CharField(max_length=100, required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class OwnKeyCreatedSerializer(CamelSerializer):
    """One's own key, just made."""

    api_key = serializers.CharField(allow_null=True, help_text=ONCE)
    last4 = serializers.CharField()
    created_at = serializers.DateTimeField()


class OwnKeySerializer(CamelSerializer):
    """What can be seen of one's own key."""

    current = ApiKeySerializer(allow_null=True, help_text="null where there is none.")
