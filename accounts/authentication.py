"""Who is asking: an access token names a live session of an active user, checked at every request."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import tokens
from accounts.actions.sessions import take_up
from accounts.models import Session, User
from driftsentry.api import tenancy
from driftsentry.api.errors import CHALLENGE, Unauthenticated

MAX_TOKEN = 4096
BAD_TOKEN = "The access token is wrong, expired or revoked; log in again."  # noqa: S105 - a message


def session_of_access_token(text: str) -> tuple[Session, tokens.Claims]:
    """The live session that an access token belongs to, by one indexed query.

    Args:
        text: The token.

    Raises:
        Unauthenticated: The token does not hold, or its session or user is no longer active.
    """
    try:
        claims = tokens.read_access(text if len(text) <= MAX_TOKEN else "")
    except tokens.BadToken as error:
        raise Unauthenticated(BAD_TOKEN) from error
    with tenancy.lifted("whose session it is, only the session says"):
        session = _live_session(claims.session_id)
        if session is None or session.user_id != claims.user_id:
            raise Unauthenticated(BAD_TOKEN)
        take_up(session, claims.issued_at)
    return session, claims


def _live_session(session_id: UUID) -> Session | None:
    found = Session.objects.live(timezone.now()).select_related("user")
    return found.filter(pk=session_id, user__is_active=True).first()


class SessionTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`."""

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        """The request's user and session.

        Args:
            request: Holds the header.

        Returns:
            None where the request carries no access token.

        Raises:
            Unauthenticated: It carries one that does not hold.
        """
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        session, _claims = session_of_access_token(text.strip())
        tenancy.enter(session.account_id)
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401.

        Args:
            request: Unused.
        """
        return CHALLENGE


class SessionTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The same for the OpenAPI document."""

    target_class = SessionTokenAuthentication
    name = "accessToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """HTTP bearer authentication.

        Args:
            auto_schema: Unused.
        """
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
