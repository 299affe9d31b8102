"""The API of alerts."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from alerts.actions import alerts as actions
from alerts.filters import AlertFilter
from alerts.models import Alert
from alerts.serializers import AlertSerializer, MarkedCountSerializer, UnreadCountSerializer
from driftsentry.api.access import Permission, Reach
from driftsentry.api.filtering import refuse_unknown_parameters
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of, is_described, within_reach


class AlertViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Alert]):
    """What somebody should look at, newest first; read once for the whole account."""

    serializer_class = AlertSerializer
    filterset_class = AlertFilter
    queryset = Alert.objects.none()
    cursor_order = "-id"
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.READ,
        "unread_count": Permission.READ,
        "mark_read": Permission.MARK_ALERTS,
        "mark_all_read": Permission.MARK_ALERTS,
    }
    reach: ClassVar[dict[str, Reach]] = {"list": Reach.STACK, "unread_count": Reach.STACK}

    def get_queryset(self) -> QuerySet[Alert]:
        """The account's alerts, and the user's own."""
        if is_described(self):
            return Alert.objects.none()
        seen = Alert.objects.seen_by(account_id_of(self.request), actor_of(self.request).id)
        return within_reach(self.request, seen, "drift__stack_id", "scan__stack_id")

    @extend_schema(responses=UnreadCountSerializer, filters=False)
    def unread_count(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How many nobody has read."""
        refuse_unknown_parameters(request, ())
        count = self.get_queryset().filter(read_at=None).count()
        return Response(UnreadCountSerializer({"count": count}).data)

    @extend_schema(request=None, responses=AlertSerializer)
    def mark_read(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Note that you have read an alert; reading it again changes nothing."""
        alert = actions.mark_read(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(AlertSerializer(alert).data)

    @extend_schema(request=None, responses=MarkedCountSerializer, filters=False)
    def mark_all_read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Note that you have read every alert that there is now."""
        marked = actions.mark_all_read(account_id_of(request), by=actor_of(request))
        return Response(MarkedCountSerializer({"marked_count": marked}).data)
