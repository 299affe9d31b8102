"""The past of the stream, a page at a time: what a socket would have been sent, for whoever keeps none open."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from driftsentry.realtime import protocol, tail
from driftsentry.realtime.events import render
from driftsentry.realtime.protocol import Subscriptions
from driftsentry.realtime.tail import Head

MAX_CONSIDERED = 1_000
"""Entries that one page looks at: a filter that lets little through makes pages short, never slow."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is asked for.

    Attributes:
        after: The last entry that the client has considered.
        epoch: The journal's epoch as the client knows it; None to take whatever it is.
        subscriptions: By channel, the values that each restricted facet may have.
        limit: Most events.
    """

    after: int
    epoch: str | None
    subscriptions: Subscriptions
    limit: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some events in their order.

    Attributes:
        frames: Each as the socket would send it, already JSON.
        cursor: The last entry considered: what to ask `after` next, or to `resume` from.
        epoch: The journal's epoch.
        has_more: Whether there was more when this was read.
    """

    frames: list[str]
    cursor: int
    epoch: str
    has_more: bool


class PastGone(Exception):
    """The past asked for is not available."""

    def __init__(self, head: Head, reason: str) -> None:
        """Make a refusal.

        Args:
            head: Where the journal stands.
            reason: One of `protocol.RESETS`.
        """
        super().__init__(protocol.RESETS[reason])
        self.head = head
        self.reason = reason

    @property
    def data(self) -> Mapping[str, int | str]:
        """What the socket's `reset` frame says."""
        return {"reason": self.reason, "seq": self.head.seq, "epoch": self.head.epoch}


def catch_up(account: UUID, asked: Asked) -> Page:
    """Read on after an entry.

    Args:
        account: Whose journal.
        asked: From where, what, and how much.

    Raises:
        PastGone: Not all that followed is here.
    """
    head = tail.head_of(account)
    reason = head.refusal(asked.after, head.epoch if asked.epoch is None else asked.epoch)
    if reason:
        raise PastGone(head, reason)
    facets = frozenset[str]().union(*asked.subscriptions.values())
    entries = tail.entries_of(account, after=asked.after, limit=MAX_CONSIDERED, facets=facets)
    first = entries[0].seq if entries else head.seq + 1
    if first > asked.after + 1:  # archived since
        raise PastGone(head, "archived")
    frames: list[str] = []
    cursor = told = asked.after
    for entry in entries:
        event = render(entry)
        if event and protocol.wants(asked.subscriptions, event):
            if len(frames) == asked.limit:
                break
            frames.append(event.text(told))
            told = event.seq
        cursor = entry.seq
    return Page(frames, cursor, head.epoch, has_more=cursor < head.seq)
