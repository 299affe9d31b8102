"""Alerts on the wire."""

from rest_framework import serializers

from alerts.actions.handling import NOTE_LENGTH, REASON_LENGTH
from alerts.models import Alert
from alerts.snoozes import LONGEST
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer


class AlertSerializer(CamelModelSerializer):
    """An alert."""

    drift_id = serializers.UUIDField(read_only=True, allow_null=True)
    scan_id = serializers.UUIDField(read_only=True, allow_null=True)
    is_read = serializers.BooleanField(read_only=True)
    read_by = serializers.UUIDField(source="read_by_id", read_only=True, allow_null=True)

    acknowledged_by = serializers.UUIDField(source="acknowledged_by_id", read_only=True, allow_null=True)
    assignee = serializers.UUIDField(source="assignee_id", read_only=True, allow_null=True, help_text="Whose it is.")
    assigned_by = serializers.UUIDField(source="assigned_by_id", read_only=True, allow_null=True)
    is_snoozed = serializers.BooleanField(read_only=True, help_text="Whether nobody is bothered with it for now.")
    snoozed_by = serializers.UUIDField(source="snoozed_by_id", read_only=True, allow_null=True)

    class Meta:
        """The contract's fields, and who handles it."""

        model = Alert
        fields = [
            *("id", "drift_id", "scan_id", "type", "severity", "title", "message"),
            *("is_read", "read_at", "read_by", "created_at"),
            *("acknowledged_at", "acknowledged_by", "acknowledgement_note"),
            *("assignee", "assigned_at", "assigned_by"),
            *("is_snoozed", "snoozed_until", "snoozed_by", "snooze_reason"),
        ]
        read_only_fields = fields


class UnreadCountSerializer(CamelSerializer):
    """How many alerts nobody has read and nobody has snoozed."""

    count = serializers.IntegerField(min_value=0)


class MarkedCountSerializer(CamelSerializer):
    """How many alerts were unread and are read now."""

    marked_count = serializers.IntegerField(min_value=0)


class AcknowledgeSerializer(CamelSerializer):
    """What whoever has an alert tells the others; it may be left out."""

    note = serializers.CharField(max_length=NOTE_LENGTH, required=False, allow_blank=True)


class AssignAlertSerializer(AcknowledgeSerializer):
    """Who is to see to an alert."""

    assignee_id = serializers.UUIDField(
        allow_null=True,
        help_text="An active user of the account who may decide, an engineer or an admin; null: nobody.",
    )


class SnoozeAlertSerializer(CamelSerializer):
    """Why an alert is snoozed, and for how long."""

    reason = serializers.CharField(min_length=REASON_LENGTH.start, max_length=REASON_LENGTH.stop - 1)
    until = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text=f"At most {LONGEST.days} days ahead; none: until its drift differs otherwise, which always ends it. "
        "An alert about no drift needs one.",
    )
