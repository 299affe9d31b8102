"""Filters of the API of alerts; a filter's name is the query parameter's."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from alerts.models import Alert
from driftsentry.api.filtering import CommaList, OneOf

YES_NO_ALL = [("true", "true"), ("false", "false"), ("all", "all")]


class AlertFilter(filters.FilterSet):
    """By drift, type, severity, and whether somebody has read them."""

    driftId = filters.UUIDFilter(field_name="drift_id")
    isRead = OneOf(choices=YES_NO_ALL, method="by_read")
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
