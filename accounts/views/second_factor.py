"""The user's own second factor, and its reset by an admin. What is shown once is kept nowhere: no answer is stored."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.actions.codes import second_factor_state
from accounts.actors import actor_of, user_of
from accounts.serializers import (
    BeginSecondFactorSerializer,
    EnrolmentSerializer,
    RecoveryCodesSerializer,
    RemoveSecondFactorSerializer,
    SecondFactorCodeSerializer,
    SecondFactorSerializer,
)
from driftsentry.api.access import Permission
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of

UNSTORED = {"Cache-Control": "no-store"}


class SecondFactorViewSet(viewsets.ViewSet):
    """The user's own second factor."""

    permissions: ClassVar[dict[str, Permission]] = {
        "retrieve": Permission.OWN_PROFILE,
        "create": Permission.OWN_PROFILE,
        "destroy": Permission.OWN_PROFILE,
        "confirm": Permission.OWN_PROFILE,
        "recovery_codes": Permission.OWN_PROFILE,
    }

    @extend_schema(responses=SecondFactorSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Whether I have a second factor, and how many recovery codes are left."""
        return Response(SecondFactorSerializer(second_factor_state(user_of(request).pk)).data)

    @extend_schema(request=BeginSecondFactorSerializer, responses={201: EnrolmentSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Begin with a second factor: its seed, shown once. It counts once a code of it is confirmed."""
        form = BeginSecondFactorSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        password = form.validated_data["current_password"]
        made = actions.begin_second_factor(user_of(request), password=password, by=actor_of(request))
        return Response(EnrolmentSerializer(made).data, status=201, headers=UNSTORED)

    @extend_schema(request=SecondFactorCodeSerializer, responses={200: RecoveryCodesSerializer})
    def confirm(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the first code; log-ins ask for one from now on. Answers the recovery codes, shown once."""
        form = SecondFactorCodeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        codes = actions.confirm_second_factor(
            user_of(request), **form.validated_data, session_id=request.auth.pk, by=actor_of(request)
        )
        return Response(RecoveryCodesSerializer({"recovery_codes": codes}).data, headers=UNSTORED)

    @extend_schema(request=SecondFactorCodeSerializer, responses={200: RecoveryCodesSerializer})
    def recovery_codes(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take other recovery codes, shown once; the earlier ones stop."""
        form = SecondFactorCodeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        codes = actions.renew_recovery_codes(user_of(request), **form.validated_data, by=actor_of(request))
        return Response(RecoveryCodesSerializer({"recovery_codes": codes}).data, headers=UNSTORED)

    @extend_schema(request=RemoveSecondFactorSerializer, responses={204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Do without a second factor; takes both proofs in the body."""
        form = RemoveSecondFactorSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        actions.remove_second_factor(
            user_of(request),
            password=given["current_password"],
            code=given["code"],
            session_id=request.auth.pk,
            by=actor_of(request),
        )
        return Response(status=204)


class SecondFactorResetViewSet(viewsets.ViewSet):
    """Another user's second factor."""

    permissions: ClassVar[dict[str, Permission]] = {"destroy": Permission.ADMINISTER}

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Take a user's second factor away, for somebody who has lost it."""
        actions.reset_second_factor(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(status=204)
