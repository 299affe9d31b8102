"""One account's journal in this process: read once for all its sockets that keep up, and by each that is behind."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error
from django.utils import timezone

from driftsentry.realtime import tail
from driftsentry.realtime.counters import LAG, READS
from driftsentry.realtime.events import Entry, Event, render
from driftsentry.realtime.protocol import CLOSE_FAILED, CLOSE_SLOW
from driftsentry.realtime.sockets import Socket
from driftsentry.realtime.tail import Head

logger = structlog.get_logger(__name__)

Spawn: TypeAlias = Callable[[Coroutine[Any, Any, None], Callable[[], None]], asyncio.Task[None]]
"""Starts a task, and says what is to be done should it fail."""

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

    def __init__(
        self,
        account_id: UUID,
        head: Head,
        *,
        spawn: Spawn,
        sessions_changed: Callable[[], None],
        failed: Callable[["Feed"], None],
    ) -> None:
        """Begin at the journal's present end.

        Args:
            account_id: Whose journal.
            head: Its present end.
            spawn: Starts a task.
            sessions_changed: Called when a session of the account may have ended.
            failed: Called when it can read no more.
        """
        self.account_id = account_id
        self.cursor, self.epoch = head.seq, head.epoch
        self._spawn = spawn
        self._sessions_changed = sessions_changed
        self._live: set[Socket] = set()
        self._behind: dict[Socket, asyncio.Task[None]] = {}
        self._rung = asyncio.Event()
        self._task = spawn(self._read_when_rung(), lambda: failed(self))

    @property
    def sockets(self) -> list[Socket]:
        """All its sockets."""
        return [*self._live, *self._behind]

    @property
    def behind(self) -> int:
        """How many of them read by themselves."""
        return len(self._behind)

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
        if not socket.closed.done():
            self._behind[socket] = self._spawn(self._catch_up(socket), lambda: socket.close(CLOSE_FAILED))

    def leave(self, socket: Socket) -> None:
        """Forget a socket.

        Args:
            socket: The socket.
        """
        self._live.discard(socket)
        self._stop_following(socket)

    def end(self) -> None:
        """Stop reading, also for those that read by themselves."""
        self._task.cancel()
        for socket in tuple(self._behind):
            self._stop_following(socket)

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

    @property
    def _facets(self) -> frozenset[str]:
        return frozenset[str]().union(*(socket.facets for socket in self._live))

    async def _read(self) -> bool:
        """Read one batch for all live sockets.

        Returns:
            Whether there may be more.
        """
        after = self.cursor
        facets = self._facets
        entries = await tail.entries(self.account_id, after=after, limit=BATCH, facets=facets)
        READS.labels(reader="live").inc()
        if self.cursor != after or self._facets - facets:  # another epoch began meanwhile, or a filter that needs more
            return True
        if entries and entries[0].seq > after + 1:
            self._skip_archived(entries[0].seq - 1)
        if entries:
            LAG.observe(max(0.0, (timezone.now() - entries[0].at).total_seconds()))
            self._hand_out(entries)
        return len(entries) == BATCH

    def _skip_archived(self, seq: int) -> None:
        """What was to be read next is in an archive by now: the journal has no gap otherwise."""
        self.cursor = seq
        for socket in tuple(self._live):
            socket.reset(Head(seq, self.epoch), "archived")

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
            await self._read_for(socket)
        socket.opening = False
        del self._behind[socket]
        self._live.add(socket)

    async def _read_for(self, socket: Socket) -> None:
        """Read one batch for a socket that is behind; nothing of the batch is kept while the socket waits for room."""
        after, facets = socket.cursor, socket.facets
        try:
            entries = await tail.entries(self.account_id, after=after, limit=BATCH, facets=facets)
        except Error as error:
            logger.warning("journal_unreadable", account=str(self.account_id), error=type(error).__name__)
            await asyncio.sleep(settings.REALTIME_LOOK_SECONDS)
            return
        READS.labels(reader="behind").inc()
        if socket.facets - facets:  # a filter that needs more was asked for meanwhile
            return
        if not entries or entries[0].seq > after + 1:
            socket.reset(Head(self.cursor, self.epoch), "archived")
        else:
            socket.consider(_rendered(entries), entries[-1].seq)


def _rendered(entries: Sequence[Entry]) -> list[Event]:
    return [event for event in map(render, entries) if event]
