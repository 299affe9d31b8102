"""Ignore rules and noise rules on the wire, and what rules hid."""

from typing import Any

from rest_framework import serializers

from drifts.actions.ignore_rules import MAX_NAME, REASON_LENGTH
from drifts.actions.noise_rules import MAX_REASON, ListedNoiseRule
from drifts.findings import Kind
from drifts.ingest.driftignore import MAX_TEXT
from drifts.ingest.ignoring import GLOB, MAX_GLOB, MAX_GLOBS, MAX_RULES
from drifts.ingest.noise import Moves
from drifts.models import Drift, HiddenFinding, IgnoreRule
from drifts.severity_serializers import BySeveritySerializer, ExactChoice, ExactText
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer

KINDS = [(kind.value, kind.name.title()) for kind in Kind]


class GlobField(ExactText, serializers.RegexField):
    """A glob: a text in which `*` stands for anything."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(GLOB, max_length=MAX_GLOB, trim_whitespace=False, **kwargs)


def _globs(words: str) -> serializers.ListField:
    return serializers.ListField(child=GlobField(), max_length=MAX_GLOBS, required=False, help_text=words)


def _reason(**more: Any) -> serializers.CharField:
    return serializers.CharField(min_length=REASON_LENGTH.start, max_length=REASON_LENGTH.stop - 1, **more)


class IgnoreRuleSerializer(CamelModelSerializer):
    """An ignore rule."""

    name = serializers.CharField(max_length=MAX_NAME, required=False, allow_blank=True)
    stack = GlobField(required=False, help_text="Glob over the stack's name.")
    types = _globs("Globs over the provider's type; none: any.")
    addresses = _globs("Globs over the address or the real id; none: any.")
    attributes = _globs(
        "Globs over attribute paths; none: whatever differs. What guards something (ingress, policies, encryption, …) "
        "is only hidden by a glob that has its name."
    )
    kinds = serializers.ListField(
        child=ExactChoice(KINDS),
        min_length=1,
        max_length=len(KINDS),
        required=False,
        help_text="What it hides, each only where it is named; modified alone where nothing is said.",
    )
    reason = _reason()
    is_enabled = serializers.BooleanField(required=False)
    author = serializers.UUIDField(source="author_id", read_only=True, allow_null=True)
    hidden_total = serializers.IntegerField(
        read_only=True, min_value=0, help_text="Findings of which it hid something, over all scans."
    )

    class Meta:
        """What it hides, why, for how long, and how often it did."""

        model = IgnoreRule
        fields = [
            *("id", "name", "stack", "types", "addresses", "attributes", "kinds", "reason", "expires_at"),
            *("is_enabled", "author", "hidden_total", "last_hit_at", "created_at", "updated_at"),
        ]
        read_only_fields = ["id", "last_hit_at", "created_at", "updated_at"]


class TriedIgnoreRuleSerializer(IgnoreRuleSerializer):
    """An ignore rule that is only tried."""

    reason = _reason(required=False)

    class Meta(IgnoreRuleSerializer.Meta):
        """What it would hide."""

        fields = ["name", "stack", "types", "addresses", "attributes", "kinds", "reason", "expires_at", "is_enabled"]
        read_only_fields: list[str] = []

    author = None  # type: ignore[assignment] # it has none yet
    hidden_total = None  # type: ignore[assignment] # it has hidden nothing yet


class WouldHideSerializer(CamelSerializer):
    """One drift of which something would be hidden."""

    drift_id = serializers.UUIDField()
    address = serializers.CharField()
    provider_type = serializers.CharField(allow_blank=True)
    severity = serializers.ChoiceField(Drift.Severities.choices)
    paths = serializers.ListField(child=serializers.CharField())
    is_whole = serializers.BooleanField(help_text="Whether nothing of it would be seen.")


class IgnorePreviewSerializer(CamelSerializer):
    """What a rule would have hidden."""

    would_hide = serializers.IntegerField(min_value=0, help_text="Drifts that would not have been seen at all.")
    would_narrow = serializers.IntegerField(
        min_value=0, help_text="Drifts of which some attributes would not have been seen."
    )
    of = serializers.IntegerField(min_value=0, help_text="Drifts that it was tried against.")
    cut = serializers.BooleanField(help_text="Whether there are more, which were not tried.")
    by_severity = BySeveritySerializer()
    sample = WouldHideSerializer(many=True)
    refused = serializers.ListField(
        child=serializers.CharField(), help_text="What it would not hide although it is about it, and why."
    )
    sentence = serializers.CharField(help_text="The whole in one sentence.")


class ImportSerializer(CamelSerializer):
    """A .driftignore, and what every rule that is made of it says."""

    text = serializers.CharField(max_length=MAX_TEXT, trim_whitespace=False, help_text="The file, as it is.")
    reason = _reason()
    stack = GlobField(required=False, help_text="Glob over the stacks that the rules are for.")
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class ImportedSerializer(CamelSerializer):
    """The rules that were made of a .driftignore."""

    rules = serializers.ListField(child=IgnoreRuleSerializer(), max_length=MAX_RULES)


class HiddenFindingSerializer(CamelModelSerializer):
    """What a rule hid of one resource when it was scanned last."""

    rule = serializers.UUIDField(source="rule_id", read_only=True)
    rule_name = serializers.CharField(source="rule.title", read_only=True)
    stack = serializers.CharField(source="stack.name", read_only=True)
    scan = serializers.UUIDField(source="scan_id", read_only=True)
    paths = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        """Which, not what values."""

        model = HiddenFinding
        fields = [
            *("id", "rule", "rule_name", "stack", "scan", "identity", "address", "provider_type", "kind", "severity"),
            *("paths", "paths_total", "is_whole", "hidden_at"),
        ]
        read_only_fields = fields


class NoiseRuleSerializer(CamelSerializer):
    """A noise rule as it stands for the account."""

    id = serializers.CharField(read_only=True)
    types = serializers.ListField(child=serializers.CharField(), read_only=True)
    attributes = serializers.ListField(child=serializers.CharField(), read_only=True)
    change = serializers.ChoiceField(
        [(one.value, one.value) for one in Moves], read_only=True, help_text="filled: only where nothing was expected."
    )
    reason = serializers.CharField(read_only=True)
    is_enabled = serializers.BooleanField(read_only=True)
    is_enabled_by_default = serializers.BooleanField(read_only=True)
    origin = serializers.ChoiceField([("builtin", "Built in")], read_only=True)
    switched_at = serializers.DateTimeField(read_only=True, allow_null=True)
    switched_by = serializers.UUIDField(read_only=True, allow_null=True)
    switched_because = serializers.CharField(read_only=True, allow_blank=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`source`, which a serializer's field cannot be called in Python."""
        fields = super().get_fields()
        found = fields.pop("origin")
        found.source = "origin"
        fields["source"] = found
        return fields


class NoiseSwitchSerializer(CamelSerializer):
    """A noise rule, switched."""

    is_enabled = serializers.BooleanField(required=False)
    reason = serializers.CharField(max_length=MAX_REASON, required=False, allow_blank=True)


def wire_of(listed: ListedNoiseRule) -> dict[str, Any]:
    """A noise rule as `NoiseRuleSerializer` reads it.

    Args:
        listed: As it stands for an account.
    """
    rule, choice = listed.rule, listed.choice
    return {
        "id": rule.id,
        "types": list(rule.types),
        "attributes": list(rule.attributes),
        "change": rule.moves.value,
        "reason": rule.reason,
        "is_enabled": listed.is_enabled,
        "is_enabled_by_default": rule.is_enabled,
        "origin": "builtin",
        "switched_at": choice.switched_at if choice else None,
        "switched_by": choice.author_id if choice else None,
        "switched_because": choice.reason if choice else "",
    }
