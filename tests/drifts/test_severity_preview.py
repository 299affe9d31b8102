"""A severity rule is tried against the drifts on record before it is saved."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from drifts.actions import severity_preview
from drifts.models import Drift, SeverityRule
from tests.conftest import World
from tests.drifts.ingest.plans import policy
from tests.drifts.reported import report

URL = "/api/v1/severity-rules/preview"
SIZES = {"severity": "critical", "because": "{attribute} is agreed upon.", "attributes": ["instance_type"]}
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def preview(world: World, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = world.client(world.owner).post(URL, {"rules": [*rules], **more}, format="json")
    assert answer.status_code == 200, answer.json()
    data: dict[str, Any] = answer.json()["data"]
    return data


def tags(world: World, resource_id: str) -> Drift:
    sides: dict[str, Any] = {"expected_state": {"tags": {"a": "1"}}, "actual_state": {"tags": {"a": "2"}}}
    return report(world.owner, resource_id, severity=None, **sides)


def test_a_rule_that_is_not_saved_yet_shows_what_it_would_change(world: World) -> None:
    drift = report(world.owner, "i-1", severity=None)
    tags(world, "i-2")
    report(world.outsider, "i-3", severity=None)
    found = preview(world, SIZES)
    assert (found["tried"], found["changed"], found["cut"]) == (2, 1, False)
    assert found["bySeverity"] == {
        "before": {"critical": 0, "high": 0, "medium": 1, "low": 1},
        "after": {"critical": 1, "high": 0, "medium": 0, "low": 1},
    }
    assert found["sample"] == [
        {
            "driftId": str(drift.pk),
            "resourceId": "i-1",
            "from": "medium",
            "to": "critical",
            "reason": "instance_type is agreed upon.",
        }
    ]
    assert not SeverityRule.objects.exists()
    assert {one.severity for one in Drift.objects.all()} == {"medium", "low"}


def test_rules_are_tried_at_their_position_and_without_those_left_out(world: World) -> None:
    report(world.owner, "i-1", severity=None)
    rule = {**SIZES, "name": "Sizes", "severity": "low", "position": 50}
    saved = world.client(world.owner).post("/api/v1/severity-rules", rule, format="json").json()["data"]
    assert preview(world, {**SIZES, "position": 60})["changed"] == 0
    assert preview(world, {**SIZES, "position": 40})["bySeverity"]["after"]["critical"] == 1
    assert preview(world, without=[saved["id"]])["bySeverity"]["after"]["medium"] == 1
    assert preview(world)["changed"] == 0


def test_json_in_stored_texts_is_judged_as_it_was_when_it_was_scanned(world: World) -> None:
    sides = {"expected_state": {"policy": policy(ALLOW)}, "actual_state": {"policy": policy({**ALLOW, "Action": "*"})}}
    drift = report(world.owner, "p-1", resource_type="aws_iam_policy", severity=None, **sides)
    assert drift.severity == "critical"
    assert preview(world)["bySeverity"]["before"]["critical"] == 1


def test_what_is_long_over_is_not_tried_and_what_was_seen_of_late_is(world: World) -> None:
    late = timezone.now() - timedelta(days=31)
    for resource_id, seen in (("i-1", late), ("i-2", timezone.now())):
        drift = report(world.owner, resource_id, severity=None)
        over = {"status": "resolved", "resolved_at": timezone.now(), "resolved_how": "manual-fix"}
        Drift.objects.filter(pk=drift.pk).update(last_seen_at=seen, **over)
    assert preview(world, SIZES)["tried"] == 1


def test_only_so_many_are_tried_the_newest_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    report(world.owner, "i-1", severity=None)
    newest = report(world.owner, "i-2", severity=None)
    monkeypatch.setattr(severity_preview, "MAX_TRIED", 1)
    found = preview(world, SIZES)
    assert (found["tried"], found["cut"], found["sample"][0]["driftId"]) == (1, True, str(newest.pk))
    monkeypatch.setattr(severity_preview, "MAX_BYTES", 10)
    assert (preview(world, SIZES)["tried"], preview(world, SIZES)["cut"]) == (0, True)


def test_the_sample_is_short_and_shows_the_furthest_shifts_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    report(world.owner, "i-1", severity=None)
    tags(world, "i-2")
    monkeypatch.setattr(severity_preview, "MAX_SAMPLE", 1)
    found = preview(world, {"severity": "critical", "because": "All matters."})
    assert (found["changed"], [one["from"] for one in found["sample"]]) == (2, ["low"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rules": [{**SIZES, "test": {"smells": True}}]}, "rules.0.test"),
        ({"rules": [SIZES, {"severity": "low"}]}, "rules.1.because"),
        ({"rules": [SIZES] * 21}, "rules"),
        ({"without": [str(uuid4())]}, "without"),
        ({"rule": SIZES}, "rule"),
    ],
)
def test_what_cannot_be_tried_is_refused_by_field(world: World, body: dict[str, Any], field: str) -> None:
    refused = world.client(world.owner).post(URL, body, format="json")
    assert refused.status_code == 400
    assert [one["field"] for one in refused.json()["error"]["details"]["errors"]] == [field]


def test_another_tenants_rule_cannot_be_left_out(world: World) -> None:
    theirs = {**SIZES, "name": "theirs"}
    made = world.client(world.outsider).post("/api/v1/severity-rules", theirs, format="json").json()["data"]["id"]
    assert world.client(world.owner).post(URL, {"without": [made]}, format="json").status_code == 400
