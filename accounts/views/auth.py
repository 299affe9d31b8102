"""Log in, stay in, log out."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.actors import actor_of
from accounts.serializers import LoginSerializer, RefreshTokenSerializer, SignedInSerializer, TokenPairSerializer
from driftsentry.api.access import Permission


class AuthViewSet(viewsets.ViewSet):
    """Log in, stay in, log out."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    extra_refusals: ClassVar[dict[str, tuple[str, ...]]] = {"login": ("401",), "refresh": ("401",)}

    @extend_schema(request=LoginSerializer, responses={200: SignedInSerializer})
    @action(detail=False, methods=["post"])
    def login(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Open a session and get its tokens."""
        form = LoginSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        found = actions.log_in(**form.validated_data, by=actor_of(request))
        pair = {"access_token": found.tokens.access, "refresh_token": found.tokens.refresh, "user": found.user}
        return Response(SignedInSerializer(pair).data)

    @extend_schema(request=RefreshTokenSerializer, responses={200: TokenPairSerializer})
    @action(detail=False, methods=["post"])
    def refresh(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Get new tokens; the refresh token given is used up."""
        form = RefreshTokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        found = actions.refresh_session(form.validated_data["refresh_token"], by=actor_of(request))
        pair = {"access_token": found.tokens.access, "refresh_token": found.tokens.refresh}
        return Response(TokenPairSerializer(pair).data)


class LogoutViewSet(viewsets.ViewSet):
    """Log out."""

    permissions: ClassVar[dict[str, Permission]] = {"logout": Permission.OWN_PROFILE}

    @extend_schema(request=RefreshTokenSerializer, responses={200: None})
    @action(detail=False, methods=["post"])
    def logout(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End the session; its access tokens stop too."""
        form = RefreshTokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        actions.log_out(**form.validated_data, by=actor_of(request))
        return Response(None)
