"""Log-ins over the API, and tokens that nobody issued."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from django.conf import settings
from rest_framework.test import APIClient

from tests.conftest import PASSWORD

LOGIN, REFRESH, LOGOUT, ME = (f"/api/v1/{path}" for path in ("auth/login", "auth/refresh", "auth/logout", "users/me"))


def post(path: str, body: object, *, token: str = "", **headers: str) -> Any:
    client = APIClient()
    if token:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.post(path, body, format="json", headers=headers)


def log_in(email: str, password: str = PASSWORD) -> Any:
    return post(LOGIN, {"email": email, "password": password})


def me(token: str) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get(ME)


def without_its_trace(response: Any) -> dict[str, Any]:
    """A refusal's body but for what names the request."""
    body: dict[str, Any] = response.json()
    return {name: value for name, value in body["error"].items() if name not in {"traceId", "timestamp"}}


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unverified."""
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def forged(claims: dict[str, Any], *, key: str = "", algorithm: str = "HS256") -> str:
    """The claims signed, with the server's own key unless told another."""
    return jwt.encode(claims, key or settings.JWT_KEYS[0][1], algorithm)


def unsigned(claims: dict[str, Any], algorithm: str = "none") -> str:
    """The claims under an algorithm that signs nothing (RFC 8725, section 2.1)."""
    parts = ({"alg": algorithm, "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def in_the_past(claims: dict[str, Any]) -> dict[str, Any]:
    then = datetime.now(UTC) - timedelta(hours=1)
    return claims | {"iat": then, "exp": then + timedelta(minutes=15), "jti": uuid4().hex}
