"""Stacks, scans and drifts on the wire."""

from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from costs.accrued import accrued_cost
from costs.pricing import ZERO
from costs.serializers import BreakdownField
from drifts.actions.decide import MANUAL_RESOLUTIONS, NOTE_LENGTH, REASON_LENGTH
from drifts.actions.detection import TIME_LIMIT
from drifts.approval_serializers import (
    MAX_SHOWN,
    ApprovalSerializer,
    ApprovalState,
    ReviewStateSerializer,
    approval_states,
    detail_of,
)
from drifts.approvals import BREAK_GLASS_REASON, Decision
from drifts.consequences import MAX_ADDRESS, MAX_NAMED, MAX_PATH, MAX_REASON, sentence_of
from drifts.detection_limits import MAX_FLAP_HISTORY
from drifts.detector_fields import ConfigField, SecretsField
from drifts.findings import Step
from drifts.ingest.provider_versions import MAX_VERSION
from drifts.models import Assessed, Drift, Scan, ScanOutput, Stack
from drifts.recording_serializers import EarlierDriftSerializer, LapsedDecisionSerializer, NotAssessedSerializer
from drifts.remediation_serializers import AttributionSerializer, RemediationStateSerializer, remediation_of
from drifts.snoozes import LONGEST
from drifts.transitions import Action, can
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer

MAX_STATE_NAME = 1000
MAX_LABELS = 50
MAX_LABEL = 1000
DIGEST = r"^[0-9a-f]{64}$"
HISTORY = f"The drifts of the same resource before this one, newest first, at most {MAX_FLAP_HISTORY}."


@extend_schema_field(
    {"type": "object", "maxProperties": MAX_LABELS, "additionalProperties": {"type": "string", "maxLength": MAX_LABEL}}
)
class LabelsField(serializers.JSONField):
    """Names, each with a text."""


class StackSerializer(CamelModelSerializer):
    """A stack."""

    labels = LabelsField(required=False)
    schedule = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text="Five cron fields, in UTC; empty: never by itself."
    )
    detector_config = ConfigField(required=False, help_text="What the detector reads, and how; at most 16 kB of JSON.")
    detector_secrets = SecretsField(
        required=False, write_only=True, help_text="Set anew by name, null removes one; never shown again."
    )
    detector_secret_names = serializers.ListField(child=serializers.CharField(), read_only=True)
    scan_time_limit_seconds = serializers.IntegerField(
        min_value=TIME_LIMIT.start, max_value=TIME_LIMIT.stop - 1, required=False
    )

    class Meta:
        """What describes it."""

        model = Stack
        fields = [
            *("id", "name", "tool", "environment", "repository_url", "owner", "labels", "is_enabled"),
            *("schedule", "detector", "detector_config", "detector_secrets", "detector_secret_names"),
            *("scan_time_limit_seconds", "next_scan_at", "last_scan_at", "is_stale", "created_at", "updated_at"),
        ]
        read_only_fields = ["id", "next_scan_at", "last_scan_at", "is_stale", "created_at", "updated_at"]

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
    queued_at = serializers.DateTimeField(source="created_at", read_only=True)
    provider_versions = serializers.DictField(
        child=serializers.CharField(max_length=MAX_VERSION),
        read_only=True,
        help_text="Each provider's version, by its name, where what was read tells one.",
    )

    class Meta:
        """The contract's fields, and whether it may speak of what it does not show."""

        model = Scan
        fields = [
            *("id", "stack", "format", "tool_version", "detected_by", "status", "started_at", "finished_at"),
            *("is_complete", "incomplete_reason", "resources_checked", "drifts_new", "drifts_recurring"),
            *("drifts_changed", "drifts_resolved", "drifts_ignored", "error", "detector", "queued_at"),
            *("not_assessed_count", "drifts_not_assessed", "hidden_by_rules", "provider_versions"),
        ]
        read_only_fields = fields


class ScanDetailSerializer(ScanSerializer):
    """One scan, with what it could not look at."""

    not_assessed = NotAssessedSerializer(many=True, read_only=True)

    class Meta(ScanSerializer.Meta):
        """The list's fields and the detail's own."""

        fields = [*ScanSerializer.Meta.fields, "not_assessed"]
        read_only_fields = fields


class ScanOutputSerializer(CamelSerializer):
    """What a detector has said so far."""

    id = serializers.UUIDField(help_text="The scan.")
    status = serializers.ChoiceField(Scan.Statuses.choices, help_text="Where the scan stands: ask again while it runs.")
    text = serializers.CharField(allow_blank=True, help_text="The last 64 kB of it, secrets left out.")
    is_cut = serializers.BooleanField(help_text="Whether its beginning was dropped.")
    updated_at = serializers.DateTimeField(allow_null=True, help_text="Null where nothing was said yet.")

    @classmethod
    def of(cls, scan: Scan) -> Any:
        """A scan's output on the wire.

        Args:
            scan: The scan.
        """
        kept = ScanOutput.objects.filter(pk=scan.pk).first() or ScanOutput(pk=scan.pk)
        shown = {"id": scan.pk, "status": scan.status, "text": kept.text, "is_cut": kept.is_cut}
        return cls(shown | {"updated_at": kept.updated_at}).data


class DriftSerializer(CamelModelSerializer):
    """A drift, as lists and details show it."""

    stack = serializers.CharField(source="stack.name", read_only=True)
    environment = serializers.CharField(source="stack.environment", read_only=True)
    approved_by = serializers.UUIDField(source="approved_by_id", read_only=True, allow_null=True)
    rejected_by = serializers.UUIDField(source="rejected_by_id", read_only=True, allow_null=True)
    is_snoozed = serializers.BooleanField(read_only=True, help_text="Whether nobody is told of it for now.")
    snoozed_by = serializers.UUIDField(source="snoozed_by_id", read_only=True, allow_null=True)
    assignee = serializers.UUIDField(source="assignee_id", read_only=True, allow_null=True, help_text="Whose it is.")
    assigned_by = serializers.UUIDField(source="assigned_by_id", read_only=True, allow_null=True)
    cost_impact_monthly = serializers.DecimalField(14, 2, read_only=True, allow_null=True, coerce_to_string=False)
    expected_state = serializers.DictField(read_only=True)
    actual_state = serializers.DictField(read_only=True)
    difference = serializers.DictField(read_only=True)
    resolved_how = serializers.ChoiceField(Drift.Resolutions.choices, read_only=True, allow_blank=True)
    cost_at_least = serializers.SerializerMethodField(
        help_text="Whether parts without a known price take the cost further from 0."
    )
    cost_breakdown = BreakdownField(read_only=True)
    difference_digest = serializers.SerializerMethodField()
    assessment = serializers.SerializerMethodField()
    approvals = serializers.SerializerMethodField()
    needed = serializers.SerializerMethodField()
    review = serializers.SerializerMethodField()

    class Meta:
        """The contract's fields, and how the cost was arrived at."""

        model = Drift
        fields = [
            *("id", "resource_id", "resource_type", "provider_type", "address", "kind", "region", "cloud_account"),
            *("stack", "environment", "expected_state", "actual_state", "difference", "severity", "severity_reason"),
            *("cost_impact_monthly", "cost_basis", "cost_at_least", "cost_breakdown"),
            *("status", "detected_at", "last_seen_at"),
            *("detected_by", "approved_at", "approved_by", "approval_reason", "rejected_at", "rejected_by"),
            *("rejection_reason", "resolved_at", "resolved_how", "created_at", "updated_at"),
            *("difference_digest", "fidelity", "assessment", "last_assessed_at", "not_assessed_since"),
            *("not_assessed_reason", "is_flapping"),
            *("is_snoozed", "snoozed_until", "snoozed_by", "snooze_reason"),
            *("assignee", "assigned_at", "assigned_by"),
            *("approvals", "needed", "review"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=ApprovalSerializer(), max_length=MAX_SHOWN))
    def get_approvals(self, drift: Drift) -> Any:
        """Who has said what of it, where it takes several people; of a decided drift, who decided it."""
        return ApprovalSerializer(self._approval_state(drift).approvals, many=True).data

    @extend_schema_field({"type": "integer", "minimum": 1, "maximum": MAX_SHOWN})
    def get_needed(self, drift: Drift) -> int:
        """How many different people must say the same before it is decided."""
        return self._approval_state(drift).needed

    @extend_schema_field(ReviewStateSerializer(allow_null=True))
    def get_review(self, drift: Drift) -> Any:
        """The review that a decision of one person alone, in an emergency, is to have."""
        return detail_of(self._approval_state(drift))

    def _approval_state(self, drift: Drift) -> ApprovalState:
        """How far its decision has come; read once for all rows of a list."""
        if drift.pk not in self._states:
            many = self.parent.instance if isinstance(self.parent, serializers.ListSerializer) else None
            self._states |= approval_states([drift] if many is None else many)
        return self._states[drift.pk]

    @cached_property
    def _states(self) -> dict[UUID, ApprovalState]:
        return {}

    def get_cost_at_least(self, drift: Drift) -> bool:
        """Whether parts without a known price add to it."""
        return bool(drift.cost_breakdown.get("atLeast", False))

    @extend_schema_field({"type": "string", "pattern": "^[0-9a-f]{64}$"})
    def get_difference_digest(self, drift: Drift) -> str:
        """Which difference it is: send it along with a decision, which then holds for this one only."""
        return bytes(drift.difference_digest).hex()

    @extend_schema_field({"type": "string", "enum": [one.value for one in Assessed]})
    def get_assessment(self, drift: Drift) -> str:
        """Whether the last scan of the stack looked at its resource; where not, nobody knows whether it is still so."""
        return Assessed.of(drift).value


class ConsequenceSerializer(CamelSerializer):
    """What putting the resource back would do, as the last scan that told it plans it."""

    step = serializers.ChoiceField([(step.value, step.value) for step in Step])
    forced_by = serializers.ListField(
        child=serializers.CharField(max_length=MAX_PATH),
        max_length=MAX_NAMED,
        help_text="Attributes that force a replacement.",
    )
    dependents = serializers.ListField(
        child=serializers.CharField(max_length=MAX_ADDRESS),
        max_length=MAX_NAMED,
        help_text="Resources whose code refers to it, without instance keys.",
    )
    dependents_total = serializers.IntegerField(min_value=0, help_text="How many there are at least.")
    reason = serializers.CharField(max_length=MAX_REASON, allow_blank=True, help_text="The tool's own word for why.")
    sentence = serializers.SerializerMethodField(help_text="All of it in words.")

    def get_sentence(self, told: dict[str, Any]) -> str:
        """What it would do, in words."""
        return sentence_of(told)


class DriftDetailSerializer(DriftSerializer):
    """One drift, with what may be done about it."""

    cost_accrued = serializers.SerializerMethodField(
        help_text="What it has cost since it was detected, USD, until it was resolved; null without a known cost."
    )
    alert_count = serializers.IntegerField(read_only=True)
    can_triage = serializers.SerializerMethodField()
    can_approve = serializers.SerializerMethodField()
    can_reject = serializers.SerializerMethodField()
    can_resolve = serializers.SerializerMethodField()
    previous_drift_id = serializers.UUIDField(source="previous_id", read_only=True, allow_null=True)
    lapsed_decision = LapsedDecisionSerializer(read_only=True, allow_null=True)
    flap_history = EarlierDriftSerializer(many=True, read_only=True, help_text=HISTORY)
    consequence = ConsequenceSerializer(read_only=True, allow_null=True)
    attribution = AttributionSerializer(read_only=True, allow_null=True)
    remediation = serializers.SerializerMethodField()

    class Meta(DriftSerializer.Meta):
        """The list's fields and the detail's own."""

        fields = [
            *DriftSerializer.Meta.fields,
            *("cost_accrued", "alert_count", "can_triage", "can_approve", "can_reject", "can_resolve", "occurrences"),
            *("previous_drift_id", "lapsed_decision", "flap_history", "consequence", "attribution", "remediation"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.DecimalField(18, 2, allow_null=True))
    def get_cost_accrued(self, drift: Drift) -> Decimal | None:
        """Its monthly cost over the time that it had it; a drift that never cost anything has no entry of it."""
        known = accrued_cost(drift.account_id, drift.pk)
        return ZERO if known is None and drift.cost_impact_monthly is not None else known

    @extend_schema_field(RemediationStateSerializer(allow_null=True))
    def get_remediation(self, drift: Drift) -> Any:
        """What became of it since the stack's pipeline was last asked to put it back."""
        return remediation_of(drift)

    def get_can_triage(self, drift: Drift) -> bool:
        """Whether its status and the user's role allow triage."""
        return self._can(drift, Action.TRIAGE)

    def get_can_approve(self, drift: Drift) -> bool:
        """Whether its status and the user's role allow approval, and it is not theirs or given already."""
        return self._can(drift, Action.APPROVE) and self._may_say(drift, Decision.APPROVE)

    def get_can_reject(self, drift: Drift) -> bool:
        """Whether its status and the user's role allow rejection, and it is not theirs or given already."""
        return self._can(drift, Action.REJECT) and self._may_say(drift, Decision.REJECT)

    def get_can_resolve(self, drift: Drift) -> bool:
        """Whether its status and the user's role allow resolution."""
        return self._can(drift, Action.RESOLVE)

    def _may_say(self, drift: Drift, decision: Decision) -> bool:
        user = self.context.get("user")
        return not isinstance(user, User) or self._approval_state(drift).lets(user, drift, decision)

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
    """The reason of a decision, and what it is about."""

    reason = serializers.CharField(min_length=REASON_LENGTH.start, max_length=REASON_LENGTH.stop - 1)
    difference_digest = serializers.RegexField(
        DIGEST,
        required=False,
        error_messages={"invalid": "The drift's own differenceDigest: 64 characters of 0 to 9 and a to f."},
        help_text="The drift's, as you saw it: 409 where it differs otherwise by now.",
    )


class DecideSerializer(ReasonSerializer):
    """The reason of an approval or a rejection, and whether it is an emergency."""

    break_glass = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Decide alone where others are missing and the account's policy allows it: it takes a reason of at "
        f"least {BREAK_GLASS_REASON} characters, and somebody else must review it.",
    )


class SnoozeSerializer(ReasonSerializer):
    """Why a drift is snoozed, and for how long."""

    until = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text=f"At most {LONGEST.days} days ahead; none: until it differs otherwise, which always ends it.",
    )


class ResolutionSerializer(NoteSerializer):
    """How a drift ended."""

    how = serializers.ChoiceField([(how.value, how.label) for how in MANUAL_RESOLUTIONS])


class CommentSerializer(CamelSerializer):
    """A comment."""

    text = serializers.CharField(max_length=NOTE_LENGTH)
