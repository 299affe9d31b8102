"""Whether a client has taken enough of what was sent: daphne's `send` never waits, so whoever sends asks here."""

import asyncio


class Flow:
    """A push producer (`twisted.internet.interfaces.IPushProducer`).

    Twisted itself says when a connection's buffer (64 KiB) is full, and when it is not, to whoever is registered so.
    """

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self._open = asyncio.Event()
        self._open.set()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The buffer is full."""
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The buffer is empty again."""
        self._open.set()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        """The connection is gone; what is sent from now on goes nowhere."""
        self._open.set()

    async def open(self) -> None:
        """Wait until the buffer is not full."""
        await self._open.wait()
