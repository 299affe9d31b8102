"""The journal on the wire."""

from rest_framework import serializers

from audit.facts import sentence
from audit.models import AuditLog
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer

ERASED = "(erased)"


def personal_of(entry: AuditLog, name: str) -> str:
    """A field of an entry's personal part, or `(erased)`.

    Args:
        entry: The entry.
        name: `actorEmail`, `address`, `userAgent` or `text`.
    """
    return ERASED if entry.personal is None else str(entry.personal.get(name, ""))


class _EntrySerializer(CamelModelSerializer):
    actor_email = serializers.SerializerMethodField()
    action = serializers.CharField(source="kind")
    message = serializers.SerializerMethodField()

    def get_actor_email(self, entry: AuditLog) -> str:
        """Who did it: an e-mail, the name of a part of the system, or `(erased)`."""
        return personal_of(entry, "actorEmail")

    def get_message(self, entry: AuditLog) -> str:
        """The entry in words."""
        text = "" if entry.personal is None else str(entry.personal.get("text", ""))
        return sentence(entry.kind, entry.v, entry.data, text)


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


class VerdictSerializer(CamelSerializer):
    """What a verification found."""

    valid = serializers.BooleanField()
    entries = serializers.IntegerField()
    erased = serializers.IntegerField()
    head_seq = serializers.IntegerField()
    head_hash = serializers.CharField()
    first_broken_seq = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
