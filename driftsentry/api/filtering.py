"""List filters: comma lists, `all` for no filter, and an error rather than silence for what is not known."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from drf_spectacular.drainage import set_override
from rest_framework.request import Request
from rest_framework.views import APIView

from driftsentry.api.errors import Invalid

PAGINATION_PARAMETERS = frozenset({"page", "limit", "cursor"})
MAX_VALUES = 50


class StrictFilterBackend(filters.DjangoFilterBackend):
    """django-filter, refusing query parameters that no filter reads."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        """The rows that the query asks for.

        Args:
            request: Holds the query.
            queryset: All the rows the user may see.
            view: Names its filter set.

        Raises:
            Invalid: A parameter is unknown or its value is wrong.
        """
        known = set(PAGINATION_PARAMETERS if getattr(view, "paginator", None) else ())
        filterset_class = self.get_filterset_class(view, queryset)
        if filterset_class is not None:
            known |= set(filterset_class.base_filters)
        refuse_unknown_parameters(request, known)
        if any("\x00" in value for value in request.query_params.values()):
            raise Invalid("A query parameter holds a NUL character.")
        found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return found


def refuse_unknown_parameters(request: Request, known: Collection[str]) -> None:
    """Refuse a query parameter that nothing reads: a misspelt filter must not pass in silence.

    Args:
        request: Holds the query.
        known: What is read.

    Raises:
        Invalid: There is another one.
    """
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        errors = [{"field": name[:80], "message": "This query parameter is not known here."} for name in unknown[:20]]
        raise Invalid("Some query parameters are not known.", details={"errors": errors})


class _MomentField(IsoDateTimeField):
    def to_python(self, value: Any) -> datetime | None:
        """In UTC: PostgreSQL knows no offset of sixteen hours or more, ISO 8601 does.

        Args:
            value: As given.

        Raises:
            ValidationError: It is no time, or in UTC it would lie before the first or after the last year.
        """
        found: datetime | None = super().to_python(value)
        try:
            return None if found is None else found.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class Moment(filters.IsoDateTimeFilter):
    """A point in time, ISO 8601."""

    field_class = _MomentField


class OneOf(filters.ChoiceFilter):
    """One of few values; a refusal names them."""

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        """Make the filter.

        Args:
            *args: As `ChoiceFilter`.
            choices: Values and their titles.
            **kwargs: As `ChoiceFilter`.
        """
        words = f"One of: {', '.join(value for value, _ in choices)}."
        super().__init__(*args, choices=choices, error_messages={"invalid_choice": words}, **kwargs)


class CommaList(filters.CharFilter):
    """`severity=critical,high`: any of the values; `all` or nothing means no filter; choices are checked."""

    def __init__(self, *args: Any, choices: Any = None, **kwargs: Any) -> None:
        """Make the filter.

        Args:
            *args: As `CharFilter`.
            choices: The values allowed, where they are few.
            **kwargs: As `CharFilter`.
        """
        super().__init__(*args, **kwargs)
        self.allowed = frozenset(str(choice) for choice in choices) if choices is not None else None
        if self.allowed is not None:
            word = f" *({'|'.join(sorted(map(re.escape, self.allowed)))}|all)? *"
            set_override(self, "field", {"type": "string", "pattern": f"^{word}(,{word}){{0,{MAX_VALUES - 1}}}$"})

    def filter(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Keep the rows with any of the values.

        Args:
            queryset: The rows.
            value: The query's text.

        Raises:
            Invalid: A value is not one of the choices, or there are too many.
        """
        values = [word.strip(" ") for word in str(value or "").split(",") if word.strip(" ")]
        wrong = [word for word in values if self.allowed is not None and word not in {*self.allowed, "all"}]
        name = next(name for name, known in self.parent.filters.items() if known is self)
        if wrong:
            choices = ", ".join(sorted(self.allowed or ()))
            raise Invalid.field(name, f"{wrong[0][:80]!r} is not one of: {choices}, all.")
        if len(values) > MAX_VALUES:
            raise Invalid.field(name, f"At most {MAX_VALUES} values.")
        if not values or "all" in values:
            return queryset
        kept: QuerySet[Any] = queryset.filter(Q(**{f"{self.field_name}__in": values}))
        return kept
