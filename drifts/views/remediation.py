"""The API of the hook that puts drifts back, and of the pipelines' answers."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from drifts.actions import remediating
from drifts.actions.remediation_hooks import hook_of, remove_hook, set_hook
from drifts.remediation_serializers import HookSerializer, ResultSerializer
from driftsentry.api.access import Permission
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of


class RemediationHookViewSet(viewsets.ViewSet):
    """The team's pipeline, asked to put a resource back once somebody has approved that."""

    permissions: ClassVar[dict[str, Permission]] = {
        "retrieve": Permission.MANAGE_STACKS,
        "update": Permission.ADMINISTER,
        "destroy": Permission.ADMINISTER,
    }

    @extend_schema(responses=HookSerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """The stack's hook, without its secret; 404 where it has none."""
        return Response(HookSerializer(hook_of(account_id_of(request), uuid_of(pk))).data)

    @extend_schema(request=HookSerializer, responses=HookSerializer)
    def update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Set the stack's hook. Admins only: it holds a secret, and approvals start what it names.

        `github` sends `repository_dispatch` to `project` (owner/repository) with a token; `gitlab` triggers the
        pipeline of `project` at `ref`; `generic` posts to `url`, signed as Standard Webhooks are. What is left out
        stays as it is where the kind does; a new kind, address or project needs the secret anew.
        """
        form = HookSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        hook = set_hook(account_id_of(request), uuid_of(pk), values=form.validated_data, by=actor_of(request))
        return Response(HookSerializer(hook).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Remove the stack's hook: approvals ask nobody from now on."""
        remove_hook(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(status=204)


class RemediationResultViewSet(viewsets.ViewSet):
    """Where pipelines answer: the token in the request that they were sent is the credential."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=ResultSerializer, responses={200: None})
    def result(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Say how a remediation ended, once. Where it succeeded the drift is resolved, else people are told."""
        form = ResultSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        told = form.validated_data
        remediating.take_result(
            uuid_of(pk),
            token=told["token"],
            succeeded=told["status"] == "succeeded",
            message=told.get("message", ""),
            url=told.get("url", ""),
        )
        return Response(None)
