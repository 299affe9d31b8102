"""Channels and deliveries on the wire. A channel's secrets go in and never come out."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alerts.actions.channels import LONGEST_OVERLAP
from alerts.models import Alert, Attempt, Channel, Delivery, Medium
from alerts.occasions import Type
from alerts.quiet_hours import DAYS
from alerts.routing import CHOOSABLE, MOST_CHARACTERS, MOST_GLOBS
from alerts.sending.message import Message
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer

MAX_JSON = 16 * 1024
MAX_DIGEST = 1000
MOST_ATTEMPTS = 100
MAX_OVERLAP_HOURS = int(LONGEST_OVERLAP.total_seconds() // 3600)
TYPE_CHOICES = [(one.value, one.value) for one in Type]
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class ExactText(serializers.CharField):
    """A text and nothing that reads like one: 5 is no glob."""

    def to_internal_value(self, data: Any) -> str:
        """Take it as it is.

        Args:
            data: As the body has it.

        Raises:
            ValidationError: It is no text.
        """
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class _ObjectField(serializers.JSONField):
    """A JSON object, its names and values kept as they are."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Take an object only; nothing of it is repeated in a refusal.

        Args:
            data: As given.

        Raises:
            ValidationError: It is something else, too large, or holds what the database cannot.
        """
        text = json.dumps(data)
        if not isinstance(data, dict) or len(text) > MAX_JSON or "\\u0000" in text:
            raise serializers.ValidationError(f"A JSON object of at most {MAX_JSON} bytes.")
        return dict(data)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ConfigField(_ObjectField):
    """What a channel's kind asks for and is not secret."""


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {},
        "example": {"url": "https://hooks.example.com/driftsentry"},
    }
)
class SecretsField(_ObjectField):
    """What a channel's kind asks for and is secret; null removes one."""


@extend_schema_field(
    {
        "type": "object",
        "required": ["start", "end"],
        "properties": {
            "start": {"type": "string", "pattern": CLOCK},
            "end": {"type": "string", "pattern": CLOCK},
            "timezone": {"type": "string", "maxLength": 100, "description": "A name of the IANA's; UTC if left out."},
            "days": {"type": "array", "items": {"type": "string", "enum": list(DAYS)}, "minItems": 1, "maxItems": 7},
            "exceptCritical": {"type": "boolean"},
        },
        "additionalProperties": False,
    }
)
class QuietHoursField(_ObjectField):
    """When a channel is left in peace, by the clock of a place."""


def _globs(words: str) -> serializers.ListField:
    child = ExactText(max_length=MOST_CHARACTERS)
    return serializers.ListField(child=child, max_length=MOST_GLOBS, required=False, help_text=words)


def _chosen(choices: list[tuple[str, str]], words: str) -> serializers.ListField:
    child = serializers.ChoiceField(choices)
    return serializers.ListField(child=child, max_length=len(choices), required=False, help_text=words)


class ChannelSerializer(CamelModelSerializer):
    """A channel."""

    name = ExactText(max_length=100)
    config = ConfigField(required=False, help_text="What is not secret; at most 16 kB of JSON.")
    secrets = SecretsField(
        required=False,
        write_only=True,
        help_text="What is: set anew by name, null removes one; never shown again. At most 16 kB of JSON.",
    )
    secret_hints = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="Which secrets there are, and the end of each."
    )
    destination = serializers.CharField(read_only=True, help_text="Where its messages go, as far as may be shown.")
    severities = _chosen(Alert.Severities.choices, "Which severities it hears of; empty: all.")
    types = _chosen([(one, one) for one in CHOOSABLE], "What it hears of; empty: all.")
    stacks = _globs("Names of stacks, or globs in which * stands for anything; empty: all.")
    environments = _globs("The same of environments; empty: all.")
    quiet_hours = QuietHoursField(required=False, allow_null=True, help_text="When it is left in peace; null: never.")
    digest_above = serializers.IntegerField(
        min_value=1, max_value=MAX_DIGEST, required=False, help_text="More messages of one scan become one."
    )
    is_enabled = serializers.BooleanField(required=False)
    pending_count = serializers.IntegerField(read_only=True, min_value=0, help_text="Messages still to be sent.")
    dead_count = serializers.IntegerField(read_only=True, min_value=0, help_text="Messages that were given up.")

    class Meta:
        """Where it is, what it hears of, and how it fares."""

        model = Channel
        fields = [
            *("id", "name", "kind", "config", "secrets", "secret_hints", "destination", "previous_secret_until"),
            *("severities", "types", "stacks", "environments", "quiet_hours", "digest_above", "is_enabled"),
            *("disabled_at", "disabled_reason", "failing_since", "resting_until", "last_delivered_at"),
            *("pending_count", "dead_count", "created_at", "updated_at"),
        ]
        read_only_fields = [
            *("id", "previous_secret_until", "disabled_at", "disabled_reason", "failing_since", "resting_until"),
            *("last_delivered_at", "created_at", "updated_at"),
        ]


class MadeChannelSerializer(ChannelSerializer):
    """A channel that was made just now, or has a new key."""

    signing_secret = serializers.CharField(
        read_only=True, allow_null=True, help_text="The key that signs, where it was made here; shown this once."
    )

    class Meta(ChannelSerializer.Meta):
        """The channel and what is shown once."""

        fields = [*ChannelSerializer.Meta.fields, "signing_secret"]


class RotationSerializer(CamelSerializer):
    """How to change to another key that signs."""

    overlap_hours = serializers.IntegerField(
        min_value=0,
        max_value=MAX_OVERLAP_HOURS,
        default=24,
        help_text="For how long the key before signs beside the new one; 0 ends it at once.",
    )


class RedeliveredSerializer(CamelSerializer):
    """What became of a channel's given-up messages."""

    redelivered = serializers.IntegerField(min_value=0, help_text="How many are sent once more.")
    left = serializers.IntegerField(min_value=0, help_text="How many are still given up: ask again.")


class AttemptSerializer(CamelModelSerializer):
    """One try."""

    class Meta:
        """When it was and what came of it."""

        model = Attempt
        fields = ["number", "at", "took_ms", "outcome", "status_code", "answer"]
        read_only_fields = fields


class DetailSerializer(CamelSerializer):
    """A name and a value."""

    name = serializers.CharField(allow_blank=True)
    value = serializers.CharField(allow_blank=True)


class ItemSerializer(CamelSerializer):
    """One line of a digest."""

    title = serializers.CharField(allow_blank=True)
    severity = serializers.CharField(allow_blank=True)
    link = serializers.CharField(allow_blank=True)


class MessageSerializer(CamelSerializer):
    """What is told."""

    title = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    link = serializers.CharField(allow_blank=True)
    episode = serializers.CharField(allow_blank=True, help_text="What it belongs to; the same for what ends it.")
    resolves = serializers.BooleanField(help_text="Whether it ends its episode.")
    details = DetailSerializer(many=True)
    items = ItemSerializer(many=True, help_text="The lines of a digest, the gravest first.")
    more = serializers.IntegerField(min_value=0, help_text="How many there are beside these.")


def message_of(delivery: Delivery) -> dict[str, Any] | None:
    """What a delivery tells; None where what is stored is no message.

    Args:
        delivery: The delivery.
    """
    try:
        found = Message.read(dict(delivery.message))
    except (TypeError, ValueError, LookupError, AttributeError):
        return None
    told = {name: getattr(found, name) for name in ("title", "text", "link", "episode", "resolves", "items", "more")}
    told["details"] = [{"name": name, "value": value} for name, value in found.details]
    return dict(MessageSerializer(told).data)


class DeliverySerializer(CamelModelSerializer):
    """A message on its way, or at its end."""

    channel_id = serializers.UUIDField(read_only=True, allow_null=True, help_text="Null: to you alone.")
    drift_id = serializers.UUIDField(read_only=True, allow_null=True)
    scan_id = serializers.UUIDField(read_only=True, allow_null=True)
    alert_id = serializers.UUIDField(read_only=True, allow_null=True)
    medium = serializers.ChoiceField(Medium.choices, read_only=True)
    type = serializers.ChoiceField(TYPE_CHOICES, read_only=True)
    severity = serializers.CharField(read_only=True, allow_blank=True)
    title = serializers.SerializerMethodField()

    class Meta:
        """What it tells and where it stands."""

        model = Delivery
        fields = [
            *("id", "channel_id", "drift_id", "scan_id", "alert_id", "medium", "type", "severity", "title"),
            *("status", "tries", "due_at", "next_try_at", "last_status", "last_answer", "created_at", "finished_at"),
        ]
        read_only_fields = fields

    def get_title(self, delivery: Delivery) -> str:
        """One line of what it tells."""
        stored = delivery.message
        return str(stored.get("title", "")) if isinstance(stored, dict) else ""


class DeliveryDetailSerializer(DeliverySerializer):
    """One message, with all of what it tells and each try."""

    message = serializers.SerializerMethodField()
    attempts = serializers.SerializerMethodField(help_text=f"Each try, the newest first, at most {MOST_ATTEMPTS}.")

    class Meta(DeliverySerializer.Meta):
        """The list's fields and the detail's own."""

        fields = [*DeliverySerializer.Meta.fields, "message", "attempts"]
        read_only_fields = fields

    @extend_schema_field(MessageSerializer(allow_null=True))
    def get_message(self, delivery: Delivery) -> dict[str, Any] | None:
        """What it tells; null where what is stored is no message."""
        return message_of(delivery)

    @extend_schema_field(AttemptSerializer(many=True))
    def get_attempts(self, delivery: Delivery) -> Any:
        """Each try."""
        return AttemptSerializer(delivery.attempts.order_by("-number")[:MOST_ATTEMPTS], many=True).data
