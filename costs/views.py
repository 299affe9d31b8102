"""The cost API."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from costs.serializers import CostTrendSerializer
from costs.trend import MAX_DAYS, cost_trend
from driftsentry.api.access import Permission, Reach
from driftsentry.api.filtering import refuse_unknown_parameters
from driftsentry.api.pagination import whole_number
from driftsentry.api.tenancy import account_id_of

DEFAULT_DAYS = 30
DAYS = OpenApiParameter(
    "days",
    {"type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": DEFAULT_DAYS},
    description="How many days, the last of which is today in UTC.",
)


class CostTrendViewSet(viewsets.ViewSet):
    """What the account's drifts cost, day by day."""

    permissions: ClassVar[dict[str, Permission]] = {"list": Permission.READ}
    reach: ClassVar[dict[str, Reach]] = {"list": Reach.ACCOUNT}

    @extend_schema(parameters=[DAYS], responses=CostTrendSerializer)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The trend of the last days, every day present."""
        refuse_unknown_parameters(request, {"days"})
        days = whole_number(request, "days", default=DEFAULT_DAYS, low=1, high=MAX_DAYS)
        return Response(CostTrendSerializer(cost_trend(account_id_of(request), days=days)).data)
