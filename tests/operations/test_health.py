"""Alive, ready, and how it is doing."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from driftsentry import __version__
from driftsentry.local.processes import free_port
from driftsentry.operations.probes import Check, Kept, Readiness, missing_of
from tests.realtime.server import environment, serving

HEARTBEAT = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second')"


def run(sql: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A worker that was heard of a moment ago."""
    run(HEARTBEAT, 1)
    yield
    run("DELETE FROM procrastinate_workers")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health", "/health/", "/health/live"])
def test_a_living_process_says_so_without_the_database(
    client: Client, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "data": {"status": "live"}})
    assert "no-store" in answer["Cache-Control"]
    assert client.post(path).status_code == 405


def test_with_every_part_there_it_is_ready(client: Client, worker: None) -> None:
    answer = client.get("/health/ready")
    found = {name: {"ok": True} for name in ("database", "migrations", "worker", "channelLayer")}
    assert answer.json() == {"success": True, "data": {"status": "ready", "checks": found}}
    assert answer.status_code == 200


@pytest.mark.parametrize("silent_for", [None, 60])
def test_without_a_worker_it_is_degraded_and_still_takes_requests(
    client: Client, transactional_db: None, silent_for: int | None
) -> None:
    if silent_for:
        run(HEARTBEAT, silent_for)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "degraded")
    assert "No worker" in answer.json()["data"]["checks"]["worker"]["detail"]
    run("DELETE FROM procrastinate_workers")


@pytest.mark.parametrize("how", ["nothing listens", "nobody answers"])
def test_without_redis_it_is_degraded_and_still_takes_requests(
    client: Client, worker: None, settings: Settings, silent_port: int, how: str
) -> None:
    port = free_port() if how == "nothing listens" else silent_port
    settings.REDIS_URL = f"redis://:hunter2@127.0.0.1:{port}/0"
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "degraded")
    assert answer.json()["data"]["checks"]["channelLayer"]["ok"] is False
    assert "hunter2" not in answer.text
    assert str(port) not in answer.text


def test_with_no_redis_configured_it_is_ready_and_says_what_that_means(
    client: Client, worker: None, settings: Settings
) -> None:
    settings.REDIS_URL = ""
    found = client.get("/health/ready").json()["data"]
    assert found["status"] == "ready"
    assert "this process only" in found["checks"]["channelLayer"]["detail"]


@pytest.mark.parametrize("how", ["nothing listens", "nobody answers"])
def test_without_the_database_it_is_not_ready(
    client: Client, silent_port: int, how: str, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    port = free_port() if how == "nothing listens" else silent_port
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "PORT", port)
        answer = client.get("/health/ready", headers={"x-correlation-id": "probe-1"})
    assert answer.status_code == 503
    error = answer.json()["error"]
    assert (answer.json()["success"], error["code"], error["traceId"]) == (False, "UNAVAILABLE", "probe-1")
    assert error["details"]["status"] == "unready"
    checks = error["details"]["checks"]
    assert [checks[name]["ok"] for name in ("database", "migrations", "worker", "channelLayer")] == [False] * 3 + [True]
    assert str(port) not in answer.text
    assert connection.settings_dict["PASSWORD"] not in answer.text


def test_with_a_migration_to_come_it_is_not_ready(client: Client, worker: None) -> None:
    run("UPDATE django_migrations SET name = 'away' WHERE app = 'sessions' AND name = '0001_initial'")
    answer = client.get("/health/ready")
    run("UPDATE django_migrations SET name = '0001_initial' WHERE name = 'away'")
    assert answer.status_code == 503
    checks = answer.json()["error"]["details"]["checks"]
    assert checks["migrations"] == {
        "ok": False,
        "detail": "1 migrations are not applied, the first sessions.0001_initial.",
    }
    assert checks["database"] == {"ok": True}


def test_on_an_empty_database_it_is_not_ready(client: Client, worker: None) -> None:
    tables = ("django_migrations", "procrastinate_workers")
    for table in tables:
        run(f"ALTER TABLE {table} RENAME TO {table}_away")
    answer = client.get("/health/ready")
    for table in tables:
        run(f"ALTER TABLE {table}_away RENAME TO {table}")
    checks = answer.json()["error"]["details"]["checks"]
    assert [name for name, check in checks.items() if not check["ok"]] == ["migrations", "worker"]


@pytest.mark.parametrize(
    ("applied", "missing"),
    [
        ([], ["1", "2", "3", "1-2"]),
        (["1"], ["2", "3", "1-2"]),
        (["1", "2"], ["3"]),
        (["1-2", "3"], []),
        (["1", "2", "3", "another's"], []),
    ],
)
def test_a_squashed_migration_counts_under_its_old_names_and_its_new_one(
    applied: list[str], missing: list[str]
) -> None:
    expected = {("a", "1"): [], ("a", "2"): [], ("a", "3"): [], ("a", "1-2"): [("a", "1"), ("a", "2")]}
    found = missing_of(expected, [("a", name) for name in applied])
    assert [name for _, name in found] == missing


def test_many_probes_at_once_cost_one_look() -> None:
    looks = iter([Readiness({"database": Check(ok=True)}), Readiness({})])
    kept = Kept(lambda: next(looks), seconds=60)
    assert kept.get() is kept.get()
    assert kept.get().checks


def test_a_look_is_taken_again_once_it_is_old() -> None:
    looks = iter([Readiness({"database": Check(ok=True)}), Readiness({})])
    kept = Kept(lambda: next(looks), seconds=0)
    assert kept.get().checks
    assert not kept.get().checks


def test_a_process_without_its_database_lives_and_is_not_ready(tmp_path: Path, transactional_db: None) -> None:
    away = f"postgres://user:hunter2@127.0.0.1:{free_port()}/nowhere"
    with serving(tmp_path, environment(DATABASE_URL=away)) as server:
        assert server.get("/health").status_code == 200
        assert server.get("/health/ready").status_code == 503
    assert "hunter2" not in server.log.read_text()


def test_an_admin_sees_how_the_process_is_doing(world: Any) -> None:
    found = world.client(world.owner).get("/health/detailed").json()["data"]
    assert found["version"] == __version__
    assert found["uptimeSeconds"] >= 0
    assert found["memoryBytes"] > 10_000_000
    assert found["queryMilliseconds"] > 0
    assert found["checks"]["database"] == {"ok": True}
    assert found["status"] == "degraded"


def test_only_an_admin_sees_how_the_process_is_doing(world: Any, client: Client) -> None:
    assert client.get("/health/detailed").status_code == 401
    for user in (world.engineer, world.viewer):
        assert world.client(user).get("/health/detailed").status_code == 403


def test_the_front_door_leads_to_the_docs(client: Client, transactional_db: None) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/api/docs/")
