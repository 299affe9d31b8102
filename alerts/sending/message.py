"""A message, whatever way it travels: what a person is told, in plain words, and where to look."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

MOST_ITEMS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a digest.

    Attributes:
        title: The line.
        severity: How much it matters.
        link: The page that shows it; absolute.
    """

    title: str
    severity: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told. It never holds a state, a difference or a secret.

    Attributes:
        id: Stays the same however often it is sent: the delivery's id.
        type: One of `alerts.occasions.Type`.
        severity: `critical`, `high`, `medium`, `low`, or '' where none fits.
        title: One line.
        text: The whole of it, in words.
        link: The page that shows it; absolute.
        at: When it happened, ISO 8601 in UTC.
        account: The tenant's name.
        episode: What the message belongs to, e.g. a drift: messages of one episode share it.
        resolves: Whether it ends its episode.
        details: Names and values for a reader, e.g. ("Stack", "prod/network").
        items: The lines of a digest, the gravest first, at most `MOST_ITEMS`.
        more: How many there are beside `items`.
        data: For programs: ids and words in camelCase.
        journal: For programs: where the account's journal stood, signed; empty where it is not told.
    """

    id: str
    type: str
    severity: str
    title: str
    text: str
    link: str
    at: str
    account: str
    episode: str
    resolves: bool = False
    details: tuple[tuple[str, str], ...] = ()
    items: tuple[Item, ...] = ()
    more: int = 0
    data: dict[str, Any] | None = None
    journal: dict[str, Any] | None = None

    def stored(self) -> dict[str, Any]:
        """The message as JSON holds it."""
        return asdict(self)

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Message:
        """The message that `stored` gave.

        Args:
            stored: What was stored.
        """
        pairs = tuple((str(name), str(value)) for name, value in stored.get("details", ()))
        items = tuple(Item(**one) for one in stored.get("items", ()))
        return cls(**{**stored, "details": pairs, "items": items})
