"""The API of ignore rules and of what they hid."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from drifts.actions import ignore_rules
from drifts.actions.ignore_preview import preview_ignore_rule
from drifts.ignore_serializers import (
    HiddenFindingSerializer,
    IgnorePreviewSerializer,
    IgnoreRuleSerializer,
    ImportedSerializer,
    ImportSerializer,
    TriedIgnoreRuleSerializer,
)
from drifts.models import HiddenFinding, IgnoreRule, Scan
from driftsentry.api.access import Permission, Reach
from driftsentry.api.errors import NotFound
from driftsentry.api.idempotency import idempotent
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of, is_described, within_reach


class IgnoreRuleViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[IgnoreRule]):
    """Ignore rules: which differences nobody wants to see, why, and for how long."""

    serializer_class = IgnoreRuleSerializer
    queryset = IgnoreRule.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.READ,
        "retrieve": Permission.READ,
        **dict.fromkeys(
            ("create", "update", "partial_update", "destroy", "preview", "import_file"), Permission.MANAGE_STACKS
        ),
    }
    reach: ClassVar[dict[str, Reach]] = dict.fromkeys(permissions, Reach.ACCOUNT)

    def get_queryset(self) -> QuerySet[IgnoreRule]:
        """The account's rules, newest first."""
        if is_described(self):
            return IgnoreRule.objects.none()
        return IgnoreRule.objects.for_account(account_id_of(self.request))

    @extend_schema(responses=IgnoreRuleSerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """One rule, and how often it hid something."""
        return Response(IgnoreRuleSerializer(self._rule(pk)).data)

    @extend_schema(request=IgnoreRuleSerializer, responses={201: IgnoreRuleSerializer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write a rule; scans from now on are judged by it. Preview it first."""
        form = IgnoreRuleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        account_id, values = account_id_of(request), form.validated_data
        made = ignore_rules.create_ignore_rule(account_id, values=values, by=actor_of(request))
        return Response(IgnoreRuleSerializer(made).data, status=201)

    @extend_schema(request=IgnoreRuleSerializer, responses=IgnoreRuleSerializer)
    def update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Write a rule anew; what is left out means what it means for a new one."""
        return self._change(request, pk, partial=False)

    @extend_schema(responses=IgnoreRuleSerializer)
    def partial_update(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Change a part of a rule; what it no longer hides comes back with the next scans."""
        return self._change(request, pk, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Take a rule away; what it hid comes back with the next scans, which say what hid it."""
        ignore_rules.delete_ignore_rule(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return Response(status=204)

    @extend_schema(request=TriedIgnoreRuleSerializer, responses=IgnorePreviewSerializer)
    def preview(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Try a rule before it is saved, against the drifts that are open or were seen in the last 30 days.

        At most the newest 5,000; `refused` says what stays to be seen although the rule is about it, and why.
        """
        form = TriedIgnoreRuleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        rule = ignore_rules.checked_rule(form.validated_data)
        return Response(IgnorePreviewSerializer(preview_ignore_rule(account_id_of(request), rule)).data)

    @extend_schema(request=ImportSerializer, responses={201: ImportedSerializer})
    @idempotent
    def import_file(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write a rule for each line of driftctl's `.driftignore`, or none, with a complaint about each odd line.

        Deletions stay to be seen, and so does what guards something, unless a line names it.
        """
        form = ImportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = ignore_rules.import_driftignore(account_id_of(request), **form.validated_data, by=actor_of(request))
        return Response({"rules": IgnoreRuleSerializer(made, many=True).data}, status=201)

    def _change(self, request: Request, pk: str, *, partial: bool) -> Response:
        form = IgnoreRuleSerializer(self._rule(pk), data=request.data, partial=partial)
        form.is_valid(raise_exception=True)
        account_id, values = account_id_of(request), {**({} if partial else ignore_rules.NEW), **form.validated_data}
        changed = ignore_rules.change_ignore_rule(account_id, uuid_of(pk), values=values, by=actor_of(request))
        return Response(IgnoreRuleSerializer(changed).data)

    def _rule(self, pk: str) -> IgnoreRule:
        found = self.get_queryset().filter(pk=uuid_of(pk)).first()
        if found is None:
            raise NotFound
        return found


class _HiddenViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[HiddenFinding]):
    """What rules hid."""

    serializer_class = HiddenFindingSerializer
    queryset = HiddenFinding.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {"list": Permission.READ}

    def _hidden(self) -> QuerySet[HiddenFinding]:
        return HiddenFinding.objects.for_account(account_id_of(self.request)).order_by("-id")


class RuleHiddenViewSet(_HiddenViewSet):
    """What one rule hid: each resource once, as of its latest scan; the newest thousand."""

    reach: ClassVar[dict[str, Reach]] = {"list": Reach.ACCOUNT}

    def get_queryset(self) -> QuerySet[HiddenFinding]:
        """Of one rule, the newest first.

        Raises:
            NotFound: The account has no such rule.
        """
        if is_described(self):
            return HiddenFinding.objects.none()
        ident = uuid_of(self.kwargs["pk"])
        if not IgnoreRule.objects.for_account(account_id_of(self.request)).filter(pk=ident).exists():
            raise NotFound
        return self._hidden().filter(rule_id=ident)


class ScanHiddenViewSet(_HiddenViewSet):
    """What rules hid of one scan, as long as no later scan of the stack has hidden it again."""

    reach: ClassVar[dict[str, Reach]] = {"list": Reach.STACK}

    def get_queryset(self) -> QuerySet[HiddenFinding]:
        """Of one scan, the newest first.

        Raises:
            NotFound: The account has no such scan, or not within reach.
        """
        if is_described(self):
            return HiddenFinding.objects.none()
        ident = uuid_of(self.kwargs["pk"])
        scans = within_reach(self.request, Scan.objects.for_account(account_id_of(self.request)), "stack_id")
        if not scans.filter(pk=ident).exists():
            raise NotFound
        return self._hidden().filter(scan_id=ident)
