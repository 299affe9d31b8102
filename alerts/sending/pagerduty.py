"""PagerDuty: Events API v2. One episode is one alert: it is opened, acknowledged and closed under one key.

Sources: https://developer.pagerduty.com/docs/events-api-v2-overview, https://developer.pagerduty.com/docs/send-alert-event
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.occasions import Type
from alerts.sending import settings
from alerts.sending.answers import Rule, phrase_of, read_status, reading
from alerts.sending.base import BadChannel, HttpRequest, Meaning, Reading
from alerts.sending.headings import HEADINGS, OPEN, PRODUCT, heading
from alerts.sending.message import Message
from alerts.sending.sent import JSON, json_bytes
from alerts.sending.words import line, lines
from driftsentry.api.outgoing import Answer

WHO = "PagerDuty"
USUAL_REGION = "us"
REGIONS: dict[str, str] = {
    "us": "https://events.pagerduty.com/v2/enqueue",
    "eu": "https://events.eu.pagerduty.com/v2/enqueue",
}
"""A service region, and where it takes events."""

SEVERITIES: dict[str, str] = {"critical": "critical", "high": "error", "medium": "warning", "low": "info"}
UNKNOWN_SEVERITY = "warning"
ACTIONS: dict[str, str] = {Type.ASSIGNED: "acknowledge", Type.DRIFT_RESOLVED: "resolve"}
"""What becomes of an episode's alert; whatever resolves its episode resolves, and all else opens it, or tells it again.
A digest's is its own: it is closed by hand, as the drifts in it are told of one by one when they are resolved."""

SUMMARY = 1024
TEXT = 8000
NAME = 60
VALUE = 1000
MOST_DETAILS = 50
MOST_KEY = 255
FIELDS: dict[str, str] = {"component": "Stack", "group": "Environment"}
"""Fields of an event, and the details that fill them."""

STATUSES: dict[int, Rule] = {400: Rule(Meaning.REFUSED, "it does not take this event")}
_KEY = re.compile(r"[A-Za-z0-9]{32}")
_OF_THE_KEY = re.compile(r"(?:routing|integration)[ _]?key", re.IGNORECASE)
_WRONG_KEY = Rule(Meaning.GONE, "the integration key is not valid")


class PagerDuty:
    """Events for an on-call team."""

    def check(
        self,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        *,
        private_hosts: tuple[str, ...] = (),  # noqa: ARG002 - as all of them
    ) -> None:
        """See `alerts.sending.base.Sender`."""
        settings.only("config", config, ("region",))
        settings.only("secrets", secrets, ("routingKey",))
        _region(config)
        _routing_key(secrets)

    def where(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:  # noqa: ARG002 - as all of them
        """See `alerts.sending.base.Sender`."""
        region = config.get("region", USUAL_REGION)
        return f"{WHO} ({region})" if region in REGIONS else "nowhere"

    def request(
        self,
        message: Message,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        now: datetime,  # noqa: ARG002 - as all of them
    ) -> HttpRequest:
        """See `alerts.sending.base.Sender`."""
        event = {
            "routing_key": _routing_key(secrets),
            "event_action": "resolve" if message.resolves else ACTIONS.get(message.type, "trigger"),
            "dedup_key": dedup_key(message.episode or message.id),
            "client": PRODUCT,
            "client_url": message.link,
            "links": [{"href": message.link, "text": OPEN}, *_links(message)],
            "payload": _payload(message),
        }
        return HttpRequest(REGIONS[_region(config)], JSON, json_bytes(event))

    def read(self, answer: Answer) -> Reading:
        """See `alerts.sending.base.Sender`."""
        if answer.status == 400 and _OF_THE_KEY.search(_told_in(answer.body)):
            return reading(WHO, answer, _WRONG_KEY, phrase_of(answer.status))
        return read_status(WHO, answer, STATUSES)


def dedup_key(episode: str) -> str:
    """The key of an episode's alert, as long as PagerDuty takes.

    Args:
        episode: The episode.
    """
    if len(episode) <= MOST_KEY and episode.isascii() and episode.isprintable():
        return episode
    return hashlib.sha256(episode.encode("utf-8", "replace")).hexdigest()


def _region(config: Mapping[str, Any]) -> str:
    region = config.get("region", USUAL_REGION)
    if not isinstance(region, str) or region not in REGIONS:
        raise BadChannel("config.region", f"One of: {', '.join(REGIONS)}.")
    return region


def _routing_key(secrets: Mapping[str, Any]) -> str:
    told = "Give the integration key of an Events API v2 integration: 32 letters and digits."
    return settings.text("secrets", secrets, "routingKey", _KEY, told)


def _payload(message: Message) -> dict[str, Any]:
    details = [(line(name, NAME), line(value, VALUE)) for name, value in message.details[:MOST_DETAILS]]
    named = dict(details)
    fields = {name: named[detail] for name, detail in FIELDS.items() if named.get(detail)}
    return {
        "summary": line(f"{HEADINGS.get(message.type, PRODUCT)}: {message.title}", SUMMARY),
        "source": fields.get("component") or line(message.account, NAME) or PRODUCT,
        "severity": SEVERITIES.get(message.severity, UNKNOWN_SEVERITY),
        "timestamp": message.at,
        **fields,
        "class": line(message.type, NAME),
        "custom_details": _custom(message, details),
    }


def _custom(message: Message, details: list[tuple[str, str]]) -> dict[str, Any]:
    custom: dict[str, Any] = {"About": heading(message), "Text": lines(message.text, TEXT), **dict(details)}
    if message.items:
        custom["Drifts"] = [f"{one.severity}: {line(one.title, VALUE)}" for one in message.items]
    if message.more > 0:
        custom["Not listed"] = message.more
    return {**custom, "Account": line(message.account, NAME), "Link": message.link}


def _links(message: Message) -> list[dict[str, str]]:
    return [{"href": one.link, "text": line(one.title, NAME) or OPEN} for one in message.items]


def _told_in(body: bytes) -> str:
    """What it finds wrong: `{"status", "message", "errors": [...]}`."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(told, dict):
        return ""
    errors = told.get("errors")
    words = [told.get("status"), told.get("message"), *(errors if isinstance(errors, list) else ())]
    return " ".join(one for one in words if isinstance(one, str))
