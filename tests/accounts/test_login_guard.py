"""The log-in guard: locks that grow, that hold for many tries at once, and that keep no owner out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings
from redis import Redis
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from accounts import guard, lockouts
from accounts.guard import RedisCounts
from accounts.lockouts import OwnCounts
from accounts.models import Session
from audit.models import AuditLog
from driftsentry.api.errors import TooMany
from tests.accounts.signing import LOGIN, without_its_trace
from tests.api.counted import counting_redis, nothing_counted
from tests.conftest import PASSWORD, World

WRONG = "wrong horse battery"
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def guarded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The guard is on, and nothing is counted yet."""
    settings.THROTTLE_LOGIN = "1000/minute"
    with nothing_counted():
        monkeypatch.setattr(guard, "_own", OwnCounts())
        yield


def names_in_redis() -> str:
    with Redis.from_url(django_settings.REDIS_URL) as redis:
        return str([(name, redis.get(name)) for name in redis.scan_iter("*login*")])


def log_in(email: str, password: str = WRONG, address: str = HERE) -> tuple[int, int]:
    """The answer's status and its `Retry-After`."""
    body = {"email": email, "password": password}
    answer = APIClient().post(LOGIN, body, format="json", REMOTE_ADDR=address)
    return answer.status_code, int(answer.headers.get("Retry-After", 0))


def admitted(email: str, address: str) -> bool:
    try:
        guard.admit(email, address)
    except TooMany:
        return False
    return True


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (11, 900), (10**6, 900)]
)
def test_a_lock_doubles_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    table = lockouts.lock_table()
    assert lockouts.lock_seconds(failures) == seconds
    assert table[min(failures, len(table) - 1)] == seconds


@pytest.mark.parametrize("email", ["bob@acme.example", "nobody@acme.example"])
def test_after_five_failures_a_log_in_waits_known_or_not(world: World, email: str) -> None:
    assert [log_in(email)[0] for _ in range(5)] == [401] * 5
    status, wait = log_in(email)
    assert status == 429
    assert 1 <= wait <= 31


def test_a_log_in_while_the_database_is_away_is_no_failure(world: World) -> None:
    def away(execute: object, sql: str, *rest: object) -> object:
        raise OperationalError("the connection was lost")

    for _ in range(7):
        with connection.execute_wrapper(away):
            assert log_in("bob@acme.example", PASSWORD)[0] == 503
    assert log_in("bob@acme.example", PASSWORD)[0] == 200


def test_a_locked_log_in_reads_alike_for_a_known_and_an_unknown_e_mail(world: World) -> None:
    answers = []
    for email in ("bob@acme.example", "nobody@acme.example"):
        for _ in range(5):
            log_in(email)
        body = {"email": email, "password": PASSWORD}
        answers.append(APIClient().post(LOGIN, body, format="json", REMOTE_ADDR=HERE))
    first, second = (without_its_trace(answer) for answer in answers)
    assert first == second
    assert first["code"] == "RATE_LIMIT"


def test_another_spelling_and_another_address_of_the_same_network_are_no_way_round(world: World) -> None:
    spellings = ("bob@acme.example", "BOB@acme.example", " bob@ACME.example ", "Bob@acme.example", "boB@acme.example")
    for number, spelling in enumerate(spellings):
        assert log_in(spelling, address=f"2001:db8:1:2::{number}")[0] == 401
    assert log_in("bob@acme.example", address="2001:db8:1:2:ffff::1")[0] == 429
    assert log_in("bob@acme.example", address="2001:db8:1:3::1")[0] == 401


def test_the_owner_elsewhere_is_not_locked_with_the_attacker(world: World) -> None:
    for _ in range(7):
        log_in(world.engineer.email, address=ELSEWHERE)
    assert log_in(world.engineer.email, PASSWORD, address=ELSEWHERE)[0] == 429
    assert log_in(world.engineer.email, PASSWORD)[0] == 200


def test_a_success_forgets_the_failures_before_it(world: World) -> None:
    for _ in range(3):
        assert [log_in(world.engineer.email)[0] for _ in range(4)] == [401] * 4
        assert log_in(world.engineer.email, PASSWORD)[0] == 200


def test_a_lock_is_journaled_once_when_it_begins(world: World) -> None:
    for _ in range(9):
        log_in(world.engineer.email)
    entry = AuditLog.objects.get(kind="user.login_locked")
    assert entry.data == {"id": str(world.engineer.pk), "failures": 5, "seconds": 30}
    assert entry.personal is not None
    assert entry.personal["address"] == HERE
    assert AuditLog.objects.filter(kind="user.login_failed").count() == 5


def test_of_fifty_tries_at_once_five_reach_the_password(world: World) -> None:
    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(lambda _: admitted("bob@acme.example", HERE), range(50)))
    assert found.count(True) == lockouts.FREE_FAILURES


def test_an_address_makes_only_so_many_attempts_over_all_e_mails(world: World, settings: Settings) -> None:
    settings.THROTTLE_LOGIN = "30/minute"
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda number: admitted(f"{number}@acme.example", HERE), range(50)))
    assert found.count(True) == 30
    assert not admitted("bob@acme.example", HERE)
    assert admitted("bob@acme.example", ELSEWHERE)


@pytest.mark.parametrize("email", ["bob@acme.example", "nobody@acme.example"])
def test_an_attack_from_many_addresses_stops_after_a_hundred_failures(world: World, email: str) -> None:
    tries = [admitted(email, f"10.0.{number // 250}.{number % 250}") for number in range(120)]
    assert tries == [True] * lockouts.EMAIL_FAILURES + [False] * 20
    with pytest.raises(TooMany) as refused:
        guard.admit(email, ELSEWHERE)
    assert 3000 < refused.value.wait <= lockouts.EMAIL_SECONDS


def test_an_attack_from_many_addresses_does_not_keep_the_owner_out(world: World) -> None:
    assert log_in(world.engineer.email, PASSWORD, "2001:db8:5:6::1")[0] == 200
    for number in range(lockouts.EMAIL_FAILURES):
        admitted(world.engineer.email, f"10.1.0.{number}")
    assert log_in(world.engineer.email, PASSWORD)[0] == 429
    assert log_in(world.engineer.email, PASSWORD, "2001:db8:5:6::2")[0] == 200
    Session.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert log_in(world.engineer.email, PASSWORD, "2001:db8:5:6::2")[0] == 429


def test_successes_do_not_count_against_an_e_mail(world: World) -> None:
    for _ in range(lockouts.EMAIL_FAILURES + 5):
        guard.admit(world.viewer.email, HERE).succeeded()
    assert admitted(world.viewer.email, ELSEWHERE)


def test_a_right_password_before_the_second_factor_does_not_forget_wrong_codes() -> None:
    for _ in range(4):
        guard.admit("bob@acme.example", HERE)
        guard.admit("bob@acme.example", HERE).released()
    assert guard.admit("bob@acme.example", HERE).verdict.lock == 30
    assert not admitted("bob@acme.example", HERE)


def test_an_attempt_that_locked_and_was_none_takes_its_lock_back() -> None:
    for _ in range(4):
        guard.admit("bob@acme.example", HERE)
    for _ in range(3):
        guard.admit("bob@acme.example", HERE).released()
    assert admitted("bob@acme.example", HERE)


def test_redis_holds_no_e_mail(world: World) -> None:
    log_in(world.engineer.email)
    log_in("nobody@acme.example")
    found = names_in_redis()
    assert guard.digest(world.engineer.email) in found
    for piece in ("bob", "nobody", "acme"):
        assert piece not in found


def test_resets_are_counted_by_e_mail_and_by_address() -> None:
    for _ in range(5):
        guard.admit_reset(HERE, "bob@acme.example")
    with pytest.raises(TooMany):
        guard.admit_reset(HERE, "BOB@acme.example")
    with pytest.raises(TooMany):
        guard.admit_reset(ELSEWHERE, "bob@acme.example")
    for number in range(14):
        guard.admit_reset(HERE, f"{number}@acme.example")
    with pytest.raises(TooMany):
        guard.admit_reset(HERE, "another@acme.example")


def test_the_memory_counts_as_redis_does(world: World) -> None:
    tries = [("take", known) for known in (False, True)] * 3 + [("forget", False)] + [("take", False)] * 6
    found = []
    for counts in (OwnCounts(), RedisCounts()):
        pair, email = uuid4().hex, uuid4().hex
        seen = []
        for what, known in tries:
            if what == "forget":
                counts.give_back(pair, email, lock=True, forget=True)
            else:
                verdict = counts.take(pair, email, known=known)
                seen.append((verdict.foreign, verdict.failures, verdict.lock, round(verdict.wait)))
        found.append(seen)
    assert found[0] == found[1]


def test_the_memory_forgets_after_a_quiet_hour_and_unlocks_in_time() -> None:
    now = 0.0
    counts = OwnCounts(lambda: now)
    for _ in range(5):
        counts.take("pair", "email", known=False)
    assert counts.take("pair", "email", known=False).wait == 30
    now = 31.0
    assert counts.take("pair", "email", known=False).lock == 60
    now = 31.0 + 61 + 3600
    assert counts.take("pair", "email", known=False).failures == 1


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockouts, "MOST_REMEMBERED", 100)
    counts = OwnCounts()
    for number in range(500):
        counts.take(f"pair {number}", f"email {number}", known=False)
    assert len(counts._counts) == 100


def test_log_ins_stay_limited_while_redis_is_away(world: World, settings: Settings, tmp_path: Path) -> None:
    with counting_redis(tmp_path) as redis:
        settings.REDIS_URL = redis.url
        assert log_in(world.engineer.email)[0] == 401
        redis.stop()
        with capture_logs() as logs:
            statuses = [log_in(world.engineer.email)[0] for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert [line["event"] for line in logs].count("counting_store_away") == 1
    away = next(line for line in logs if line["event"] == "counting_store_away")
    assert "log-ins are counted by each process alone" in away["effect"]
