"""A worker's places: messages to receivers that are slow to answer take half of them at most, and other work goes on.

Each worker knows its own places alone, so half of all places is kept free however many workers there are. A receiver
that answers at once is never held back by its own messages: only what has been slow lately counts, or is slow now.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from django.conf import settings

SLOW = 5.0
"""Seconds; a healthy receiver takes a tenth of one, and a second or two where the machine is busy."""
LATELY = 300.0
"""For how many seconds it counts that a receiver was slow: those of many messages that end together begin together."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A message that is being sent.

    Attributes:
        account_id: The tenant.
        receiver: Its channel, or the medium by which a user is told.
        began: When, by the clock of the places.
    """

    account_id: UUID
    receiver: UUID | str
    began: float


class Places:
    """Who has which place of this process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with all places free.

        Args:
            now: A clock, in seconds.
        """
        self._now = now
        self._lock = Lock()
        self._sending: dict[object, Sending] = {}
        self._slow_until: dict[UUID | str, float] = {}

    @contextmanager
    def one(self) -> Iterator[Place]:
        """A place, that is given back in the end if it was taken."""
        place = Place(self)
        try:
            yield place
        finally:
            self._give_back(place)

    def take(self, place: Place, account_id: UUID, receiver: UUID | str) -> bool:
        """Take a place for a message.

        Args:
            place: Which.
            account_id: The tenant.
            receiver: Its channel, or the medium by which a user is told.

        Returns:
            Whether there was one: for a receiver that has been slow lately, and for each account, slow messages may
            have half of them.
        """
        most = max(1, settings.WORKER_CONCURRENCY // 2)
        with self._lock:
            now = self._now()
            slow = [
                one for one in self._sending.values() if self._is_slow(one.receiver, now) or now - one.began >= SLOW
            ]
            of_account = [one for one in slow if one.account_id == account_id]
            if len(of_account) >= most or (len(slow) >= most and self._is_slow(receiver, now)):
                return False
            self._sending[place] = Sending(account_id, receiver, now)
            return True

    def _give_back(self, place: Place) -> None:
        with self._lock:
            now, sent = self._now(), self._sending.pop(place, None)
            if sent is not None and now - sent.began >= SLOW:
                known = {one: until for one, until in self._slow_until.items() if until > now}
                self._slow_until = {**known, sent.receiver: now + LATELY}

    def _is_slow(self, receiver: UUID | str, now: float) -> bool:
        return self._slow_until.get(receiver, now) > now


class Place:
    """One place of a worker."""

    def __init__(self, places: Places) -> None:
        """Not taken yet.

        Args:
            places: All of them.
        """
        self._places = places

    def take(self, account_id: UUID, receiver: UUID | str) -> bool:
        """See `Places.take`.

        Args:
            account_id: The tenant.
            receiver: Its channel, or the medium by which a user is told.
        """
        return self._places.take(self, account_id, receiver)


places = Places()
"""This process's own."""
