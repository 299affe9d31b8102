"""Throttles: per user, per address, per address with bad credentials; and what happens while Redis is away."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from redis.exceptions import ConnectionError as Disconnected
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from driftsentry import conf
from driftsentry.api import counting
from driftsentry.api.counting import Breaker, Counters, StoreAway
from driftsentry.api.openapi import document
from driftsentry.api.rates import network_of, seconds_to_wait
from driftsentry.realtime.consumer import LiveStream
from driftsentry.realtime.hub import Hub
from tests.accounts.signing import ME, REFRESH, me
from tests.api.counted import counting_redis, nothing_counted
from tests.conftest import World
from tests.realtime.inprocess import Talk

HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def counted_afresh() -> Iterator[None]:
    with nothing_counted():
        yield


@pytest.fixture
def stream() -> LiveStream:
    return LiveStream(Hub())


def ask(path: str, *, token: str = "", address: str = HERE) -> Any:
    client = APIClient()
    if token:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get(path, REMOTE_ADDR=address)


def test_a_user_past_the_rate_is_told_when_to_come_again(world: World, settings: Settings) -> None:
    settings.THROTTLE_USER = "3/minute"
    token, another = world.access_token(world.engineer), world.access_token(world.viewer)
    assert [me(token).status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = me(token)
    assert answer.json()["error"]["code"] == "RATE_LIMIT"
    assert 1 <= int(answer.headers["Retry-After"]) <= 62
    assert me(world.access_token(world.engineer)).status_code == 429, "another session of the same user"
    assert me(another).status_code == 200, "another user"


def test_reports_are_counted_apart(world: World, settings: Settings) -> None:
    settings.THROTTLE_INGEST = "1/minute"
    client = world.client(world.engineer)
    assert [client.post("/api/v1/drifts", {}, format="json").status_code for _ in range(2)] == [400, 429]
    assert client.get(ME).status_code == 200


def test_an_address_without_a_credential_is_counted_and_users_behind_it_are_not(
    world: World, settings: Settings
) -> None:
    settings.THROTTLE_ADDRESS = "2/minute"
    token = world.access_token(world.viewer)
    assert [ask("/api/schema").status_code for _ in range(3)] == [200, 200, 429]
    answer = ask("/api/schema")
    assert answer.json()["error"]["code"] == "RATE_LIMIT"
    assert answer.json()["error"]["traceId"] == answer.headers["x-correlation-id"]
    assert int(answer.headers["Retry-After"]) >= 1
    assert ask(ME, token=token).status_code == 200
    assert ask("/api/schema", address=ELSEWHERE).status_code == 200
    assert ask("/health/live").status_code == 200


def test_an_address_that_shows_bad_credentials_costs_the_database_nothing_more(
    world: World, settings: Settings
) -> None:
    settings.THROTTLE_REFUSED = "3/minute"
    token = world.access_token(world.viewer)
    assert [ask(ME, token="garbage").status_code for _ in range(3)] == [401] * 3
    with CaptureQueriesContext(connection) as queries:
        assert ask(ME, token=token).status_code == 429
    assert not queries.captured_queries
    assert ask(ME, token=token, address=ELSEWHERE).status_code == 200


def test_refused_refresh_tokens_count_as_bad_credentials(world: World, settings: Settings) -> None:
    settings.THROTTLE_REFUSED = "3/minute"
    body = {"refreshToken": "garbage"}
    found = [APIClient().post(REFRESH, body, format="json", REMOTE_ADDR=HERE).status_code for _ in range(4)]
    assert found == [401, 401, 401, 429]


@pytest.mark.django_db(transaction=True)
async def test_a_socket_of_an_address_with_bad_credentials_is_refused_unlooked_at(
    settings: Settings, stream: LiveStream
) -> None:
    settings.THROTTLE_REFUSED = "2/minute"
    for _ in range(2):
        async with Talk(stream, "garbage") as talk:
            assert (await talk.message())["type"] == "websocket.close"
    async with Talk(stream, "garbage", extensions=("websocket.http.response",)) as talk:
        message = await talk.message()
    assert message["status"] == 429
    assert int(dict(message["headers"])[b"retry-after"]) >= 1
    async with Talk(stream, "garbage") as talk:
        assert (await talk.message())["type"] == "websocket.close"


def test_of_many_at_once_no_more_pass_than_the_rate_allows(settings: Settings) -> None:
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: counting.shared().hit("10/minute", "test", "many"), range(60)))
    assert found.count(0.0) == 10


def test_without_redis_this_process_counts_alone() -> None:
    counters = Counters("")
    found = [counters.hit("3/minute", "test", "alone") for _ in range(5)]
    assert found[:3] == [0.0] * 3
    assert all(0 < wait <= 120 for wait in found[3:])
    assert counters.wait("3/minute", "test", "alone") > 0
    assert counters.wait("3/minute", "test", "another") == 0


def test_while_redis_is_away_requests_pass_the_log_says_so_once_and_the_counts_come_back(
    world: World, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = world.access_token(world.viewer)
    with counting_redis(tmp_path) as redis:
        settings.REDIS_URL, settings.THROTTLE_USER = redis.url, "2/minute"
        assert [me(token).status_code for _ in range(3)] == [200, 200, 429]
        breaker = counting.shared()._breaker
        monkeypatch.setattr(breaker, "_retry_seconds", 3600.0)
        redis.stop()
        with capture_logs() as logs:
            assert [me(token).status_code for _ in range(10)] == [200] * 10
        events = [line["event"] for line in logs]
        assert events.count("counting_store_away") == 1
        redis.respawn()
        breaker._open_until = time.monotonic()
        with capture_logs() as logs:
            assert [me(token).status_code for _ in range(3)] == [200, 200, 429]
        assert [line["event"] for line in logs].count("counting_store_back") == 1


def test_a_breaker_asks_again_only_after_a_while() -> None:
    now, calls = 0.0, 0

    def failing() -> None:
        nonlocal calls
        calls += 1
        raise Disconnected

    breaker = Breaker(retry_seconds=5, clock=lambda: now)
    with capture_logs() as logs:
        for then in (0.0, 1.0, 4.9, 5.0, 5.1, 9.9, 10.0):
            now = then
            with pytest.raises(StoreAway):
                breaker.call(failing)
    assert calls == 3
    assert len(logs) == 3
    now = 15.0
    assert breaker.call(lambda: 7) == 7
    assert breaker.call(lambda: 8) == 8


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("nonsense", "nonsense"),
    ],
)
def test_an_address_counts_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("before", "now", "wait"),
    [
        ((0, 0.0), (9, 90.0), 0),
        ((0, 0.0), (10, 90.0), 30),
        ((10, 30.0), (4, 90.0), 0),
        ((10, 60.0), (4, 120.0), 24),
        ((0, 0.0), (20, 90.0), 60),
    ],
)
def test_the_wait_is_until_one_more_fits(before: tuple[int, float], now: tuple[int, float], wait: float) -> None:
    assert seconds_to_wait(10, 60.0, before, now) == pytest.approx(wait)


@pytest.mark.parametrize("text", ["", "lots", "0/minute", "-1/minute", "10", "10/fortnight", "10/minute; 5/second"])
def test_a_rate_that_is_none_is_refused_at_start(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"THROTTLE_USER is .* it takes a count and a period"):
        conf.rate("THROTTLE_USER", text)


def test_a_rate_may_be_off() -> None:
    assert (conf.rate("X", " OFF "), conf.rate("X", "10/Minute")) == ("", "10/minute")


def test_every_operation_describes_its_429() -> None:
    operations = [one for path in document()["paths"].values() for one in path.values()]
    assert operations
    for operation in operations:
        assert operation["responses"]["429"]["headers"]["Retry-After"]["required"] is True
