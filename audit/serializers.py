"""The journal on the wire."""

import base64
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from audit.facts import sentence
from audit.models import AuditLog
from audit.signatures import Keyring, public_pem
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer

ERASED, ALTERED = "(erased)", "(altered)"


def personal_of(entry: AuditLog, name: str) -> str:
    """A field of an entry's personal part, or `(erased)`, or `(altered)` where it is no such part.

    Args:
        entry: The entry.
        name: `actorEmail`, `address`, `userAgent` or `text`.
    """
    if entry.personal is None:
        return ERASED
    return str(entry.personal.get(name, "")) if isinstance(entry.personal, dict) else ALTERED


def words_of(entry: AuditLog, names: Mapping[str, str]) -> str:
    """An entry in words.

    Args:
        entry: The entry.
        names: What stands for some values of its data.
    """
    text = "" if entry.personal is None else personal_of(entry, "text")
    data = entry.data if isinstance(entry.data, dict) else {}
    return sentence(entry.kind, entry.v, {field: names.get(str(value), value) for field, value in data.items()}, text)


class _EntrySerializer(CamelModelSerializer):
    actor_email = serializers.SerializerMethodField()
    action = serializers.CharField(source="kind")
    message = serializers.SerializerMethodField()

    def get_actor_email(self, entry: AuditLog) -> str:
        """Who did it: an e-mail, the name of a part of the system, or `(erased)`."""
        return personal_of(entry, "actorEmail")

    def get_message(self, entry: AuditLog) -> str:
        """The entry in words."""
        return words_of(entry, self.context.get("names", {}))


class TimelineEntrySerializer(_EntrySerializer):
    """One step of a drift's story."""

    timestamp = serializers.DateTimeField(source="at")
    metadata = serializers.JSONField(source="data")

    class Meta:
        """The contract's fields."""

        model = AuditLog
        fields = ["id", "timestamp", "actor_email", "actor_role", "action", "message", "metadata"]


class AuditLogSerializer(_EntrySerializer):
    """One journal entry, for an auditor."""

    address = serializers.SerializerMethodField()
    user_agent = serializers.SerializerMethodField()
    hash = serializers.SerializerMethodField()
    prev_hash = serializers.SerializerMethodField()

    class Meta:
        """Everything that the chain covers."""

        model = AuditLog
        fields = [
            *("id", "seq", "at", "action", "v", "drift_id", "actor_id", "actor_email", "actor_role", "message"),
            *("data", "address", "user_agent", "correlation_id", "prev_hash", "hash"),
        ]

    def get_address(self, entry: AuditLog) -> str:
        """The client's network address."""
        return personal_of(entry, "address")

    def get_user_agent(self, entry: AuditLog) -> str:
        """The client's user agent."""
        return personal_of(entry, "userAgent")

    def get_hash(self, entry: AuditLog) -> str:
        """Hex of the entry's hash."""
        return bytes(entry.hash).hex()

    def get_prev_hash(self, entry: AuditLog) -> str:
        """Hex of the hash of the entry before it."""
        return bytes(entry.prev_hash).hex()


class CheckpointSerializer(CamelSerializer):
    """Up to where a journal is archived, as it was signed."""

    account = serializers.UUIDField()
    archived_at = serializers.DateTimeField()
    at = serializers.DateTimeField(help_text="When the last archived entry was appended.")
    entries = serializers.IntegerField()
    file_digest = serializers.CharField(help_text="sha256 of the archive.")
    file_name = serializers.CharField()
    hash = serializers.CharField(help_text="Of the last archived entry.")
    id = serializers.UUIDField()
    key_id = serializers.CharField()
    seq = serializers.IntegerField(help_text="The last archived entry's number.")
    signature = serializers.CharField()

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        """A checkpoint is signed under the names that it has on the wire.

        Args:
            instance: As it was signed.
        """
        return super().to_representation({field.source: instance[name] for name, field in self.fields.items()})


class VerdictSerializer(CamelSerializer):
    """What a verification found."""

    valid = serializers.BooleanField()
    entries = serializers.IntegerField()
    erased = serializers.IntegerField()
    head_seq = serializers.IntegerField()
    head_hash = serializers.CharField()
    first_broken_seq = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    archived_seq = serializers.IntegerField(help_text="Up to this number the entries are in archives.")
    checkpoint = CheckpointSerializer(allow_null=True, help_text="The signed checkpoint that the chain hangs on.")


class SigningKeySerializer(CamelSerializer):
    """A key that journals are signed with: its public half."""

    key_id = serializers.CharField()
    algorithm = serializers.ChoiceField(choices=["Ed25519"])
    public_key = serializers.CharField(help_text="Base64 of the 32 bytes.")
    pem = serializers.CharField()
    is_signing = serializers.BooleanField(help_text="Signs now; the others verify what they signed before.")


def signing_keys(keys: Keyring) -> list[dict[str, Any]]:
    """The public halves of a server's keys, the one that signs first.

    Args:
        keys: The server's.
    """
    return [
        {
            "key_id": ident,
            "algorithm": "Ed25519",
            "public_key": base64.b64encode(public).decode(),
            "pem": public_pem(public),
            "is_signing": ident == keys.signing_id,
        }
        for ident, public in keys.public.items()
    ]
