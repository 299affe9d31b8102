"""One hub a process: it alone listens to the doorbell, and looks at the journals' ends anyway."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from contextvars import Context
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error
from django.utils import timezone
from redis.exceptions import RedisError

from audit.doorbell import GROUP
from driftsentry.realtime import tail
from driftsentry.realtime.counters import BEHIND, OPENED, SOCKETS
from driftsentry.realtime.feed import Feed
from driftsentry.realtime.protocol import CLOSE_FAILED, CLOSE_TOKEN
from driftsentry.realtime.sockets import Socket

logger = structlog.get_logger(__name__)

SHORTEST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
LOOK_PATIENCE_SECONDS = 20.0
"""Longer than the database lets a query wait for a lock: what takes longer is a connection that nobody answers."""
REJOIN_SECONDS = 600.0
"""A layer may forget a group's members after a day (Channels' specification); this is well before."""


class Hub:
    """Wakes the feeds of the accounts that have sockets here. With no sockets it does nothing at all."""

    def __init__(self) -> None:
        """Begin with no sockets."""
        self._feeds: dict[UUID, Feed] = {}
        self._rounds: list[asyncio.Task[None]] = []
        self._spawned: set[asyncio.Task[None]] = set()
        self._opening = asyncio.Lock()
        self._look_now = asyncio.Event()

    async def join(self, socket: Socket) -> Feed:
        """Take a socket; its stream begins at the end of its account's journal.

        Args:
            socket: The socket.

        Returns:
            The feed of its account.
        """
        account = socket.identity.account_id
        async with self._opening:
            feed = self._feeds.get(account)
            if feed is None:
                head = (await tail.heads([account])).get(account, tail.NO_JOURNAL)
                feed = Feed(account, head, spawn=self._spawn, sessions_changed=self._look_now.set, failed=self._give_up)
                self._feeds[account] = feed
            feed.join(socket)
        if not self._rounds:
            rounds = (self._listen(), self._look_around(), self._watch_tokens(), self._beat())
            self._rounds = [self._spawn(work, self._give_all_up) for work in rounds]
        SOCKETS.inc()
        OPENED.inc()
        return feed

    def leave(self, socket: Socket) -> None:
        """Forget a socket, and with an account's last one its feed.

        Args:
            socket: A socket that has joined.
        """
        SOCKETS.dec()
        feed = self._feeds.get(socket.identity.account_id)
        if feed is None:
            return
        feed.leave(socket)
        if not feed.sockets:
            self._forget(feed)

    def _forget(self, feed: Feed) -> None:
        feed.end()
        if self._feeds.get(feed.account_id) is feed:
            del self._feeds[feed.account_id]
        if not self._feeds:
            self._stop_rounds()

    def _sockets(self) -> Iterator[Socket]:
        for feed in self._feeds.values():
            yield from feed.sockets

    def _stop_rounds(self) -> None:
        for task in self._rounds:
            task.cancel()
        self._rounds = []
        BEHIND.set(0)

    def _spawn(self, work: Coroutine[Any, Any, None], failed: Callable[[], None]) -> asyncio.Task[None]:
        """Start a task that speaks for no request: a context of its own keeps one client's log fields out of it."""
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._spawned.add(task)
        task.add_done_callback(partial(self._finished, failed))
        return task

    def _finished(self, failed: Callable[[], None], task: asyncio.Task[None]) -> None:
        """A task that fails would leave its sockets silent: these are closed, so that they come back and resume."""
        self._spawned.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        logger.error("hub_failed", exc_info=error)
        failed()

    def _give_up(self, feed: Feed) -> None:
        """Close an account's sockets; the other accounts' have nothing to do with it."""
        for socket in feed.sockets:
            socket.close(CLOSE_FAILED)
        self._forget(feed)

    def _give_all_up(self) -> None:
        for feed in tuple(self._feeds.values()):
            self._give_up(feed)

    async def _listen(self) -> None:
        """Answer the doorbell, whatever becomes of the channel layer."""
        pause = SHORTEST_PAUSE_SECONDS
        while True:
            try:
                async with asyncio.timeout(REJOIN_SECONDS):
                    await self._answer_doorbell()
            except TimeoutError:
                pause = SHORTEST_PAUSE_SECONDS
            except (RedisError, OSError) as error:
                logger.warning("doorbell_unreachable", error=type(error).__name__, again_in_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _answer_doorbell(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel("hub")
        try:
            await layer.group_add(GROUP, channel)
            _raise_if_cancelled()
            self._look_now.set()  # for what rang before we listened
            while True:
                message = await layer.receive(channel)
                feed = self._feeds.get(UUID(message["account"]))
                if feed and message["seq"] > feed.cursor:
                    feed.ring()
        finally:
            with contextlib.suppress(RedisError, OSError):
                await layer.group_discard(GROUP, channel)

    async def _look_around(self) -> None:
        """Look at the journals' ends and at the sessions, every few seconds and when asked to."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(settings.REALTIME_LOOK_SECONDS):
                    await self._look_now.wait()
            self._look_now.clear()
            try:
                async with asyncio.timeout(LOOK_PATIENCE_SECONDS):
                    await self._look()
            except (Error, TimeoutError) as error:
                logger.warning("look_failed", error=type(error).__name__)

    async def _look(self) -> None:
        BEHIND.set(sum(feed.behind for feed in self._feeds.values()))
        cursors = {feed: feed.cursor for feed in self._feeds.values()}
        heads = await tail.heads(list(self._feeds))
        for feed, cursor in cursors.items():
            if feed.account_id in heads:
                feed.look(heads[feed.account_id], cursor=cursor)
        ended = await tail.ended({socket.identity.session_id for socket in self._sockets()})
        for socket in list(self._sockets()):
            code = ended.get(socket.identity.session_id)
            if code:
                socket.close(code)

    async def _watch_tokens(self) -> None:
        """Close the sockets whose token has expired: a round of its own, as a look may wait for the database."""
        while True:
            await asyncio.sleep(settings.REALTIME_LOOK_SECONDS)
            now = timezone.now()
            for socket in list(self._sockets()):
                if socket.identity.expires_at <= now:
                    socket.close(CLOSE_TOKEN)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(settings.REALTIME_HEARTBEAT_SECONDS)
            now = timezone.now()
            for socket in list(self._sockets()):
                socket.beat(now)


def _raise_if_cancelled() -> None:
    """Take up a cancellation that came while redis-py was connecting: it swallows it, and we would wait for ever."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError
