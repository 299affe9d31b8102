"""E-mail: plain text; mails of one episode make one thread.

Sources: RFC 5322 (Message-ID, References, In-Reply-To), RFC 3834 (Auto-Submitted), RFC 2919 (List-Id), RFC 5321 (reply
codes).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from alerts.occasions import Type
from alerts.sending import settings
from alerts.sending.answers import Rule, reading
from alerts.sending.base import BadChannel, MailRequest, Meaning, Reading
from alerts.sending.headings import PRODUCT, SEVERITIES, further, heading, mark, marked
from alerts.sending.message import Item, Message
from alerts.sending.words import line, lines
from driftsentry.api.outgoing import Answer

MOST_RECIPIENTS = 50
SUBJECT = 180
TITLE = 500
TEXT = 8000
NAME = 60
VALUE = 500
WHY: dict[str, str] = {Type.TEST: "Somebody asked for this message, to see whether it arrives."}
USUALLY = "You are told because of your settings, or your team's channel."

_TEMPLATES = {
    name: Template((Path(__file__).parent / "templates" / f"{name}.txt").read_text(encoding="utf-8"))
    for name in ("message", "digest")
}
_PARAGRAPHS = re.compile(r"\n{3,}")
_CODES: dict[int, Rule] = {2: Rule(Meaning.DELIVERED), 4: Rule(Meaning.AGAIN), 5: Rule(Meaning.REFUSED)}


class Email:
    """Mails to a list of people."""

    def check(
        self,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        *,
        private_hosts: tuple[str, ...] = (),  # noqa: ARG002 - as all of them
    ) -> None:
        """See `alerts.sending.base.Sender`."""
        settings.only("config", config, ("recipients",))
        settings.only("secrets", secrets, ())
        settings.recipients(config, MOST_RECIPIENTS)

    def where(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:  # noqa: ARG002 - as all of them
        """See `alerts.sending.base.Sender`."""
        try:
            first, *rest = settings.recipients(config, MOST_RECIPIENTS)
        except BadChannel:
            return "nowhere"
        return line(f"{first} and {len(rest)} more" if rest else first, 200)

    def request(
        self,
        message: Message,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],  # noqa: ARG002 - as all of them
        now: datetime,  # noqa: ARG002
    ) -> MailRequest:
        """See `alerts.sending.base.Sender`."""
        return MailRequest(
            subject=subject_of(message),
            text=text_of(message),
            recipients=settings.recipients(config, MOST_RECIPIENTS),
            headers=_headers(message),
        )

    def read(self, answer: Answer) -> Reading:
        """See `alerts.sending.base.Sender`."""
        return reading("The mail server", answer, _CODES.get(answer.status // 100, _CODES[4]), str(answer.status))


def subject_of(message: Message) -> str:
    """The subject, one line.

    Args:
        message: What is told.
    """
    title = line(message.title, SUBJECT) or heading(message)
    return line(f"[{PRODUCT}] {marked(mark(message), title)}{title}", SUBJECT)


def text_of(message: Message) -> str:
    """The body, in plain text.

    Args:
        message: What is told.
    """
    text = lines(message.text, TEXT)
    title = line(message.title, TITLE)
    filled = _TEMPLATES["digest" if message.items else "message"].substitute(
        heading=heading(message),
        title=title,
        text="" if text == title else text,
        details="\n".join(f"{line(name, NAME)}: {line(value, VALUE)}" for name, value in message.details),
        items="\n\n".join([*(_item(one) for one in message.items), further(message.more)]).strip(),
        link=message.link,
        product=PRODUCT,
        account=line(message.account, NAME),
        why=WHY.get(message.type, USUALLY),
    )
    return _PARAGRAPHS.sub("\n\n", filled)


def _item(item: Item) -> str:
    title = line(item.title, VALUE)
    return f"- {marked(SEVERITIES.get(item.severity, ''), title)}{title}\n  {item.link}"


def _headers(message: Message) -> dict[str, str]:
    """An episode's first mail is not known here: all of them refer to one that never was, which threads them too."""
    host = _host_of(message.link)
    headers = {
        "Message-ID": f"<{_token(message.id)}@{host}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-Id": f"{PRODUCT} <notifications.{host}>",
        "X-DriftSentry-Type": _token(message.type),
    }
    if message.severity in SEVERITIES and message.severity:
        headers["X-DriftSentry-Severity"] = message.severity
    if message.severity == "critical" and not message.resolves:
        headers["Importance"] = "high"
    if message.episode:
        root = hashlib.sha256(message.episode.encode("utf-8", "replace")).hexdigest()[:32]
        headers["References"] = headers["In-Reply-To"] = f"<episode.{root}@{host}>"
    return headers


def _host_of(link: str) -> str:
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        host = ""
    return host if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", host) else "localhost"


def _token(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", text)[:100]
