"""One connection as the hub sees it: how far it has been served, what it wants, and why it ends."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from driftsentry.realtime import protocol
from driftsentry.realtime.counters import DELIVERED, RESETS
from driftsentry.realtime.events import Channel, Event
from driftsentry.realtime.outbox import Outbox
from driftsentry.realtime.tail import Head, Identity


class Socket:
    """A reader of its account's journal.

    Attributes:
        identity: Who it is; a fresh token replaces it.
        outbox: What waits to be sent.
        cursor: The last entry considered for it.
        told: The `seq` of the last frame that carried one: the `prev` of the next.
        opening: It has said neither all it wants nor where it begins; its stream has not begun to move.
        subscriptions: By channel, the values that each restricted facet may have.
        closed: Set with the code to close it with.
    """

    def __init__(self, identity: Identity, outbox: Outbox) -> None:
        """Begin at no place; the hub gives it one.

        Args:
            identity: Who it is.
            outbox: Where its frames go.
        """
        self.identity = identity
        self.outbox = outbox
        self.cursor = self.told = 0
        self.opening = True
        self.subscriptions: dict[Channel, protocol.Wanted] = {}
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def facets(self) -> frozenset[str]:
        """What its subscriptions are filtered by."""
        return frozenset[str]().union(*self.subscriptions.values())

    def place(self, seq: int) -> None:
        """Begin, or begin again, after an entry.

        Args:
            seq: The entry.
        """
        self.cursor = self.told = seq

    def consider(self, events: Sequence[Event], upto: int) -> bool:
        """Take from some entries, in order, what it wants and has not had.

        Args:
            events: Those of the entries that go out.
            upto: The last of the entries.

        Returns:
            False when the outbox is full: the cursor then stands before the first event left out.
        """
        for event in events:
            if event.seq <= self.cursor:
                continue
            if protocol.wants(self.subscriptions, event):
                if not self.outbox.put(event.text(self.told)):
                    return False
                DELIVERED.inc()
                self.told = event.seq
            self.cursor = event.seq
        self.cursor = max(self.cursor, upto)
        return True

    def beat(self, at: datetime) -> None:
        """Tell the cursor, unless there is no room: a client that has that much to read knows that we live.

        Args:
            at: Now.
        """
        if self.outbox.put(protocol.heartbeat(seq=self.cursor, prev=self.told, at=at)):
            self.told = self.cursor

    def reset(self, head: Head, reason: str) -> None:
        """Go on from the journal's end, and say that what was before is not available.

        Args:
            head: The journal's end.
            reason: Why.
        """
        self.place(head.seq)
        RESETS.labels(reason=reason).inc()
        self.say(protocol.reset(seq=head.seq, epoch=head.epoch, reason=reason))

    def say(self, text: str) -> None:
        """Answer; a client that asks on and on and reads no answer is too slow.

        Args:
            text: The frame.
        """
        if not self.outbox.answer(text):
            self.close(protocol.CLOSE_SLOW)

    def close(self, code: int) -> None:
        """End it; the first reason holds.

        Args:
            code: The WebSocket close code.
        """
        if not self.closed.done():
            self.closed.set_result(code)
