"""Single sign-on: to the provider, back from it, and the exchange of the one-time code for tokens.

Without `OIDC_…` settings none of it is there: 404.
"""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar

import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY, login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.admin_sessions import open_admin_session
from accounts.actions.single_sign_on import make_code, redeem_code, sign_on
from accounts.actors import actor_of
from accounts.models import User
from accounts.serializers import SignedInSerializer, SsoCodeSerializer
from accounts.sso.provider import Provider
from accounts.sso.refusals import Reason, Refused
from driftsentry.api import counting, tenancy
from driftsentry.api.access import ADMINS
from driftsentry.api.correlation import correlation_id
from driftsentry.api.errors import NotFound, Unauthenticated
from driftsentry.api.rates import network_of
from driftsentry.api.throttling import too_many
from driftsentry.single_sign_on import SingleSignOn

logger = structlog.get_logger(__name__)

ADMIN_SESSION = "driftsentry_session"
"""Where the admin site looks for the session of a browser."""
CHALLENGE = re.compile(r"\A[A-Za-z0-9_-]{43}\Z")
"""The base64url of a SHA-256 (RFC 7636)."""
LONGEST_NEXT = 2000
UNFINISHED_SECONDS = 600
"""How long a browser's session is kept for a log-in that does not come back."""

Page = Callable[[HttpRequest, SingleSignOn], HttpResponse]


def configured() -> SingleSignOn:
    """What the settings say.

    Raises:
        Http404: Nothing.
    """
    found: SingleSignOn | None = settings.SINGLE_SIGN_ON
    if found is None:
        raise Http404
    return found


def _page(answer: Page) -> Callable[[HttpRequest], HttpResponse]:
    """A page of the flow: not kept anywhere, counted by address; a refusal is told in words, and in the log."""

    @require_GET
    @never_cache
    @wraps(answer)
    def page(request: HttpRequest) -> HttpResponse:
        sso, seconds = configured(), _count(request)
        if seconds:
            return too_many(request, seconds)
        try:
            return answer(request, sso)
        except Refused as refusal:
            return _told(request, sso, refusal)

    return page


@_page
def begin(request: HttpRequest, sso: SingleSignOn) -> HttpResponse:
    """Send the browser to the provider: for the admin with `?next=/admin/…`, for a client with `?challenge=…`."""
    wish = _wish(request.GET, sso)
    if request.session.is_empty():
        request.session.set_expiry(UNFINISHED_SECONDS)
    return Provider(request, sso).begin(request, wish)


@_page
def callback(request: HttpRequest, sso: SingleSignOn) -> HttpResponse:
    """Take the browser back from the provider, and let its person in."""
    provider = Provider(request, sso)
    try:
        state = provider.unstash_redirect_state(request, request.GET.get("state", ""))
    except PermissionDenied as error:
        raise Refused(Reason.STATE, "no such state") from error
    if request.GET.get("iss", sso.issuer) != sso.issuer:
        raise Refused(Reason.STATE, "of another issuer (RFC 9207)")
    if "code" not in request.GET:
        cancelled = request.GET.get("error") == "access_denied"
        raise Refused(Reason.CANCELLED if cancelled else Reason.PROVIDER, request.GET.get("error", "no code")[:50])
    wish = state["data"]
    found = provider.get_oauth2_adapter(request).identity(state["pkce_code_verifier"], wish["nonce"])
    user = sign_on(found, sso, by=actor_of(request))
    return _to_admin(request, user, wish["next"]) if "next" in wish else _to_client(request, user, wish)


@_page
def done(request: HttpRequest, sso: SingleSignOn) -> HttpResponse:  # noqa: ARG001 - as the others
    """Our own page for clients that have none: it shows the code, which only they can use."""
    return render(request, "accounts/sso_done.html")


class SsoTokenViewSet(viewsets.ViewSet):
    """The end of a single sign-on over the API."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    extra_refusals: ClassVar[dict[str, tuple[str, ...]]] = {"create": ("401", "404")}

    @extend_schema(request=SsoCodeSerializer, responses={200: SignedInSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Exchange the code of a single sign-on for tokens; 404 where single sign-on is not set up."""
        if settings.SINGLE_SIGN_ON is None:
            raise NotFound
        form = SsoCodeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        found = redeem_code(**form.validated_data, by=actor_of(request))
        pair = {"access_token": found.tokens.access, "refresh_token": found.tokens.refresh, "user": found.user}
        return Response(SignedInSerializer(pair).data, headers={"Cache-Control": "no-store"})


def _wish(query: Mapping[str, str], sso: SingleSignOn) -> dict[str, str]:
    """Where the log-in is to lead: only to addresses that are known beforehand, so that it can lead nobody astray."""
    if "challenge" in query:
        redirect = query.get("redirect") or reverse("sso-done")
        if CHALLENGE.match(query["challenge"]) and redirect in {reverse("sso-done"), *sso.handover_urls}:
            return {"challenge": query["challenge"], "redirect": redirect}
        raise Refused(Reason.NOWHERE, "a challenge that is none, or a redirect that is not allowed")
    path = query.get("next", "")
    known = path.startswith(reverse("admin:index")) and len(path) <= LONGEST_NEXT and ".." not in path
    if not known or not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        raise Refused(Reason.NOWHERE, "neither a challenge nor a page of the admin")
    return {"next": path}


def _to_admin(request: HttpRequest, user: User, path: str) -> HttpResponse:
    if user.role not in ADMINS:
        raise Refused(Reason.NO_ADMIN)
    try:
        opened = open_admin_session(user, by=actor_of(request))
    except Unauthenticated as error:
        raise Refused(Reason.INACTIVE, "since a moment ago") from error
    request.session.flush()  # nothing of whoever used this browser before
    with tenancy.within(user.account_id):
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[ADMIN_SESSION] = str(opened.session_id)
    return HttpResponseRedirect(path)


def _to_client(request: HttpRequest, user: User, wish: Mapping[str, str]) -> HttpResponse:
    """The code goes into the fragment: browsers send that to no server, and it is in nobody's log."""
    code = make_code(user, challenge=wish["challenge"], by=actor_of(request))
    _forget(request)
    return HttpResponseRedirect(f"{wish['redirect']}#code={code}")


def _told(request: HttpRequest, sso: SingleSignOn, refusal: Refused) -> HttpResponse:
    logger.warning("sso_refused", reason=refusal.reason.name.lower(), detail=refusal.detail)
    _forget(request)
    context = {"words": refusal.reason.words, "trace_id": correlation_id(request), "sso": sso}
    return render(request, "accounts/sso_refused.html", context, status=refusal.reason.status)


def _forget(request: HttpRequest) -> None:
    """Drop a session that was there for the log-in only; other tabs of a browser may be about to come back."""
    session = request.session
    if session.session_key and SESSION_KEY not in session and not session.get(STATES):
        session.flush()


STATES = "socialaccount_states"
"""Where allauth keeps the log-ins that are under way."""


def _count(request: HttpRequest) -> float:
    try:
        network = network_of(request.META.get("REMOTE_ADDR") or "")
        return counting.shared().hit(settings.THROTTLE_ADDRESS, "sso", network)
    except counting.StoreAway:
        return 0.0
