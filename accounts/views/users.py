"""The API of an account's users, for its admins."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.actors import actor_of, user_of
from accounts.filters import UserFilter
from accounts.models import User
from accounts.serializers import AdministeredUserSerializer, InvitationSerializer, UserSerializer
from driftsentry.api.access import Permission, Role
from driftsentry.api.errors import NotFound
from driftsentry.api.idempotency import idempotent
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of, is_described


class UserViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[User]):
    """The people of an account."""

    serializer_class = UserSerializer
    filterset_class = UserFilter
    queryset = User.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.ADMINISTER,
        "retrieve": Permission.ADMINISTER,
        "create": Permission.ADMINISTER,
        "partial_update": Permission.ADMINISTER,
        "invite": Permission.ADMINISTER,
        "destroy": Permission.ADMINISTER,
    }

    def get_queryset(self) -> QuerySet[User]:
        """The account's users, by e-mail; not those who were erased."""
        if is_described(self):
            return User.objects.none()
        return User.objects.filter(account_id=account_id_of(self.request), erased_at=None).order_by("email")

    @extend_schema(responses=UserSerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """One user."""
        found = self.get_queryset().filter(pk=uuid_of(pk)).first()
        if found is None:
            raise NotFound
        return Response(UserSerializer(found).data)

    @extend_schema(request=InvitationSerializer, responses={201: UserSerializer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Invite somebody: a mail with a link lets them set their password."""
        form = InvitationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = {**form.validated_data, "role": Role(form.validated_data["role"])}
        user = actions.invite_user(user_of(request).account, **values, by=actor_of(request))
        return Response(UserSerializer(user).data, status=201)

    @extend_schema(request=AdministeredUserSerializer, responses=UserSerializer)
    def partial_update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Change a user's name or role, deactivate or reactivate them."""
        form = AdministeredUserSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        changes = form.validated_data
        user = actions.administer_user(account_id_of(request), uuid_of(pk), changes=changes, by=actor_of(request))
        return Response(UserSerializer(user).data)

    @extend_schema(request=None, responses={202: UserSerializer})
    def invite(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Send the invitation again, with a new link."""
        user = actions.invite_again(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(UserSerializer(user).data, status=202)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Erase a user's personal data, for ever."""
        actions.erase_user(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(status=204)
