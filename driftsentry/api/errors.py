"""Errors: one class per status of the contract, and one handler that writes them all in the envelope."""

import sys
from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions, status
from rest_framework.response import Response

from driftsentry.api.correlation import correlation_id
from driftsentry.api.encryption import Undecipherable
from driftsentry.api.envelope import CONTENT_TYPE, dumps, failure

logger = structlog.get_logger(__name__)


class ApiError(exceptions.APIException):
    """A refusal with a code of the contract; `details` travel as they are."""

    code = "SERVER_ERROR"
    status_code: int = status.HTTP_500_INTERNAL_SERVER_ERROR

    def __init__(self, message: str, *, details: Mapping[str, Any] | None = None) -> None:
        """Make a refusal.

        Args:
            message: What was wrong and what to do.
            details: Anything a client can use, never a secret.
        """
        super().__init__(detail=message)
        self.message = message
        self.details = dict(details or {})


class Invalid(ApiError):
    """Malformed input outside a serializer: 400."""

    code = "VALIDATION_ERROR"
    status_code = status.HTTP_400_BAD_REQUEST

    @classmethod
    def field(cls, name: str, message: str) -> "Invalid":
        """A refusal of one field.

        Args:
            name: The field's wire name, dotted where nested.
            message: What is wrong with it.
        """
        return cls(message, details={"errors": [{"field": name, "message": message}]})


class Unauthenticated(ApiError):
    """No, bad, expired or revoked credential: 401."""

    code = "AUTH_ERROR"
    status_code = status.HTTP_401_UNAUTHORIZED


class NotFound(ApiError):
    """Unknown id, malformed id or another tenant's id: 404, the same answer."""

    code = "NOT_FOUND"
    status_code = status.HTTP_404_NOT_FOUND

    def __init__(self, message: str = "There is nothing here.") -> None:
        """Make a refusal.

        Args:
            message: The same words for every reason.
        """
        super().__init__(message)


class Conflict(ApiError):
    """The state machine forbids it, or it is a duplicate: 409."""

    code = "CONFLICT"
    status_code = status.HTTP_409_CONFLICT


class PayloadTooLarge(ApiError):
    """Past the body limit, also after decompression: 413."""

    code = "PAYLOAD_TOO_LARGE"
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE


class UnsupportedMediaType(ApiError):
    """A media type or content encoding that is not read: 415."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status_code = status.HTTP_415_UNSUPPORTED_MEDIA_TYPE


class Unprocessable(ApiError):
    """Well-formed, but no parser recognises it: 422."""

    code = "UNPROCESSABLE"
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


class TooMany(ApiError):
    """Too many requests or attempts: 429.

    Attributes:
        wait: Seconds until another may come; becomes `Retry-After`.
    """

    code = "RATE_LIMIT"
    status_code = status.HTTP_429_TOO_MANY_REQUESTS

    def __init__(self, message: str, *, wait: float) -> None:
        """Make a refusal.

        Args:
            message: What was too much.
            wait: Seconds until another may come.
        """
        super().__init__(message)
        self.wait = wait


CHALLENGE = 'Bearer realm="driftsentry", Api-Key realm="driftsentry"'

CODES: dict[int, tuple[str, str]] = {
    400: ("VALIDATION_ERROR", "The request is not valid."),
    401: ("AUTH_ERROR", "Log in: this needs a valid access token."),
    403: ("FORBIDDEN", "Your role does not allow this."),
    404: ("NOT_FOUND", "There is nothing here."),
    405: ("METHOD_NOT_ALLOWED", "This route does not take that method."),
    406: ("NOT_ACCEPTABLE", "Answers are application/json."),
    409: ("CONFLICT", "The present state does not allow this."),
    413: ("PAYLOAD_TOO_LARGE", "The body is too large."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "Send application/json."),
    422: ("UNPROCESSABLE", "The body is of no known format."),
    429: ("RATE_LIMIT", "Too many requests; wait as Retry-After says."),
    500: ("SERVER_ERROR", "Something went wrong on our side; give the trace id to whoever runs this server."),
    503: ("UNAVAILABLE", "The database cannot be reached; try again shortly."),
}


UNREADABLE = (
    "A stored secret cannot be read; whoever runs this server finds in its log, by the trace id, what is missing."
)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """Answer any exception of a view in the contract's envelope.

    Args:
        error: What the view raised.
        context: DRF's context; holds the request.
    """
    request = context["request"]
    trace_id = correlation_id(getattr(request, "_request", request))
    found = _as_api_exception(error)
    if found is None:
        number = _status_of_failure(error)
        logger.error("request_failed", exc_info=error, status=number, path=request.path)
        return _response(number, trace_id, _words_of_failure(error))
    if isinstance(found, ApiError):
        body = failure(code=found.code, message=found.message, details=found.details, trace_id=trace_id)
        return Response(body, status=found.status_code, headers=_headers(found, request))
    message, details = _describe(found)
    return _response(found.status_code, trace_id, message, details, _headers(found, request))


def _as_api_exception(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return PayloadTooLarge(CODES[413][1])
        case SuspiciousOperation():
            return exceptions.ParseError(CODES[400][1])
    return None


def _status_of_failure(error: BaseException | None) -> int:
    return 503 if isinstance(error, OperationalError | InterfaceError | Undecipherable) else 500


def _words_of_failure(error: BaseException | None) -> str:
    """What only whoever runs the server can mend is said in words that help them; else the usual ones."""
    return UNREADABLE if isinstance(error, Undecipherable) else ""


def _headers(error: exceptions.APIException, request: Any) -> dict[str, str]:
    headers: dict[str, str] = {}
    if error.status_code == status.HTTP_401_UNAUTHORIZED:
        headers["WWW-Authenticate"] = CHALLENGE
    wait: float | None = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def _describe(error: exceptions.APIException) -> tuple[str, dict[str, Any]]:
    if isinstance(error, exceptions.ValidationError):
        return "Some fields are not valid.", {"errors": list(_flatten("", error.detail))}
    if isinstance(error, exceptions.ParseError | exceptions.PermissionDenied):
        return str(error.detail), {}
    return CODES.get(error.status_code, CODES[500])[1], {}


def _flatten(prefix: str, detail: Any) -> Any:
    """Each field error as `{field, message}`, nested fields dotted."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            path = prefix if name == "non_field_errors" else f"{prefix}.{name}".lstrip(".")
            yield from _flatten(path, inner)
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, Mapping)
            yield from _flatten(f"{prefix}.{place}".lstrip(".") if nested else prefix, inner)
    else:
        yield {"field": prefix, "message": str(detail)}


def _response(
    number: int,
    trace_id: str,
    message: str = "",
    details: Mapping[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    code, usual = CODES.get(number, CODES[500])
    body = failure(code=code, message=message or usual, details=details, trace_id=trace_id)
    return Response(body, status=number, headers=headers)


def plain_failure(request: HttpRequest, number: int, message: str = "") -> HttpResponse:
    """The envelope for what never reached a DRF view.

    Args:
        request: The request.
        number: The HTTP status.
        message: Instead of the usual words.
    """
    code, usual = CODES[number]
    body = failure(code=code, message=message or usual, details=None, trace_id=correlation_id(request))
    return HttpResponse(dumps(body), status=number, content_type=CONTENT_TYPE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return plain_failure(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return plain_failure(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return plain_failure(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500; 503 when the database is what failed."""
    error = sys.exception()
    return plain_failure(request, _status_of_failure(error), _words_of_failure(error))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF failure view."""
    return plain_failure(request, 403, "The form has expired or came from elsewhere; load the page again.")
