"""What an answer means, by tables. No word of an answer's body is repeated unless its medium knows that word. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from alerts.sending.base import MAX_WORDS, Meaning, Reading
from driftsentry.api.outgoing import Answer

LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one answer means.

    Attributes:
        meaning: What it means.
        words: What to tell a person beside it; '' for nothing.
    """

    meaning: Meaning
    words: str = ""


USUAL: dict[int, Rule] = {
    2: Rule(Meaning.DELIVERED),
    3: Rule(Meaning.AGAIN, "redirects are not followed: name the final address"),
    4: Rule(Meaning.AGAIN),
    5: Rule(Meaning.AGAIN),
}
"""By the status's first digit. A refusal is often mended by whoever is told (a route, a rule, a token), as Standard
Webhooks reckons too: so it is tried again up to the end, and then the delivery is dead and seen."""

ALWAYS: dict[int, Rule] = {
    410: Rule(Meaning.GONE, "nothing will be taken there again"),
    413: Rule(Meaning.REFUSED, "the message is too large for it"),
}
"""By the status: for every medium."""


def read_status(who: str, answer: Answer, table: Mapping[int, Rule] | None = None) -> Reading:
    """Read an answer by its status.

    Args:
        who: Who answers, e.g. `Slack`.
        answer: What came back.
        table: What a status means to this one; it goes before the usual.
    """
    known = {**ALWAYS, **(table or {})}
    rule = known.get(answer.status) or USUAL.get(answer.status // 100, USUAL[5])
    return reading(who, answer, rule, phrase_of(answer.status))


def reading(who: str, answer: Answer, rule: Rule, what: str) -> Reading:
    """Put a reading into words.

    Args:
        who: Who answers.
        answer: What came back.
        rule: What it means.
        what: What it says, e.g. `403 Forbidden`; no secret.
    """
    words = f"{who} answers {what}" + (f": {rule.words}." if rule.words else ".")
    wait = wait_of(answer) if rule.meaning is Meaning.AGAIN else None
    return Reading(rule.meaning, words[:MAX_WORDS], wait)


def phrase_of(status: int) -> str:
    """A status with its name, e.g. `503 Service Unavailable`.

    Args:
        status: The status.
    """
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def wait_of(answer: Answer) -> timedelta | None:
    """How long the receiver asks to be left alone (`Retry-After`, RFC 9110 section 10.2.3), at most a day.

    Args:
        answer: What came back.
    """
    asked = answer.headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(timedelta(seconds=min(int(asked[:12]), 10**6)), LONGEST_WAIT)
    until = _date_in(asked)
    if until is None:
        return None
    now = _date_in(answer.headers.get("date", "")) or datetime.now(UTC)
    return min(max(until - now, timedelta()), LONGEST_WAIT)


def _date_in(header: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(header)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
