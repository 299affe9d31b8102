"""Drifts that several modules list."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drifts.models import Drift
from tests.drifts.reported import REASON, report

START = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture
def three(world: Any) -> Any:
    """Three drifts that differ in everything: a is the oldest and dearest, c the newest and without a price."""
    everything: dict[str, dict[str, Any]] = {
        "a": {"severity": "critical", "cost": "90", "region": "us-east-1", "stack": "one", "resource_type": "EC2"},
        "b": {
            "severity": "low",
            "cost": "-5",
            "region": "eu-west-1",
            "stack": "two",
            "resource_type": "aws_s3_bucket",
            "detected_by": "manual",
        },
        "c": {"severity": "high", "region": "eu-west-1", "stack": "two", "resource_type": "aws_iam_role"},
    }
    for number, (name, values) in enumerate(everything.items()):
        drift = report(world.engineer, f"res-{name}", **values)
        at = START + timedelta(days=number)
        Drift.objects.filter(pk=drift.pk).update(detected_at=at, last_seen_at=at + timedelta(hours=5 - 2 * number))
    drift = Drift.objects.get(resource_id="res-b")
    drift.stack.environment = "production"
    drift.stack.save()
    Drift.objects.filter(pk=drift.pk).update(cloud_account="123456789012", kind="deleted")
    client = world.client(world.engineer)
    client.post(f"/api/v1/drifts/{drift.pk}/approve", {"reason": REASON}, format="json")
    report(world.outsider, "theirs", stack="one", severity="critical")
    return world
