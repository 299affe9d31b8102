"""The audit API."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit.filters import AuditLogFilter
from audit.models import AuditLog
from audit.serializers import AuditLogSerializer, VerdictSerializer
from audit.verification import verify
from driftsentry.api.access import Permission, Reach
from driftsentry.api.tenancy import account_id_of, is_described


class AuditLogViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[AuditLog]):
    """The account's journal, newest first, and whether it still holds."""

    serializer_class = AuditLogSerializer
    filterset_class = AuditLogFilter
    queryset = AuditLog.objects.none()
    cursor_order = "-seq"
    permissions: ClassVar[dict[str, Permission]] = {"list": Permission.READ_AUDIT, "verify": Permission.READ_AUDIT}
    reach: ClassVar[dict[str, Reach]] = {"list": Reach.ACCOUNT, "verify": Reach.ACCOUNT}

    def get_queryset(self) -> QuerySet[AuditLog]:
        """The account's entries."""
        if is_described(self):
            return AuditLog.objects.none()
        return AuditLog.objects.filter(account_id=account_id_of(self.request)).order_by("-seq")

    @extend_schema(responses=VerdictSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def verify(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Check the whole chain; names the first entry that does not fit."""
        return Response(VerdictSerializer(verify(account_id_of(request))).data)
