"""The API of scans: a tool's own output goes in as it is."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import actor_of
from accounts.permissions import check_stack
from drifts.actions.ingest import Submission, ingest_scan
from drifts.filters import ScanFilter, boolean
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.base import Mode
from drifts.models import Scan
from drifts.refusals import refusal
from drifts.serializers import ScanDetailSerializer, ScanOutputSerializer, ScanSerializer
from driftsentry.api.access import Permission, Reach
from driftsentry.api.errors import Invalid, NotFound
from driftsentry.api.filtering import refuse_unknown_parameters
from driftsentry.api.idempotency import idempotent_by_nature
from driftsentry.api.identifiers import uuid_of
from driftsentry.api.parsers import RawBodyParser
from driftsentry.api.tenancy import account_id_of, is_described, within_reach

STACK_NAME = {"type": "string", "minLength": 1, "maxLength": 200}
PARAMETERS = [
    OpenApiParameter("stack", STACK_NAME, required=True, description="The stack's name; an unknown one is made."),
    OpenApiParameter("format", str, description="The format; recognised by content where it is left out."),
    OpenApiParameter("mode", str, enum=[mode.value for mode in Mode], description="plan: pending changes count too."),
    OpenApiParameter("complete", bool, description="Whether you vouch that nothing is missing."),
    OpenApiParameter("environment", str, description="Fills in what the stack does not know yet."),
    OpenApiParameter("detectedBy", str, enum=Scan.Sources.values, description="Who had it made; api by default."),
]
MAX_ENVIRONMENT = 60
BODY = {"application/json": OpenApiTypes.OBJECT, "application/octet-stream": OpenApiTypes.BINARY}


class ScanViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Scan]):
    """Scans, and the door that they come in by."""

    serializer_class = ScanSerializer
    filterset_class = ScanFilter
    queryset = Scan.objects.none()
    cursor_order = "-id"
    extra_refusals: ClassVar[dict[str, tuple[str, ...]]] = {"create": ("422",)}
    permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.READ,
        "retrieve": Permission.READ,
        "output": Permission.READ,
        "create": Permission.INGEST,
    }
    reach: ClassVar[dict[str, Reach]] = dict.fromkeys(permissions, Reach.STACK)

    def get_parsers(self) -> list[Any]:
        """Any media type: the body is the tool's, not ours."""
        return [RawBodyParser()] if getattr(self, "action", None) in {"create", None} else super().get_parsers()

    def get_queryset(self) -> QuerySet[Scan]:
        """The account's scans, newest first."""
        if is_described(self):
            return Scan.objects.none()
        return within_reach(self.request, Scan.objects.for_account(account_id_of(self.request)), "stack_id")

    @extend_schema(responses=ScanDetailSerializer)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """One scan and its counts."""
        scan = self.get_queryset().filter(pk=uuid_of(pk)).first()
        if scan is None:
            raise NotFound
        return Response(ScanDetailSerializer(scan).data)

    @extend_schema(responses=ScanOutputSerializer)
    def output(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """What the detector has said so far, the last 64 kB; nothing for a scan that was sent."""
        scan = self.get_queryset().filter(pk=uuid_of(pk)).first()
        if scan is None:
            raise NotFound
        return Response(ScanOutputSerializer.of(scan))

    @extend_schema(parameters=PARAMETERS, request=BODY, responses=dict.fromkeys([200, 201], ScanDetailSerializer))
    @idempotent_by_nature
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send a tool's own output, unchanged, gzip accepted; the same body again answers the same scan."""
        submission = _submission(request)
        check_stack(request, submission.stack)
        body: Any = request.data
        try:
            found = ingest_scan(account_id_of(request), body or b"", submission, by=actor_of(request))
        except FormatError as error:
            raise refusal(error) from error
        response = Response(ScanDetailSerializer(found.scan).data, status=201 if found.created else 200)
        response["Location"] = reverse("scan", kwargs={"pk": found.scan.pk})
        return response


def _submission(request: Request) -> Submission:
    """What the query says of the body.

    Raises:
        Invalid: A parameter is unknown or its value is wrong.
    """
    query = request.query_params
    refuse_unknown_parameters(request, {parameter.name for parameter in PARAMETERS})
    mode, detected_by = query.get("mode") or Mode.DRIFT.value, query.get("detectedBy") or Scan.Sources.API.value
    if mode not in set(Mode):
        raise Invalid.field("mode", f"One of: {', '.join(Mode)}.")
    if detected_by not in Scan.Sources.values:
        raise Invalid.field("detectedBy", f"One of: {', '.join(Scan.Sources.values)}.")
    environment = query.get("environment", "")
    if len(environment) > MAX_ENVIRONMENT or not environment.isprintable():
        raise Invalid.field("environment", f"At most {MAX_ENVIRONMENT} printable characters.")
    return Submission(
        stack=query.get("stack", ""),
        format_name=query.get("format", ""),
        mode=Mode(mode),
        complete=boolean(query, "complete"),
        environment=environment,
        content_encoding=request.headers.get("Content-Encoding", ""),
        detected_by=detected_by,
    )
