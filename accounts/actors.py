"""The actor of a request, for the journal."""

from typing import Any, cast

from accounts.models import User
from accounts.principals import KeyHolder
from audit.actors import Actor
from driftsentry.api.correlation import correlation_id

MAX_AGENT = 400


def actor_of(request: Any) -> Actor:
    """Who makes a request, from where.

    Args:
        request: A Django or DRF request; anonymous ones (a log-in) give an actor without a name.
    """
    plain = getattr(request, "_request", request)
    user = getattr(request, "user", None)
    known = user if isinstance(user, User | KeyHolder) else None
    return Actor(
        id=known.pk if known else None,
        email=_named(known),
        role=known.role if known else "system",
        address=plain.META.get("REMOTE_ADDR") or "",
        user_agent=plain.headers.get("User-Agent", "")[:MAX_AGENT],
        correlation_id=correlation_id(plain),
    )


def _named(known: User | KeyHolder | None) -> str:
    """A user's e-mail, a key's name and last characters."""
    if known is None:
        return ""
    return str(known) if isinstance(known, KeyHolder) else known.email


def user_of(request: Any) -> User:
    """The user of a request that the permissions have let through.

    Args:
        request: An authenticated DRF request.
    """
    return cast("User", request.user)
