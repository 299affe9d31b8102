"""Alerts on the wire."""

from rest_framework import serializers

from alerts.models import Alert
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer


class AlertSerializer(CamelModelSerializer):
    """An alert."""

    drift_id = serializers.UUIDField(read_only=True, allow_null=True)
    scan_id = serializers.UUIDField(read_only=True, allow_null=True)
    is_read = serializers.BooleanField(read_only=True)
    read_by = serializers.UUIDField(source="read_by_id", read_only=True, allow_null=True)

    class Meta:
        """The contract's fields."""

        model = Alert
        fields = [
            *("id", "drift_id", "scan_id", "type", "severity", "title", "message"),
            *("is_read", "read_at", "read_by", "created_at"),
        ]
        read_only_fields = fields


class UnreadCountSerializer(CamelSerializer):
    """How many alerts nobody has read."""

    count = serializers.IntegerField(min_value=0)


class MarkedCountSerializer(CamelSerializer):
    """How many alerts were unread and are read now."""

    marked_count = serializers.IntegerField(min_value=0)
