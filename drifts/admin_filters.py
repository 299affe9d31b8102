"""Filters of the admin's lists that say what they mean."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from drifts.models import Assessed


class AssessmentFilter(admin.SimpleListFilter):
    """Whether the last scan of the stack looked at a drift's resource."""

    title = "assessment"
    parameter_name = "assessment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices, as the API has them.

        Args:
            request: Of an admin.
            model_admin: The page.
        """
        return [(value, str(label)) for value, label in Assessed.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The drifts of the choice.

        Args:
            request: Of an admin.
            queryset: All of them.
        """
        if self.value() not in Assessed.values:
            return queryset
        return queryset.filter(not_assessed_since__isnull=self.value() == Assessed.ASSESSED)


class OwnershipFilter(admin.SimpleListFilter):
    """Whose drifts are."""

    title = "whose"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Mine, somebody's or nobody's.

        Args:
            request: Of an admin.
            model_admin: The page.
        """
        return [("mine", "Mine"), ("somebodys", "Somebody's"), ("nobodys", "Nobody's")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The drifts of the choice.

        Args:
            request: Of an admin.
            queryset: All of them.
        """
        match self.value():
            case "mine":
                return queryset.filter(assignee_id=request.user.pk)
            case "somebodys" | "nobodys" as whose:
                return queryset.filter(assignee__isnull=whose == "nobodys")
        return queryset
