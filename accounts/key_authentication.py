"""API keys as credentials: `Authorization: Api-Key <key>`, checked at every request by one indexed query."""

from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import api_keys
from accounts.models import ApiKey
from accounts.principals import KeyHolder
from driftsentry.api import tenancy
from driftsentry.api.errors import CHALLENGE, Unauthenticated

logger = structlog.get_logger(__name__)

BAD_KEY = "The API key is wrong, expired or revoked."
HOW = "Send `Authorization: Bearer <access token>` or `Authorization: Api-Key <key>`."
NOTED_EVERY = timedelta(minutes=1)


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <key>`; the last of the schemes, so it refuses what none of them knows."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        """The key's holder, and the key.

        Args:
            request: Holds the header.

        Returns:
            None where the request carries no credential.

        Raises:
            Unauthenticated: It carries one that does not hold.
        """
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "api-key":
            raise Unauthenticated(HOW)
        key = live_key(text.strip())
        tenancy.enter(key.account_id)
        _note_use(key, timezone.now())
        return KeyHolder.of(key), key

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401.

        Args:
            request: Unused.
        """
        return CHALLENGE


def live_key(text: str) -> ApiKey:
    """The key that a text is, with its user and stack.

    Args:
        text: As a client sent it.

    Raises:
        Unauthenticated: It is unknown, expired, revoked, or of a user who is not active.
    """
    prefix = api_keys.prefix_of(text)
    if prefix is None:
        raise Unauthenticated(BAD_KEY)
    with tenancy.lifted("whose key it is, only the key says"):
        live = ApiKey.objects.live(timezone.now()).select_related("user", "stack")
        key = live.filter(Q(user=None) | Q(user__is_active=True), prefix=prefix).first()
    if not api_keys.matches(text, bytes(key.digest) if key else None) or key is None:
        raise Unauthenticated(BAD_KEY)
    return key


def _note_use(key: ApiKey, now: datetime) -> None:
    """Write down that a key is in use, once a minute: one request does it, and none waits for it or fails by it."""
    if key.last_used_at is not None and now - key.last_used_at < NOTED_EVERY:
        return
    try:
        with transaction.atomic():
            free = ApiKey.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=key.pk)
            stale = free.filter(Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED_EVERY))
            ApiKey.objects.filter(pk__in=list(stale.values_list("pk", flat=True))).update(last_used_at=now)
    except DatabaseError as error:
        logger.warning("api_key_use_not_noted", key=str(key.pk), error=type(error).__name__)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The same for the OpenAPI document."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """The header.

        Args:
            auto_schema: Unused.
        """
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Api-Key <key>`"}
