"""The API of drifts."""

from typing import Any, ClassVar

from django.db.models import Count, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from accounts.permissions import check_stack
from accounts.principals import may
from audit import timeline
from audit.serializers import TimelineEntrySerializer
from drifts.actions import decide
from drifts.actions.deciding import decide_drifts
from drifts.actions.report import Report, report_drift
from drifts.actions.snoozing import snooze_drift, unsnooze_drift
from drifts.filters import DriftFilter
from drifts.group_serializers import BulkDecideSerializer, BulkOutcomeSerializer
from drifts.ingest.errors import FormatError
from drifts.models import Drift
from drifts.refusals import refusal
from drifts.remediation_serializers import AdviceSerializer, advice_for
from drifts.serializers import (
    CommentSerializer,
    DriftDetailSerializer,
    DriftSerializer,
    NoteSerializer,
    ReasonSerializer,
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
        "resolve": Permission.DECIDE,
        "snooze": Permission.DECIDE,
        "unsnooze": Permission.DECIDE,
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
        """The drift's story, oldest first: the newest thousand entries."""
        drift_id = uuid_of(pk)
        if not self.get_queryset().filter(pk=drift_id).exists():
            raise NotFound
        entries = timeline.of_drift(account_id_of(request), drift_id, most=MAX_TIMELINE)
        return Response(TimelineEntrySerializer(entries, many=True).data)

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

    @extend_schema(request=ReasonSerializer, responses=DriftDetailSerializer)
    def approve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Approve remediation: the resource is to be put back to the expected state."""
        return self._decide(decide.approve_drift, ReasonSerializer, request, pk)

    @extend_schema(request=ReasonSerializer, responses=DriftDetailSerializer)
    def reject(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """Decline remediation: the change stands."""
        return self._decide(decide.reject_drift, ReasonSerializer, request, pk)

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

    @extend_schema(request=BulkDecideSerializer, responses=BulkOutcomeSerializer)
    def bulk(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make one decision of up to 500 drifts: each has its own outcome, and a bad id does not stop the others."""
        form = BulkDecideSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        outcomes = decide_drifts(account_id_of(request), given.pop("ids"), **given, by=actor_of(request))
        decided = sum(one.outcome == "decided" for one in outcomes)
        told = {"decided": decided, "refused": len(outcomes) - decided, "outcomes": outcomes}
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
        rows = self.get_queryset().select_related("previous").annotate(alert_count=Count("alerts"))
        drift = rows.filter(pk=uuid_of(pk)).first()
        if drift is None:
            raise NotFound
        may_decide = may(request.user, Permission.DECIDE)
        return Response(DriftDetailSerializer(drift, context={"may_decide": may_decide}).data, status=status)
