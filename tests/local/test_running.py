"""Starting what the environment does not name, together, and leaving nothing behind."""

import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from driftsentry.local import run, running
from driftsentry.local.errors import LocalServiceError
from driftsentry.local.postgres import EmbeddedPostgres
from driftsentry.local.processes import command_of, spawn, stop
from driftsentry.local.running import end_orphans, start, throwaway
from driftsentry.local.services import Services, read_services, write_services
from tests.local.background import is_gone
from tests.local.conftest import Start

SERVE = """
import json, sys, time
from pathlib import Path
from driftsentry.local.running import start
from driftsentry.local.services import write_services

folder = Path(sys.argv[1])
services = start(folder)
write_services(folder, services.as_services())
print("serving", flush=True)
time.sleep(60)
"""


def _answer(database_url: str) -> object:
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        row = connection.execute("SELECT 42").fetchone()
    return row[0] if row else None


def _breaking_redis(folder: Path) -> str:
    """A PATH on which the Redis found first cannot start."""
    folder.mkdir()
    program = folder / "redis-server"
    program.write_text("#!/bin/sh\necho 'out of order' >&2\nexit 1\n")
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_what_the_environment_names_is_used_and_nothing_is_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@db.example.com/name")
    monkeypatch.setenv("REDIS_URL", "redis://redis.example.com/0")
    services = start(folder)
    assert (services.postgres, services.redis, services.pids) == (None, None, {})
    assert services.environment()["DATABASE_URL"] == "postgres://u:p@db.example.com/name"
    assert services.environment()["REDIS_URL"] == "redis://redis.example.com/0"
    assert not folder.exists()


def test_both_run_together_are_named_to_others_and_go_with_their_folder() -> None:
    with throwaway(redis_required=True) as services:
        assert services.postgres is not None
        folder, place, pids = services.postgres.folder, services.postgres.home.resolve(), services.pids
        assert place.is_dir()
        assert sorted(pids) == ["postgres", "redis"]
        assert services.as_services() == Services(services.database_url, services.redis_url, pids)
        assert _answer(services.environment()["DATABASE_URL"]) == 42
        with Redis.from_url(services.environment()["REDIS_URL"]) as client:
            assert client.ping()
    assert not folder.exists()
    assert not place.exists()
    assert all(is_gone(pid, seconds=0) for pid in pids.values())


def test_when_one_cannot_start_the_other_is_stopped_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", _breaking_redis(tmp_path / "bin"))
    with pytest.raises(LocalServiceError, match=r"(?s)Redis .* does not start.*out of order"):
        start(folder, throwaway=True)
    cluster = EmbeddedPostgres(folder).cluster
    assert (cluster / "PG_VERSION").exists()
    assert not (cluster / "postmaster.pid").exists()


def test_nothing_outlives_a_killed_supervising_process_and_the_next_start_works(
    background: Start, folder: Path
) -> None:
    supervising = background(sys.executable, "-c", SERVE, folder)
    supervising.wait_for("serving", seconds=40)
    before = read_services(folder)
    assert before is not None
    assert sorted(before.pids) == ["postgres", "redis"]
    assert all(command_of(pid) for pid in before.pids.values())
    supervising.kill()
    assert all(is_gone(pid) for pid in before.pids.values())
    end_orphans(folder)
    assert read_services(folder) is None
    services = start(folder)
    try:
        assert _answer(services.database_url) == 42
    finally:
        services.stop()


def test_orphans_named_by_the_last_start_are_ended_and_strangers_are_left_alone(folder: Path, tmp_path: Path) -> None:
    code, log = "import time; time.sleep(60)", tmp_path / "log"
    commands = {"worker": [sys.executable, "-c", code, "procrastinate worker"], "web": [sys.executable, "-c", code]}
    ours, stranger = (spawn(command, log=log, env={}, dying_signal=signal.SIGKILL) for command in commands.values())
    try:
        pids = {"worker": ours.pid, "web": stranger.pid}
        write_services(folder, Services("postgres://u:p@127.0.0.1:1/d", None, pids))
        end_orphans(folder)
        assert ours.wait(20) == -signal.SIGTERM
        assert stranger.poll() is None
        assert read_services(folder) is None
    finally:
        stop(ours)
        stop(stranger)


def test_tests_are_refused_on_a_machine_without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "redis_program", lambda: None)
    with pytest.raises(LocalServiceError, match="No Redis was found: put redis-server or valkey-server on the PATH"):
        throwaway(redis_required=True).__enter__()


REPORT = """
import json, os, sys
from pathlib import Path

names = ("DATABASE_URL", "REDIS_URL", "DRIFTSENTRY_DATA_DIR")
Path(sys.argv[1]).write_text(json.dumps({name: os.environ.get(name, "") for name in names}))
sys.exit(7)
"""


def test_a_command_runs_with_services_that_go_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRIFTSENTRY_DATA_DIR", raising=False)
    report = tmp_path / "report.json"
    assert run.main([sys.executable, "-c", REPORT, str(report)]) == 7
    told = json.loads(report.read_text())
    assert told["DATABASE_URL"].startswith("postgres://driftsentry:")
    assert told["REDIS_URL"].startswith("redis://:")
    assert Path(told["DRIFTSENTRY_DATA_DIR"]).parent == Path(tempfile.gettempdir())
    assert not Path(told["DRIFTSENTRY_DATA_DIR"]).exists()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        _answer(told["DATABASE_URL"])


def test_a_command_is_not_run_when_a_service_cannot_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@db.example.com/name")
    monkeypatch.setenv("PATH", _breaking_redis(tmp_path / "bin"))
    assert run.main([sys.executable, "-c", REPORT, str(tmp_path / "report.json")]) == 1
    assert "out of order" in capsys.readouterr().err
    assert not (tmp_path / "report.json").exists()


def test_no_command_gets_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main([]) == 2
    assert capsys.readouterr().err.startswith("usage: python -m driftsentry.local.run COMMAND")


def test_asked_to_stop_it_stops_the_command_and_removes_the_services(background: Start, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    code = REPORT.replace("sys.exit(7)", "import time; print('running', flush=True); time.sleep(60)")
    program = background(
        sys.executable, "-m", "driftsentry.local.run", sys.executable, "-c", code, report, TMPDIR=str(tmp_path)
    )
    program.wait_for("running", seconds=40)
    address = json.loads(report.read_text())["DATABASE_URL"]
    assert _answer(address) == 42
    os.kill(program.pid, signal.SIGTERM)
    assert program.wait_for_end() == 128 + signal.SIGTERM
    with pytest.raises(psycopg.OperationalError, match="refused"):
        _answer(address)
    assert not list(tmp_path.glob("driftsentry-*"))
