"""Drifts as a file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import viewsets
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from drifts.export.csv_file import as_csv
from drifts.export.json_file import as_json
from drifts.export.rows import Row, batches
from drifts.export.sarif import as_sarif
from drifts.filters import DriftExportFilter
from drifts.models import Drift
from drifts.serializers import DriftSerializer
from driftsentry.api.access import Permission, Reach
from driftsentry.api.casing import CamelSerializer
from driftsentry.api.files import AnyAccepted, sent_as_file
from driftsentry.api.tenancy import account_id_of, is_described, within_reach


@dataclass(frozen=True, slots=True)
class FileFormat:
    """One of the formats.

    Attributes:
        media_type: As `Content-Type` says it.
        ending: Of the file's name.
        written: Makes the file of the drifts.
    """

    media_type: str
    ending: str
    written: Callable[[Iterator[list[Row]]], Iterator[bytes]]


JSON = FileFormat("application/json", "json", as_json)
CSV = FileFormat("text/csv; charset=utf-8", "csv", as_csv)
SARIF = FileFormat("application/sarif+json", "sarif", as_sarif)
FORMATS = {"json": JSON, "csv": CSV, "sarif": SARIF}


@extend_schema_serializer(many=False)
class DriftExportSerializer(CamelSerializer):
    """An export as JSON."""

    items = DriftSerializer(many=True)


class DriftExportViewSet(viewsets.GenericViewSet[Drift]):
    """The drifts that a list holds, all of them, as one file."""

    serializer_class = DriftExportSerializer
    filterset_class = DriftExportFilter
    pagination_class = None
    queryset = Drift.objects.none()
    permissions: ClassVar[dict[str, Permission]] = {"list": Permission.READ}
    reach: ClassVar[dict[str, Reach]] = {"list": Reach.STACK}

    def get_queryset(self) -> QuerySet[Drift]:
        """The account's drifts."""
        if is_described(self):
            return Drift.objects.none()
        return within_reach(self.request, Drift.objects.for_account(account_id_of(self.request)), "stack_id")

    @extend_schema(
        responses={
            (200, "application/json"): DriftExportSerializer,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/sarif+json"): OpenApiTypes.OBJECT,
        }
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """The drifts as a file, newest first, made as it is sent: JSON, CSV or SARIF 2.1.0, as `format` says.

        It takes the list's filters and has no pages. JSON holds each drift as lists show it; CSV leaves the states out
        and names the changed attributes; SARIF is for GitHub's code scanning and the like, where a drift that somebody
        rejected is suppressed, and resolved ones are left out unless `status` asks for them. What fails in the middle
        breaks the connection: JSON and SARIF are whole only where they can be read.
        """
        name = request.query_params.get("format") or "json"
        drifts = self.filter_queryset(self.get_queryset())
        wanted = FORMATS[name]
        if wanted is SARIF and request.query_params.get("status", "") == "":
            drifts = drifts.exclude(status=Drift.Statuses.RESOLVED)
        pieces = wanted.written(batches(account_id_of(request), drifts))
        file_name = f"drifts-{timezone.now():%Y-%m-%d}.{wanted.ending}"
        return sent_as_file(request, pieces, name=file_name, media_type=wanted.media_type)

    def get_content_negotiator(self) -> BaseContentNegotiation:
        """A file is asked for by `format`, whatever is accepted."""
        return AnyAccepted()
