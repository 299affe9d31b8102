"""The API of stacks."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from drifts.actions import stacks
from drifts.actions.scanning import request_scan
from drifts.filters import StackFilter
from drifts.models import Stack
from drifts.serializers import ScanSerializer, StackSerializer
from driftsentry.api.access import Permission, Reach
from driftsentry.api.errors import NotFound
from driftsentry.api.idempotency import idempotent
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of, is_described, within_reach


class StackViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Stack]):
    """Stacks: what scans are about."""

    serializer_class = StackSerializer
    filterset_class = StackFilter
    queryset = Stack.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.READ,
        "retrieve": Permission.READ,
        "create": Permission.MANAGE_STACKS,
        "update": Permission.MANAGE_STACKS,
        "partial_update": Permission.MANAGE_STACKS,
        "destroy": Permission.MANAGE_STACKS,
        "scan": Permission.MANAGE_STACKS,
    }

    reach: ClassVar[dict[str, Reach]] = {"list": Reach.STACK, "retrieve": Reach.STACK}

    def get_queryset(self) -> QuerySet[Stack]:
        """The account's stacks, by name."""
        if is_described(self):
            return Stack.objects.none()
        return within_reach(self.request, Stack.objects.for_account(account_id_of(self.request)), "pk")

    @extend_schema(responses=StackSerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """One stack."""
        return Response(StackSerializer(self._stack(pk)).data)

    @extend_schema(responses={201: StackSerializer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a stack before its first scan."""
        form = StackSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = stacks.create_stack(account_id_of(request), values=form.validated_data, by=actor_of(request))
        return Response(StackSerializer(made).data, status=201)

    @extend_schema(responses=StackSerializer)
    def update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Describe a stack anew."""
        return self._change(request, pk, partial=False)

    @extend_schema(responses=StackSerializer)
    def partial_update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Change a part of a stack's description."""
        return self._change(request, pk, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Remove a stack that has never been scanned."""
        stacks.delete_stack(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(status=204)

    @extend_schema(request=None, responses={202: ScanSerializer})
    @idempotent
    def scan(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Have the stack's detector read it now: the scan waits for a worker, and `Location` says where to look."""
        asked = request_scan(account_id_of(request), uuid_of(pk), by=actor_of(request))
        response = Response(ScanSerializer(asked).data, status=202)
        response["Location"] = reverse("scan", kwargs={"pk": asked.pk})
        return response

    def _change(self, request: Request, pk: str, *, partial: bool) -> Response:
        form = StackSerializer(self._stack(pk), data=request.data, partial=partial)
        form.is_valid(raise_exception=True)
        account_id = account_id_of(request)
        changed = stacks.change_stack(account_id, uuid_of(pk), values=form.validated_data, by=actor_of(request))
        return Response(StackSerializer(changed).data)

    def _stack(self, pk: str) -> Stack:
        found = self.get_queryset().filter(pk=uuid_of(pk)).first()
        if found is None:
            raise NotFound
        return found
