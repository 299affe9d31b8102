"""The doorbell is best effort: what it cannot do never costs a write."""

import socket
import time
from collections.abc import Iterator

import pytest
from asgiref.sync import async_to_sync
from channels.layers import channel_layers, get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from structlog.testing import capture_logs

from audit import doorbell
from audit.verification import verify
from tests.audit.entries import append
from tests.conftest import World


@pytest.fixture
def listening_but_silent() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def ringing_at(port: int) -> RedisPubSubChannelLayer:
    return RedisPubSubChannelLayer(hosts=[{"address": f"redis://127.0.0.1:{port}/0", "socket_connect_timeout": 1}])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_dead_redis_does_not_fail_a_write(world: World) -> None:
    before = verify(world.account.pk).entries
    usual = channel_layers.set("default", ringing_at(free_port()))
    try:
        with capture_logs() as logs:
            append(world.account.pk, "one")
    finally:
        channel_layers.set("default", usual)
    assert verify(world.account.pk).entries == before + 1
    assert [line["event"] for line in logs] == ["doorbell_failed"]


def test_a_silent_redis_is_waited_for_only_so_long(
    world: World, listening_but_silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(doorbell, "_silence", doorbell.Silence())
    before = verify(world.account.pk).entries
    usual = channel_layers.set("default", ringing_at(listening_but_silent))
    try:
        with capture_logs() as logs:
            for name in ("one", "two", "three"):  # the first alone waits
                append(world.account.pk, name)
    finally:
        channel_layers.set("default", usual)
    assert verify(world.account.pk).entries == before + 3
    assert [(line["event"], line["error"]) for line in logs] == [("doorbell_failed", "TimeoutError")]


def test_a_bell_that_was_left_alone_rings_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []

    async def noted(message: object) -> None:
        sent.append(message)

    monkeypatch.setattr(doorbell, "_send", noted)
    monkeypatch.setattr(doorbell, "_silence", doorbell.Silence())
    doorbell._silence.begin()
    doorbell.ring(world.account.pk, 1)
    monkeypatch.setattr(doorbell._silence, "_until", time.monotonic())
    doorbell.ring(world.account.pk, 2)
    assert sent == [{"type": "journal.rang", "account": str(world.account.pk), "seq": 2}]


def test_a_commit_rings_once_with_the_account_and_its_last_number(world: World) -> None:
    @async_to_sync
    async def heard() -> dict[str, object]:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(doorbell.GROUP, channel)
        from asgiref.sync import sync_to_async

        await sync_to_async(append)(world.account.pk, "one", "two")
        message: dict[str, object] = await layer.receive(channel)
        return message

    last = verify(world.account.pk).entries + 2
    assert heard() == {"type": "journal.rang", "account": str(world.account.pk), "seq": last}
