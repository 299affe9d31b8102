"""The correlation id: taken from the request when sane, made otherwise, sent back, and written in every log line."""

import re
from collections.abc import Awaitable, Callable
from uuid import uuid4

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

HEADER = "x-correlation-id"
SANE = re.compile(r"\A[A-Za-z0-9._-]{1,128}\Z")


def correlation_id(request: HttpRequest) -> str:
    """The request's correlation id, which is also the `traceId` of its errors.

    Args:
        request: A request that came through the middleware.
    """
    return str(getattr(request, "correlation_id", ""))


def sane_or_new(given: str) -> str:
    """The correlation id of a request: the one it brings, when that is a sane token.

    Args:
        given: The header's value; empty where there is none.
    """
    return given if SANE.match(given) else str(uuid4())


def _begin(request: HttpRequest) -> str:
    ident = sane_or_new(request.headers.get(HEADER, ""))
    request.correlation_id = ident  # type: ignore[attr-defined]
    structlog.contextvars.bind_contextvars(correlation_id=ident)
    return ident


@sync_and_async_middleware
def CorrelationIdMiddleware(  # noqa: N802 - named as Django's other middlewares are in the settings
    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]],
) -> Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]:
    """Give each request its correlation id.

    Args:
        get_response: The rest of the chain.
    """
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponse:
            ident = _begin(request)
            response: HttpResponse = await get_response(request)
            response[HEADER] = ident
            return response

        markcoroutinefunction(asynchronous)
        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponse:
        ident = _begin(request)
        response: HttpResponse = get_response(request)  # type: ignore[assignment]
        response[HEADER] = ident
        return response

    return synchronous
