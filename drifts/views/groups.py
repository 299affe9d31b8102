"""The API of groups of drifts that share a cause, and of what was decided of them."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from drifts.actions.group_undo import undo_group_decision
from drifts.actions.grouping import MAX_OPEN, drift_group, drift_groups
from drifts.actions.groups import decide_group
from drifts.actions.handling import Handling, assignment, handle_group, snoozing
from drifts.causes import Cause
from drifts.group_serializers import (
    DriftGroupSerializer,
    GroupDecidedSerializer,
    GroupDecideSerializer,
    GroupDecisionDetailSerializer,
    GroupDecisionSerializer,
    UndoSerializer,
)
from drifts.handling_serializers import GroupAssignSerializer, GroupSnoozeSerializer
from drifts.models import Drift, DriftGroupDecision
from drifts.serializers import DriftSerializer
from drifts.views.drifts import BOUND
from driftsentry.api.access import Permission, Reach
from driftsentry.api.errors import Invalid, NotFound
from driftsentry.api.filtering import PAGINATION_PARAMETERS, refuse_unknown_parameters
from driftsentry.api.idempotency import idempotent
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of, is_described

KNOWN = PAGINATION_PARAMETERS - {"cursor"}
CAUSES = [*(cause.value for cause in Cause), "all"]
CAUSE = OpenApiParameter(
    "cause", {"type": "string", "enum": CAUSES, "default": "all"}, description="Groups of one sort of cause only."
)


class DriftGroupViewSet(viewsets.GenericViewSet[Drift]):
    """Open drifts of all stacks that share a cause, and one decision for all of them."""

    serializer_class = DriftGroupSerializer
    queryset = Drift.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.READ,
        "retrieve": Permission.READ,
        "decide": Permission.DECIDE,
        "snooze": Permission.DECIDE,
        "assign": Permission.DECIDE,
    }
    reach: ClassVar[dict[str, Reach]] = dict.fromkeys(permissions, Reach.ACCOUNT)

    @extend_schema(
        description=(
            f"The groups among the newest {MAX_OPEN:,} open drifts: those with something to decide first, then the "
            "gravest, then the largest. A drift may be in several."
        ),
        parameters=[CAUSE],
        responses=DriftGroupSerializer(many=True),
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The groups that there are now."""
        refuse_unknown_parameters(request, {"cause", *KNOWN})
        cause = request.query_params.get("cause") or "all"
        if cause not in CAUSES:
            raise Invalid.field("cause", f"One of: {', '.join(CAUSES)}.")
        groups = [one for one in drift_groups(account_id_of(request)) if cause in {"all", one.cause}]
        page = self.paginate_queryset(_Cut(groups, list))  # type: ignore[arg-type] # counted and cut, as a queryset is
        return self.get_paginated_response(DriftGroupSerializer(page, many=True).data)

    @extend_schema(responses=DriftGroupSerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """One group as it is now; 404 once fewer than two open drifts share the cause."""
        return Response(DriftGroupSerializer(drift_group(account_id_of(request), uuid_of(pk))).data)

    @extend_schema(request=GroupDecideSerializer, responses={201: GroupDecidedSerializer})
    @idempotent
    def decide(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Make one decision of all members as they stand now, the longest known first, at most 1,000 at once.

        Each member has its own outcome: one whose state does not allow it stops no other. Undo it by one call.
        """
        form = GroupDecideSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        account_id = account_id_of(request)
        made, left = decide_group(account_id, uuid_of(pk), **form.validated_data, by=actor_of(request))
        return _decided(made, left)

    @extend_schema(request=GroupSnoozeSerializer, responses={201: GroupDecidedSerializer})
    @idempotent
    def snooze(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Snooze all members as they stand now, each as it differs; those snoozed already come last of at most 1,000.

        A member that is decided, or is snoozed at least as long already, stops no other and stays as it is. Undo it by
        one call, which wakes those that it still holds.
        """
        return self._handle(snoozing, GroupSnoozeSerializer, request, pk)

    @extend_schema(request=GroupAssignSerializer, responses={201: GroupDecidedSerializer})
    @idempotent
    def assign(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Say whose all members are, or with null that they are nobody's, at most 1,000 at once; they are told once.

        Undo it by one call: those that are still theirs by this are whose they were before then, or nobody's.
        """
        return self._handle(assignment, GroupAssignSerializer, request, pk)

    def _handle(self, handling: Callable[..., Handling], form_class: Any, request: Request, pk: str) -> Response:
        form = form_class(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        of_group = {name: given.pop(name) for name in ("excluding", "member_digest") if name in given}
        made, left = handle_group(
            account_id_of(request), uuid_of(pk), handling(**given), **of_group, by=actor_of(request)
        )
        return _decided(made, left)


class DriftGroupMemberViewSet(viewsets.GenericViewSet[Drift]):
    """The drifts of a group."""

    serializer_class = DriftSerializer
    queryset = Drift.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {"list": Permission.READ}
    reach: ClassVar[dict[str, Reach]] = dict.fromkeys(permissions, Reach.ACCOUNT)

    @extend_schema(responses=DriftSerializer(many=True))
    def list(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """The members of a group as it is now, the longest known first."""
        refuse_unknown_parameters(request, KNOWN)
        account_id = account_id_of(request)
        members = [one.id for one in drift_group(account_id, uuid_of(pk)).members]
        rows = Drift.objects.for_account(account_id).defer(*BOUND)

        def read(ids: Sequence[UUID]) -> Sequence[Drift]:
            found = {drift.pk: drift for drift in rows.filter(pk__in=ids)}
            return [found[ident] for ident in ids if ident in found]

        page = self.paginate_queryset(_Cut(members, read))  # type: ignore[arg-type] # counted and cut, as a queryset is
        return self.get_paginated_response(DriftSerializer(page, many=True).data)


class GroupDecisionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[DriftGroupDecision]):
    """What was decided of groups of drifts, and undoing it."""

    serializer_class = GroupDecisionSerializer
    queryset = DriftGroupDecision.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.READ,
        "retrieve": Permission.READ,
        "undo": Permission.DECIDE,
    }
    reach: ClassVar[dict[str, Reach]] = dict.fromkeys(permissions, Reach.ACCOUNT)

    def get_queryset(self) -> QuerySet[DriftGroupDecision]:
        """The account's decisions, newest first."""
        if is_described(self):
            return DriftGroupDecision.objects.none()
        return DriftGroupDecision.objects.for_account(account_id_of(self.request))

    @extend_schema(responses=GroupDecisionDetailSerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """One decision with all that it was made of."""
        return self._detail(uuid_of(pk))

    @extend_schema(request=UndoSerializer, responses=GroupDecisionDetailSerializer)
    def undo(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Undo a decision for every member that still stands as it left it; 409 where it was undone before.

        What was snoozed so is awake then. What was assigned so is whose it was before, or nobody's where they may no
        longer decide. What was decided so is resolved as superseded, and the same difference is opened anew as
        detected, with the former drift before it. What has become of a member otherwise is left alone, and the answer
        says so.
        """
        form = UndoSerializer(data=request.data or {})
        form.is_valid(raise_exception=True)
        ident = uuid_of(pk)
        undo_group_decision(account_id_of(request), ident, **form.validated_data, by=actor_of(request))
        return self._detail(ident)

    def _detail(self, ident: UUID) -> Response:
        made = self.get_queryset().prefetch_related("members").filter(pk=ident).first()
        if made is None:
            raise NotFound
        return Response(GroupDecisionDetailSerializer(made).data)


def _decided(made: DriftGroupDecision, left: int) -> Response:
    made.remaining = left  # type: ignore[attr-defined] # told once, and kept nowhere
    return Response(GroupDecidedSerializer(made).data, status=201)


class _Cut:
    """Rows that are counted already, and read as a page wants them."""

    def __init__(self, rows: Sequence[Any], read: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        self._rows, self._read = rows, read

    def count(self) -> int:
        """How many there are."""
        return len(self._rows)

    def __getitem__(self, part: slice) -> Sequence[Any]:
        """Some of them."""
        return self._read(self._rows[part])
