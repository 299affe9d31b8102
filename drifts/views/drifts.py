"""The API of drifts."""

from collections import Counter
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from accounts.names import names_in
from accounts.permissions import check_stack
from accounts.principals import may
from audit import timeline
from audit.actors import Actor
from audit.serializers import TimelineEntrySerializer
from drifts.actions import decide
from drifts.actions.approval_lapses import withdraw_approval
from drifts.actions.assigning import assign_drift
from drifts.actions.deciding import Outcome, decide_drifts
from drifts.actions.handling import assignment, handle_drifts, snoozing
from drifts.actions.report import Report, report_drift
from drifts.actions.reviewing import review_drift
from drifts.actions.snoozing import snooze_drift, unsnooze_drift
from drifts.approval_serializers import ReviewSerializer
from drifts.filters import DriftFilter
from drifts.group_serializers import BulkDecideSerializer, BulkOutcomeSerializer
from drifts.handling_serializers import AssignSerializer
from drifts.ingest.errors import FormatError
from drifts.models import Drift
from drifts.refusals import refusal
from drifts.remediation_serializers import AdviceSerializer, advice_for
from drifts.serializers import (
    CommentSerializer,
    DecideSerializer,
    DriftDetailSerializer,
    DriftSerializer,
    NoteSerializer,
    ReportSerializer,
    ResolutionSerializer,
    SnoozeSerializer,
)
from driftsentry.api.access import Permission, Reach
from driftsentry.api.errors import NotFound
from driftsentry.api.idempotency import idempotent
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.tenancy import account_id_of, is_described, within_reach

MAX_TIMELINE = 1000
BOUND = ("attribute_digests", "decided_digests", "snooze_digests", "lapsed", "consequence", "attribution")
"""Columns that only the detail needs: lists do without."""


class DriftViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Drift]):
    """Drifts, and what people decide about them."""

    serializer_class = DriftSerializer
    filterset_class = DriftFilter
    queryset = Drift.objects.none()
    cursor_order = "-id"
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.READ,
        "retrieve": Permission.READ,
        "timeline": Permission.READ,
        "remediation": Permission.READ,
        "create": Permission.INGEST,
        "triage": Permission.DECIDE,
        "approve": Permission.DECIDE,
        "reject": Permission.DECIDE,
        "withdraw": Permission.DECIDE,
        "review": Permission.DECIDE,
        "resolve": Permission.DECIDE,
        "snooze": Permission.DECIDE,
        "unsnooze": Permission.DECIDE,
        "assign": Permission.DECIDE,
        "comment": Permission.DECIDE,
        "bulk": Permission.DECIDE,
    }
    reach: ClassVar[dict[str, Reach]] = {
        "list": Reach.STACK,
        "retrieve": Reach.STACK,
        "timeline": Reach.STACK,
        "remediation": Reach.STACK,
        "create": Reach.STACK,
    }

    def get_queryset(self) -> QuerySet[Drift]:
        """The account's drifts."""
        if is_described(self):
            return Drift.objects.none()
        rows = within_reach(self.request, Drift.objects.for_account(account_id_of(self.request)), "stack_id")
        return rows.defer(*BOUND) if self.action == "list" else rows

    @extend_schema(responses=DriftDetailSerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """One drift, with what may be done about it."""
        return self._detail(request, pk)

    @extend_schema(request=ReportSerializer, responses={201: DriftDetailSerializer})
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Report a drift that no tool's output holds."""
        form = ReportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        report = Report(**form.validated_data)
        check_stack(request, report.stack)
        try:
            drift = report_drift(account_id_of(request), report, by=actor_of(request))
        except FormatError as error:
            raise refusal(error) from error
        return self._detail(request, str(drift.pk), status=201)

    @extend_schema(responses=TimelineEntrySerializer(many=True))
    def timeline(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """The drift's story, oldest first: the newest thousand entries; one says so where older ones are archived."""
        drift_id = uuid_of(pk)
        began = self.get_queryset().filter(pk=drift_id).values_list("created_at", flat=True).first()
        if began is None:
            raise NotFound
        entries = timeline.of_drift(account_id_of(request), drift_id, began=began, most=MAX_TIMELINE)
        names = names_in(account_id_of(request), (entry.data for entry in entries))
        return Response(TimelineEntrySerializer(entries, many=True, context={"names": names}).data)

    @extend_schema(responses=AdviceSerializer)
    def remediation(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """What to do: how to put the resource back, and how to keep the change instead. Nothing of it is run here."""
        drift = self.get_queryset().filter(pk=uuid_of(pk)).first()
        if drift is None:
            raise NotFound
        return Response(advice_for(drift))

    @extend_schema(request=NoteSerializer, responses=DriftDetailSerializer)
    def triage(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Note that you have looked; the drift now waits for a decision."""
        return self._decide(decide.triage_drift, NoteSerializer, request, pk)

    @extend_schema(request=DecideSerializer, responses=DriftDetailSerializer)
    def approve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Approve remediation: the resource is to be put back to the expected state.

        Where the account's approval policy wants several people to say so, this is one voice: the drift's status stays
        until the last one that is needed, and `approvals` tells who has said so. A voice holds for the difference as
        it is, expires, and replaces your rejection. 409 where you have said so already or made the change yourself.
        """
        return self._decide(decide.approve_drift, DecideSerializer, request, pk)

    @extend_schema(request=DecideSerializer, responses=DriftDetailSerializer)
    def reject(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Decline remediation: the change stands. It takes as many people as the account's approval policy says."""
        return self._decide(decide.reject_drift, DecideSerializer, request, pk)

    @extend_schema(request=None, responses={200: DriftDetailSerializer})
    def withdraw(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Take back your approval or rejection of a drift that waits for others; 409 where none of yours stands."""
        withdraw_approval(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return self._detail(request, pk)

    @extend_schema(request=ReviewSerializer, responses=DriftDetailSerializer)
    def review(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Say what you think of a decision that somebody else made alone in an emergency, once.

        An objection is told to everybody; the drift stays as it is.
        """
        return self._decide(review_drift, ReviewSerializer, request, pk)

    @extend_schema(request=ResolutionSerializer, responses=DriftDetailSerializer)
    def resolve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """End the drift by hand."""
        return self._decide(decide.resolve_drift, ResolutionSerializer, request, pk)

    @extend_schema(request=SnoozeSerializer, responses=DriftDetailSerializer)
    def snooze(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Let nobody be told of the drift until then, or until it differs otherwise or becomes critical."""
        return self._decide(snooze_drift, SnoozeSerializer, request, pk)

    @extend_schema(request=None, responses=DriftDetailSerializer)
    def unsnooze(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """End the drift's snooze."""
        unsnooze_drift(account_id_of(request), uuid_of(pk), by=actor_of(request))
        return self._detail(request, pk)

    @extend_schema(request=AssignSerializer, responses=DriftDetailSerializer)
    def assign(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Say whose the drift is, or with null that it is nobody's; giving it to whose it is already changes nothing.

        Whoever has it now is told, unless they took it themselves. It stays theirs while it changes and is decided, and
        goes on to a drift that takes its place as a decision lapses; one that comes back after it was over is nobody's.
        It is taken from somebody who may no longer decide. 409 where it is resolved.
        """
        return self._decide(assign_drift, AssignSerializer, request, pk)

    @extend_schema(request=BulkDecideSerializer, responses=BulkOutcomeSerializer)
    def bulk(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Decide, snooze or assign up to 500 drifts: each has its own outcome, and a bad id does not stop the others.

        `until` goes with `snooze`, `assigneeId` with `assign`, whose reason is what is said with it. `decided` is what
        was done.
        """
        form = BulkDecideSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        outcomes = _act_on(account_id_of(request), given, by=actor_of(request))
        counts = Counter(one.outcome for one in outcomes)
        told: dict[str, Any] = {"decided": counts["decided"], "awaiting": counts["awaiting"], "outcomes": outcomes}
        told["refused"] = counts["refused"] + counts["not_found"]
        return Response(BulkOutcomeSerializer(told).data)

    @extend_schema(request=CommentSerializer, responses={201: TimelineEntrySerializer})
    @idempotent
    def comment(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Write a comment into the drift's timeline."""
        form = CommentSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        account_id = account_id_of(request)
        ident = decide.comment_on_drift(account_id, uuid_of(pk), **form.validated_data, by=actor_of(request))
        return Response(TimelineEntrySerializer(timeline.entry(account_id, ident)).data, status=201)

    def _decide(self, action: Any, form_class: Any, request: Request, pk: str) -> Response:
        form = form_class(data=request.data or {})
        form.is_valid(raise_exception=True)
        action(account_id_of(request), uuid_of(pk), **form.validated_data, by=actor_of(request))
        return self._detail(request, pk)

    def _detail(self, request: Request, pk: str, *, status: int = 200) -> Response:
        alerts = Count("alerts", Q(alerts__recipient=None))
        rows = self.get_queryset().select_related("previous").annotate(alert_count=alerts)
        drift = rows.filter(pk=uuid_of(pk)).first()
        if drift is None:
            raise NotFound
        context = {"may_decide": may(request.user, Permission.DECIDE), "user": request.user}
        return Response(DriftDetailSerializer(drift, context=context).data, status=status)


def _act_on(account_id: UUID, given: dict[str, Any], *, by: Actor) -> list[Outcome]:
    """Do with many drifts what was asked for."""
    ids, action, reason = given["ids"], given["action"], given["reason"]
    match action:
        case "snooze":
            return handle_drifts(account_id, ids, snoozing(reason=reason, until=given.get("until")), by=by)
        case "assign":
            return handle_drifts(account_id, ids, assignment(assignee_id=given["assignee_id"], note=reason), by=by)
        case _:
            return decide_drifts(account_id, ids, action=action, reason=reason, by=by)
