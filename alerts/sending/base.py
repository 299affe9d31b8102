"""What a medium is: it checks a channel's settings, makes a request of a message, and reads the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from alerts.sending.message import Message
from driftsentry.api.outgoing import Answer

MAX_WORDS = 500
"""Most characters of what an answer means, in words."""


class BadChannel(Exception):
    """A channel's settings do not do; its message names no secret."""

    def __init__(self, field: str, message: str) -> None:
        """Say which setting.

        Args:
            field: The setting's name, e.g. `config.recipients`.
            message: What is wrong and what to do.
        """
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What is posted.

    Attributes:
        url: Where; it may hold a token.
        headers: They may hold a token.
        content: The body.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailRequest:
    """What is mailed.

    Attributes:
        subject: One line.
        text: Plain text.
        recipients: Addresses.
        headers: Further headers, e.g. one that ties a thread.
    """

    subject: str
    text: str
    recipients: tuple[str, ...]
    headers: Mapping[str, str]


class Meaning(StrEnum):
    """What an answer means."""

    DELIVERED = "delivered"
    AGAIN = "again"
    """It may work later."""
    REFUSED = "refused"
    """This message will never be taken."""
    GONE = "gone"
    """Nothing will ever be taken there again: the channel is to be disabled."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer, read.

    Attributes:
        meaning: What it means.
        words: The same for a person, at most 500 characters, no secret.
        wait: At least how long the receiver asks to be left alone.
    """

    meaning: Meaning
    words: str
    wait: timedelta | None = None


class Sender(Protocol):
    """One medium."""

    def check(
        self, config: Mapping[str, Any], secrets: Mapping[str, Any], *, private_hosts: tuple[str, ...] = ()
    ) -> None:
        """Refuse settings that cannot work.

        Args:
            config: What is not secret.
            secrets: What is.
            private_hosts: Hosts that may be spoken to without TLS.

        Raises:
            BadChannel: The first of them that does not do.
        """

    def where(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:
        """Where its messages go, for a person, at most 200 characters; no secret, and never an error.

        Args:
            config: What is not secret.
            secrets: What is.
        """

    def request(
        self, message: Message, config: Mapping[str, Any], secrets: Mapping[str, Any], now: datetime
    ) -> HttpRequest | MailRequest:
        """Make what is sent.

        Args:
            message: What is told.
            config: What is not secret.
            secrets: What is.
            now: When it is sent.

        Raises:
            BadChannel: The settings do not do (any more).
        """

    def read(self, answer: Answer) -> Reading:
        """What an answer means: an HTTP status, or for mails a mail server's reply code.

        Args:
            answer: What came back.
        """
