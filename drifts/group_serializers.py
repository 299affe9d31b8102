"""Groups of drifts, what was decided of them, and decisions about many drifts, on the wire."""

from typing import Any

from rest_framework import serializers

from drifts.actions.decide import NOTE_LENGTH, REASON_LENGTH
from drifts.actions.deciding import ACTIONS, MOST, MOST_BY_ID
from drifts.actions.grouping import MAX_NAMED
from drifts.actions.handling import ASSIGN, HANDLINGS, SNOOZE
from drifts.cause_words import MAX_SENTENCE
from drifts.causes import Cause
from drifts.models import Drift, DriftGroupDecision, DriftGroupMember
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer, camel

MAX_ERROR = 500
MAX_ID = 100
MAX_NAME = 200
DIGEST = r"^[0-9a-f]{64}$"
CAUSE_CHOICES = [(cause.value, cause.value) for cause in Cause]
ACTION_CHOICES = [(action, action) for action in ACTIONS]
BULK_CHOICES = [(action, action) for action in (*ACTIONS, *HANDLINGS)]
FIELDS_OF = {SNOOZE: "until", ASSIGN: "assignee_id"}
"""The field that belongs to one action alone."""
OUTCOMES = [(outcome, outcome) for outcome in ("decided", "awaiting", "refused", "not_found")]


class SeverityCountsSerializer(CamelSerializer):
    """How many drifts of each severity."""

    critical = serializers.IntegerField(min_value=0)
    high = serializers.IntegerField(min_value=0)
    medium = serializers.IntegerField(min_value=0)
    low = serializers.IntegerField(min_value=0)


class DriftGroupSerializer(CamelSerializer):
    """Open drifts that share a cause."""

    id = serializers.UUIDField(help_text="Stays as long as the cause is shared.")
    cause = serializers.ChoiceField(CAUSE_CHOICES)
    sentence = serializers.CharField(max_length=MAX_SENTENCE, help_text="The cause in words, with its reach and age.")
    size = serializers.IntegerField(min_value=2, help_text="How many drifts.")
    undecided = serializers.IntegerField(min_value=0, help_text="How many of them wait for a decision.")
    stacks = serializers.ListField(
        child=serializers.CharField(max_length=MAX_NAME), max_length=MAX_NAMED, help_text="The first of their names."
    )
    stacks_total = serializers.IntegerField(min_value=1)
    environments = serializers.ListField(
        child=serializers.CharField(max_length=MAX_NAME, allow_blank=True), max_length=MAX_NAMED
    )
    severities = SeverityCountsSerializer()
    cost_impact_monthly = serializers.DecimalField(
        18, 2, allow_null=True, coerce_to_string=False, help_text="Of those with a known cost; null where none has one."
    )
    oldest_detected_at = serializers.DateTimeField()
    newest_detected_at = serializers.DateTimeField()
    sample_drift_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=MAX_NAMED, help_text="Some of them, the gravest first."
    )
    member_digest = serializers.RegexField(
        DIGEST, help_text="Which drifts they are and how each differs: send it along with a decision."
    )


class GroupDecideSerializer(CamelSerializer):
    """One decision for all members of a group."""

    action = serializers.ChoiceField(ACTION_CHOICES)
    reason = serializers.CharField(min_length=REASON_LENGTH.start, max_length=REASON_LENGTH.stop - 1)
    excluding = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST, required=False, help_text="Members to leave out."
    )
    member_digest = serializers.RegexField(
        DIGEST, required=False, help_text="The group's, as you saw it: 409 where its members are others by now."
    )


class BulkDecideSerializer(CamelSerializer):
    """One decision, snooze or assignment for drifts that are named one by one."""

    ids = serializers.ListField(child=serializers.CharField(max_length=MAX_ID), min_length=1, max_length=MOST_BY_ID)
    action = serializers.ChoiceField(BULK_CHOICES)
    reason = serializers.CharField(min_length=REASON_LENGTH.start, max_length=REASON_LENGTH.stop - 1)
    until = serializers.DateTimeField(
        required=False, allow_null=True, help_text="For `snooze` alone: until when; none: until each differs otherwise."
    )
    assignee_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="For `assign` alone: whose they are to be; null: nobody's."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what belongs to another action, and an assignment to nobody knows whom.

        Args:
            attrs: What was given.

        Raises:
            ValidationError: A field belongs to another action, or the assignee is missing.
        """
        of_others = {field for action, field in FIELDS_OF.items() if action != attrs["action"]} & attrs.keys()
        if of_others:
            raise serializers.ValidationError(dict.fromkeys(map(camel, of_others), "This action takes no such thing."))
        if attrs["action"] == ASSIGN and "assignee_id" not in attrs:
            raise serializers.ValidationError({"assigneeId": "Say whose they are to be; null: nobody's."})
        return attrs


class OutcomeSerializer(CamelSerializer):
    """What came of a decision about one drift."""

    id = serializers.CharField(max_length=MAX_ID, help_text="As it was asked for.")
    outcome = serializers.ChoiceField(
        OUTCOMES, help_text="awaiting: your approval is noted, and others must say the same first."
    )
    status = serializers.ChoiceField(Drift.Statuses.choices, allow_blank=True, help_text="Where it stands now.")
    error = serializers.CharField(max_length=MAX_ERROR, allow_blank=True, help_text="Why it was refused.")


class BulkOutcomeSerializer(CamelSerializer):
    """What came of a decision about many drifts."""

    decided = serializers.IntegerField(min_value=0)
    awaiting = serializers.IntegerField(min_value=0, help_text="Those that wait for other people's approval.")
    refused = serializers.IntegerField(min_value=0, help_text="Those not found among them.")
    outcomes = OutcomeSerializer(many=True)


class UndoSerializer(CamelSerializer):
    """Why a decision is undone; it may be left out."""

    note = serializers.CharField(max_length=NOTE_LENGTH, required=False, allow_blank=True)


class MemberSerializer(CamelModelSerializer):
    """A drift that a decision for its group was made of."""

    drift_id = serializers.UUIDField(read_only=True)
    outcome = serializers.ChoiceField(DriftGroupMember.Outcomes.choices, read_only=True)
    error = serializers.CharField(max_length=MAX_ERROR, read_only=True, help_text="Why it was refused or left alone.")
    successor_id = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The drift that was opened anew when the decision was undone."
    )

    class Meta:
        """What came of it."""

        model = DriftGroupMember
        fields = ["drift_id", "outcome", "error", "successor_id"]
        read_only_fields = fields


class GroupDecisionSerializer(CamelModelSerializer):
    """A decision for a group, as lists show it."""

    cause = serializers.ChoiceField(CAUSE_CHOICES, read_only=True)
    action = serializers.ChoiceField(BULK_CHOICES, read_only=True)
    assignee = serializers.UUIDField(
        source="assignee_id", read_only=True, allow_null=True, help_text="Whose they were made, where that was it."
    )
    decided_by = serializers.UUIDField(source="decided_by_id", read_only=True, allow_null=True)
    undone_by = serializers.UUIDField(source="undone_by_id", read_only=True, allow_null=True)

    class Meta:
        """What was decided of how many, and what undid it."""

        model = DriftGroupDecision
        fields = [
            *("id", "group_id", "cause", "sentence", "action", "reason", "until", "assignee", "decided_by"),
            *("decided_at", "decided"),
            *("awaiting", "refused", "undone_by", "undone_at", "undo_note", "undone", "left"),
        ]
        read_only_fields = fields


class GroupDecisionDetailSerializer(GroupDecisionSerializer):
    """A decision for a group with all that it was made of."""

    members = MemberSerializer(many=True, read_only=True)

    class Meta(GroupDecisionSerializer.Meta):
        """The list's fields and the members, of which there are at most a thousand."""

        fields = [*GroupDecisionSerializer.Meta.fields, "members"]
        read_only_fields = fields


class GroupDecidedSerializer(GroupDecisionDetailSerializer):
    """The answer to a decision."""

    remaining = serializers.IntegerField(
        min_value=0, read_only=True, help_text=f"Members that wait still: at most {MOST} are decided at once."
    )

    class Meta(GroupDecisionDetailSerializer.Meta):
        """The detail's fields and how many wait still."""

        fields = [*GroupDecisionDetailSerializer.Meta.fields, "remaining"]
        read_only_fields = fields
