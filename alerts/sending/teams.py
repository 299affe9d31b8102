"""Microsoft Teams: an Adaptive Card, posted to a workflow ("When a Teams webhook request is received").

Whatever a tenant or tool named stands in `TextRun`s, which know no Markdown. Sources:
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using,
https://adaptivecards.io/explorer/RichTextBlock.html, https://learn.microsoft.com/microsoftteams/limits-specifications-teams
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.sending import settings
from alerts.sending.answers import Rule, phrase_of, read_status, reading
from alerts.sending.base import HttpRequest, Meaning, Reading
from alerts.sending.headings import OPEN, SEVERITIES, further, heading, marked
from alerts.sending.message import Item, Message
from alerts.sending.sent import JSON, json_bytes
from alerts.sending.words import line, lines
from driftsentry.api.outgoing import Answer

WHO = "Teams"
LARGEST = 28_000
"""Bytes of a message that Teams takes. It counts them in UTF-16, too."""
NAME = 60
MOST_DETAILS = 20
COLOURS: dict[str, str] = {"critical": "Attention", "high": "Attention", "medium": "Warning", "low": "Accent"}

ERRORS: dict[str, Rule] = {
    "WorkflowNotFound": Rule(Meaning.GONE, "the workflow was removed"),
    "WorkflowTriggerNotFound": Rule(Meaning.GONE, "the workflow was removed"),
    "WorkflowTriggerIsNotEnabled": Rule(Meaning.AGAIN, "the workflow is turned off"),
    "TriggerInputSchemaMismatch": Rule(Meaning.REFUSED, "the workflow does not take messages of this form"),
}
"""What a workflow's error codes mean, whatever the status; others are told apart by their status."""

STATUSES: dict[int, Rule] = {
    400: Rule(Meaning.REFUSED, "the workflow does not take this message"),
    401: Rule(Meaning.AGAIN, "the workflow's address does not open it: copy it anew"),
    403: Rule(Meaning.AGAIN, "the workflow's address does not open it: copy it anew"),
    404: Rule(Meaning.AGAIN, "there is no such workflow"),
}
_CODE = re.compile(r"[A-Za-z]{3,60}")


@dataclass(frozen=True, slots=True)
class Room:
    """How long the parts of a card may be, in characters.

    Attributes:
        title: The title.
        text: The whole text.
        value: A detail's value, or an item's title.
        entries: How many details, and how many items.
    """

    title: int
    text: int
    value: int
    entries: int


ROOMS = (Room(500, 4000, 500, MOST_DETAILS), Room(300, 1500, 150, 10), Room(150, 400, 60, 10), Room(100, 200, 0, 0))
"""From the widest to one that always fits; the link is in each."""


class Teams:
    """Cards for a workflow."""

    def check(
        self, config: Mapping[str, Any], secrets: Mapping[str, Any], *, private_hosts: tuple[str, ...] = ()
    ) -> None:
        """See `alerts.sending.base.Sender`."""
        settings.only("config", config, ())
        settings.only("secrets", secrets, ("url",))
        settings.address(secrets, private_hosts)

    def where(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:  # noqa: ARG002 - as all of them
        """See `alerts.sending.base.Sender`."""
        return settings.host_of(secrets.get("url"))

    def request(
        self,
        message: Message,
        config: Mapping[str, Any],  # noqa: ARG002 - as all of them
        secrets: Mapping[str, Any],
        now: datetime,  # noqa: ARG002
    ) -> HttpRequest:
        """See `alerts.sending.base.Sender`."""
        return HttpRequest(settings.any_address(secrets), JSON, _fitting(message))

    def read(self, answer: Answer) -> Reading:
        """See `alerts.sending.base.Sender`."""
        code = _code_in(answer.body)
        if answer.status >= 300 and code in ERRORS:
            return reading(WHO, answer, ERRORS[code], f"{phrase_of(answer.status)} ({code})")
        return read_status(WHO, answer, STATUSES)


def _code_in(body: bytes) -> str:
    """A workflow says `{"error": {"code": …, "message": …}}`."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    error = told.get("error") if isinstance(told, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _fitting(message: Message) -> bytes:
    """The widest card that Teams takes, counted in whichever encoding takes more."""
    for room in ROOMS:
        content = json_bytes(_card(message, room))
        if max(len(content), len(content.decode().encode("utf-16-le"))) <= LARGEST:
            break
    return content


def _card(message: Message, room: Room) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": f"{heading(message)}. {message.link}",
        "body": _body(message, room),
        "actions": [{"type": "Action.OpenUrl", "title": OPEN, "url": message.link}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _body(message: Message, room: Room) -> list[dict[str, Any]]:
    title, text = line(message.title, room.title), lines(message.text, room.text)
    colour = "Good" if message.resolves else COLOURS.get(message.severity, "Default")
    head = {"type": "TextBlock", "text": heading(message), "size": "Large", "weight": "Bolder", "color": colour}
    told = [_paragraph(_run(title, weight="Bolder"))] if title else []
    told += [_paragraph(_run(one)) for one in text.split("\n") if one and one != title]
    told += [_detail(name, value, room) for name, value in message.details[: room.entries]]
    told += [_item(one, room) for one in message.items[: room.entries]]
    left = message.more + len(message.items[room.entries :])
    told += [_paragraph(_run(further(left)))] if left > 0 else []
    footer = f"{line(message.account, NAME)} · {line(message.at, NAME)}"
    return [{**head, "wrap": True}, *told, _paragraph(_run(footer, isSubtle=True, size="Small"))]


def _paragraph(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **looks: Any) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **looks}


def _detail(name: str, value: str, room: Room) -> dict[str, Any]:
    return _paragraph(_run(f"{line(name, NAME)}: ", isSubtle=True), _run(line(value, room.value)))


def _item(item: Item, room: Room) -> dict[str, Any]:
    title = line(item.title, room.value)
    severity = marked(SEVERITIES.get(item.severity, ""), title)
    opens = {"type": "Action.OpenUrl", "url": item.link}
    mark = [_run(severity, color=COLOURS[item.severity], weight="Bolder")] if severity else []
    return _paragraph(*mark, _run(title or OPEN, selectAction=opens))
