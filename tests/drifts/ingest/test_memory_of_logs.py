"""A log of many megabytes: memory grows with what has drifted, not with the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.drifts.ingest.measured import measure

RESOURCES = 40_000
DRIFTS = 200


def line(kind: str, number: int, **more: Any) -> str:
    resource = {
        "addr": f"module.a.aws_instance.web[{number}]",
        "module": "module.a",
        "resource": f"aws_instance.web[{number}]",
        "implied_provider": "aws",
        "resource_type": "aws_instance",
        "resource_name": "web",
        "resource_key": number,
    }
    inside = (
        {"hook": {"resource": resource, **more}}
        if kind.startswith("refresh")
        else {"change": {"resource": resource, **more}}
    )
    return json.dumps({"@level": "info", "@message": "x" * 300, "@module": "terraform.ui", **inside, "type": kind})


def test_a_log_of_many_megabytes_takes_little_more_than_itself(tmp_path: Path) -> None:
    path = tmp_path / "plan.jsonl"
    with path.open("w", encoding="utf-8") as log:
        log.write('{"@level":"info","@message":"x","type":"version","terraform":"1.9.8"}\n')
        for number in range(RESOURCES):
            log.write(line("refresh_start", number, id_key="id", id_value=f"i-{number}") + "\n")
        for number in range(DRIFTS):
            log.write(line("resource_drift", number, action="update") + "\n")
        log.write('{"@level":"info","@message":"x","type":"change_summary","changes":{"operation":"plan"}}\n')
    assert path.stat().st_size > 20 << 20
    told = measure(path)
    assert (told.drifts, told.checked, told.complete, told.refusal) == (DRIFTS, RESOURCES, True, "")
    assert told.grown < 40
