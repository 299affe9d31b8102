"""What a medium is: it checks a channel's settings, makes a request of a message, and reads the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from alerts.sending.message import Message
from driftsentry.api.outgoing import Answer


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

    url: str
    headers: Mapping[str, str]
    content: bytes


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

    def check(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> None:
        """Refuse settings that cannot work.

        Args:
            config: What is not secret.
            secrets: What is.

        Raises:
            BadChannel: One of them does not do.
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
            BadChannel: The settings do not do.
        """

    def read(self, answer: Answer) -> Reading:
        """What an HTTP answer means. Mails are judged by whoever speaks to the mail server.

        Args:
            answer: What came back.
        """
