"""The API of alerts."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from alerts.actions import alerts as actions
from alerts.actions import handling
from alerts.filters import AlertFilter
from alerts.models import Alert, AlertQuerySet
from alerts.serializers import (
    AcknowledgeSerializer,
    AlertSerializer,
    AssignAlertSerializer,
    MarkedCountSerializer,
    SnoozeAlertSerializer,
    UnreadCountSerializer,
)
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
        "acknowledge": Permission.DECIDE,
        "assign": Permission.DECIDE,
        "snooze": Permission.DECIDE,
        "unsnooze": Permission.DECIDE,
    }
    reach: ClassVar[dict[str, Reach]] = {"list": Reach.STACK, "unread_count": Reach.STACK}

    def get_queryset(self) -> QuerySet[Alert]:
        """The account's alerts, and the user's own."""
        if is_described(self):
            return Alert.objects.none()
        return self._seen().defer("snooze_digests")

    @extend_schema(responses=UnreadCountSerializer, filters=False)
    def unread_count(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How many nobody has read; those that are snoozed do not count."""
        refuse_unknown_parameters(request, ())
        return Response(UnreadCountSerializer({"count": self._seen().waiting().count()}).data)

    @extend_schema(request=None, responses=AlertSerializer)
    def mark_read(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Note that you have read an alert; reading it again changes nothing."""
        alert = actions.mark_read(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(AlertSerializer(alert).data)

    @extend_schema(request=None, responses=MarkedCountSerializer, filters=False)
    def mark_all_read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Note that you have read every alert that there is now; what is snoozed is left for when it comes back."""
        marked = actions.mark_all_read(account_id_of(request), by=actor_of(request))
        return Response(MarkedCountSerializer({"marked_count": marked}).data)

    @extend_schema(request=AcknowledgeSerializer, responses=AlertSerializer)
    def acknowledge(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Say that you have it, which reads it too; what somebody has said that of already stays as it is.

        409 for an alert that is for you alone: it is read, and no more.
        """
        return self._handle(handling.acknowledge_alert, AcknowledgeSerializer, request, pk)

    @extend_schema(request=AssignAlertSerializer, responses=AlertSerializer)
    def assign(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Say whose the alert is, or with null that it is nobody's; giving it to whose it is changes nothing.

        Whoever has it now is told, unless they took it themselves. Whose its drift is, is another thing. 409 where its
        drift is resolved, and for an alert that is for you alone.
        """
        return self._handle(handling.assign_alert, AssignAlertSerializer, request, pk)

    @extend_schema(request=SnoozeAlertSerializer, responses=AlertSerializer)
    def snooze(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Let nobody be bothered with the alert until then, or until its drift differs otherwise or becomes critical.

        It is unread again when it comes back. When its drift is decided or over there is nothing left to come back
        for: the snooze ends, and the alert counts as read. 409 where its drift is resolved, and for an alert that is
        for you alone.
        """
        return self._handle(handling.snooze_alert, SnoozeAlertSerializer, request, pk)

    @extend_schema(request=None, responses=AlertSerializer)
    def unsnooze(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """End the alert's snooze; 409 where it has none."""
        alert = handling.unsnooze_alert(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(AlertSerializer(alert).data)

    def _seen(self) -> AlertQuerySet:
        seen = Alert.objects.seen_by(account_id_of(self.request), actor_of(self.request).id)
        return within_reach(self.request, seen, "drift__stack_id", "scan__stack_id")

    def _handle(self, action: Any, form_class: Any, request: Request, pk: str) -> Response:
        form = form_class(data=request.data or {})
        form.is_valid(raise_exception=True)
        alert = action(account_id_of(request), uuid_of(pk), **form.validated_data, by=actor_of(request))
        return Response(AlertSerializer(alert).data)
