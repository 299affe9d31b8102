"""Before the upgrade: is it our path, may this page connect, and which token does the client show?"""

from urllib.parse import parse_qs, urlsplit

from asgiref.typing import WebSocketScope
from django.conf import settings
from django.http.request import validate_host

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
