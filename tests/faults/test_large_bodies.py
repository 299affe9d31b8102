"""A plan of a hundred megabytes: no process holds much more than the plan itself."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings

from drifts.models import Drift, Scan
from tests.faults.large_plan import DRIFTS, ROOM, SIZE, most_memory, write_large_plan
from tests.realtime.server import environment, serving

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Memory is read from /proc.")
PATIENCE_SECONDS = 120.0
MEASURE = """
import sys
from pathlib import Path
from manage import main
main()
status = Path("/proc/self/status").read_text()
print("most:", next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


@pytest.fixture(scope="module")
def large_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "plan.json"
    write_large_plan(path)
    assert path.stat().st_size >= SIZE
    return path


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as opened:
        while piece := opened.read(1 << 20):
            yield piece


@pytest.mark.parametrize("announced", [True, False], ids=["with its length", "in chunks"])
def test_over_http(world: Any, large_plan: Path, tmp_path: Path, announced: bool) -> None:
    length = {"Content-Length": str(large_plan.stat().st_size)} if announced else {}
    headers = {"Authorization": f"Bearer {world.access_token(world.engineer)}"} | length
    with serving(tmp_path, environment()) as server:
        url = f"http://127.0.0.1:{server.port}/api/v1/scans?stack=large"
        answer = httpx.post(url, headers=headers, content=pieces(large_plan), timeout=PATIENCE_SECONDS)
        held = most_memory(server.process.pid)
    assert (answer.status_code, answer.json()["data"]["driftsNew"]) == (201, DRIFTS)
    assert Drift.objects.filter(account=world.account).count() == DRIFTS
    assert held < SIZE + ROOM


def test_by_the_command(world: Any, large_plan: Path) -> None:
    command = [sys.executable, "-c", MEASURE, "ingest", str(large_plan), "--stack", "large", "--account", "acme"]
    done = subprocess.run(  # noqa: S603 - our own interpreter and command
        command,
        capture_output=True,
        text=True,
        cwd=settings.BASE_DIR,
        env=environment(DJANGO_SETTINGS_MODULE="driftsentry.settings"),
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert f"{DRIFTS} new" in done.stdout
    assert Scan.objects.get().drifts_new == DRIFTS
    assert int(done.stdout.split("most:")[1]) << 10 < SIZE + ROOM
