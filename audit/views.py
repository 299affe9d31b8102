"""The audit API."""

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from audit.exporting import JSON_LINES, file_name, header_of, written
from audit.filters import AuditLogFilter
from audit.models import AuditLog
from audit.reading import UNREADABLE, Unreadable, kept
from audit.serializers import AuditLogSerializer, SigningKeySerializer, VerdictSerializer, signing_keys
from audit.verification import verify
from driftsentry.api.access import Permission, Reach
from driftsentry.api.errors import Invalid
from driftsentry.api.files import AnyAccepted, sent_as_file
from driftsentry.api.filtering import refuse_unknown_parameters
from driftsentry.api.tenancy import account_id_of, is_described

Row = TypeVar("Row")

RANGE = ("afterSeq", "upTo")
MAX_SEQ_DIGITS = 18
UNFILTERED = "An export is a chain, which a filtered one would not be: it takes afterSeq and upTo only."
_SEQ = {"type": "integer", "minimum": 0, "maximum": 10**MAX_SEQ_DIGITS - 1}


class AuditLogViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[AuditLog]):
    """The account's journal, newest first, whether it still holds, and the whole of it as a signed file."""

    serializer_class = AuditLogSerializer
    filterset_class = AuditLogFilter
    queryset = AuditLog.objects.none()
    cursor_order = "-seq"
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.READ_AUDIT,
        "verify": Permission.READ_AUDIT,
        "export": Permission.READ_AUDIT,
        "signing_keys": Permission.READ_AUDIT,
    }
    reach: ClassVar[dict[str, Reach]] = {
        "list": Reach.ACCOUNT,
        "verify": Reach.ACCOUNT,
        "export": Reach.ACCOUNT,
        "signing_keys": Reach.ACCOUNT,
    }

    def get_queryset(self) -> QuerySet[AuditLog]:
        """The account's entries that are not archived: what a verification walks."""
        if is_described(self):
            return AuditLog.objects.none()
        return kept(account_id_of(self.request)).order_by("-seq")

    def paginate_queryset(self, queryset: QuerySet[AuditLog, Row] | Sequence[Row]) -> list[Row] | None:
        """One page of the entries.

        Args:
            queryset: The filtered, ordered entries.

        Raises:
            Unreadable: One of them was altered so that it cannot be read.
        """
        try:
            return super().paginate_queryset(queryset)
        except UNREADABLE as error:
            raise Unreadable("an entry of this page") from error

    @extend_schema(responses=VerdictSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def verify(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Check the whole chain, from the latest checkpoint on; names the first entry that does not fit."""
        return Response(VerdictSerializer(verify(account_id_of(request))).data)

    @extend_schema(
        filters=False,
        parameters=[OpenApiParameter(name, _SEQ) for name in RANGE],
        responses={(200, JSON_LINES): OpenApiTypes.STR},
    )
    @action(detail=False, pagination_class=None)
    def export(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """The journal as JSON Lines: a header, an entry a line, and last a head signed with Ed25519.

        It ends at the head as it was when the export began, and begins after the latest checkpoint where older entries
        are archived. `afterSeq` and `upTo` narrow it to a part, whose chain hangs on the entry before it; other filters
        are refused. A file without its signed last line is not whole. `manage.py audit_verify --export FILE` checks it.
        """
        if set(request.query_params) & set(AuditLogFilter.base_filters) - set(RANGE):
            raise Invalid(UNFILTERED)
        refuse_unknown_parameters(request, RANGE)
        after, up_to = (_seq_of(request, name) for name in RANGE)
        header = header_of(account_id_of(request), after=after, up_to=up_to)
        return sent_as_file(request, written(header), name=file_name(header), media_type=JSON_LINES)

    @extend_schema(responses=SigningKeySerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def signing_keys(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The public keys that journals are signed with, for auditors to keep; the first one signs now."""
        return Response(SigningKeySerializer(signing_keys(settings.JOURNAL_KEYS), many=True).data)

    def get_content_negotiator(self) -> BaseContentNegotiation:
        """An export is asked for by its own media type."""
        is_file = "export" in self.action_map.values()
        return AnyAccepted() if is_file else super().get_content_negotiator()


def _seq_of(request: Request, name: str) -> int | None:
    given = request.query_params.get(name, "")
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > MAX_SEQ_DIGITS:
        raise Invalid.field(name, f"{name} must be a whole number of at most {MAX_SEQ_DIGITS} digits.")
    return int(given)
