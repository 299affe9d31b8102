"""One message sent, now, outside any transaction: what became of it, in words that hold no secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from alerts.masking import mask
from alerts.sending.base import BadChannel, HttpRequest, MailRequest, Meaning, Sender
from alerts.sending.message import Message
from alerts.sending.registry import SENDERS
from alerts.sending.slack import Slack
from driftsentry.api import outgoing
from driftsentry.api.mail import MailNotSent, MailRefused, hand_over

MAX_WORDS = 500
SECONDS = 20.0
"""Most of one request; a mail server has `EMAIL_TIMEOUT` for each of its answers."""
NO_MAIL = "This server sends no mails: whoever runs it has to set EMAIL_URL."
UNREADABLE = "The message as it is stored cannot be read or sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is sent and where to.

    Attributes:
        id: The delivery's: the same each time that it is sent.
        medium: How it travels.
        message: As `Message.stored` gave it.
        config: Of the channel, or whose address it goes to.
        secrets: Of the channel.
        person: The e-mail address of whom alone it is for; '' for a channel.
        journal: Where the account's journal stands, signed; none where it is not told.
        seconds: Most seconds for it.
    """

    id: UUID
    medium: str
    message: Mapping[str, Any]
    config: Mapping[str, Any]
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)
    person: str = ""
    journal: Mapping[str, Any] | None = None
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a try came to.

    Attributes:
        meaning: What it means.
        words: The same for a person; no secret.
        status: The answer's HTTP status, if one came.
        wait: How long the receiver asks to be left alone.
        left_out: The addresses that it did not reach, in words; for who may see the channel, and for no log.
    """

    meaning: Meaning
    words: str
    status: int | None = None
    wait: timedelta | None = None
    left_out: str = ""

    @property
    def told(self) -> str:
        """What it came to, for who may see the channel."""
        return f"{self.words} {self.left_out}".strip()[:MAX_WORDS]


def send(parcel: Parcel) -> Outcome:
    """Send a message; whatever is wrong with it or its channel is an outcome too.

    Args:
        parcel: What, and where to.
    """
    found = _send(parcel)
    return replace(found, words=mask(found.words, parcel.secrets, MAX_WORDS))


def _send(parcel: Parcel) -> Outcome:
    sender = SENDERS.get(parcel.medium)
    if sender is None:
        return Outcome(Meaning.REFUSED, f"This server knows no channels of the kind {parcel.medium}.")
    try:
        if isinstance(sender, Slack) and parcel.person:
            found = _person(sender, parcel)
            if isinstance(found, Outcome):
                return found
            parcel = replace(parcel, config={"channel": found})
        made = _made(sender, parcel)
    except BadChannel as error:
        return Outcome(Meaning.REFUSED, f"{error.field}: {error.message}" if error.field else error.message)
    except (TypeError, ValueError, LookupError, AttributeError):  # its words might repeat what is stored
        return Outcome(Meaning.REFUSED, UNREADABLE)
    return _mail(made) if isinstance(made, MailRequest) else _post(sender, made, parcel.seconds)


def _made(sender: Sender, parcel: Parcel) -> HttpRequest | MailRequest:
    message = replace(Message.read(dict(parcel.message)), id=str(parcel.id))
    if parcel.journal is not None:
        message = replace(message, journal=dict(parcel.journal))
    return sender.request(message, parcel.config, parcel.secrets, timezone.now())


def _person(sender: Slack, parcel: Parcel) -> str | Outcome:
    """Whom an e-mail address belongs to at Slack; an outcome where that cannot be told."""
    answer = _answer(sender.lookup(parcel.person, parcel.secrets), parcel.seconds)
    if isinstance(answer, Outcome):
        return answer
    found = sender.found(answer)
    if isinstance(found, str):
        return found
    return Outcome(found.meaning, found.words, answer.status, found.wait)


def _post(sender: Sender, made: HttpRequest, seconds: float) -> Outcome:
    answer = _answer(made, seconds)
    if isinstance(answer, Outcome):
        return answer
    read = sender.read(answer)
    return Outcome(read.meaning, read.words, answer.status, read.wait)


def _answer(made: HttpRequest, seconds: float) -> outgoing.Answer | Outcome:
    try:
        return outgoing.post(
            made.url,
            made.content,
            headers=made.headers,
            private_hosts=settings.NOTIFICATION_PRIVATE_HOSTS,
            seconds=seconds,
        )
    except (outgoing.Unresolved, outgoing.Unanswered) as error:
        return Outcome(Meaning.AGAIN, str(error))
    except outgoing.Refused as error:
        return Outcome(Meaning.REFUSED, str(error))


def _mail(made: MailRequest) -> Outcome:
    if not settings.MAIL_CAN_BE_SENT:
        return Outcome(Meaning.REFUSED, NO_MAIL)
    message = EmailMessage(made.subject, made.text, to=list(made.recipients), headers=dict(made.headers))
    try:
        refused = hand_over(message)
    except MailNotSent as error:
        return Outcome(Meaning.AGAIN, str(error))
    except MailRefused as error:
        return Outcome(Meaning.REFUSED, str(error))
    except ValueError:  # a header that no mail may have, or an address that no server takes
        return Outcome(Meaning.REFUSED, UNREADABLE)
    named = ", ".join(f"{address} ({code})" for address, code in refused.items())
    left_out = f"Refused by the mail server: {named}." if refused else ""
    return Outcome(Meaning.DELIVERED, "The mail server took it.", left_out=left_out)
