"""The doorbell: after a commit, "account A is at N" goes to the channel layer, best effort.

A lost ring costs a listener a few seconds, never an event: the hub looks at the head anyway.
"""

import asyncio
import time
from typing import TypedDict
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TooLate

logger = structlog.get_logger(__name__)

GROUP = "journal"
TIMEOUT_SECONDS = 2.0
TRIES = 2
SILENCE_SECONDS = 5.0
"""After a ring that took too long: a Redis that stands still must not hold up one write after the other."""


class Ring(TypedDict):
    """The message.

    Attributes:
        type: The consumer method's name, as Channels wants it.
        account: The account's id.
        seq: The number of its last entry.
    """

    type: str
    account: str
    seq: int


class Silence:
    """Whether the bell is left alone for a moment."""

    def __init__(self) -> None:
        """Begin with a bell that rings."""
        self._until = 0.0

    def __bool__(self) -> bool:
        """Is it left alone now?"""
        return time.monotonic() < self._until

    def begin(self) -> None:
        """Leave it alone from now on."""
        self._until = time.monotonic() + SILENCE_SECONDS


_silence = Silence()


def ring(account_id: UUID, seq: int) -> None:
    """Tell every listening process that an account's journal has grown.

    Args:
        account_id: The account.
        seq: The number of its last entry.
    """
    if _silence:
        return
    try:
        async_to_sync(_send)(Ring(type="journal.rang", account=str(account_id), seq=seq))
    except (RedisError, OSError) as error:
        if isinstance(error, (TimeoutError, TooLate)):
            _silence.begin()
        logger.warning("doorbell_failed", error=type(error).__name__, account=str(account_id), seq=seq)


async def _send(message: Ring) -> None:
    """Send, once more if the layer has just lost its connection (the first send after a Redis restart raises)."""
    layer = get_channel_layer()
    for attempt in range(1, TRIES + 1):
        try:
            await asyncio.wait_for(layer.group_send(GROUP, message), TIMEOUT_SECONDS)
        except TimeoutError:
            raise
        except (RedisError, OSError):
            if attempt == TRIES:
                raise
        else:
            return
