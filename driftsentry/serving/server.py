"""The server: daphne's, with connections and requests of ours."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from autobahn.exception import Disconnected
from daphne import http_protocol
from daphne import server as daphne_server
from daphne.endpoints import build_endpoint_description_strings
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer
from twisted.web import http

from driftsentry.serving.channel import BoundedChannel
from driftsentry.serving.limits import Limits
from driftsentry.serving.requests import BoundedRequest

logger = structlog.get_logger(__name__)

GOODBYE_SECONDS = 2.0
"""How long what runs may take to end, and a WebSocket's client to answer that it does."""


class Factory(http_protocol.HTTPFactory):
    """Makes connections, up to a number."""

    def __init__(self, server: Any, limits: Limits) -> None:
        """Begin without a connection.

        Args:
            server: Daphne's server.
            limits: What each connection may send, and how many there may be.
        """
        super().__init__(server)
        self.timeOut = limits.idle_seconds
        self._limits = limits
        self._open: set[Any] = set()
        self._is_full = False

    def protocol(self) -> Any:
        """A connection, as Twisted wraps it."""
        return http._GenericHTTPChannelProtocol(BoundedChannel(self._limits))  # noqa: SLF001 - http.HTTPFactory's own way

    def opened(self, transport: Any) -> None:
        """Count a connection.

        Args:
            transport: It; one that a WebSocket has taken over is still counted.
        """
        self._open.add(transport)

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted's name
        """Take a connection, or drop it when there are too many.

        Args:
            addr: The peer's address.
        """
        if len(self._open) >= self._limits.connections:
            self._open = {transport for transport in self._open if transport.connected}
        full = len(self._open) >= self._limits.connections
        if full and not self._is_full:
            logger.warning("connections_full", limit=self._limits.connections)
        self._is_full = full
        if full:
            return None
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        return protocol


class Server(daphne_server.Server):
    """Daphne's server with our connections."""

    def __init__(self, application: Any, *, host: str, port: int, limits: Limits) -> None:
        """Make a server.

        Args:
            application: The ASGI application.
            host: The address to listen on.
            port: The port to listen on.
            limits: What clients may do.
        """
        # Its access log would show query strings, and its name says what to attack: neither.
        self.connections: dict[Any, dict[str, Any]] = {}
        self._ports: list[Any] = []
        endpoints = build_endpoint_description_strings(host=host, port=port)
        super().__init__(application, endpoints=endpoints, verbosity=0, server_name="")
        self._limits = limits

    def run(self) -> None:
        """Serve until a signal comes. Daphne names its factory in its module, and has no other place to put one."""
        limits = self._limits
        daphne_server.HTTPFactory = lambda server: Factory(server, limits)
        super().run()

    async def handle_reply(self, protocol: Any, message: Any) -> None:
        """Send a part of an answer, and wait for a client that is behind, as ASGI's `send` is to.

        Args:
            protocol: The request, or the WebSocket, which waits by itself (`driftsentry.realtime.outbox`).
            message: The part.

        Raises:
            OSError: The WebSocket is closing, as when its client broke the protocol (ASGI's word for it).
        """
        try:
            await super().handle_reply(protocol, message)
        except Disconnected as error:
            raise OSError("Nobody takes what is sent on a WebSocket that is closing.") from error
        if isinstance(protocol, BoundedRequest):
            await protocol.room(seconds=self._limits.idle_seconds)

    def listen_success(self, port: Any) -> None:
        """Note what is listened on.

        Args:
            port: Twisted's listening port.
        """
        self._ports.append(port)
        super().listen_success(port)

    def kill_all_applications(self) -> Any:
        """Stop what runs. Daphne would stumble over a request that is not whole yet, and wait for one of the others."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        """Take no more connections, stop what runs, and let what WebSockets are told at their end reach the clients."""
        for port in self._ports:
            port.stopListening()
        found = self.connections.values()
        running = [one["application_instance"] for one in found if "application_instance" in one]
        for application in running:
            application.cancel()
        await _ended(running)
        sockets = [one for one in self.connections if isinstance(one, WebSocketProtocol)]
        closing = [one.is_closed for one in sockets if one.state == one.STATE_CLOSING]
        await _ended([one.asFuture(asyncio.get_running_loop()) for one in closing])


async def _ended(what: Sequence[asyncio.Future[Any]]) -> None:
    if what:
        await asyncio.wait(what, timeout=GOODBYE_SECONDS)
