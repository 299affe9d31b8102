"""The dashboard's API."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from costs.views import DAYS, DEFAULT_DAYS
from drifts.findings import Severity
from drifts.transitions import Status
from driftsentry.api.access import Permission, Reach
from driftsentry.api.errors import Invalid
from driftsentry.api.filtering import refuse_unknown_parameters
from driftsentry.api.pagination import whole_number
from driftsentry.api.tenancy import account_id_of
from driftsentry.dashboard import queries
from driftsentry.dashboard.queries import By
from driftsentry.dashboard.serializers import (
    SeverityDistributionSerializer,
    StatusDistributionSerializer,
    SummarySerializer,
    TopSerializer,
)

DEFAULT_TOP = 10
BY = OpenApiParameter(
    "by", {"type": "string", "enum": [one.value for one in By], "default": By.STACK.value}, description="Count by what."
)
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": queries.MAX_TOP, "default": DEFAULT_TOP},
    description="How many.",
)


class MetricsViewSet(viewsets.ViewSet):
    """The account in figures."""

    permissions: ClassVar[dict[str, Permission]] = {
        "summary": Permission.READ,
        "severity_distribution": Permission.READ,
        "status_distribution": Permission.READ,
        "top": Permission.READ,
    }
    reach: ClassVar[dict[str, Reach]] = dict.fromkeys(permissions, Reach.ACCOUNT)

    @extend_schema(parameters=[DAYS], responses=SummarySerializer)
    def summary(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The account at a glance: drifts of the last days or still open, alerts, cost and response times."""
        refuse_unknown_parameters(request, {"days"})
        days = whole_number(request, "days", default=DEFAULT_DAYS, low=1, high=queries.MAX_DAYS)
        return Response(SummarySerializer(queries.summary(account_id_of(request), days=days)).data)

    @extend_schema(responses=SeverityDistributionSerializer)
    def severity_distribution(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All drifts on record by severity."""
        refuse_unknown_parameters(request, ())
        found = queries.distribution(account_id_of(request), Severity, "severity")
        return Response(SeverityDistributionSerializer(found).data)

    @extend_schema(responses=StatusDistributionSerializer)
    def status_distribution(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All drifts on record by status."""
        refuse_unknown_parameters(request, ())
        found = queries.distribution(account_id_of(request), Status, "status")
        return Response(StatusDistributionSerializer(found).data)

    @extend_schema(parameters=[BY, LIMIT], responses=TopSerializer)
    def top(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Where most open drifts are, most first."""
        refuse_unknown_parameters(request, {"by", "limit"})
        given = request.query_params.get("by") or By.STACK.value
        if given not in set(By):
            raise Invalid.field("by", f"One of: {', '.join(By)}.")
        limit = whole_number(request, "limit", default=DEFAULT_TOP, low=1, high=queries.MAX_TOP)
        ranks = queries.top(account_id_of(request), by=By(given), limit=limit)
        return Response(TopSerializer({"by": given, "data": ranks}).data)
