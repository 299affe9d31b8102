"""Scans that count or name and never show: a notification closes nothing, a log opens what a plan makes richer."""

from pathlib import Path
from typing import Any

from drifts.models import Drift
from tests.drifts.scans import drifted, facts, ingest, instance, only_drift

FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_a_notification_of_hcp_terraform_is_taken_and_closes_nothing(world: Any) -> None:
    ingest(world, drifted(instance()))
    body = (FIXTURES / "hcp-assessment" / "check_failure.json").read_bytes()
    client = world.client(world.engineer)
    answer = client.post("/api/v1/scans?stack=payments-prod", body, content_type="application/json")
    assert answer.status_code == 201
    scan = answer.json()["data"]
    assert (scan["format"], scan["status"], scan["isComplete"]) == ("hcp-assessment", "succeeded", False)
    assert "json-output" in scan["incompleteReason"]
    assert only_drift().status == Drift.Statuses.DETECTED
    assert facts(world, "drift.resolved") == []


def test_pulumis_pending_delete_and_its_current_object_are_two_drifts(world: Any) -> None:
    ingest(world, (FIXTURES / "pulumi-preview" / "pending_deletes_share_the_urn.json").read_bytes())
    assert sorted(drift.kind for drift in Drift.objects.all()) == ["deleted", "modified"]
    assert len({drift.identity for drift in Drift.objects.all()}) == 2
