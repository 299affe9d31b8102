"""A plan of a hundred megabytes with two hundred drifts, and how much memory a process has held."""

import json
from pathlib import Path

from tests.drifts.scans import instance

DRIFTS = 200
SIZE = 100 << 20
ROOM = 150 << 20
"""What reading it may take beside the body itself, the process included."""


def write_large_plan(path: Path) -> None:
    """Write it; its bulk stands in parts that are not read, as in real plans.

    Args:
        path: Where.
    """
    drift = json.dumps([instance(f"aws_instance.web[{number}]") for number in range(DRIFTS)])
    filler = json.dumps({"address": "aws_instance.web[0]", "values": {"user_data": "#!/bin/sh\necho hello\n" * 40}})
    bulk = ",".join([filler] * (SIZE // (len(filler) + 1) + 1))
    with path.open("w", encoding="utf-8") as plan:
        plan.write('{"format_version":"1.2","terraform_version":"1.11.4",')
        plan.write(f'"planned_values":{{"root_module":{{"resources":[{bulk}]}}}},')
        plan.write(f'"resource_drift":{drift},"resource_changes":[]}}')


def most_memory(pid: int) -> int:
    """The most memory that a process has held, in bytes.

    Args:
        pid: A process of ours.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
