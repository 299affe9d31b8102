"""The API of API keys: an account's, for its admins, and one's own."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions import api_keys
from accounts.actors import actor_of, user_of
from accounts.models import ApiKey
from accounts.serializers_keys import (
    ApiKeySerializer,
    ChangedApiKeySerializer,
    CreatedApiKeySerializer,
    NewApiKeySerializer,
    OwnKeyCreatedSerializer,
    OwnKeySerializer,
)
from driftsentry.api.access import Permission, Scope
from driftsentry.api.errors import NotFound
from driftsentry.api.idempotency import idempotent_but_for
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of, is_described

NOT_KEPT = {"Cache-Control": "no-store"}


class ApiKeyViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[ApiKey]):
    """The account's keys, newest first, its users' own among them; revoked ones stay on record."""

    serializer_class = ApiKeySerializer
    queryset = ApiKey.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.ADMINISTER,
        "retrieve": Permission.ADMINISTER,
        "create": Permission.ADMINISTER,
        "partial_update": Permission.ADMINISTER,
        "destroy": Permission.ADMINISTER,
    }

    def get_queryset(self) -> QuerySet[ApiKey]:
        """The account's keys."""
        if is_described(self):
            return ApiKey.objects.none()
        keys = ApiKey.objects.for_account(account_id_of(self.request))
        return keys.select_related("stack").order_by("-created_at", "-pk")

    @extend_schema(responses=ApiKeySerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """One key, as far as it can be seen."""
        found = self.get_queryset().filter(pk=uuid_of(pk)).first()
        if found is None:
            raise NotFound
        return Response(ApiKeySerializer(found).data)

    @extend_schema(request=NewApiKeySerializer, responses={201: CreatedApiKeySerializer})
    @idempotent_but_for("apiKey")
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a key; this answer alone shows it."""
        form = NewApiKeySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = {**form.validated_data, "scopes": [Scope(scope) for scope in form.validated_data["scopes"]]}
        made = api_keys.create_api_key(account_id_of(request), **values, by=actor_of(request))
        data = {**ApiKeySerializer(made.row).data, "apiKey": made.text}
        return Response(data, status=201, headers=NOT_KEPT)

    @extend_schema(request=ChangedApiKeySerializer, responses=ApiKeySerializer)
    def partial_update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Change a key's name or expiry."""
        form = ChangedApiKeySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        changes = form.validated_data
        key = api_keys.change_api_key(account_id_of(request), uuid_of(pk), changes=changes, by=actor_of(request))
        return Response(ApiKeySerializer(key).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Revoke a key at once; it stays on record."""
        api_keys.revoke_api_key(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(status=204)


class OwnApiKeyViewSet(viewsets.ViewSet):
    """One's own key: it reads and ingests, as far as one's role does."""

    permissions: ClassVar[dict[str, Permission]] = {
        "retrieve": Permission.OWN_PROFILE,
        "regenerate": Permission.OWN_PROFILE,
        "destroy": Permission.OWN_PROFILE,
    }

    @extend_schema(responses=OwnKeySerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """My key, as far as it can be seen; `current` is null where I have none."""
        mine = ApiKey.objects.for_account(account_id_of(request)).filter(user=user_of(request), revoked_at=None)
        return Response(OwnKeySerializer({"current": mine.select_related("stack").first()}).data)

    @extend_schema(request=None, responses={201: OwnKeyCreatedSerializer})
    @idempotent_but_for("apiKey")
    def regenerate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make my key anew; the old one ends at once, and this answer alone shows the new one."""
        made = api_keys.regenerate_own_key(account_id_of(request), user_of(request).pk, by=actor_of(request))
        shown = {"api_key": made.text, "last4": made.row.last4, "created_at": made.row.created_at}
        return Response(OwnKeyCreatedSerializer(shown).data, status=201, headers=NOT_KEPT)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End my key at once."""
        api_keys.revoke_own_key(account_id_of(request), user_of(request).pk, by=actor_of(request))
        return Response(status=204)
