"""What putting a drift back would do: kept, shown before and on approval, and kept up to date in silence."""

import json
from typing import Any

from drifts.models import Drift, Scan
from tests.drifts.ingest.plans import entry, plan
from tests.drifts.scans import REASON, WEB, drifted, head, ingest, instance, kinds_after, only_drift

CODE = {
    "root_module": {
        "resources": [
            {"address": f"aws_eip.{name}", "mode": "managed", "expressions": {"a": {"references": [WEB]}}}
            for name in ("a", "b", "c")
        ]
    }
}
SENTENCE = "Putting it back would REPLACE it, forced by ami; 3 resources depend on it."


def planned(*actions: str, **more: Any) -> bytes:
    """A plan in which the instance has drifted, and what it would do about it."""
    change = entry(WEB, actions=actions, action_reason="replace_because_cannot_update")
    change["change"]["replace_paths"] = [["ami"]]
    return plan([instance()], [change], configuration=CODE, **more)


def log_of_a_plan() -> bytes:
    """The log of the same plan."""
    resource = {"addr": WEB, "resource": WEB, "resource_type": "aws_instance", "implied_provider": "aws"}
    lines: list[dict[str, Any]] = [
        {"type": "version", "terraform": "1.9.5"},
        {"type": "resource_drift", "change": {"resource": resource, "action": "update"}},
        {"type": "planned_change", "change": {"resource": resource, "action": "replace", "reason": "cannot_update"}},
        {"type": "change_summary", "changes": {"operation": "plan"}},
    ]
    return b"".join(json.dumps({"@level": "info", "@message": "x", **line}).encode() + b"\n" for line in lines)


def test_it_is_shown_on_the_drift_and_in_the_answer_to_an_approval(world: Any) -> None:
    ingest(world, planned("delete", "create"))
    url = f"/api/v1/drifts/{only_drift().pk}"
    client = world.client(world.engineer)
    wanted = {
        "step": "replace",
        "forcedBy": ["ami"],
        "dependents": ["aws_eip.a", "aws_eip.b", "aws_eip.c"],
        "dependentsTotal": 3,
        "reason": "replace_because_cannot_update",
        "sentence": SENTENCE,
    }
    assert client.get(url).json()["data"]["consequence"] == wanted
    assert client.post(f"{url}/approve", {"reason": REASON}, format="json").json()["data"]["consequence"] == wanted
    assert "consequence" not in client.get("/api/v1/drifts").json()["data"]["items"][0]


def test_another_consequence_alone_is_noted_and_is_no_other_drift(world: Any) -> None:
    ingest(world, drifted(instance()))
    drift, before = only_drift(), head(world)
    assert drift.consequence is not None
    assert drift.consequence["step"] == "nothing"
    scan = ingest(world, planned("delete", "create")).scan
    assert (scan.drifts_recurring, scan.drifts_changed) == (1, 0)
    assert only_drift().consequence["step"] == "replace"  # type: ignore[index]
    assert [kind for kind in kinds_after(world, before) if kind.startswith("drift.")] == []


def test_a_scan_that_does_not_tell_leaves_what_is_known(world: Any) -> None:
    ingest(world, planned("update"))
    ingest(world, plan([instance()]))
    assert Scan.objects.count() == 2
    assert only_drift().consequence["step"] == "update"  # type: ignore[index]


def test_a_log_and_then_the_plan_are_one_drift(world: Any) -> None:
    ingest(world, log_of_a_plan())
    assert only_drift().consequence["step"] == "replace"  # type: ignore[index]
    assert (only_drift().fidelity, only_drift().difference) == (Drift.Fidelities.LOW, {})
    ingest(world, planned("delete", "create"))
    drift = only_drift()
    assert (drift.fidelity, drift.occurrences) == (Drift.Fidelities.FULL, 2)
    assert drift.difference["instance_type"] == {"expected": "t3.micro", "actual": "t3.large"}
    assert drift.consequence["forced_by"] == ["ami"]  # type: ignore[index]


def test_a_drift_that_a_client_reports_has_none(world: Any) -> None:
    body = {
        "resourceId": "i-1",
        "resourceType": "EC2",
        "region": "eu-west-1",
        "expectedState": {"a": 1},
        "actualState": {"a": 2},
    }
    answer = world.client(world.engineer).post("/api/v1/drifts", body, format="json")
    assert answer.json()["data"]["consequence"] is None
