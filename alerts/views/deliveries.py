"""The API of deliveries."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from alerts.actions.redelivering import redeliver
from alerts.channel_filters import DeliveryFilter
from alerts.channel_serializers import DeliveryDetailSerializer, DeliverySerializer
from alerts.models import Channel, Delivery
from driftsentry.api.access import Permission
from driftsentry.api.errors import NotFound
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of, is_described


class ChannelDeliveryViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Delivery]):
    """What went to one channel, is on its way there, or was given up; the newest first."""

    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    queryset = Delivery.objects.none()
    cursor_order = "-id"
    permissions: ClassVar[dict[str, Permission]] = {"list": Permission.ADMINISTER}

    def get_queryset(self) -> QuerySet[Delivery]:
        """Of one channel, the newest first.

        Raises:
            NotFound: The account has no such channel.
        """
        if is_described(self):
            return Delivery.objects.none()
        account_id, ident = account_id_of(self.request), uuid_of(self.kwargs["pk"])
        if not Channel.objects.for_account(account_id).filter(pk=ident).exists():
            raise NotFound
        return Delivery.objects.for_account(account_id).filter(channel_id=ident).order_by("-id")


class DeliveryViewSet(viewsets.GenericViewSet[Delivery]):
    """One message to a channel, or to yourself alone."""

    serializer_class = DeliveryDetailSerializer
    queryset = Delivery.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {
        "retrieve": Permission.ADMINISTER,
        "redeliver": Permission.ADMINISTER,
    }

    @extend_schema(responses=DeliveryDetailSerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """One message, with what it tells and each try."""
        seen = Delivery.objects.seen_by(account_id_of(request), actor_of(request).user_id)
        found = seen.filter(pk=uuid_of(pk)).first()
        if found is None:
            raise NotFound
        return Response(DeliveryDetailSerializer(found).data)

    @extend_schema(request=None, responses=DeliveryDetailSerializer)
    def redeliver(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Send a message once more, under the same id; one that is still to be sent stays as it is.

        One to a channel that begins what is over by now, such as a resolved drift, is refused: nothing would close it.
        """
        delivery = redeliver(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(DeliveryDetailSerializer(delivery).data)
