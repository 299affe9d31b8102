"""A channel layer drops what it has no room for, silently: a lost ring of the doorbell loses no event.

Each layer is made to overflow, and it is shown that it did, before it is shown that nobody missed anything.
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from channels.layers import BaseChannelLayer, get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from pytest_django import Settings
from redis import Redis

from audit.doorbell import GROUP
from driftsentry.local.processes import wait_until
from driftsentry.local.redis import LocalRedis
from driftsentry.realtime.consumer import LiveStream
from tests.realtime.happenings import drift_created, happen
from tests.realtime.inprocess import Talk, comes_true, off_loop
from tests.realtime.server import Client, Server, environment, serving

TRANSACTIONS = 40
CAPACITY = 3


def layer_of(name: str, url: str) -> dict[str, Any]:
    """A layer that keeps three messages for a channel."""
    if name == "in process":
        return {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": CAPACITY}}
    own = {"hosts": [url], "prefix": f"driftsentry-{uuid4().hex}", "capacity": CAPACITY}
    return {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": own}


@pytest.mark.parametrize("name", ["in process", "redis"])
async def test_rings_that_a_full_channel_drops_lose_no_event(
    stream: LiveStream,
    world: Any,
    token: str,
    settings: Settings,
    redis: LocalRedis,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    settings.CHANNEL_LAYERS = {"default": layer_of(name, redis.url)}
    settings.REALTIME_LOOK_SECONDS = 0.2
    layer: BaseChannelLayer = get_channel_layer()
    heard: list[int] = []
    open_again = stall(layer, heard, monkeypatch)
    async with Talk(stream, token) as one, Talk(stream, token) as two:
        start = (await one.listen())["data"]["seq"]
        await two.listen()
        for _ in range(TRANSACTIONS):
            await off_loop(happen, world.account.pk, drift_created())
        expected = list(range(start + 1, start + TRANSACTIONS + 1))
        for talk in (one, two):
            assert [(await talk.event("drift:created"))["seq"] for _ in expected] == expected
        open_again.set()
        assert await comes_true(lambda: bool(heard))
        await off_loop(happen, world.account.pk, drift_created())
        assert await comes_true(lambda: start + TRANSACTIONS + 1 in heard)
        assert len(heard) <= CAPACITY + 3, "the channel dropped none"
        for talk in (one, two):
            assert (await talk.event("drift:created"))["seq"] == start + TRANSACTIONS + 1


def stall(layer: BaseChannelLayer, heard: list[int], monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Let the hub take nothing from the layer until the event is set, and note what it takes then."""
    open_again, receive = asyncio.Event(), layer.receive

    async def late(channel: str) -> dict[str, Any]:
        await open_again.wait()
        message: dict[str, Any] = await receive(channel)
        heard.append(message["seq"])
        return message

    monkeypatch.setattr(layer, "receive", late)
    return open_again


# --- The layer that is used, and a real server that stands still ------------------------------------------------------

PIECE = b"x" * 2**20
PIECES = 40
"""More than the kernel keeps of them for a reader that stands still."""


def readers(redis: Redis) -> set[str]:
    """Who listens to the doorbell, as Redis knows them."""
    return {client["id"] for client in cast("list[dict[str, str]]", redis.client_list(_type="pubsub"))}


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """Let the server's process stand still while the block lasts."""
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


def flood(redis: Redis) -> None:
    """Ring for other accounts until Redis has no room for what the server does not take."""
    layer = RedisPubSubChannelLayer(hosts=[])
    for _ in range(PIECES):
        ring = {"type": "journal.rang", "account": str(uuid4()), "seq": 1, "padding": PIECE}
        redis.publish(f"driftsentry__group__{GROUP}", layer.serialize(ring))


def test_a_server_that_stands_still_until_redis_cuts_it_off_misses_nothing_and_hears_the_doorbell_again(
    tmp_path: Path, redis: LocalRedis, world: Any, settings: Settings
) -> None:
    own = {"hosts": [redis.url], "prefix": "driftsentry"}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": own}}
    token = world.access_token(world.viewer)
    with (
        serving(tmp_path, environment(REDIS_URL=redis.url)) as server,
        Client.listening(server, token) as one,
        Client.listening(server, token) as two,
        Redis.from_url(redis.url) as asked,
    ):
        happen(world.account.pk, drift_created())
        start = one.event("drift:created")["seq"]
        two.event("drift:created")
        asked.config_set("client-output-buffer-limit", "pubsub 65536 65536 1")
        listening = readers(asked)
        assert listening
        with stopped(server):
            flood(asked)
            for _ in range(TRANSACTIONS):
                happen(world.account.pk, drift_created())
            assert wait_until(lambda: not listening & readers(asked), seconds=30)
        expected = list(range(start + 1, start + TRANSACTIONS + 1))
        for client in (one, two):
            assert [event["seq"] for event in client.events(TRANSACTIONS)] == expected
        redis.stop()
        happen(world.account.pk, drift_created())
        redis.respawn()
        happen(world.account.pk, drift_created())
        for client in (one, two):
            assert [event["seq"] for event in client.events(2)] == [expected[-1] + 1, expected[-1] + 2]
