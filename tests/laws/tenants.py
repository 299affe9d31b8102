"""Two tenants who own one of everything."""

import json
from collections.abc import Iterator
from uuid import UUID

from accounts.actions.api_keys import create_api_key
from accounts.models import ApiKey, Session, User
from alerts.models import Alert
from drifts.actions.ingest import Submission, ingest_scan
from drifts.actions.report import Report, report_drift
from drifts.models import Drift, Scan, Stack
from driftsentry.api.access import Scope
from tests.conftest import World

RED = {"ingress": [{"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}]}


def furnish(world: World, account_id: UUID, *, owner: str, number: int = 1) -> None:
    """Give a tenant a stack, scans, drifts and alerts, as its own clients would."""
    user = {"acme": world.owner, "rival": world.outsider}[owner]
    for place in range(number):
        report = Report(
            resource_id=f"sg-{place}-{Drift.objects.count()}",
            resource_type="SECURITY_GROUP",
            region="eu-central-1",
            expected_state={"ingress": []},
            actual_state=RED,
            severity="critical",
            stack=f"stack-{Stack.objects.count()}",
        )
        report_drift(account_id, report, by=world.actor(user))
        plan = {"format_version": "1.2", "terraform_version": f"1.9.{place}", "resource_changes": []}
        ingest_scan(account_id, json.dumps(plan).encode(), Submission(stack=report.stack), by=world.actor(user))
        create_api_key(account_id, name=f"{owner} {place}", scopes=[Scope.READ], by=world.actor(user))


def ids_of(account_id: UUID) -> Iterator[UUID]:
    """Every id that a tenant's addresses could hold."""
    for model in (Stack, Scan, Drift, Alert, User, ApiKey, Session):
        yield from model._default_manager.filter(account_id=account_id).values_list("pk", flat=True)
