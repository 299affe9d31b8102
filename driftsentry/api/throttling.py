"""Throttling: per user and API key once it is known who asks, per address before anybody looks a credential up.

Counted in Redis (`counting`). While Redis is away every request passes.
"""

import math
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from driftsentry.api import counting
from driftsentry.api.access import Permission
from driftsentry.api.errors import plain_failure
from driftsentry.api.rates import network_of

API = "/api/"
REFUSALS = frozenset({401, 403})


class PrincipalThrottle(BaseThrottle):
    """DRF's throttle of whoever the request's credential names; scans and reports are counted apart."""

    _seconds = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request.

        Args:
            request: Holds the user, or the API key that stands for one.
            view: Names its permissions by action.

        Returns:
            False when it is one too many.
        """
        if request.user is None or not getattr(request.user, "pk", None):
            return True  # AddressThrottle has counted it
        kind, rate = _class_of(request, view)
        self._seconds = _hit(rate, kind, str(request.user.pk))
        return not self._seconds

    def wait(self) -> float | None:
        """Seconds until one more would pass."""
        return self._seconds or None


def _class_of(request: Request, view: Any) -> tuple[str, str]:
    permission = getattr(view, "permissions", {}).get(getattr(view, "action", None))
    if permission == Permission.INGEST:
        return "ingest", settings.THROTTLE_INGEST
    if isinstance(request.user, get_user_model()):
        return "user", settings.THROTTLE_USER
    return "key", settings.THROTTLE_KEY


def AddressThrottle(  # noqa: N802 - named as Django's other middlewares are in the settings
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware: what an address asks without a credential, and what it is refused, is counted.

    It stands before authentication, so that an address that has shown too many bad credentials costs the database
    nothing. It must stand after whatever makes `REMOTE_ADDR` the client's.

    Args:
        get_response: The rest of the chain.
    """

    def throttled(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API):
            return get_response(request)
        address = request.META.get("REMOTE_ADDR") or ""
        seconds = refused_too_often(address)
        if not seconds and "Authorization" not in request.headers:
            seconds = _hit(settings.THROTTLE_ADDRESS, "anonymous", network_of(address))
        if seconds:
            return too_many(request, seconds)
        response = get_response(request)
        if response.status_code in REFUSALS:
            count_refusal(address)
        return response

    return throttled


def refused_too_often(address: str) -> float:
    """Seconds that an address has to wait because of the bad credentials it has shown; 0 where it need not.

    Args:
        address: The client's.
    """
    try:
        return counting.shared().wait(settings.THROTTLE_REFUSED, "refused", network_of(address))
    except counting.StoreAway:
        return 0.0


def count_refusal(address: str) -> None:
    """Count a credential that was refused.

    Args:
        address: The client's.
    """
    _hit(settings.THROTTLE_REFUSED, "refused", network_of(address))


def too_many(request: HttpRequest, seconds: float) -> HttpResponse:
    """The 429 of what never reached a DRF view.

    Args:
        request: The request.
        seconds: How long to wait.
    """
    response = plain_failure(request, 429)
    response["Retry-After"] = retry_after(seconds)
    return response


def retry_after(seconds: float) -> str:
    """The header's value: whole seconds, at least one.

    Args:
        seconds: How long to wait.
    """
    return str(max(1, math.ceil(seconds)))


def _hit(rate: str, *key: str) -> float:
    try:
        return counting.shared().hit(rate, *key)
    except counting.StoreAway:
        return 0.0
