"""Access and refresh tokens: JSON Web Tokens of one session (RFC 7519), by simplejwt."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says.

    Attributes:
        user_id: `sub`.
        session_id: `sid`.
        token_id: `jti`.
        expires_at: `exp`.
    """

    user_id: UUID
    session_id: UUID
    token_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenPair:
    """A fresh pair of tokens of a session.

    Attributes:
        access: The access token.
        refresh: The refresh token.
        refresh_digest: What the session keeps of the refresh token.
        expires_at: When the refresh token stops.
    """

    access: str
    refresh: str
    refresh_digest: bytes
    expires_at: datetime


class BadToken(Exception):
    """The token is forged, expired, of the wrong type or of no session."""


def issue(user: User, session_id: UUID) -> TokenPair:
    """Make a pair of tokens.

    Args:
        user: Whose they are.
        session_id: The session they belong to.
    """
    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        token["sub"], token["sid"] = str(user.pk), str(session_id)
    access["role"], access["account"] = user.role, str(user.account_id)
    return TokenPair(
        access=str(access),
        refresh=str(refresh),
        refresh_digest=digest(refresh["jti"]),
        expires_at=datetime_from_epoch(refresh["exp"]),
    )


def read_access(text: str) -> Claims:
    """Verify an access token.

    Args:
        text: As the client sent it.

    Raises:
        BadToken: It does not hold.
    """
    return _read(AccessToken, text)


def read_refresh(text: str) -> Claims:
    """Verify a refresh token.

    Args:
        text: As the client sent it.

    Raises:
        BadToken: It does not hold.
    """
    return _read(RefreshToken, text)


def digest(token_id: str) -> bytes:
    """What a session keeps of its refresh token.

    Args:
        token_id: The token's `jti`.
    """
    return hashlib.sha256(token_id.encode()).digest()


def _read(kind: type[Token], text: str) -> Claims:
    try:
        payload: dict[str, Any] = kind(text.encode()).payload  # type: ignore[arg-type]
        return Claims(
            user_id=UUID(payload["sub"]),
            session_id=UUID(payload["sid"]),
            token_id=str(payload["jti"]),
            expires_at=datetime_from_epoch(payload["exp"]),
        )
    except (TokenError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadToken from error
