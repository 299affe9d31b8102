"""camelCase on the wire, snake_case in Python, and user data left alone: only a serializer's own field names change."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers


def camel(name: str) -> str:
    """`cost_impact_monthly` to `costImpactMonthly`.

    Args:
        name: A snake_case name.
    """
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def snake(name: str) -> str:
    """`costImpactMonthly` to `cost_impact_monthly`.

    Args:
        name: A camelCase name.
    """
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


NUMBERS = (serializers.IntegerField, serializers.FloatField, serializers.DecimalField)
TEXTS = (
    *(serializers.CharField, serializers.UUIDField, serializers.DateField, serializers.DateTimeField),
    serializers.ChoiceField,
)


def misfit(field: object, value: object) -> str:
    """What is wrong with a value's JSON type; DRF would read 0 as "0", "true" as true and "5" as 5.

    Args:
        field: A serializer's field.
        value: As the body has it.

    Returns:
        Nothing where it fits, where it is null, and where the field takes more than one type.
    """
    match field:
        case _ if value is None:
            return ""
        case serializers.MultipleChoiceField():
            return "" if isinstance(value, list) else "Not a list."
        case serializers.BooleanField():
            return "" if isinstance(value, bool) else "Must be true or false."
        case serializers.Field() if isinstance(field, NUMBERS):
            return "" if isinstance(value, int | float) and not isinstance(value, bool) else "Not a number."
        case serializers.Field() if isinstance(field, TEXTS):
            return "" if isinstance(value, str) else "Not a text."
    return ""


def _name_choices(field: Any) -> None:
    """Have a field that takes few values, or a list of such, name them when it refuses another."""
    chosen = getattr(field, "child", field)
    if isinstance(chosen, serializers.ChoiceField):
        chosen.error_messages["invalid_choice"] = f"One of: {', '.join(map(str, chosen.choices))}."


class _CamelFields:
    """Gives each field its camelCase name and keeps its Python name as the source; refuses unknown fields."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Each field under its wire name, reading its Python name."""
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()  # type: ignore[misc]
        for name, field in fields.items():
            if isinstance(field, serializers.SerializerMethodField):
                field.method_name = field.method_name or f"get_{name}"
            elif field.source is None and camel(name) != name:
                field.source = name
            _name_choices(field)
        return {camel(name): field for name, field in fields.items()}

    def to_internal_value(self, data: Any) -> Any:
        """Refuse what no field would read: a misspelt name or another type must not pass in silence.

        Args:
            data: The decoded body.

        Raises:
            ValidationError: The body holds an unknown field, or a field's value is of another JSON type.
        """
        if isinstance(data, Mapping):
            known = self.fields  # type: ignore[attr-defined]
            unknown = sorted(set(data) - set(known))
            if unknown:
                raise serializers.ValidationError(dict.fromkeys(unknown[:20], "This field is not known here."))
            wrong = {name: words for name, value in data.items() if (words := misfit(known[name], value))}
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)  # type: ignore[misc]


class CamelSerializer(_CamelFields, serializers.Serializer[Any]):
    """A serializer whose wire names are camelCase."""


class CamelModelSerializer(_CamelFields, serializers.ModelSerializer[Any]):
    """A model serializer whose wire names are camelCase."""
