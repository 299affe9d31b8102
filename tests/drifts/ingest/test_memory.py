"""A plan of a hundred megabytes: memory grows with what has drifted, not with the plan."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from drifts.findings import JsonObject
from tests.drifts.ingest.measured import measure
from tests.drifts.ingest.plans import entry, policy

DRIFTS = 200
SIZE = 100 << 20


def state(number: int, size: str) -> JsonObject:
    """A resource of an ordinary size, with a secret, a script and a policy in it."""
    return {
        "id": f"i-{number}",
        "instance_type": size,
        "password": f"correct-horse-{number}",
        "tags": {"team": "a", "number": str(number)},
        "user_data": "#!/bin/sh\necho hello\n" * 40,
        "policy": policy({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}),
        "ebs_block_device": [{"device_name": f"/dev/sd{letter}", "volume_size": 8} for letter in "bcdefg"],
    }


def web(number: int, action: str, before: str, after: str) -> dict[str, Any]:
    return entry(
        f"module.a.aws_instance.web[{number}]",
        actions=(action,),
        before=state(number, before),
        after=state(number, after),
        before_sensitive={"password": True},
        after_sensitive={"password": True},
    )


def write_plan(path: Path) -> None:
    """Write a plan whose bulk stands in `planned_values`, `prior_state` and `configuration`, as in real ones."""
    drift = json.dumps([web(number, "update", "t3.small", "t3.large") for number in range(DRIFTS)])
    clean = json.dumps([web(number, "no-op", "t3.large", "t3.large") for number in range(4000)])
    one = {
        "address": "module.a.aws_instance.web[0]",
        "mode": "managed",
        "type": "aws_instance",
        "values": state(0, "x"),
    }
    share = (SIZE - len(drift) - len(clean)) // 3
    bulk = ",".join([json.dumps(one)] * (share // len(json.dumps(one)) + 1))
    with path.open("w", encoding="utf-8") as plan:
        plan.write('{"format_version":"1.2","terraform_version":"1.9.5",')
        plan.write(f'"planned_values":{{"root_module":{{"resources":[{bulk}]}}}},')
        plan.write(f'"resource_drift":{drift},"resource_changes":{clean},')
        plan.write(f'"prior_state":{{"values":{{"root_module":{{"resources":[{bulk}]}}}}}},')
        plan.write(f'"configuration":{{"root_module":{{"resources":[{bulk}]}}}}}}')


@pytest.fixture(scope="module")
def large_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "plan.json"
    write_plan(path)
    return path


def test_a_plan_of_a_hundred_megabytes_takes_little_more_than_itself(large_plan: Path) -> None:
    assert large_plan.stat().st_size >= SIZE
    told = measure(large_plan)
    assert (told.drifts, told.checked, told.complete, told.refusal) == (DRIFTS, 4000, True, "")
    assert told.grown < 60


def test_a_compressed_one_takes_its_own_size_once(large_plan: Path, tmp_path: Path) -> None:
    packed = tmp_path / "plan.json.gz"
    packed.write_bytes(gzip.compress(large_plan.read_bytes(), 1))
    told = measure(packed)
    assert told.drifts == DRIFTS
    assert told.grown < 150 + (SIZE >> 20)


MASSES = {
    "documents": ("", '{"format_version":"1.2"}\n', ""),
    "items": ('{"format_version":"1.2","resource_drift":[', "{},", "{}]}"),
    "members": ('{"format_version":"1.2","variables":{', '"a":1,', '"b":1},"resource_drift":[]}'),
    "state": (
        '{"format_version":"1.2","resource_changes":[],"prior_state":{"values":{"root_module":{"resources":[',
        "{},",
        "{}]}}}}",
    ),
    "actions": (
        '{"format_version":"1.2","resource_drift":[{"type":"a","name":"b","change":{"actions":[',
        '"x",',
        '"x"]}}]}',
    ),
    "values": (
        '{"format_version":"1.2","resource_drift":[{"type":"a","name":"b","change":{"actions":["update"],"before":{"a":[',
        "0,",
        "0]}}}]}",
    ),
    "digits": (
        '{"format_version":"1.2","resource_drift":[{"type":"a","name":"b","change":{"actions":["update"],"before":{"a":',
        "1",
        "}}}]}",
    ),
    "spaces": ('{"format_version":', " ", ""),
    "brackets": ('{"a":', "[", ""),
    "key": ('{"', '\\"', '":1}'),
}
"""What stands before, a part repeated without end, and what stands after."""


@pytest.mark.parametrize("mass", MASSES)
def test_a_mass_of_tiny_parts_is_refused_before_it_fills_the_memory(mass: str, tmp_path: Path) -> None:
    before, part, after = MASSES[mass]
    body = tmp_path / "body"
    with body.open("w", encoding="utf-8") as written:
        written.write(before)
        for _ in range(48):
            written.write(part * ((1 << 20) // len(part)))
        written.write(after)
    told = measure(body)
    assert told.refusal in {"FormatError", "UnrecognisedFormat"}
    assert told.grown < 120
