"""`GET /drifts/{id}/remediation`: what to do, for whoever may read, of what a real scan has found."""

import json
import shlex
from typing import Any

from drifts.actions.stacks import change_stack
from tests.drifts.remediation.reading_hcl import body
from tests.drifts.scans import drifted, ingest, instance, only_drift, open_group


def advice(world: Any, user: Any = None) -> Any:
    path = f"/api/v1/drifts/{only_drift().pk}/remediation"
    answer = world.client(user or world.viewer).get(path)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def test_a_viewer_is_told_how_to_close_the_door_and_how_to_leave_it_open(world: Any) -> None:
    ingest(world, drifted(open_group()))
    told = advice(world)
    first, second = (shlex.split(way["commands"][0]) for way in told["toRestore"])
    assert first == ["terraform", "apply", "-target=aws_security_group.door"]
    assert second[:5] == ["aws", "ec2", "revoke-security-group-ingress", "--group-id", "sg-1"]
    assert json.loads(second[6])[0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    ((name, members),) = body(told["toKeep"]["hcl"])
    assert (name, [block for block, _ in members]) == ("resource aws_security_group door", ["ingress", "ingress"])
    assert told["driftId"] == str(only_drift().pk)


def test_the_stacks_tool_names_the_program(world: Any) -> None:
    ingest(world, drifted(instance()))
    stack = only_drift().stack
    change_stack(world.account.pk, stack.pk, values={"tool": "opentofu"}, by=world.actor(world.engineer))
    assert advice(world)["toRestore"][0]["commands"] == ["tofu apply -target=aws_instance.web"]


def test_a_secret_is_in_nothing_that_is_offered(world: Any) -> None:
    before = {"id": "db-1", "identifier": "orders", "password": "hunter2-hunter2", "publicly_accessible": False}
    after = {**before, "password": "hunter3-hunter3", "publicly_accessible": True}
    marks: Any = {"before_sensitive": {"password": True}, "after_sensitive": {"password": True}}
    entry = instance("aws_db_instance.orders", before=before, after=after, **marks)
    ingest(world, drifted(entry))
    told = advice(world)
    assert "hunter" not in json.dumps(told)
    assert "password = var.password # (sensitive)" in told["toKeep"]["hcl"]
    assert "--no-publicly-accessible" in told["toRestore"][1]["commands"][0]


def test_another_tenant_is_told_nothing(world: Any) -> None:
    ingest(world, drifted(instance()))
    path = f"/api/v1/drifts/{only_drift().pk}/remediation"
    assert world.client(world.outsider).get(path).status_code == 404
