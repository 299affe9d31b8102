"""Scans whose assessment the tests write themselves: what no small plan can say."""

import os
from datetime import datetime
from typing import Any

from django.utils import timezone

from drifts.actions.ingest import record_assessment
from drifts.findings import Assessment, Finding, Gap, JsonObject, Kind, NotAssessed
from drifts.models import Scan, Stack
from tests.drifts.scans import STACK, WEB

SMALL: JsonObject = {"id": "i-1", "instance_type": "t3.micro", "tags": {"owner": "web"}, "monitoring": True}
ROLE = "aws_iam_role.deploy"


def differing(address: str = WEB, **actual: Any) -> Finding:
    """A resource that differs in some attributes."""
    return _finding(address, Kind.MODIFIED, SMALL, {**SMALL, **actual})


def differing_somehow(address: str = WEB, kind: Kind = Kind.MODIFIED) -> Finding:
    """A resource of which a source says only that it differs, or that it is gone."""
    return _finding(address, kind, None, None)


def gone(address: str = WEB) -> Finding:
    """A resource that is not there."""
    return _finding(address, Kind.DELETED, SMALL, None)


def _finding(address: str, kind: Kind, expected: JsonObject | None, actual: JsonObject | None) -> Finding:
    provider_type = address.split(".")[0]
    return Finding(address, provider_type, kind, expected, actual, resource_id=f"id of {address}")


def not_read(name: str, what: Gap = Gap.RESOURCE, reason: str = "Reading was denied.") -> NotAssessed:
    """A part that a scan could not look at."""
    return NotAssessed(what, name, reason)


def scan_that_says(world: Any, *findings: Finding, at: datetime | None = None, **more: Any) -> Scan:
    """Record a scan of the stack that finds this; complete, unless `more` says otherwise."""
    stack, _ = Stack.objects.get_or_create(account=world.account, name=STACK)
    scan = Scan.objects.create(
        account=world.account,
        stack=stack,
        status=Scan.Statuses.RUNNING,
        started_at=timezone.now(),
        body_digest=os.urandom(32),
    )
    said = {"format": "aws", "tool_version": "1", "complete": True, **more}
    record_assessment(scan, Assessment(findings=findings, **said), by=world.actor(world.engineer), at=at)
    scan.refresh_from_db()
    return scan
