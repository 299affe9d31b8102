"""Reads a body in a process of its own, and tells by how much the process grew: `python -m … FILE LIMIT`.

A process of its own, because a peak of memory is remembered for ever.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from drifts.ingest.errors import FormatError
from drifts.ingest.pipeline import assess
from drifts.ingest.policy import judge

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Measured:
    """What reading a body took and gave."""

    grown: int
    """Megabytes, beyond the body itself."""
    refusal: str
    drifts: int
    checked: int
    complete: bool


def measure(body: Path, *, limit: int = 1 << 28) -> Measured:
    """Read a body in another process."""
    command = [sys.executable, "-m", "tests.drifts.ingest.measured", str(body), str(limit)]
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=150
    )
    return Measured(**json.loads(done.stdout))


def _peak() -> int:
    """The most memory this process has held, in kilobytes; on Linux `ru_maxrss` is the parent's, too."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def _main(path: str, limit: str) -> None:
    body = Path(path).read_bytes()
    before = _peak()
    said = found = None
    refusal = ""
    try:
        said = assess(body, limit=int(limit))
        found = judge(said, account_id="a", stack="s", environment="prod", masking_key=b"k")
    except FormatError as error:
        refusal = type(error).__name__
    told = {
        "grown": (_peak() - before) // 1024,
        "refusal": refusal,
        "drifts": len(found.observations) if found else 0,
        "checked": said.resources_checked if said else 0,
        "complete": said.complete if said else False,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    _main(*sys.argv[1:])
