"""`manage.py watch`, against a real daphne."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from driftsentry.local.processes import stop, wait_until
from tests.drifts.scans import drifted, ingest, open_group
from tests.realtime.server import Server, environment


def _watching(server: Server, token: str, said: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "manage.py", "watch", "--token", token, "--url", f"ws://127.0.0.1:{server.port}/ws"]
    with said.open("wb") as out:
        return subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment())  # noqa: S603


def test_it_prints_what_happens(world: Any, server: Server, token: str, tmp_path: Path) -> None:
    said = tmp_path / "said"
    process = _watching(server, token, said)
    try:
        assert wait_until(lambda: "ready" in said.read_text(), seconds=30)
        ingest(world, drifted(open_group()))
        assert wait_until(lambda: "scan:completed" in said.read_text(), seconds=30)
    finally:
        stop(process, (signal.SIGINT, 10.0))
    lines = said.read_text()
    assert [name for name in ("scan:started", "drift:created", "alert:created") if name in lines] == [
        "scan:started",
        "drift:created",
        "alert:created",
    ]
    assert process.returncode == 0


def test_a_token_that_does_not_hold_ends_it_in_words(server: Server, tmp_path: Path) -> None:
    said = tmp_path / "said"
    process = _watching(server, "not.a.token", said)
    assert process.wait(30) == 1
    assert "log in again" in said.read_text()
    assert "Traceback" not in said.read_text()
