"""The filter by whose something is, for the lists of drifts and of alerts."""

import operator
from functools import reduce
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.drainage import set_override

from accounts.principals import KeyHolder
from driftsentry.api.errors import Invalid
from driftsentry.api.filtering import MAX_VALUES

ME, NOBODY, ALL = "me", "none", "all"
_ID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_WORD = f" *({ME}|{NOBODY}|{ALL}|{_ID})? *"
PATTERN = f"^{_WORD}(,{_WORD}){{0,{MAX_VALUES - 1}}}$"


class AssigneeFilter(filters.CharFilter):
    """`assignee=me,none`: what is the asking user's, or nobody's, or by id another user's; `all`: no filter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the filter.

        Args:
            *args: As `CharFilter`.
            **kwargs: As `CharFilter`.
        """
        super().__init__(*args, **kwargs)
        set_override(self, "field", {"type": "string", "pattern": PATTERN})

    def filter(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Keep the rows that are somebody's.

        Args:
            queryset: The rows, which have an `assignee`.
            value: The query's text.

        Raises:
            Invalid: A word is neither of these nor an id, or there are too many.
        """
        words = list(dict.fromkeys(word.strip(" ") for word in str(value or "").split(",") if word.strip(" ")))
        if len(words) > MAX_VALUES:
            raise Invalid.field("assignee", f"At most {MAX_VALUES} values.")
        asked = [self._condition(word) for word in words if word != ALL]
        if not asked or ALL in words:
            return queryset
        kept: QuerySet[Any] = queryset.filter(reduce(operator.or_, asked))
        return kept

    def _condition(self, word: str) -> Q:
        if word == NOBODY:
            return Q(assignee=None)
        ident = self._me() if word == ME else _id_of(word)
        return Q(pk__in=[]) if ident is None else Q(assignee_id=ident)

    def _me(self) -> UUID | None:
        """Who asks: a user; whose own API key it is; nobody for an account's key."""
        who = self.parent.request.user
        if isinstance(who, KeyHolder):
            return None if who.owner is None else who.owner.pk
        ident: UUID = who.pk
        return ident


def _id_of(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError:
        raise Invalid.field(
            "assignee", f"{word[:80]!r} is not one of: {ME}, {NOBODY}, {ALL}, or a user's id."
        ) from None
