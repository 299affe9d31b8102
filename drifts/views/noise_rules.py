"""The API of the built-in noise rules."""

from collections.abc import Sequence
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from drifts.actions.noise_rules import ListedNoiseRule, listed_noise_rules, switch_noise_rule
from drifts.ignore_serializers import NoiseRuleSerializer, NoiseSwitchSerializer, wire_of
from drifts.models import NoiseChoice
from driftsentry.api.access import Permission, Reach
from driftsentry.api.filtering import PAGINATION_PARAMETERS, refuse_unknown_parameters
from driftsentry.api.tenancy import account_id_of


class NoiseRuleViewSet(viewsets.GenericViewSet[NoiseChoice]):
    """Noise rules: differences that are no drift, each with its reason, each to be switched on or off."""

    serializer_class = NoiseRuleSerializer
    queryset = NoiseChoice.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.READ,
        "partial_update": Permission.MANAGE_STACKS,
    }
    reach: ClassVar[dict[str, Reach]] = dict.fromkeys(permissions, Reach.ACCOUNT)

    @extend_schema(responses=NoiseRuleSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The built-in rules as they stand for the account."""
        refuse_unknown_parameters(request, PAGINATION_PARAMETERS)
        rows: Any = _Rows(listed_noise_rules(account_id_of(request)))
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(NoiseRuleSerializer([wire_of(one) for one in page], many=True).data)

    @extend_schema(request=NoiseSwitchSerializer, responses=NoiseRuleSerializer)
    def partial_update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Switch a rule on or off for the account; scans from now on are judged so."""
        form = NoiseSwitchSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        listed = switch_noise_rule(account_id_of(request), pk, **form.validated_data, by=actor_of(request))
        return Response(NoiseRuleSerializer(wire_of(listed)).data)


class _Rows:
    """Rows that are there already, counted and cut as a page wants them."""

    def __init__(self, rows: Sequence[ListedNoiseRule]) -> None:
        self._rows = rows

    def count(self) -> int:
        """How many there are."""
        return len(self._rows)

    def __getitem__(self, part: slice) -> Sequence[ListedNoiseRule]:
        """Some of them."""
        return self._rows[part]
