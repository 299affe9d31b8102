"""A webhook, for programs: JSON, signed as Standard Webhooks says, with every key that is in use.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook as Signer

from alerts.sending import settings
from alerts.sending.answers import read_status
from alerts.sending.base import BadChannel, HttpRequest, Reading
from alerts.sending.message import Message
from alerts.sending.sent import JSON, json_bytes
from alerts.sending.words import line, lines
from driftsentry.api.outgoing import Answer

WHO = "The receiver"
MOST_KEYS = 4
MOST_HEADERS = 10
TITLE = 1000
TEXT = 20_000
NAME = 200
VALUE = 2000

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,998}[\x21-\x7e])?")
_OURS = re.compile(
    r"host|content-.*|webhook-.*|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|"
    r"accept-encoding|sec-.*|http2-settings|forwarded|x-forwarded-.*|via",
    re.IGNORECASE,
)
"""Headers that say how a request travels, whom it is for and who has signed it: no channel may set them."""


class Webhook:
    """Signed messages for a program."""

    def check(
        self, config: Mapping[str, Any], secrets: Mapping[str, Any], *, private_hosts: tuple[str, ...] = ()
    ) -> None:
        """See `alerts.sending.base.Sender`."""
        settings.only("config", config, ())
        settings.only("secrets", secrets, ("url", "signingSecrets", "headers"))
        settings.address(secrets, private_hosts)
        if all(until is not None for _, until in _keys(secrets)):
            raise BadChannel(
                "secrets.signingSecrets", "One key must be without an end, or nothing could be signed then."
            )
        _headers(secrets)

    def where(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:  # noqa: ARG002 - as all of them
        """See `alerts.sending.base.Sender`."""
        return settings.host_of(secrets.get("url"))

    def request(
        self,
        message: Message,
        config: Mapping[str, Any],  # noqa: ARG002 - as all of them
        secrets: Mapping[str, Any],
        now: datetime,
    ) -> HttpRequest:
        """See `alerts.sending.base.Sender`."""
        now, content = now.astimezone(UTC), json_bytes(_body(message))
        keys = [key for key, until in _keys(secrets) if until is None or until > now]
        if not keys:
            raise BadChannel("secrets.signingSecrets", "Every key has come to its end.")
        signed = [Signer(key).sign(msg_id=message.id, timestamp=now, data=content.decode()) for key in keys]
        ours = {
            "webhook-id": message.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signed),
        }
        return HttpRequest(settings.any_address(secrets), {**JSON, **_headers(secrets), **ours}, content)

    def read(self, answer: Answer) -> Reading:
        """See `alerts.sending.base.Sender`."""
        return read_status(WHO, answer)


def _keys(secrets: Mapping[str, Any]) -> list[tuple[str, datetime | None]]:
    """Each key, and until when it signs."""
    given = secrets.get("signingSecrets")
    if not isinstance(given, list | tuple) or not 0 < len(given) <= MOST_KEYS:
        raise BadChannel("secrets.signingSecrets", f"Give a list of 1 to {MOST_KEYS} keys that sign.")
    return [_key(f"secrets.signingSecrets.{place}", one) for place, one in enumerate(given)]


def _key(place: str, given: object) -> tuple[str, datetime | None]:
    if not isinstance(given, Mapping) or set(given) - {"secret", "until"}:
        raise BadChannel(place, "Give {secret, until}, where until may be left out.")
    key, until = given.get("secret"), given.get("until")
    if not isinstance(key, str) or not settings.is_signing_key(key):
        raise BadChannel(f"{place}.secret", "Give the key that signs: whsec_ and 24 to 64 random bytes in base64.")
    return key, None if until is None else _time(f"{place}.until", until)


def _time(place: str, given: object) -> datetime:
    told = "Give a time in ISO 8601 with its offset, e.g. 2026-01-31T12:00:00Z."
    if not isinstance(given, str):
        raise BadChannel(place, told)
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise BadChannel(place, told) from None
    if found.tzinfo is None:
        raise BadChannel(place, told)
    return found


def _headers(secrets: Mapping[str, Any]) -> dict[str, str]:
    """Headers that a receiver asks for, e.g. `authorization`: their values are secrets."""
    given = secrets.get("headers", {})
    if not isinstance(given, Mapping) or len(given) > MOST_HEADERS:
        raise BadChannel("secrets.headers", f"Give at most {MOST_HEADERS} headers: name and value.")
    taken: dict[str, str] = {}
    for name, value in given.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or _OURS.fullmatch(name):
            raise BadChannel(
                "secrets.headers", "A header's name is letters, digits and dashes, and none that is set here."
            )
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise BadChannel(f"secrets.headers.{name}", "A header's value is 1 to 1000 printable ASCII characters.")
        if name.lower() in taken:
            raise BadChannel(f"secrets.headers.{name}", "This header is there twice.")
        taken[name.lower()] = value
    return taken


def _body(message: Message) -> dict[str, Any]:
    data = {
        **(message.data or {}),
        "id": message.id,
        "account": line(message.account, NAME),
        "severity": message.severity,
        "title": line(message.title, TITLE),
        "text": lines(message.text, TEXT),
        "link": message.link,
        "episode": message.episode,
        "resolves": message.resolves,
        "details": [{"name": line(name, NAME), "value": line(value, VALUE)} for name, value in message.details],
        "items": [
            {"title": line(one.title, TITLE), "severity": one.severity, "link": one.link} for one in message.items
        ],
        "more": message.more,
    }
    body = {"type": message.type, "timestamp": message.at, "data": data}
    return {**body, "journal": message.journal} if message.journal else body
