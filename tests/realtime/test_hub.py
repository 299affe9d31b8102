"""The hub: what wakes it, what it survives, whom it shows out."""

import asyncio
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.layers import get_channel_layer
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from audit.doorbell import GROUP
from driftsentry.local.redis import LocalRedis
from driftsentry.realtime import events, feed, hub, outbox, tail
from driftsentry.realtime.consumer import LiveStream
from driftsentry.realtime.events import Entry, Event
from driftsentry.realtime.outbox import LIMIT
from tests.realtime.happenings import drift_created, happen
from tests.realtime.inprocess import PATIENCE_SECONDS, Talk, comes_true, off_loop
from tests.realtime.server import lasting

NEVER = 3600.0
IN_PROCESS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


def redis_layer(url: str) -> dict[str, Any]:
    return {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [url], "prefix": f"driftsentry-{uuid4().hex}"},
        }
    }


@pytest.mark.parametrize("layer", ["in process", "redis"])
async def test_a_ring_wakes_it_without_a_look(
    stream: LiveStream, world: Any, token: str, settings: Settings, layer: str
) -> None:
    settings.CHANNEL_LAYERS = IN_PROCESS if layer == "in process" else redis_layer(settings.REDIS_URL)
    settings.REALTIME_LOOK_SECONDS = NEVER
    async with Talk(stream, token) as talk:
        await talk.listen()
        await off_loop(happen, world.account.pk, drift_created())
        await talk.event("drift:created")


async def test_after_a_restart_of_redis_it_hears_the_doorbell_again(
    stream: LiveStream, world: Any, token: str, settings: Settings, redis: LocalRedis
) -> None:
    settings.CHANNEL_LAYERS = redis_layer(redis.url)
    settings.REALTIME_LOOK_SECONDS = NEVER
    async with Talk(stream, token) as talk:
        await talk.listen()
        await off_loop(happen, world.account.pk, drift_created())
        await talk.event("drift:created")
        await asyncio.to_thread(redis.stop)
        await asyncio.to_thread(redis.respawn)
        await _rung_until_heard(world, talk)


async def test_it_begins_to_hear_when_redis_comes_late(
    stream: LiveStream, world: Any, token: str, settings: Settings, redis: LocalRedis
) -> None:
    settings.CHANNEL_LAYERS = redis_layer(redis.url)
    settings.REALTIME_LOOK_SECONDS = NEVER
    await asyncio.to_thread(redis.stop)
    async with Talk(stream, token) as talk:
        await talk.listen()
        await asyncio.to_thread(redis.respawn)
        await _rung_until_heard(world, talk)


async def _rung_until_heard(world: Any, talk: Talk) -> None:
    """Let things happen until one is heard of: the connection takes its time to come back."""
    heard = asyncio.create_task(talk.event("drift:created"))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not heard.done():
                await off_loop(happen, world.account.pk, drift_created())
                await asyncio.wait({heard}, timeout=0.2)
    finally:
        heard.cancel()
    assert heard.done()
    assert not heard.cancelled()


async def test_it_joins_the_doorbell_again_now_and_then(
    stream: LiveStream, world: Any, token: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHANNEL_LAYERS = IN_PROCESS
    settings.REALTIME_LOOK_SECONDS = NEVER
    monkeypatch.setattr(hub, "REJOIN_SECONDS", 0.05)
    async with Talk(stream, token) as talk:
        await talk.listen()
        members = set(get_channel_layer().groups[GROUP])
        assert await comes_true(lambda: bool(set(get_channel_layer().groups.get(GROUP, ())) - members))
        await off_loop(happen, world.account.pk, drift_created())
        await talk.event("drift:created")


async def test_heartbeats_carry_the_cursor(stream: LiveStream, world: Any, token: str, settings: Settings) -> None:
    settings.REALTIME_HEARTBEAT_SECONDS = 0.05
    async with Talk(stream, token) as talk:
        start = (await talk.listen("alerts"))["data"]
        assert start["heartbeatSeconds"] == 0.05
        await off_loop(happen, world.account.pk, drift_created(), drift_created())
        last = start["seq"]
        while last < start["seq"] + 2:
            beat = await talk.event("heartbeat")
            assert (beat["prev"], beat["data"]) == (last, {})
            assert beat["at"].endswith("Z")
            last = beat["seq"]
        assert last == start["seq"] + 2


async def test_a_token_that_expires_closes_its_socket_unless_a_fresh_one_came(
    stream: LiveStream, world: Any, token: str, settings: Settings
) -> None:
    settings.REALTIME_LOOK_SECONDS = 0.1
    short, fresh = lasting(token, seconds=3), lasting(token, minutes=5)
    async with Talk(stream, short) as careless, Talk(stream, short) as careful:
        await careless.listen()
        await careful.listen()
        assert (await careful.ask("authenticate", token=fresh))["event"] == "ack"
        assert await careless.close_code() == 4401
        await off_loop(happen, world.account.pk, drift_created())
        await careful.event("drift:created")


async def test_a_token_that_expires_closes_its_socket_also_while_a_look_waits_for_the_database(
    stream: LiveStream, token: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REALTIME_LOOK_SECONDS = 0.1
    looking = asyncio.Event()

    async def waiting(accounts: Collection[UUID]) -> None:
        looking.set()
        await asyncio.get_running_loop().create_future()

    async with Talk(stream, token) as talk:
        await talk.listen()
        monkeypatch.setattr(tail, "heads", waiting)
        await asyncio.wait_for(looking.wait(), PATIENCE_SECONDS)
        (shared,) = stream._hub._feeds.values()
        (socket,) = shared.sockets
        socket.identity = replace(socket.identity, expires_at=timezone.now())
        assert await talk.close_code() == 4401


async def test_a_look_that_nobody_answers_is_given_up_for_another_one(
    stream: LiveStream, world: Any, token: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REALTIME_LOOK_SECONDS = 0.1
    ended, looks = tail.ended, count()

    async def waiting_at_first(sessions: Collection[UUID]) -> dict[UUID, int]:
        return await (ended(sessions) if next(looks) else asyncio.get_running_loop().create_future())

    async with Talk(stream, token) as talk:
        await talk.listen()
        monkeypatch.setattr(hub, "LOOK_PATIENCE_SECONDS", 1.0)
        monkeypatch.setattr(tail, "ended", waiting_at_first)
        await off_loop(_sql, "UPDATE accounts_session SET revoked_at = now() WHERE user_id = %s", world.viewer.pk)
        assert await talk.close_code() == 4401


async def test_with_the_database_away_nobody_is_shown_out_and_nothing_is_lost(
    stream: LiveStream, world: Any, token: str, settings: Settings
) -> None:
    settings.REALTIME_LOOK_SECONDS = 0.1
    async with Talk(stream, token) as talk:
        start = (await talk.listen())["data"]
        await off_loop(happen, world.account.pk, drift_created())
        await talk.event("drift:created")
        for table in ("audit_log", "audit_head", "accounts_session"):
            await off_loop(_sql, f"ALTER TABLE {table} RENAME TO {table}_away")
        talk.send("resume", after=start["seq"], epoch=start["epoch"])
        refused = await talk.event("error")
        for table in ("accounts_session", "audit_head", "audit_log"):
            await off_loop(_sql, f"ALTER TABLE {table}_away RENAME TO {table}")
        assert refused["data"]["code"] == "UNAVAILABLE"
        await off_loop(happen, world.account.pk, drift_created())
        await talk.event("drift:created")


async def test_entries_that_cannot_be_read_are_read_again_later(
    stream: LiveStream, world: Any, token: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REALTIME_LOOK_SECONDS = 0.1
    async with (
        Talk(stream, token) as live,
        Talk(stream, token) as resuming,
    ):
        start = (await live.listen())["data"]
        await resuming.listen()
        await off_loop(happen, world.account.pk, drift_created(), drift_created())
        assert await live.event("drift:created") == await resuming.event("drift:created")
        assert await live.event("drift:created") == await resuming.event("drift:created")
        await off_loop(_sql, "ALTER TABLE audit_log RENAME COLUMN kind TO kind_away")
        await off_loop(_sql, "UPDATE audit_head SET seq = seq + 1 WHERE account_id = %s", world.account.pk)
        await resuming.ask("resume", after=start["seq"], epoch=start["epoch"])
        assert await comes_true(lambda: caplog.text.count("journal_unreadable") >= 3)
        await off_loop(_sql, "UPDATE audit_head SET seq = seq - 1 WHERE account_id = %s", world.account.pk)
        await off_loop(_sql, "ALTER TABLE audit_log RENAME COLUMN kind_away TO kind")
        again = [await resuming.event("drift:created"), await resuming.event("drift:created")]
        assert [event["seq"] for event in again] == [start["seq"] + 1, start["seq"] + 2]
        await off_loop(happen, world.account.pk, drift_created())
        assert (await live.event("drift:created"))["seq"] == start["seq"] + 3


def _sql(text: str, *values: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


async def test_another_database_under_it_resets_every_socket(
    stream: LiveStream, world: Any, token: str, settings: Settings
) -> None:
    settings.REALTIME_LOOK_SECONDS = 0.1
    async with Talk(stream, token) as talk:
        await talk.listen()
        epoch = uuid4()
        await off_loop(_sql, "UPDATE audit_head SET epoch = %s WHERE account_id = %s", epoch, world.account.pk)
        reset = await talk.event("reset")
        assert (reset["data"]["epoch"], reset["data"]["reason"]) == (str(epoch), "epoch")
        await off_loop(happen, world.account.pk, drift_created())
        assert (await talk.event("drift:created"))["prev"] == reset["data"]["seq"]


async def test_an_unforeseen_failure_closes_the_sockets_so_that_they_come_back(
    stream: LiveStream, world: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        async with Talk(stream, token) as talk:
            await talk.listen()
            broken.setattr(feed, "render", lambda entry: entry.no_such_thing)
            await off_loop(happen, world.account.pk, drift_created())
            assert await talk.close_code() == 1011
    async with Talk(stream, token) as talk:
        await talk.listen()
        await off_loop(happen, world.account.pk, drift_created())
        await talk.event("drift:created")


async def test_a_failure_in_one_accounts_journal_leaves_the_others_sockets_open(
    stream: LiveStream, world: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = events.render

    def poisoned(entry: Entry) -> Event | None:
        assert entry.data.get("stack") != "poison"
        return render(entry)

    monkeypatch.setattr(feed, "render", poisoned)
    monkeypatch.setattr(outbox, "SLOW_SECONDS", 6 * PATIENCE_SECONDS)  # on a busy machine the pause is a long one
    before = asyncio.all_tasks()
    outsider = await off_loop(world.access_token, world.outsider)
    async with Talk(stream, outsider) as other:
        await other.listen()
        async with Talk(stream, token) as live, Talk(stream, token) as behind:
            start = (await live.listen())["data"]
            await behind.listen()
            behind.reading.clear()
            await off_loop(happen, world.account.pk, *(drift_created() for _ in range(2 * LIMIT)))
            for _ in range(2 * LIMIT):
                await live.event("drift:created")
            await off_loop(happen, world.account.pk, drift_created(stack="poison"))
            assert await live.close_code() == 1011
            behind.reading.set()
            assert await behind.close_code() == 1011
        async with Talk(stream, token) as again:
            await again.listen()
            again.send("resume", after=start["seq"], epoch=start["epoch"])
            assert await again.close_code() == 1011
        await off_loop(happen, world.other_account.pk, drift_created())
        await other.event("drift:created")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while leftover := {task for task in asyncio.all_tasks() - before if "realtime" in repr(task)}:
            await asyncio.wait(leftover)


async def test_an_event_is_read_and_rendered_once_however_many_listen(
    stream: LiveStream, world: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[int] = []
    texts: dict[int, set[int]] = {}
    render, text = events.render, Event.text

    def counted(entry: Entry) -> Event | None:
        rendered.append(entry.seq)
        return render(entry)

    def noted(event: Event, prev: int) -> str:
        found = text(event, prev)
        texts.setdefault(event.seq, set()).add(id(found))
        return found

    async with AsyncExitStack() as stack:
        talks = [await stack.enter_async_context(Talk(stream, token)) for _ in range(50)]
        starts = await asyncio.gather(*(talk.listen() for talk in talks))
        start = starts[0]["data"]["seq"]
        (shared,) = stream._hub._feeds.values()
        assert await comes_true(lambda: shared.behind == 0)
        monkeypatch.setattr(feed, "render", counted)
        monkeypatch.setattr(Event, "text", noted)
        await off_loop(happen, world.account.pk, *(drift_created() for _ in range(20)))
        expected = list(range(start + 1, start + 21))
        for talk in talks:
            assert [(await talk.event("drift:created"))["seq"] for _ in expected] == expected
    assert rendered == expected
    assert {seq: len(found) for seq, found in texts.items()} == dict.fromkeys(expected, 1)


async def test_without_sockets_it_does_nothing(stream: LiveStream, world: Any, token: str) -> None:
    before = asyncio.all_tasks()
    async with Talk(stream, token) as talk:
        await talk.listen()
        assert len(asyncio.all_tasks() - before) > 3
    async with asyncio.timeout(PATIENCE_SECONDS):
        while leftover := {task for task in asyncio.all_tasks() - before if "realtime" in repr(task)}:
            await asyncio.wait(leftover)
    assert not leftover


async def test_an_account_to_which_nothing_has_happened_has_a_stream_too(
    stream: LiveStream, world: Any, token: str, settings: Settings
) -> None:
    settings.REALTIME_LOOK_SECONDS = 0.1
    await off_loop(_sql, "UPDATE audit_head SET account_id = gen_random_uuid() WHERE account_id = %s", world.account.pk)
    async with Talk(stream, token) as talk:
        ready = (await talk.ready())["data"]
        assert (ready["seq"], ready["epoch"]) == (0, "")
