"""Access and refresh tokens: JSON Web Tokens of one session (RFC 7519), by simplejwt.

The newest of `JWT_KEYS` signs and names itself in the header (`kid`); each of them verifies.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import jwt
from django.conf import settings
from rest_framework_simplejwt import tokens as simplejwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenError
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts.models import User

ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says.

    Attributes:
        user_id: `sub`.
        session_id: `sid`.
        token_id: `jti`.
        issued_at: `iat`.
        expires_at: `exp`.
    """

    user_id: UUID
    session_id: UUID
    token_id: str
    issued_at: datetime
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


class RotatingKeys(TokenBackend):
    """simplejwt's back end, with several keys."""

    def __init__(self) -> None:
        """Take the algorithm, issuer and audience from the settings."""
        names = settings.SIMPLE_JWT
        super().__init__(ALGORITHM, audience=str(names["AUDIENCE"]), issuer=str(names["ISSUER"]))

    def encode(self, payload: dict[str, Any]) -> str:
        """Sign with the newest key.

        Args:
            payload: The claims.
        """
        kid, secret = settings.JWT_KEYS[0]
        claims = payload | {"aud": self.audience, "iss": self.issuer}
        return jwt.encode(claims, secret, ALGORITHM, headers={"kid": kid})

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """Read a token that holds.

        When it was issued is not compared with our clock: another machine's may be a little ahead, and ours may have
        been set back. RFC 7519 asks for nothing of the kind (section 4.1.6).

        Args:
            token: As the client sent it.
            verify: Unused: every token is verified.

        Raises:
            TokenBackendError: It does not hold.
        """
        del verify
        try:
            return jwt.decode(
                token,
                self.get_verifying_key(token),
                algorithms=[ALGORITHM],
                audience=self.audience,
                issuer=self.issuer,
                options={"verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise TokenBackendError("The token does not hold.") from error

    def get_verifying_key(self, token: Any) -> bytes:
        """The key that a token names; the oldest for one that names none, from before keys had names.

        Args:
            token: As the client sent it.

        Raises:
            TokenBackendError: There is no such key.
        """
        kid = jwt.get_unverified_header(token).get("kid", settings.JWT_KEYS[-1][0])
        for name, secret in settings.JWT_KEYS:
            if name == kid:
                return secret.encode()
        raise TokenBackendError("The token names a key that is not known.")


class AccessToken(simplejwt.AccessToken):
    """An access token under our keys."""

    _token_backend = RotatingKeys()


class RefreshToken(simplejwt.RefreshToken):
    """A refresh token under our keys."""

    _token_backend = RotatingKeys()


def issue(user: User, session_id: UUID, *, at: datetime, after: str = "") -> TokenPair:
    """Make a pair of tokens.

    The pair that follows a used refresh token is a function of that token: made twice, it is one pair.

    Args:
        user: Whose they are.
        session_id: The session they belong to.
        at: Now.
        after: The id of the refresh token that is used up for it; empty for the first pair.
    """
    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        token.set_iat(at_time=at)
        token.set_exp(from_time=at)
        token["jti"] = _following(after, str(token.token_type)) if after else uuid4().hex
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


def _following(token_id: str, kind: str) -> str:
    """The id of the token that follows another: nobody without the key can tell it beforehand."""
    key = settings.JWT_KEYS[0][1].encode()
    return hmac.new(key, f"{kind} after {token_id}".encode(), hashlib.sha256).hexdigest()[:32]


def _read(kind: type[simplejwt.Token], text: str) -> Claims:
    try:
        payload: dict[str, Any] = kind(text.encode()).payload  # type: ignore[arg-type]
        return Claims(
            user_id=UUID(payload["sub"]),
            session_id=UUID(payload["sid"]),
            token_id=str(payload["jti"]),
            issued_at=datetime_from_epoch(payload["iat"]),
            expires_at=datetime_from_epoch(payload["exp"]),
        )
    except (TokenError, jwt.InvalidTokenError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadToken from error
