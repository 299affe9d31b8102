"""The user's own profile and settings."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.actors import actor_of, user_of
from accounts.serializers import ProfileSerializer, SettingsSerializer
from driftsentry.api.access import Permission


class MeViewSet(viewsets.ViewSet):
    """The user's own profile and settings."""

    permissions: ClassVar[dict[str, Permission]] = {
        "retrieve": Permission.OWN_PROFILE,
        "partial_update": Permission.OWN_PROFILE,
        "change_settings": Permission.OWN_PROFILE,
        "destroy": Permission.OWN_PROFILE,
    }

    @extend_schema(responses=ProfileSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """My profile."""
        return Response(ProfileSerializer(user_of(request)).data)

    @extend_schema(request=ProfileSerializer, responses=ProfileSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change my name."""
        form = ProfileSerializer(user_of(request), data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        user = actions.change_profile(user_of(request), changes=form.validated_data, by=actor_of(request))
        return Response(ProfileSerializer(user).data)

    @extend_schema(request=SettingsSerializer, responses=SettingsSerializer)
    def change_settings(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what I am told."""
        form = SettingsSerializer(user_of(request), data=request.data)
        form.is_valid(raise_exception=True)
        user = actions.change_profile(user_of(request), changes=form.validated_data, by=actor_of(request))
        return Response(SettingsSerializer(user).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Erase my personal data, for ever; I can log in no more."""
        user = user_of(request)
        actions.erase_user(user.account_id, user.pk, by=actor_of(request))
        return Response(status=204)
