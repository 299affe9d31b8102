"""Where the user is signed in."""

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.actors import actor_of, user_of
from accounts.models import Session
from accounts.serializers import RevokedCountSerializer, SessionSerializer
from driftsentry.api.access import Permission
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import is_described


class MySessionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Session]):
    """The places where I am signed in."""

    serializer_class = SessionSerializer
    queryset = Session.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.OWN_PROFILE,
        "destroy": Permission.OWN_PROFILE,
        "destroy_others": Permission.OWN_PROFILE,
    }

    def get_queryset(self) -> QuerySet[Session]:
        """My live sessions, the one last used first."""
        if is_described(self):
            return Session.objects.none()
        return Session.objects.live(timezone.now()).filter(user=user_of(self.request)).order_by("-refreshed_at", "id")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Where I am signed in, the latest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Sign me out there; its tokens stop at once."""
        actions.revoke_session(user_of(request), uuid_of(pk), by=actor_of(request))
        return Response(status=204)

    @extend_schema(operation_id="users_me_sessions_destroy_others", responses={200: RevokedCountSerializer})
    def destroy_others(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Sign me out everywhere but here."""
        here = cast("Session", request.auth)
        count = actions.revoke_other_sessions(user_of(request), keep=here.pk, by=actor_of(request))
        return Response(RevokedCountSerializer({"revoked_count": count}).data)
