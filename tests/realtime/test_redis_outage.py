"""Redis is a doorbell: without it events come a little later, and none is lost."""

from pathlib import Path
from typing import Any

from pytest_django import Settings

from accounts.actions import log_out
from accounts.models import User
from driftsentry.local.redis import LocalRedis
from tests.realtime.happenings import drift_created, happen
from tests.realtime.server import Client, environment, lasting, serving


def test_with_redis_gone_events_still_arrive_and_sockets_still_open(
    tmp_path: Path, redis: LocalRedis, world: Any, settings: Settings
) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis.url], "prefix": "driftsentry"},
        }
    }
    token = world.access_token(world.viewer)
    with serving(tmp_path, environment(REDIS_URL=redis.url)) as server, Client.listening(server, token) as before:
        happen(world.account.pk, drift_created())
        before.event("drift:created")
        redis.stop()
        happen(world.account.pk, drift_created(), drift_created())
        before.events(2)
        with Client.listening(server, token) as during:
            happen(world.account.pk, drift_created())
            assert during.event("drift:created") == before.event("drift:created")


def test_with_no_redis_at_all_a_process_hears_of_anothers_entries(tmp_path: Path, world: Any) -> None:
    with (
        serving(tmp_path, environment(REDIS_URL="")) as server,
        Client.listening(server, world.access_token(world.viewer)) as client,
    ):
        happen(world.account.pk, drift_created())
        client.event("drift:created")


def test_with_redis_gone_whoever_may_listen_no_longer_is_shown_out(
    tmp_path: Path, redis: LocalRedis, world: Any
) -> None:
    leaving, staying = world.sign_in(world.viewer), world.access_token(world.owner)
    with (
        serving(tmp_path, environment(REDIS_URL=redis.url)) as server,
        Client.listening(server, leaving.access) as revoked,
        Client.listening(server, lasting(world.access_token(world.viewer), seconds=5)) as expired,
        Client.listening(server, world.access_token(world.engineer)) as deactivated,
        Client.listening(server, staying) as another,
    ):
        redis.stop()
        log_out(leaving.refresh, by=world.actor(world.viewer))
        User.objects.filter(pk=world.engineer.pk).update(is_active=False)
        assert revoked.close_code() == 4401
        assert deactivated.close_code() == 4403
        assert expired.close_code() == 4401
        assert another.ask("ping")["event"] == "ack"
