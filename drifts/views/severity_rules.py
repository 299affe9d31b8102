"""The API of severity rules."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from drifts.actions import severity_rules
from drifts.actions.severity_preview import preview_rules
from drifts.listed_rules import Listed, built_in_listed
from drifts.models import SeverityRule
from drifts.own_severity import MAX_RULES
from drifts.severity_serializers import (
    SOURCES,
    PreviewRequestSerializer,
    PreviewSerializer,
    SeverityRuleSerializer,
    wire_of,
)
from driftsentry.api.access import Permission, Reach
from driftsentry.api.errors import Invalid, NotFound
from driftsentry.api.filtering import PAGINATION_PARAMETERS, refuse_unknown_parameters
from driftsentry.api.idempotency import idempotent
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of, is_described

SOURCE = OpenApiParameter(
    "source",
    {"type": "string", "enum": [*(name for name, _ in SOURCES), "all"], "default": "all"},
    description="The account's own rules, the built-in ones, or all: own ones first, as they are asked.",
)


class SeverityRuleViewSet(viewsets.GenericViewSet[SeverityRule]):
    """Severity rules: how grave a change is, and why. An account's own are asked before those built in."""

    serializer_class = SeverityRuleSerializer
    queryset = SeverityRule.objects.none()
    permissions: ClassVar[dict[str, Permission]] = dict.fromkeys(
        ("list", "retrieve", "create", "update", "partial_update", "destroy", "preview"), Permission.ADMINISTER
    )
    reach: ClassVar[dict[str, Reach]] = dict.fromkeys(permissions, Reach.ACCOUNT)

    def get_queryset(self) -> QuerySet[SeverityRule]:
        """The account's own rules, in the order in which they are asked."""
        if is_described(self):
            return SeverityRule.objects.none()
        return SeverityRule.objects.for_account(account_id_of(self.request))

    @extend_schema(parameters=[SOURCE], responses=SeverityRuleSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The rules in the order in which they are asked: the account's own, then those built in."""
        refuse_unknown_parameters(request, {"source", *PAGINATION_PARAMETERS})
        source = request.query_params.get("source") or "all"
        if source not in {"own", "built_in", "all"}:
            raise Invalid.field("source", "One of: own, built_in, all.")
        rows: list[Any] = []
        if source != "built_in":
            rows += map(wire_of, self.get_queryset()[:MAX_RULES])
        if source != "own":
            rows += built_in_listed()
        page = self.paginate_queryset(_Rows(rows))  # type: ignore[arg-type] # counted and cut, as a queryset is
        return self.get_paginated_response(SeverityRuleSerializer(page, many=True).data)

    @extend_schema(responses=SeverityRuleSerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """One rule, own or built in."""
        ident = uuid_of(pk)
        rule: Any = self.get_queryset().filter(pk=ident).first()
        found = wire_of(rule) if rule else next((one for one in built_in_listed() if one.id == ident), None)
        if found is None:
            raise NotFound
        return Response(SeverityRuleSerializer(found).data)

    @extend_schema(request=SeverityRuleSerializer, responses={201: SeverityRuleSerializer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write a rule. Scans from now on are judged by it, and open drifts when a scan next shows them."""
        form = SeverityRuleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        account_id = account_id_of(request)
        made = severity_rules.create_severity_rule(account_id, values=form.validated_data, by=actor_of(request))
        return Response(SeverityRuleSerializer(wire_of(made)).data, status=201)

    @extend_schema(request=SeverityRuleSerializer, responses=SeverityRuleSerializer)
    def update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Write a rule anew; what is left out means: whatever."""
        return self._change(request, pk, partial=False)

    @extend_schema(responses=SeverityRuleSerializer)
    def partial_update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Change a part of a rule."""
        return self._change(request, pk, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Remove a rule. Built-in ones stay."""
        severity_rules.delete_severity_rule(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(status=204)

    @extend_schema(request=PreviewRequestSerializer, responses=PreviewSerializer)
    def preview(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Try rules before they are saved, against the drifts that are open or were seen in the last 30 days.

        Both sides are judged anew from what is stored: by the rules in force now, and with these beside them.
        """
        form = PreviewRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        account_id, given = account_id_of(request), form.validated_data
        self._must_have(given["without"])
        rules = [
            (one["position"], severity_rules.written_rule(one, place=f"rules.{place}."))
            for place, one in enumerate(given["rules"])
        ]
        return Response(PreviewSerializer(preview_rules(account_id, rules, without=given["without"])).data)

    def _must_have(self, without: Sequence[Any]) -> None:
        if self.get_queryset().filter(pk__in=without).count() != len(set(without)):
            raise Invalid.field("without", "The ids of own severity rules.")

    def _change(self, request: Request, pk: str, *, partial: bool) -> Response:
        ident = uuid_of(pk)
        severity_rules.refuse_built_in(ident)
        rule = self.get_queryset().filter(pk=ident).first()
        if rule is None:
            raise NotFound
        form = SeverityRuleSerializer(rule, data=request.data, partial=partial)
        form.is_valid(raise_exception=True)
        account_id, values = account_id_of(request), form.validated_data
        changed = severity_rules.change_severity_rule(account_id, ident, values=values, by=actor_of(request))
        return Response(SeverityRuleSerializer(wire_of(changed)).data)


class _Rows:
    """Rows that are there already, counted and cut as a page wants them."""

    def __init__(self, rows: Sequence[Listed | SeverityRule]) -> None:
        self._rows = rows

    def count(self) -> int:
        """How many there are."""
        return len(self._rows)

    def __getitem__(self, part: slice) -> Sequence[Listed | SeverityRule]:
        """Some of them."""
        return self._rows[part]
