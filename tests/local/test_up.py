"""`manage.py up`, as a person meets it: started, interrupted, killed and started again."""

import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from driftsentry.local.errors import LocalServiceError
from driftsentry.local.postgres import EmbeddedPostgres
from driftsentry.local.processes import command_of, free_port, wait_until
from driftsentry.local.running import Running
from driftsentry.local.services import Services, read_services, services_file
from driftsentry.local.up import Options, _announce, _manage
from tests.local.background import Background, is_gone
from tests.local.conftest import Start

START_SECONDS = 90
BANNER = "DriftSentry runs on"


@dataclass(frozen=True, slots=True)
class Up:
    """One `up` that runs.

    Attributes:
        process: The supervising process.
        folder: Its data folder.
        port: Where it serves.
    """

    process: Background
    folder: Path
    port: int

    def services(self) -> Services:
        """What it says that it runs."""
        found = read_services(self.folder)
        assert found is not None
        return found

    def health(self) -> int:
        """The status of its health check, or 0 when it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=10) as response:
                return int(response.status)
        except (urllib.error.URLError, OSError):
            return 0

    def ask(self, statement: str) -> object:
        """What its database answers."""
        with psycopg.connect(self.services().database_url, autocommit=True, connect_timeout=10) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


@pytest.fixture(scope="module")
def kept_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that goes from test to test, as it does from start to start."""
    folder = tmp_path_factory.mktemp("data")
    yield folder
    EmbeddedPostgres(folder).remove()


def _command(port: int, *options: str) -> list[str]:
    return [sys.executable, "manage.py", "up", f"--port={port}", *options]


def _start(background: Start, folder: Path, *options: str) -> Up:
    port = free_port()
    process = background(*_command(port, *options), DRIFTSENTRY_DATA_DIR=str(folder))
    process.wait_for(BANNER, seconds=START_SECONDS)
    return Up(process, folder, port)


def _all_gone(pids: dict[str, int]) -> bool:
    return all(is_gone(pid) for pid in pids.values())


def test_it_starts_everything_refuses_a_second_copy_and_ctrl_c_stops_everything(
    background: Start, kept_folder: Path
) -> None:
    up = _start(background, kept_folder, "--no-demo")
    assert f"{BANNER} http://127.0.0.1:{up.port}\n" in up.process.said()
    assert up.health() == 200
    assert wait_until(lambda: sorted(up.services().pids) == ["postgres", "redis", "web", "worker"], seconds=10)
    pids = dict(up.services().pids)
    assert all(command_of(pid) for pid in pids.values())
    assert up.services().port == up.port
    assert services_file(kept_folder).stat().st_mode & 0o777 == 0o600

    second = background(*_command(free_port(), "--no-demo"), DRIFTSENTRY_DATA_DIR=str(kept_folder))
    assert second.wait_for_end(seconds=40) == 1
    assert (
        f"already runs on {kept_folder} (process {up.process.pid}, serving http://127.0.0.1:{up.port})" in second.said()
    )
    assert "Traceback" not in second.said()
    assert up.health() == 200

    os.kill(up.process.pid, signal.SIGINT)
    assert up.process.wait_for_end(seconds=40) == 0
    assert up.process.said().endswith("Stopped. The data stays; `make run` continues with it.\n")
    assert _all_gone(pids)
    assert not services_file(kept_folder).exists()
    assert up.health() == 0


def test_whatever_is_killed_comes_back_with_its_data(background: Start, kept_folder: Path) -> None:
    up = _start(background, kept_folder, "--no-demo")
    assert wait_until(lambda: "web" in up.services().pids, seconds=10)
    before = dict(up.services().pids)
    up.ask("CREATE TABLE kept AS SELECT 42 AS answer")
    for name in ("web", "worker", "redis", "postgres"):
        os.kill(before[name], signal.SIGKILL)
    up.process.wait_for("web died (signal SIGKILL); starting it again in 1 s.")
    assert wait_until(lambda: not set(up.services().pids.values()) & set(before.values()), seconds=30)
    assert wait_until(lambda: up.health() == 200, seconds=30)
    assert up.ask("SELECT answer FROM kept") == 42

    pids = dict(up.services().pids)
    up.process.kill()
    assert _all_gone(pids)
    assert services_file(kept_folder).exists()

    later = _start(background, kept_folder, "--no-demo")
    assert later.health() == 200
    assert later.ask("SELECT answer FROM kept") == 42
    pids = dict(later.services().pids)
    os.kill(later.process.pid, signal.SIGTERM)
    assert later.process.wait_for_end(seconds=40) == 0
    assert _all_gone(pids)


def test_a_taken_port_is_told_before_anything_is_started(background: Start, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        up = background(*_command(port), DRIFTSENTRY_DATA_DIR=str(folder))
        assert up.wait_for_end(seconds=40) == 1
    assert f"Port {port} is taken by another program. Choose another one: make run PORT=" in up.said()
    assert "Traceback" not in up.said()
    assert not (folder / "postgres").exists()


def test_what_cannot_start_is_told_in_its_own_words_and_nothing_is_left(background: Start, folder: Path) -> None:
    program = folder / "bin" / "redis-server"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 'out of order' >&2\nexit 1\n")
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    up = background(*_command(free_port(), "--no-demo"), DRIFTSENTRY_DATA_DIR=str(folder), PATH=path)
    assert up.wait_for_end(seconds=60) == 1
    assert f"CommandError: Redis ({program}) does not start." in up.said()
    assert up.said().endswith("out of order\n")
    assert "Traceback" not in up.said()
    assert not services_file(folder).exists()
    assert not (EmbeddedPostgres(folder).cluster / "postmaster.pid").exists()


@pytest.mark.parametrize(
    ("redis_url", "words"),
    [
        ("redis://redis.example.com/0", "the Redis of REDIS_URL"),
        (None, "an in-process layer and look-ups in the journal (no Redis was found; all works, a little later)"),
    ],
)
def test_it_says_what_carries_live_updates_when_it_started_no_redis(
    redis_url: str | None, words: str, folder: Path
) -> None:
    said: list[str] = []
    services = Running("postgres://u:hidden@db.example.com/d", redis_url, postgres=None, redis=None)
    _announce(Options(folder, 8000, demo=False, verbose=False), services, said.append)
    assert f" Database   DATABASE_URL\n Live via   {words}\n" in said[0]
    assert "hidden" not in said[0]


def test_a_command_that_fails_on_the_way_is_shown_with_what_it_said() -> None:
    services = Running("postgres://u:p@127.0.0.1:1/d", None, postgres=None, redis=None)
    with pytest.raises(LocalServiceError, match=r"manage\.py no-such-command failed:\n.*Unknown command"):
        _manage(services, "no-such-command")
