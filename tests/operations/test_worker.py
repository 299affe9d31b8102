"""A real worker process: it works, is seen, serves its numbers, and leaves when asked."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from driftsentry.local.processes import free_port, spawn, stop, tail, wait_until
from driftsentry.operations import probes
from driftsentry.tasks import clear_browser_sessions
from tests.realtime.server import environment

COMMAND = [sys.executable, "manage.py", "procrastinate", "worker"]
PATIENCE_SECONDS = 40.0


@contextmanager
def working(log: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = spawn(COMMAND, log=log, env=env, dying_signal=signal.SIGTERM, cwd=settings.BASE_DIR)
    try:
        yield process
    finally:
        stop(process, (signal.SIGTERM, 15.0))


def page(port: int) -> str:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    except httpx.HTTPError:
        return ""


def test_a_worker_does_its_jobs_is_seen_and_serves_its_numbers(tmp_path: Path, transactional_db: None) -> None:
    port, log = free_port(), tmp_path / "worker.log"
    job = clear_browser_sessions.configure().defer(timestamp=0)
    with working(log, environment(WORKER_METRICS_PORT=str(port))) as process:
        assert wait_until(lambda: "process_start_time_seconds" in page(port), seconds=PATIENCE_SECONDS), tail(log)
        assert wait_until(lambda: ended(job), seconds=PATIENCE_SECONDS), tail(log)
        assert probes.look().checks["worker"].ok
        assert 'driftsentry_journal_entries_total{kind="drift.created"} 0.0' in page(port)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    assert not probes.look().checks["worker"].ok


def ended(job: int) -> bool:
    found = str(ProcrastinateJob.objects.get(pk=job).status)
    assert found != "failed"
    return found == "succeeded"


def test_without_a_port_a_worker_serves_nothing(tmp_path: Path, transactional_db: None) -> None:
    log = tmp_path / "worker.log"
    with working(log, environment(WORKER_METRICS_PORT="0")):
        assert wait_until(lambda: probes.look().checks["worker"].ok, seconds=PATIENCE_SECONDS), tail(log)
    assert "metrics" not in log.read_text()


def test_a_taken_port_is_named(tmp_path: Path, transactional_db: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = subprocess.run(  # noqa: S603 - our own command
            COMMAND,
            env=environment(WORKER_METRICS_PORT=str(port)),
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    assert ran.returncode == 1
    assert f"WORKER_METRICS_PORT {port} is taken" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.fixture(autouse=True)
def no_jobs_left(transactional_db: None) -> Iterator[None]:
    """What a worker's own clock has deferred is not for the next test."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")
