"""Health, metrics, and the way from `/` to the docs."""

import time
from typing import Any, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from drf_spectacular.utils import extend_schema
from prometheus_client import REGISTRY
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from driftsentry import __version__
from driftsentry.api.access import Permission
from driftsentry.api.correlation import correlation_id
from driftsentry.api.envelope import CONTENT_TYPE, dumps, failure, success
from driftsentry.operations.counters import show_from_start
from driftsentry.operations.probes import readiness
from driftsentry.operations.serializers import DetailedHealthSerializer

STARTED = time.monotonic()
UNREADY = "This process cannot answer requests now; `checks` says why."


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """The process answers; nothing else is looked at, so that a database that is away restarts nothing.

    Args:
        request: The request.
    """
    return _json(200, success({"status": "live"}))


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Whether to send requests here: 503 without the database or its schema; see `probes.Readiness` for the rest.

    Args:
        request: The request.
    """
    found = readiness.get()
    if found.ready:
        return _json(200, success(found.as_data()))
    trace_id = correlation_id(request)
    return _json(503, failure(code="UNAVAILABLE", message=UNREADY, details=found.as_data(), trace_id=trace_id))


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """This process's numbers, as Prometheus text.

    Args:
        request: The request.
    """
    show_from_start()
    answer: HttpResponse = ExportToDjangoView(request)
    return answer


@require_safe
def home(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """To the API's documentation.

    Args:
        request: The request.
    """
    return HttpResponseRedirect("/api/docs/")


class DetailedHealthView(APIView):
    """How this process is doing, for admins."""

    permissions: ClassVar[dict[str, Permission]] = {"get": Permission.ADMINISTER}

    @extend_schema(responses=DetailedHealthSerializer)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Uptime, version, memory, query time, and the checks of `/health/ready`."""
        resident = REGISTRY.get_sample_value("process_resident_memory_bytes")
        found = readiness.get().as_data() | {
            "version": __version__,
            "uptime_seconds": int(time.monotonic() - STARTED),
            "memory_bytes": None if resident is None else int(resident),
            "query_milliseconds": _query_milliseconds(),
        }
        return Response(DetailedHealthSerializer(found).data)


def _query_milliseconds() -> float:
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return round((time.perf_counter() - begun) * 1000, 3)


def _json(status: int, body: dict[str, Any]) -> HttpResponse:
    return HttpResponse(dumps(body), status=status, content_type=CONTENT_TYPE)
