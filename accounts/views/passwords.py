"""Passwords: change one's own, ask for a new one, set it by a mailed link; and the page that the link opens."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.actors import actor_of, user_of
from accounts.models import Session
from accounts.serializers import ForgottenPasswordSerializer, PasswordChangeSerializer, PasswordResetSerializer
from driftsentry.api.access import Permission


class PasswordViewSet(viewsets.ViewSet):
    """The user's own password."""

    permissions: ClassVar[dict[str, Permission]] = {"change": Permission.OWN_PROFILE}

    @extend_schema(request=PasswordChangeSerializer, responses={200: None})
    @action(detail=False, methods=["post"])
    def change(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change my password; my other sessions end."""
        form = PasswordChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        actions.change_own_password(
            user_of(request),
            current=form.validated_data["current_password"],
            new=form.validated_data["new_password"],
            session_id=request.auth.pk if isinstance(request.auth, Session) else None,
            by=actor_of(request),
        )
        return Response(None)


class MailedPasswordViewSet(viewsets.ViewSet):
    """A new password by e-mail."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=ForgottenPasswordSerializer, responses={202: None})
    @action(detail=False, methods=["post"])
    def forgot(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for a link that sets a new password; the answer is the same whether or not there is such a user."""
        form = ForgottenPasswordSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        actions.forget_password(email=form.validated_data["email"], by=actor_of(request))
        return Response(None, status=202)

    @extend_schema(request=PasswordResetSerializer, responses={200: None})
    @action(detail=False, methods=["post"])
    def reset(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Set a password by the token of a mailed link, once."""
        form = PasswordResetSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        token, new = form.validated_data["token"], form.validated_data["new_password"]
        actions.reset_password(token=token, new=new, by=actor_of(request))
        return Response(None)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The page that a mailed link opens.

    Args:
        request: Holds nothing secret: the token is in the fragment, which browsers do not send.
    """
    return render(request, "accounts/password.html")
