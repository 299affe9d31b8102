"""One client of the live stream: admits it, answers what it asks, and ends with it.

A plain ASGI application: Channels' consumers open a channel of their own on the layer for every socket, which is what
the hub is there to avoid, and which would refuse every client while Redis is down.
"""

import asyncio
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, WebSocketScope
from django.conf import settings
from django.db import Error

from driftsentry.api import throttling
from driftsentry.api.errors import CODES, Unauthenticated
from driftsentry.realtime import handshake, protocol, refusing, tail
from driftsentry.realtime.counters import CLOSED, DELIVERY_FAILED, REFUSED
from driftsentry.realtime.feed import MAX_REPLAY, Feed
from driftsentry.realtime.hub import Hub
from driftsentry.realtime.limits import Pace, Places
from driftsentry.realtime.outbox import Outbox, TooSlow, held
from driftsentry.realtime.protocol import Authenticate, BadRequest, Request, Resume, Subscribe, Unsubscribe
from driftsentry.realtime.sockets import Socket
from driftsentry.realtime.tail import Identity

UNAVAILABLE = CODES[503][1]
TOO_FAST = "Too many requests on this socket: wait before the next one, or the socket is closed."


class LiveStream:
    """The ASGI application at `/ws`."""

    def __init__(self, hub: Hub) -> None:
        """Serve a hub's events.

        Args:
            hub: The process's hub.
        """
        self._hub = hub
        self._places = Places()

    async def __call__(self, scope: WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one connection.

        Args:
            scope: What is asked for.
            receive: Gives what the client sends.
            send: Takes what it is sent.
        """
        await receive()  # the connect message
        with held(send):
            identity = await self._admitted(scope, send)
        if identity is None:
            return
        try:
            await send(refusing.accepted(scope))
            await self._serve(identity, receive, send)
        finally:
            self._places.give_back(identity)

    async def _admitted(self, scope: WebSocketScope, send: ASGISendCallable) -> Identity | None:
        """Who connects, with a place of theirs; None where the client has been told why not."""
        address = handshake.address_of(scope)
        seconds = await asyncio.to_thread(throttling.refused_too_often, address)
        if seconds:
            REFUSED.labels(reason="refused_too_often").inc()
            await refusing.too_many(scope, send, seconds)
            return None
        identity = await _identity_of(scope)
        if identity is None:
            REFUSED.labels(reason="credential").inc()
            await asyncio.to_thread(throttling.count_refusal, address)
            await refusing.forbidden(send)
            return None
        full = self._places.take(identity)
        if full:
            REFUSED.labels(reason=f"too_many_of_{full.what}").inc()
            await refusing.full(scope, send, full)
            return None
        return identity

    async def _serve(self, identity: Identity, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        socket = Socket(identity, Outbox(send))
        with socket.outbox.client_held():
            feed = await self._hub.join(socket)
        try:
            code = await Conversation(socket, feed, receive).run()
        except asyncio.CancelledError:  # the server ends
            await _close(socket, protocol.CLOSE_RESTART)
            raise
        finally:
            self._hub.leave(socket)
        if code is not None:
            await _close(socket, code)


class Conversation:
    """What is said on one connection, from `ready` to its end."""

    def __init__(self, socket: Socket, feed: Feed, receive: ASGIReceiveCallable) -> None:
        """Begin with a joined socket.

        Args:
            socket: The socket.
            feed: The feed it has joined.
            receive: Gives what the client sends.
        """
        self._socket = socket
        self._feed = feed
        self._receive = receive
        self._pace = Pace(settings.THROTTLE_SOCKET)
        socket.outbox.count_frames(self._count)

    async def run(self) -> int | None:
        """Talk until either side has had enough.

        Returns:
            The code to close with; None where the client has left.
        """
        socket = self._socket
        socket.say(
            protocol.ready(
                seq=socket.cursor,
                epoch=self._feed.epoch,
                user=socket.identity.user,
                heartbeat_seconds=settings.REALTIME_HEARTBEAT_SECONDS,
            )
        )
        reading, sending = asyncio.create_task(self._read()), asyncio.create_task(socket.outbox.run())
        try:
            ends: set[asyncio.Future[Any]] = {reading, sending, socket.closed}
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                await ended
        except TooSlow:
            return protocol.CLOSE_SLOW
        except OSError:  # so a server may say that there is nobody to send to
            return None
        finally:
            await _cancelled(reading, sending)
        return socket.closed.result() if socket.closed.done() else None

    async def _read(self) -> None:
        """Answer requests in their order, until the client leaves."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return
            if not self._count():
                continue
            try:
                request = protocol.parse(message.get("text"))
                await self._answer(request)
            except BadRequest as error:
                self._socket.say(protocol.refusal(error.message, ref=error.ref))

    def _count(self) -> bool:
        """Whether what comes is within the pace; if not it is refused, and who goes on all the same is shown out."""
        if self._pace.allows():
            return True
        if self._pace.is_abused:
            self._socket.close(protocol.CLOSE_ABUSE)
        else:
            self._socket.say(protocol.refusal(TOO_FAST, ref=None, code="RATE_LIMIT"))
        return False

    async def _answer(self, request: Request) -> None:
        try:
            match request:
                case Subscribe():
                    self._subscribe(request)
                case Unsubscribe():
                    self._socket.subscriptions.pop(request.channel, None)
                case Authenticate():
                    await self._authenticate(request)
                case Resume():
                    await self._resume(request)
                    return
        except Unauthenticated as error:
            self._socket.say(protocol.refusal(error.message, ref=request.ref, code=error.code))
        except Error:
            self._socket.say(protocol.refusal(UNAVAILABLE, ref=request.ref, code="UNAVAILABLE"))
        else:
            self._acknowledge(request)

    def _acknowledge(self, request: Request) -> None:
        self._socket.say(protocol.ack(request, cursor=self._socket.cursor))

    def _subscribe(self, request: Subscribe) -> None:
        self._socket.subscriptions[request.channel] = request.filter.wanted() if request.filter else {}
        if self._socket.opening:
            self._feed.follow(self._socket)

    async def _authenticate(self, request: Authenticate) -> None:
        """Take a fresh token, of the same user: a socket does not change hands.

        Raises:
            Unauthenticated: It does not hold, or is another's.
        """
        with self._socket.outbox.client_held():
            identity = await tail.identify(request.token)
        if identity.user_id != self._socket.identity.user_id:
            raise Unauthenticated("The token is another user's; open a connection of its own for it.")
        self._socket.identity = identity

    async def _resume(self, request: Resume) -> None:
        account = self._socket.identity.account_id
        with self._socket.outbox.client_held():
            head = (await tail.heads([account])).get(account, tail.NO_JOURNAL)
        refused = head.refusal(request.after, request.epoch)
        if not refused and request.after < head.seq - MAX_REPLAY:
            refused = "too_far_behind"
        if not refused:
            self._socket.place(request.after)
        self._acknowledge(request)
        if refused:
            self._socket.reset(head, refused)
        self._feed.follow(self._socket)


async def _close(socket: Socket, code: int) -> None:
    CLOSED.labels(code=str(code)).inc()
    if code == protocol.CLOSE_SLOW:
        DELIVERY_FAILED.inc()
    await socket.outbox.close(code)


async def _identity_of(scope: WebSocketScope) -> Identity | None:
    """Who connects; None where it is refused. With no database it fails instead: that is not the client's fault."""
    token = handshake.token_of(scope)
    if not handshake.admitted(scope) or not token:
        return None
    try:
        return await tail.identify(token)
    except Unauthenticated:
        return None


async def _cancelled(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
