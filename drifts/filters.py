"""Filters of the API of scans and drifts; a filter's name is the query parameter's."""

import operator
from functools import reduce
from typing import Any

from django.db.models import Exists, F, OrderBy, OuterRef, Q, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters

from accounts.assignee_filter import AssigneeFilter
from drifts.models import Assessed, Drift, DriftReview, Scan, Stack
from driftsentry.api.errors import Invalid
from driftsentry.api.filtering import CommaList, Moment, OneOf

SORTS = {
    "created_at": F("created_at"),
    "detected_at": F("detected_at"),
    "last_seen_at": F("last_seen_at"),
    "cost_impact_monthly": F("cost_impact_monthly"),
    "severity": F("severity_rank"),
}
SEARCHED = ("resource_id", "address", "severity_reason")
MAX_SEARCH = 200
SORT_CHOICES = [(name, name) for name in SORTS]
ASSESSMENT_CHOICES = [*Assessed.choices, ("all", "all")]
YES_NO_ALL = [("true", "true"), ("false", "false"), ("all", "all")]
REVIEW_CHOICES = [("pending", "pending"), ("overdue", "overdue"), ("all", "all")]
EXPORT_CHOICES = [("json", "json"), ("csv", "csv"), ("sarif", "sarif")]
ORDER_CHOICES = [("asc", "asc"), ("desc", "desc")]


class DriftFilter(filters.FilterSet):
    """The contract's filters and sorting of drifts."""

    severity = CommaList(field_name="severity", choices=Drift.Severities.values)
    status = CommaList(field_name="status", choices=Drift.Statuses.values)
    kind = CommaList(field_name="kind", choices=Drift.Kinds.values)
    resourceType = CommaList(field_name="resource_type")
    providerType = CommaList(field_name="provider_type")
    region = CommaList(field_name="region")
    cloudAccount = CommaList(field_name="cloud_account")
    stack = CommaList(field_name="stack__name")
    environment = CommaList(field_name="stack__environment")
    detectedBy = CommaList(field_name="detected_by", choices=Scan.Sources.values)
    assessment = OneOf(choices=ASSESSMENT_CHOICES, method="by_assessment")
    fidelity = CommaList(field_name="fidelity", choices=Drift.Fidelities.values)
    isFlapping = OneOf(choices=YES_NO_ALL, method="by_flapping")
    isSnoozed = OneOf(choices=YES_NO_ALL, method="by_snooze")
    assignee = AssigneeFilter()
    review = OneOf(choices=REVIEW_CHOICES, method="by_review")
    search = filters.CharFilter(method="matching", max_length=MAX_SEARCH)
    detectedAfter = Moment(field_name="detected_at", lookup_expr="gte")
    detectedBefore = Moment(field_name="detected_at", lookup_expr="lt")
    minCost = filters.NumberFilter(
        field_name="cost_impact_monthly", lookup_expr="gte", min_value=-(10**12), max_value=1e50
    )
    sortBy = OneOf(choices=SORT_CHOICES, method="unsorted")
    sortOrder = OneOf(choices=ORDER_CHOICES, method="unsorted")

    class Meta:
        """Filters drifts."""

        model = Drift
        fields: list[str] = []

    def by_assessment(self, queryset: QuerySet[Drift], name: str, value: str) -> QuerySet[Drift]:
        """Drifts whose resource the last scan of the stack looked at, or did not.

        Args:
            queryset: The drifts.
            name: Unused.
            value: `assessed`, `not_assessed` or `all`.
        """
        if value == "all":
            return queryset
        return queryset.filter(not_assessed_since__isnull=value == Assessed.ASSESSED)

    def by_flapping(self, queryset: QuerySet[Drift], name: str, value: str) -> QuerySet[Drift]:
        """Drifts that keep coming back, or that do not.

        Args:
            queryset: The drifts.
            name: Unused.
            value: `true`, `false` or `all`.
        """
        return queryset if value == "all" else queryset.filter(is_flapping=value == "true")

    def by_review(self, queryset: QuerySet[Drift], name: str, value: str) -> QuerySet[Drift]:
        """Drifts that one person decided on alone, and that nobody has reviewed: at all, or in time.

        Args:
            queryset: The drifts.
            name: Unused.
            value: `pending`, `overdue` or `all`.
        """
        if value == "all":
            return queryset
        reviews = DriftReview.objects.filter(drift_id=OuterRef("pk"))
        wanted = reviews.pending() if value == "pending" else reviews.overdue(timezone.now())
        return queryset.filter(Exists(wanted))

    def by_snooze(self, queryset: Any, name: str, value: str) -> QuerySet[Drift]:
        """Drifts that nobody is told of for now, or all others.

        Args:
            queryset: The drifts.
            name: Unused.
            value: `true`, `false` or `all`.
        """
        found: QuerySet[Drift] = queryset if value == "all" else queryset.snoozed(is_so=value == "true")
        return found

    def matching(self, queryset: QuerySet[Drift], name: str, value: str) -> QuerySet[Drift]:
        """Drifts whose resource, address or reason holds the text.

        Args:
            queryset: The drifts.
            name: Unused.
            value: The text.
        """
        if not value.strip():
            return queryset
        return queryset.filter(reduce(operator.or_, (Q(**{f"{one}__icontains": value.strip()}) for one in SEARCHED)))

    def unsorted(self, queryset: QuerySet[Drift], name: str, value: str) -> QuerySet[Drift]:
        """Leave the order to `filter_queryset`, which knows both parameters.

        Args:
            queryset: The drifts.
            name: Unused.
            value: Unused.
        """
        return queryset

    def filter_queryset(self, queryset: QuerySet[Drift]) -> QuerySet[Drift]:
        """Filter and sort; what is equal is newest first, so pages never overlap.

        Args:
            queryset: The drifts.
        """
        found: QuerySet[Drift] = super().filter_queryset(queryset)
        by = self.form.cleaned_data.get("sortBy") or "detected_at"
        descending = (self.form.cleaned_data.get("sortOrder") or "desc") == "desc"
        if by == "severity":
            return found.order_by(_order(by, descending=not descending), "-detected_at", "-id")
        return found.order_by(_order(by, descending=descending), "-id")


class DriftExportFilter(DriftFilter):
    """The same filters, for a file: in one order, without pages, in one of the formats."""

    sortBy = None  # type: ignore[assignment]  # django-filter's way to leave an inherited filter out
    sortOrder = None  # type: ignore[assignment]
    format = OneOf(choices=EXPORT_CHOICES, method="unsorted")


def _order(by: str, *, descending: bool) -> OrderBy:
    """Unpriced drifts come last whichever way costs are sorted."""
    if by == "cost_impact_monthly":
        return SORTS[by].desc(nulls_last=True) if descending else SORTS[by].asc(nulls_last=True)
    return SORTS[by].desc() if descending else SORTS[by].asc()


class StackFilter(filters.FilterSet):
    """Filters of stacks."""

    detector = CommaList(field_name="detector", choices=Stack.Detectors.values)
    environment = CommaList(field_name="environment")
    isStale = OneOf(choices=YES_NO_ALL, field_name="is_stale", method="by_flag")
    isEnabled = OneOf(choices=YES_NO_ALL, field_name="is_enabled", method="by_flag")

    class Meta:
        """Filters stacks."""

        model = Stack
        fields: list[str] = []

    def by_flag(self, queryset: QuerySet[Stack], name: str, value: str) -> QuerySet[Stack]:
        """Stacks of which it is so, or of which it is not.

        Args:
            queryset: The stacks.
            name: The column.
            value: `true`, `false` or `all`.
        """
        return queryset if value == "all" else queryset.filter(**{name: value == "true"})


class ScanFilter(filters.FilterSet):
    """Filters of scans."""

    stack = CommaList(field_name="stack__name")
    status = CommaList(field_name="status", choices=Scan.Statuses.values)
    format = CommaList(field_name="format")
    detector = CommaList(field_name="detector", choices=Stack.Detectors.values)
    detectedBy = CommaList(field_name="detected_by", choices=Scan.Sources.values)

    class Meta:
        """Filters scans."""

        model = Scan
        fields: list[str] = []


def boolean(values: Any, name: str) -> bool | None:
    """A query parameter that says yes or no, None where it is absent.

    Args:
        values: The query.
        name: The parameter.

    Raises:
        Invalid: It says something else.
    """
    given = values.get(name, "")
    if given == "":
        return None
    if given not in {"true", "false"}:
        raise Invalid.field(name, "true or false.")
    return bool(given == "true")
