"""Stacks, scans and drifts on the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from drifts.actions.decide import MANUAL_RESOLUTIONS, NOTE_LENGTH, REASON_LENGTH
from drifts.models import Drift, Scan, Stack
from drifts.transitions import Action, can
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer

MAX_STATE_NAME = 1000
MAX_LABELS = 50
MAX_LABEL = 1000


@extend_schema_field(
    {"type": "object", "maxProperties": MAX_LABELS, "additionalProperties": {"type": "string", "maxLength": MAX_LABEL}}
)
class LabelsField(serializers.JSONField):
    """Names, each with a text."""


class StackSerializer(CamelModelSerializer):
    """A stack."""

    labels = LabelsField(required=False)

    class Meta:
        """What describes it."""

        model = Stack
        fields = [
            *("id", "name", "tool", "environment", "repository_url", "owner", "labels", "is_enabled"),
            *("created_at", "updated_at"),
        ]
        read_only_fields = ["id", "created_at", "updated_at"]

    def validate_labels(self, labels: Any) -> dict[str, str]:
        """Take names and texts only.

        Args:
            labels: As given.

        Raises:
            ValidationError: It is something else, or too much.
        """
        fits = isinstance(labels, dict) and all(isinstance(value, str) for value in labels.values())
        if (
            not fits
            or len(labels) > MAX_LABELS
            or any(len(word) > MAX_LABEL for pair in labels.items() for word in pair)
        ):
            raise serializers.ValidationError(f"At most {MAX_LABELS} names, each with a text.")
        return dict(labels)


class ScanSerializer(CamelModelSerializer):
    """A scan."""

    stack = serializers.CharField(source="stack.name", read_only=True)

    class Meta:
        """The contract's fields, and whether it may speak of what it does not show."""

        model = Scan
        fields = [
            *("id", "stack", "format", "tool_version", "detected_by", "status", "started_at", "finished_at"),
            *("is_complete", "incomplete_reason", "resources_checked", "drifts_new", "drifts_recurring"),
            *("drifts_changed", "drifts_resolved", "drifts_ignored", "error"),
        ]
        read_only_fields = fields


class DriftSerializer(CamelModelSerializer):
    """A drift, as lists and details show it."""

    stack = serializers.CharField(source="stack.name", read_only=True)
    environment = serializers.CharField(source="stack.environment", read_only=True)
    approved_by = serializers.UUIDField(source="approved_by_id", read_only=True, allow_null=True)
    rejected_by = serializers.UUIDField(source="rejected_by_id", read_only=True, allow_null=True)
    cost_impact_monthly = serializers.DecimalField(14, 2, read_only=True, allow_null=True, coerce_to_string=False)
    expected_state = serializers.DictField(read_only=True)
    actual_state = serializers.DictField(read_only=True)
    difference = serializers.DictField(read_only=True)
    resolved_how = serializers.ChoiceField(Drift.Resolutions.choices, read_only=True, allow_blank=True)
    cost_breakdown = serializers.DictField(read_only=True)

    class Meta:
        """The contract's fields, and how the cost was arrived at."""

        model = Drift
        fields = [
            *("id", "resource_id", "resource_type", "provider_type", "address", "kind", "region", "cloud_account"),
            *("stack", "environment", "expected_state", "actual_state", "difference", "severity", "severity_reason"),
            *("cost_impact_monthly", "cost_basis", "cost_breakdown", "status", "detected_at", "last_seen_at"),
            *("detected_by", "approved_at", "approved_by", "approval_reason", "rejected_at", "rejected_by"),
            *("rejection_reason", "resolved_at", "resolved_how", "created_at", "updated_at"),
        ]
        read_only_fields = fields


class DriftDetailSerializer(DriftSerializer):
    """One drift, with what may be done about it."""

    alert_count = serializers.IntegerField(read_only=True)
    can_triage = serializers.SerializerMethodField()
    can_approve = serializers.SerializerMethodField()
    can_reject = serializers.SerializerMethodField()
    can_resolve = serializers.SerializerMethodField()
    previous_drift_id = serializers.UUIDField(source="previous_id", read_only=True, allow_null=True)

    class Meta(DriftSerializer.Meta):
        """The list's fields and the detail's own."""

        fields = [
            *DriftSerializer.Meta.fields,
            *("alert_count", "can_triage", "can_approve", "can_reject", "can_resolve", "occurrences"),
            "previous_drift_id",
        ]
        read_only_fields = fields

    def get_can_triage(self, drift: Drift) -> bool:
        """Whether its status and the user's role allow triage."""
        return self._can(drift, Action.TRIAGE)

    def get_can_approve(self, drift: Drift) -> bool:
        """Whether its status and the user's role allow approval."""
        return self._can(drift, Action.APPROVE)

    def get_can_reject(self, drift: Drift) -> bool:
        """Whether its status and the user's role allow rejection."""
        return self._can(drift, Action.REJECT)

    def get_can_resolve(self, drift: Drift) -> bool:
        """Whether its status and the user's role allow resolution."""
        return self._can(drift, Action.RESOLVE)

    def _can(self, drift: Drift, action: Action) -> bool:
        return bool(self.context["may_decide"]) and can(drift.status, action)


class ReportSerializer(CamelSerializer):
    """A drift that a client reports itself."""

    resource_id = serializers.CharField(max_length=MAX_STATE_NAME)
    resource_type = serializers.CharField(max_length=200)
    region = serializers.CharField(max_length=64)
    expected_state = serializers.DictField()
    actual_state = serializers.DictField()
    severity = serializers.ChoiceField(Drift.Severities.choices, required=False)
    cost_impact_monthly = serializers.DecimalField(14, 2, required=False)
    detected_by = serializers.ChoiceField(Scan.Sources.choices, required=False)
    stack = serializers.CharField(max_length=200, required=False)


class NoteSerializer(CamelSerializer):
    """A note that may be left out."""

    note = serializers.CharField(max_length=NOTE_LENGTH, required=False, allow_blank=True)


class ReasonSerializer(CamelSerializer):
    """The reason of a decision."""

    reason = serializers.CharField(min_length=REASON_LENGTH.start, max_length=REASON_LENGTH.stop - 1)


class ResolutionSerializer(NoteSerializer):
    """How a drift ended."""

    how = serializers.ChoiceField([(how.value, how.label) for how in MANUAL_RESOLUTIONS])


class CommentSerializer(CamelSerializer):
    """A comment."""

    text = serializers.CharField(max_length=NOTE_LENGTH)
