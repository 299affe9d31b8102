"""One account's journal in this process: read once for all its sockets that keep up, and by each that is behind."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error

from driftsentry.realtime import tail
from driftsentry.realtime.counters import READS
from driftsentry.realtime.events import Entry, Event, render
from driftsentry.realtime.protocol import CLOSE_SLOW
from driftsentry.realtime.sockets import Socket
from driftsentry.realtime.tail import Head

logger = structlog.get_logger(__name__)

Spawn: TypeAlias = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]

BATCH = 200
MAX_REPLAY = 10_000
MAX_BEHIND = 2 * MAX_REPLAY
OPENING_SECONDS = 0.25
SESSION_KINDS = frozenset({"session.revoked", "user.changed"})
"""After these a socket's session may no longer hold."""


class Feed:
    """Hands an account's journal to its sockets.

    A socket is *live* when it has been served as far as the feed has read: it shares what the feed reads next.
    Otherwise (new, resuming, or slow for a while) it is *behind*: it reads from its own cursor, at its own pace.
    No await lies between finding that it is not behind and making it live, so nothing is skipped or repeated.

    Attributes:
        account_id: Whose journal.
        cursor: The last entry read.
        epoch: The journal's epoch.
    """

    def __init__(self, account_id: UUID, head: Head, *, spawn: Spawn, sessions_changed: Callable[[], None]) -> None:
        """Begin at the journal's present end.

        Args:
            account_id: Whose journal.
            head: Its present end.
            spawn: Starts a task.
            sessions_changed: Called when a session of the account may have ended.
        """
        self.account_id = account_id
        self.cursor, self.epoch = head.seq, head.epoch
        self._spawn = spawn
        self._sessions_changed = sessions_changed
        self._live: set[Socket] = set()
        self._behind: dict[Socket, asyncio.Task[None]] = {}
        self._rung = asyncio.Event()
        self._task = spawn(self._read_when_rung())

    @property
    def sockets(self) -> list[Socket]:
        """All its sockets."""
        return [*self._live, *self._behind]

    def join(self, socket: Socket) -> None:
        """Take a new socket, whose stream begins here.

        Args:
            socket: The socket.
        """
        socket.place(self.cursor)
        self.follow(socket)

    def follow(self, socket: Socket) -> None:
        """Let a socket read from its cursor until it has caught up.

        While it is opening it waits a moment first, so that what a client says at once (subscribe, subscribe, resume)
        holds from the stream's first frame.

        Args:
            socket: The socket.
        """
        self._live.discard(socket)
        self._stop_following(socket)
        self._behind[socket] = self._spawn(self._catch_up(socket))

    def leave(self, socket: Socket) -> None:
        """Forget a socket.

        Args:
            socket: The socket.
        """
        self._live.discard(socket)
        self._stop_following(socket)

    def end(self) -> None:
        """Stop reading."""
        self._task.cancel()

    def ring(self) -> None:
        """The journal may have grown."""
        self._rung.set()

    def look(self, head: Head, *, cursor: int) -> None:
        """Compare with the journal's true end.

        Args:
            head: The end.
            cursor: Where the feed stood before the end was looked at; it may have read on since.
        """
        if head.epoch != self.epoch or head.seq < cursor:
            self._begin_again(head)
        elif head.seq > self.cursor:
            self.ring()

    def _begin_again(self, head: Head) -> None:
        """Another database lies under us: what was told before does not count."""
        self.cursor, self.epoch = head.seq, head.epoch
        for socket in self.sockets:
            self._stop_following(socket)
            self._live.add(socket)
            socket.reset(head, "epoch")

    def _stop_following(self, socket: Socket) -> None:
        task = self._behind.pop(socket, None)
        if task:
            task.cancel()

    async def _read_when_rung(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            try:
                more = True
                while more:
                    more = await self._read()
                    await asyncio.sleep(0)  # the sockets send what they were given
            except Error as error:  # the next look rings again
                logger.warning("journal_unreadable", account=str(self.account_id), error=type(error).__name__)

    async def _read(self) -> bool:
        """Read one batch for all live sockets.

        Returns:
            Whether there may be more.
        """
        after = self.cursor
        entries = await tail.entries(self.account_id, after=after, limit=BATCH)
        READS.labels(reader="live").inc()
        if self.cursor != after:  # another epoch began meanwhile
            return True
        if entries:
            self._hand_out(entries)
        return len(entries) == BATCH

    def _hand_out(self, entries: Sequence[Entry]) -> None:
        events, upto = _rendered(entries), entries[-1].seq
        for socket in tuple(self._live):
            if not socket.consider(events, upto):
                self.follow(socket)
        self.cursor = upto
        if any(entry.kind in SESSION_KINDS for entry in entries):
            self._sessions_changed()

    async def _catch_up(self, socket: Socket) -> None:
        await asyncio.sleep(OPENING_SECONDS if socket.opening else 0)
        while socket.cursor < self.cursor:
            if self.cursor - socket.cursor > MAX_BEHIND:
                socket.close(CLOSE_SLOW)
                return
            await socket.outbox.room(BATCH)
            try:
                entries = await tail.entries(self.account_id, after=socket.cursor, limit=BATCH)
            except Error as error:
                logger.warning("journal_unreadable", account=str(self.account_id), error=type(error).__name__)
                await asyncio.sleep(settings.REALTIME_LOOK_SECONDS)
                continue
            READS.labels(reader="behind").inc()
            if entries:
                socket.consider(_rendered(entries), entries[-1].seq)
        socket.opening = False
        del self._behind[socket]
        self._live.add(socket)


def _rendered(entries: Sequence[Entry]) -> list[Event]:
    return [event for event in map(render, entries) if event]
