"""Filters of the API of alerts; a filter's name is the query parameter's."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from accounts.assignee_filter import AssigneeFilter
from alerts.models import Alert
from driftsentry.api.filtering import CommaList, OneOf

YES_NO_ALL = [("true", "true"), ("false", "false"), ("all", "all")]


class AlertFilter(filters.FilterSet):
    """By drift, type and severity, by whose they are, and by whether somebody has read, taken or snoozed them."""

    driftId = filters.UUIDFilter(field_name="drift_id")
    isRead = OneOf(choices=YES_NO_ALL, method="by_read")
    isAcknowledged = OneOf(choices=YES_NO_ALL, method="by_acknowledgement")
    isSnoozed = OneOf(choices=YES_NO_ALL, method="by_snooze")
    assignee = AssigneeFilter()
    severity = CommaList(field_name="severity", choices=Alert.Severities.values)
    type = CommaList(field_name="type", choices=Alert.Types.values)

    class Meta:
        """Filters alerts."""

        model = Alert
        fields: list[str] = []

    def by_read(self, queryset: QuerySet[Alert], name: str, value: str) -> QuerySet[Alert]:
        """Those that somebody has read, or those that nobody has.

        Args:
            queryset: The alerts.
            name: Unused.
            value: `true`, `false` or `all`.
        """
        return queryset if value == "all" else queryset.filter(read_at__isnull=value == "false")

    def by_acknowledgement(self, queryset: QuerySet[Alert], name: str, value: str) -> QuerySet[Alert]:
        """Those of which somebody has said that they have them, or those of which nobody has.

        Args:
            queryset: The alerts.
            name: Unused.
            value: `true`, `false` or `all`.
        """
        return queryset if value == "all" else queryset.filter(acknowledged_at__isnull=value == "false")

    def by_snooze(self, queryset: Any, name: str, value: str) -> QuerySet[Alert]:
        """Those that nobody is bothered with for now, or all others.

        Args:
            queryset: The alerts.
            name: Unused.
            value: `true`, `false` or `all`.
        """
        found: QuerySet[Alert] = queryset if value == "all" else queryset.snoozed(is_so=value == "true")
        return found
