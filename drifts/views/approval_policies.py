"""The API of what an account demands of decisions."""

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from drifts.actions.approval_policies import remove_approval_policy, set_approval_policy
from drifts.approval_serializers import ApprovalPolicySerializer
from drifts.models import ApprovalPolicy, Drift
from driftsentry.api.access import Permission, Reach
from driftsentry.api.errors import NotFound
from driftsentry.api.tenancy import account_id_of, is_described

SEVERITY = OpenApiParameter(
    "id", {"type": "string", "enum": Drift.Severities.values}, OpenApiParameter.PATH, description="The severity."
)


class ApprovalPolicyViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[ApprovalPolicy]):
    """How many different people it takes to decide on drifts, by severity. Where nothing is set, it takes one."""

    serializer_class = ApprovalPolicySerializer
    queryset = ApprovalPolicy.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.READ,
        "retrieve": Permission.READ,
        "update": Permission.ADMINISTER,
        "destroy": Permission.ADMINISTER,
    }
    reach: ClassVar[dict[str, Reach]] = dict.fromkeys(permissions, Reach.ACCOUNT)

    def get_queryset(self) -> QuerySet[ApprovalPolicy]:
        """The account's policies: one a severity at most."""
        if is_described(self):
            return ApprovalPolicy.objects.none()
        return ApprovalPolicy.objects.for_account(account_id_of(self.request))

    @extend_schema(parameters=[SEVERITY], responses=ApprovalPolicySerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """What is demanded for a severity; 404 where nothing is, and one person decides."""
        found = self.get_queryset().filter(severity=_severity(pk)).first()
        if found is None:
            raise NotFound
        return Response(ApprovalPolicySerializer(found).data)

    @extend_schema(parameters=[SEVERITY], request=ApprovalPolicySerializer, responses=ApprovalPolicySerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Set what is demanded for a severity; what is left out is as it is by default.

        It holds from the next approval or rejection on and decides nothing by itself: where fewer are needed now and
        enough have said so already, the next call decides.
        """
        severity = _severity(pk)
        form = ApprovalPolicySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        account_id, values = account_id_of(request), form.validated_data
        changed = set_approval_policy(account_id, severity, values=values, by=actor_of(request))
        return Response(ApprovalPolicySerializer(changed).data)

    @extend_schema(parameters=[SEVERITY], responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Let any one person decide on drifts of a severity again; 404 where nothing was demanded."""
        remove_approval_policy(account_id_of(request), _severity(pk), by=actor_of(request))
        return Response(status=204)


def _severity(text: str) -> str:
    if text not in Drift.Severities.values:
        raise NotFound
    return text
