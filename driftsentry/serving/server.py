"""The server: daphne's, with connections and requests of ours."""

from typing import Any

import structlog
from daphne import http_protocol
from daphne import server as daphne_server
from daphne.endpoints import build_endpoint_description_strings
from twisted.web import http

from driftsentry.serving.channel import BoundedChannel
from driftsentry.serving.limits import Limits
from driftsentry.serving.requests import BoundedRequest

logger = structlog.get_logger(__name__)


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
        """
        await super().handle_reply(protocol, message)
        if isinstance(protocol, BoundedRequest):
            await protocol.room(seconds=self._limits.idle_seconds)

    def kill_all_applications(self) -> Any:
        """Stop what runs. Daphne would stumble over a request that is not whole yet, and stop nothing."""
        running = {key: found for key, found in self.connections.items() if "application_instance" in found}
        self.connections = running
        return super().kill_all_applications()
