"""The API of channels."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from alerts.actions import channels
from alerts.actions.channels import Made
from alerts.actions.redelivering import redeliver_dead
from alerts.actions.testing import send_test
from alerts.channel_serializers import (
    ChannelSerializer,
    DeliveryDetailSerializer,
    MadeChannelSerializer,
    RedeliveredSerializer,
    RotationSerializer,
)
from alerts.models import Channel, Delivery
from alerts.occasions import Type
from driftsentry.api.access import Permission
from driftsentry.api.errors import NotFound
from driftsentry.api.idempotency import idempotent_but_for, idempotent_by_nature
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of, is_described

NOT_KEPT = {"Cache-Control": "no-store"}


class ChannelViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Channel]):
    """Channels: where the team is told of what it chose to hear."""

    serializer_class = ChannelSerializer
    filterset_class = None
    queryset = Channel.objects.none()
    permissions: ClassVar[dict[str, Permission]] = dict.fromkeys(
        (
            *("list", "retrieve", "create", "update", "partial_update", "destroy"),
            *("test", "rotate_secret", "redeliver_dead"),
        ),
        Permission.ADMINISTER,
    )

    def get_queryset(self) -> QuerySet[Channel]:
        """The account's channels, by name, each with how many messages wait and were given up."""
        if is_described(self):
            return Channel.objects.none()
        pending = Q(deliveries__status=Delivery.Statuses.PENDING)
        dead = Q(deliveries__status=Delivery.Statuses.DEAD) & ~Q(deliveries__type=Type.TEST)
        counted = {
            "pending_count": Count("deliveries", filter=pending),
            "dead_count": Count("deliveries", filter=dead),
        }
        rows = Channel.objects.for_account(account_id_of(self.request)).defer("secrets")
        return rows.annotate(**counted).order_by("name", "id")

    @extend_schema(responses=ChannelSerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """One channel, without its secrets."""
        return Response(self._shown(pk))

    @extend_schema(responses={201: MadeChannelSerializer})
    @idempotent_but_for("signingSecret")
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a channel. A webhook for which no key is given gets one; this answer alone shows it.

        `email` takes `config.recipients`; `slack` `secrets.url`, or `secrets.token` and `config.channel`; `teams`
        `secrets.url`; `pagerduty` `secrets.routingKey`; `webhook` `secrets.url` and, if wanted, `secrets.headers` and
        `secrets.signingSecrets`. Addresses must be https:// and on the public internet.
        """
        form = ChannelSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = channels.create_channel(account_id_of(request), values=form.validated_data, by=actor_of(request))
        return Response(self._made(made), status=201, headers=NOT_KEPT)

    @extend_schema(responses=ChannelSerializer)
    def update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Describe a channel anew; what is left out stays, its secrets too."""
        return self._change(request, pk, partial=False)

    @extend_schema(responses=ChannelSerializer)
    def partial_update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Change a part of a channel. One that is enabled again begins anew: what waited for it is sent."""
        return self._change(request, pk, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Remove a channel and its deliveries."""
        channels.delete_channel(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(status=204)

    @extend_schema(request=None, responses=DeliveryDetailSerializer)
    @idempotent_by_nature  # its sending must not be a part of a transaction, and a second test harms nobody
    def test(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Send a test message now, once; `status` is `delivered` or `dead` then, and `lastAnswer` says why."""
        delivery = send_test(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(DeliveryDetailSerializer(delivery).data)

    @extend_schema(request=RotationSerializer, responses=MadeChannelSerializer)
    @idempotent_but_for("signingSecret")
    def rotate_secret(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Have a webhook sign with a new key, which this answer alone shows; the one before signs beside it a while."""
        form = RotationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        overlap = timedelta(hours=form.validated_data["overlap_hours"])
        made = channels.rotate_secret(account_id_of(request), uuid_of(pk), overlap=overlap, by=actor_of(request))
        return Response(self._made(made), headers=NOT_KEPT)

    @extend_schema(request=None, responses=RedeliveredSerializer)
    def redeliver_dead(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Send once more what was given up, the oldest first, at most 500 at once; tests are not.

        What begins something that is over by now, such as a resolved drift, is cancelled instead.
        """
        done = redeliver_dead(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(RedeliveredSerializer(done).data)

    def _change(self, request: Request, pk: str, *, partial: bool) -> Response:
        form = ChannelSerializer(self._channel(pk), data=request.data, partial=partial)
        form.is_valid(raise_exception=True)
        values, by = form.validated_data, actor_of(request)
        channels.change_channel(account_id_of(request), uuid_of(pk), values=values, by=by)
        return Response(self._shown(pk))

    def _channel(self, pk: Any) -> Channel:
        found = self.get_queryset().filter(pk=uuid_of(str(pk))).first()
        if found is None:
            raise NotFound
        return found

    def _shown(self, pk: Any) -> Any:
        return ChannelSerializer(self._channel(pk)).data

    def _made(self, made: Made) -> dict[str, Any]:
        return {**self._shown(made.channel.pk), "signingSecret": made.signing_secret or None}
