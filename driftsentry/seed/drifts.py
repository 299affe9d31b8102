"""Five drifts over all severities and states, and the plan of a whole service with a month of history."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.actors import Actor
from drifts.actions.decide import approve_drift, reject_drift, resolve_drift, triage_drift
from drifts.actions.ingest import Submission, ingest_scan
from drifts.actions.report import Report, report_drift
from drifts.models import Drift, Scan
from drifts.transitions import Action, can
from driftsentry.seed import demo_plan

STACK = "platform-dev"
DEMO_STACK = "payments-prod"
REGION = "us-east-1"
Step = tuple[Action, Callable[..., Drift]]
_OPEN = {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
_TLS = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}


@dataclass(frozen=True, slots=True)
class Seeded:
    """A drift of the seed.

    Attributes:
        report: As a client would report it.
        steps: What people then did, in order.
    """

    report: Report
    steps: tuple[Step, ...] = ()


def _report(resource_id: str, kind: str, expected: dict[str, Any], actual: dict[str, Any]) -> Report:
    return Report(
        resource_id=resource_id,
        resource_type=kind,
        region=REGION,
        expected_state=expected,
        actual_state=actual,
        detected_by=Scan.Sources.MANUAL.value,
        stack=STACK,
    )


SEEDED = (
    Seeded(_report("sg-0bastion", "aws_security_group", {"ingress": [_TLS]}, {"ingress": [_TLS, _OPEN]})),
    Seeded(
        _report(
            "orders-db",
            "aws_db_instance",
            {"engine": "postgres", "instance_class": "db.r5.large", "multi_az": False, "deletion_protection": True},
            {"engine": "postgres", "instance_class": "db.r5.xlarge", "multi_az": False, "deletion_protection": False},
        ),
        ((Action.TRIAGE, partial(triage_drift, note="Grown during the sale; the protection should be on again.")),),
    ),
    Seeded(
        _report("i-0build", "aws_instance", {"instance_type": "t3.large"}, {"instance_type": "m5.4xlarge"}),
        ((Action.APPROVE, partial(approve_drift, reason="The load test is over; put it back.")),),
    ),
    Seeded(
        _report("vol-0cache", "aws_ebs_volume", {"type": "gp3", "size": 100}, {"type": "gp3", "size": 500}),
        (
            (Action.TRIAGE, partial(triage_drift, note="The cache outgrew its volume.")),
            (Action.REJECT, partial(reject_drift, reason="The larger volume is needed; the code will follow.")),
        ),
    ),
    Seeded(
        _report(
            "driftsentry-assets", "aws_s3_bucket", {"tags": {"owner": "web"}}, {"tags": {"owner": "web", "note": "x"}}
        ),
        ((Action.RESOLVE, partial(resolve_drift, how="manual-fix", note="The tag was removed.")),),
    ),
)


def seed_drifts(account_id: UUID, *, reporter: Actor, engineer: Actor) -> None:
    """Bring the five drifts to where they should stand; what is there already stays as it is.

    Args:
        account_id: The tenant.
        reporter: Who reports them.
        engineer: Who decides on them.
    """
    for one in SEEDED:
        known = Drift.objects.filter(
            account_id=account_id, stack__name=one.report.stack, resource_id=one.report.resource_id
        ).first()
        drift = known or report_drift(account_id, one.report, by=reporter)
        for action, step in one.steps:
            if can(drift.status, action):
                drift = step(account_id, drift.pk, by=engineer)


def seed_history(account_id: UUID, *, by: Actor) -> None:
    """Ingest the demo plan as it looked over the last month.

    Args:
        account_id: The tenant.
        by: Who sends it.
    """
    now = timezone.now()
    for days_ago in demo_plan.DAYS:
        submission = Submission(
            stack=DEMO_STACK,
            environment="production",
            detected_by=Scan.Sources.SCHEDULER.value,
            observed_at=now - timedelta(days=days_ago),
        )
        ingest_scan(account_id, demo_plan.plan(days_ago), submission, by=by)
