"""Severity rules on the wire: an account's own, the built-in ones, and what a rule would change."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from drifts.findings import Kind
from drifts.models import Drift, SeverityRule
from drifts.own_severity import MAX_GLOB, MAX_GLOBS, MAX_RULES, MAX_SENTENCE, PLAIN_TEXT, SENTENCE, TEST_SCHEMA
from driftsentry.api.casing import CamelSerializer

MAX_NAME = 120
MAX_POSITION = 10_000
DEFAULT_POSITION = 100
MAX_TRIED_RULES = 20
SOURCES = [("own", "The account's own"), ("built_in", "Built in")]
KINDS = Drift.Kinds.choices


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


class _Line(ExactText, serializers.RegexField):
    """A glob on one line; an empty one means the whole resource."""


class ExactChoice(serializers.ChoiceField):
    """One of the choices, as a text."""

    def to_internal_value(self, data: Any) -> Any:
        """Take it as it is.

        Args:
            data: As the body has it.

        Raises:
            ValidationError: It is none of the choices.
        """
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "string", "maxLength": MAX_GLOB, "pattern": "^[^\\u0000-\\u001f\\u007f]*$"},
        "maxItems": MAX_GLOBS,
    }
)
class _Globs(serializers.ListField):
    """Globs; described by hand, since a text that may be empty is described as either of two, and '' is both."""


def _globs(*, least: int, default: list[str], words: str) -> serializers.ListField:
    child = _Line(PLAIN_TEXT, max_length=MAX_GLOB, allow_blank=True, trim_whitespace=False)
    return _Globs(child=child, min_length=least, max_length=MAX_GLOBS, required=False, default=default, help_text=words)


@extend_schema_field(TEST_SCHEMA)
class TestField(serializers.JSONField):
    """A test and what it is told; `drifts.own_severity` checks it."""


class SeverityRuleFieldsSerializer(CamelSerializer):
    """What a severity rule says."""

    name = serializers.CharField(max_length=MAX_NAME)
    position = serializers.IntegerField(
        min_value=0,
        max_value=MAX_POSITION,
        default=DEFAULT_POSITION,
        help_text="Rules are asked from the lowest to the highest; the first that fits a change counts.",
    )
    severity = serializers.ChoiceField(Drift.Severities.choices)
    because = serializers.RegexField(
        SENTENCE,
        max_length=MAX_SENTENCE,
        trim_whitespace=False,
        error_messages={
            "invalid": "One line that does not begin with a space; braces hold {attribute}, {ports} or {actions} only."
        },
        help_text="Why, in one sentence. {attribute} is filled in; {ports} of opens and closes; {actions} of allows.",
    )
    types = _globs(
        least=1, default=["*"], words="Globs over the provider's type, its name in Terraform, or the family."
    )
    kinds = serializers.ListField(
        child=ExactChoice(KINDS), min_length=1, max_length=len(KINDS), default=[one.value for one in Kind]
    )
    attributes = _globs(
        least=0, default=[], words="Globs over the attribute's path, without indices; empty: whatever changed."
    )
    environments = _globs(least=1, default=["*"], words="Globs over the stack's environment.")
    test = TestField(required=False, allow_null=True, default=None)
    is_enabled = serializers.BooleanField(default=True)


class SeverityRuleSerializer(SeverityRuleFieldsSerializer):
    """A severity rule."""

    id = serializers.UUIDField(read_only=True)
    source = serializers.ChoiceField(  # type: ignore[assignment] # a field of the wire, not the field's own source
        SOURCES, read_only=True, help_text="Built-in rules cannot be changed."
    )
    unless = serializers.DictField(
        read_only=True, help_text="Tests of which the change must pass none. Built-in rules only."
    )
    leftover = serializers.BooleanField(
        read_only=True,
        allow_null=True,
        help_text="Of leftovers of replacements only, or of others only; null: of both.",
    )
    values = serializers.BooleanField(
        read_only=True, allow_null=True, help_text="Whether the source must say how it differs; null: whatever."
    )
    author = serializers.UUIDField(source="author_id", read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True, allow_null=True)
    updated_at = serializers.DateTimeField(read_only=True, allow_null=True)


class TriedRuleSerializer(SeverityRuleFieldsSerializer):
    """A severity rule that is only tried."""

    name = serializers.CharField(max_length=MAX_NAME, required=False, allow_blank=True)
    is_enabled = None  # type: ignore[assignment] # it is tried as if it were


class PreviewRequestSerializer(CamelSerializer):
    """Rules to try."""

    rules = serializers.ListField(child=TriedRuleSerializer(), max_length=MAX_TRIED_RULES, default=list)
    without = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MAX_RULES,
        required=False,
        default=list,
        help_text="Own rules to leave out, as where one is to be changed or removed.",
    )


@extend_schema_serializer(component_name="DriftsBySeverity")
class BySeveritySerializer(CamelSerializer):
    """How many drifts of each severity."""

    critical = serializers.IntegerField(min_value=0)
    high = serializers.IntegerField(min_value=0)
    medium = serializers.IntegerField(min_value=0)
    low = serializers.IntegerField(min_value=0)


class ShiftSerializer(CamelSerializer):
    """One drift that would be judged otherwise."""

    drift_id = serializers.UUIDField()
    resource_id = serializers.CharField()
    before = serializers.ChoiceField(Drift.Severities.choices)
    after = serializers.ChoiceField(Drift.Severities.choices)
    reason = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` and `to`, which Python cannot call its fields."""
        fields = super().get_fields()
        for name, field in (("from", "before"), ("to", "after")):
            found = fields.pop(field)
            found.source = field
            fields[name] = found
        return fields


class BeforeAndAfterSerializer(CamelSerializer):
    """Drifts by severity, as the rules in force judge them and as they would be judged."""

    before = BySeveritySerializer()
    after = BySeveritySerializer()


class PreviewSerializer(CamelSerializer):
    """What rules would change."""

    tried = serializers.IntegerField(min_value=0)
    cut = serializers.BooleanField(help_text="Whether there are more drifts than were tried, the newest first.")
    changed = serializers.IntegerField(min_value=0)
    by_severity = BeforeAndAfterSerializer(source="*")
    sample = ShiftSerializer(many=True)


def wire_of(rule: SeverityRule) -> SeverityRule:
    """Return an account's rule with what only built-in ones have, for `SeverityRuleSerializer`.

    Args:
        rule: The rule.
    """
    vars(rule).update(source="own", unless={}, leftover=None, values=None)
    return rule
