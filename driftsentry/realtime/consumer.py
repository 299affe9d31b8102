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
from driftsentry.realtime import handshake, protocol, tail
from driftsentry.realtime.counters import CLOSED, DELIVERY_FAILED
from driftsentry.realtime.feed import MAX_REPLAY, Feed
from driftsentry.realtime.hub import Hub
from driftsentry.realtime.outbox import Outbox, TooSlow
from driftsentry.realtime.protocol import Authenticate, BadRequest, Request, Resume, Subscribe, Unsubscribe
from driftsentry.realtime.sockets import Socket
from driftsentry.realtime.tail import Identity

UNAVAILABLE = CODES[503][1]


class LiveStream:
    """The ASGI application at `/ws`."""

    def __init__(self, hub: Hub) -> None:
        """Serve a hub's events.

        Args:
            hub: The process's hub.
        """
        self._hub = hub

    async def __call__(self, scope: WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one connection.

        Args:
            scope: What is asked for.
            receive: Gives what the client sends.
            send: Takes what it is sent.
        """
        await receive()  # the connect message
        address = handshake.address_of(scope)
        seconds = await asyncio.to_thread(throttling.refused_too_often, address)
        if seconds:
            await _send_too_many(scope, send, seconds)
            return
        identity = await _identity_of(scope)
        if identity is None:
            await asyncio.to_thread(throttling.count_refusal, address)
            await send({"type": "websocket.close", "code": 1000, "reason": None})  # not accepted yet: a 403
            return
        await send({"type": "websocket.accept", "subprotocol": handshake.subprotocol_of(scope), "headers": []})
        socket = Socket(identity, Outbox(send))
        feed = await self._hub.join(socket)
        try:
            code = await Conversation(socket, feed, receive).run()
        finally:
            self._hub.leave(socket)
        if code is not None:
            CLOSED.labels(code=str(code)).inc()
            if code == protocol.CLOSE_SLOW:
                DELIVERY_FAILED.inc()
            await socket.outbox.close(code)


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
            try:
                request = protocol.parse(message.get("text"))
                await self._answer(request)
            except BadRequest as error:
                self._socket.say(protocol.refusal(error.message, ref=error.ref))

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
        identity = await tail.identify(request.token)
        if identity.user_id != self._socket.identity.user_id:
            raise Unauthenticated("The token is another user's; open a connection of its own for it.")
        self._socket.identity = identity

    async def _resume(self, request: Resume) -> None:
        account = self._socket.identity.account_id
        head = (await tail.heads([account])).get(account, tail.NO_JOURNAL)
        if request.epoch != head.epoch:
            refused = "epoch"
        elif request.after > head.seq:
            refused = "unknown"
        elif request.after < head.seq - MAX_REPLAY:
            refused = "too_far_behind"
        else:
            refused = ""
            self._socket.place(request.after)
        self._acknowledge(request)
        if refused:
            self._socket.reset(head, refused)
        self._feed.follow(self._socket)


async def _identity_of(scope: WebSocketScope) -> Identity | None:
    """Who connects; None where it is refused. With no database it fails instead: that is not the client's fault."""
    token = handshake.token_of(scope)
    if not handshake.admitted(scope) or not token:
        return None
    try:
        return await tail.identify(token)
    except Unauthenticated:
        return None


async def _send_too_many(scope: WebSocketScope, send: ASGISendCallable, seconds: float) -> None:
    """Answer 429 before the upgrade, under a server that can; it is a 403 under one that cannot."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1000, "reason": None})
        return
    headers = [(b"retry-after", throttling.retry_after(seconds).encode())]
    await send({"type": "websocket.http.response.start", "status": 429, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b"", "more_body": False})


async def _cancelled(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
