"""Before the upgrade: is it our path, may this page connect, and which token does the client show?"""

from urllib.parse import parse_qs, urlsplit

from asgiref.typing import WebSocketScope
from django.conf import settings
from django.http.request import validate_host

from driftsentry.api import proxies
from driftsentry.api.proxies import Proxies
from driftsentry.realtime.protocol import SUBPROTOCOL

PATHS = frozenset({"/ws", "/ws/"})
BEARER = "bearer."


def admitted(scope: WebSocketScope) -> bool:
    """Is this a connection to the stream, from where one may come?

    A browser says which page's script connects; other clients send no `Origin`. A page of this service, or of a site
    that may call the API, is let in.

    Args:
        scope: The connection.
    """
    return scope["path"] in PATHS and _origin_allowed(_origin(scope))


def token_of(scope: WebSocketScope) -> str:
    """The access token shown, as a sub-protocol (no log or history keeps that) or as `?token=`; empty for none.

    Args:
        scope: The connection.
    """
    for offered in scope["subprotocols"]:
        if offered.startswith(BEARER):
            return offered.removeprefix(BEARER)
    given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
    return given[0]


def address_of(scope: WebSocketScope) -> str:
    """The client's address, as far as it can be believed.

    Args:
        scope: The connection.
    """
    host = (scope.get("client") or ("", 0))[0]
    peer = proxies.address_of(host)
    trusted = Proxies(settings.TRUSTED_PROXIES)
    if peer is None or not trusted.trust(peer):
        return host
    forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return str(trusted.client_of(peer, ",".join(forwarded)))


def subprotocol_of(scope: WebSocketScope) -> str | None:
    """What to answer to the sub-protocols offered: ours, never the one that holds the token.

    Args:
        scope: The connection.
    """
    return SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None


def _origin(scope: WebSocketScope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"origin":
            return value.decode("latin-1")
    return None


def _origin_allowed(origin: str | None) -> bool:
    if origin is None or origin in settings.CORS_ALLOWED_ORIGINS:
        return True
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        return False
    host = f"[{host}]" if ":" in host else host
    return parts.scheme in {"http", "https"} and validate_host(host, settings.ALLOWED_HOSTS)
