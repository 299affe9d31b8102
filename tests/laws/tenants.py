"""Two tenants who own one of everything."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from accounts.actions.api_keys import create_api_key
from accounts.models import ApiKey, Session, User
from alerts.actions.reminding import change_notification_settings
from alerts.models import Alert, Attempt, Channel, Delivery
from drifts.actions.detection_settings import change_detection_settings
from drifts.actions.grouping import drift_groups
from drifts.actions.ingest import Submission, ingest_scan
from drifts.actions.report import Report, report_drift
from drifts.actions.severity_rules import create_severity_rule
from drifts.models import (
    ApprovalPolicy,
    Drift,
    DriftApproval,
    DriftGroupDecision,
    DriftGroupMember,
    DriftReview,
    HiddenFinding,
    IgnoreRule,
    NoiseChoice,
    RemediationHook,
    RemediationRun,
    Scan,
    SeverityRule,
    Stack,
)
from driftsentry.api.access import Scope
from tests.conftest import World

RED = {"ingress": [{"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}]}


def furnish(world: World, account_id: UUID, *, owner: str, number: int = 1) -> None:
    """Give a tenant a stack, scans, drifts and alerts, as its own clients would."""
    user = {"acme": world.owner, "rival": world.outsider}[owner]
    change_detection_settings(account_id, values={"flap_window_days": 8}, by=world.actor(user))
    change_notification_settings(account_id, values={"repeat_every_hours": 8}, by=world.actor(user))
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
        drift = report_drift(account_id, report, by=world.actor(user))
        twin = replace(report, resource_id=f"{report.resource_id}-twin")
        group(report_drift(account_id, twin, by=world.actor(user)), drift)
        plan = {"format_version": "1.2", "terraform_version": f"1.9.{place}", "resource_changes": []}
        ingest_scan(account_id, json.dumps(plan).encode(), Submission(stack=report.stack), by=world.actor(user))
        rule = {"name": f"{owner} {SeverityRule.objects.count()}", "severity": "low", "because": "x."}
        create_severity_rule(account_id, values={**rule, "types": ["none"]}, by=world.actor(user))
        hide(account_id, report.stack)
        hook(account_id, report.stack)
        voice(user, drift)
        tell(account_id)
        create_api_key(account_id, name=f"{owner} {place}", scopes=[Scope.READ], by=world.actor(user))


def group(*drifts: Drift) -> None:
    """Let drifts that share a change have been refused a decision for their group."""
    shared = next(one for one in drift_groups(drifts[0].account_id) if one.cause == "same_change")
    of_account = {"account_id": drifts[0].account_id}
    decision = DriftGroupDecision.objects.create(
        **of_account,
        group_id=shared.id,
        cause=shared.cause,
        sentence=shared.sentence,
        action="approve",
        decided_at=drifts[0].detected_at,
        refused=len(drifts),
    )
    for drift in drifts:
        DriftGroupMember.objects.create(**of_account, decision=decision, drift=drift, outcome="refused", error="It is.")


def hide(account_id: UUID, stack: str) -> None:
    """Give a tenant an ignore rule that hid something of a stack's latest scan, and a switched noise rule."""
    scan = Scan.objects.filter(account_id=account_id, stack__name=stack).latest("id")
    rule = IgnoreRule.objects.create(account_id=account_id, types=["none"], kinds=["modified"], reason="It scales.")
    HiddenFinding.objects.create(
        account_id=account_id,
        rule=rule,
        stack_id=scan.stack_id,
        scan=scan,
        fingerprint=scan.pk.bytes * 2,
        identity="none.one",
        address="none.one",
        provider_type="none",
        kind="modified",
        severity="low",
        paths=["size"],
        paths_total=1,
        is_whole=True,
        hidden_at=scan.created_at,
    )
    switched = {"is_enabled": False, "switched_at": scan.created_at}
    NoiseChoice.objects.get_or_create(account_id=account_id, rule="any.serial", defaults=switched)


def hook(account_id: UUID, stack: str) -> None:
    """Give a tenant's stack a remediation hook, and a run of it that is over."""
    of_stack = {"account_id": account_id, "stack": Stack.objects.get(account_id=account_id, name=stack)}
    named = {"kind": "generic", "url": "https://ci.example/", "secret": "whsec_" + "c2VjcmV0" * 4}
    RemediationHook.objects.create(**of_stack, **named)
    drift = Drift.objects.filter(**of_stack).latest("id")
    RemediationRun.objects.create(
        account_id=account_id, drift=drift, kind="generic", status="failed", token_digest=drift.pk.bytes * 2
    )


def tell(account_id: UUID) -> None:
    """Give a tenant a channel and a message that it has not taken."""
    drift = Drift.objects.filter(account_id=account_id).latest("id")
    channel = Channel.objects.create(
        account_id=account_id,
        name=f"list {Channel.objects.count()}",
        kind="email",
        config={"recipients": ["ops@driftsentry.example"]},
        types=["scan_failed"],
    )
    at = drift.created_at
    delivery = Delivery.objects.create(
        account_id=account_id,
        channel=channel,
        medium="email",
        key=f"drift:{drift.pk}:opened",
        type="drift_detected",
        severity="critical",
        drift=drift,
        message={"title": "A port is open"},
        status="dead",
        due_at=at,
        created_at=at,
        finished_at=at,
    )
    Attempt.objects.create(account_id=account_id, delivery=delivery, number=1, at=at, took_ms=1, outcome="refused")


def voice(user: User, drift: Drift) -> None:
    """Give a tenant a policy, what somebody said of a drift, and a review that is to be made."""
    of_account, at = {"account_id": drift.account_id}, drift.detected_at
    ApprovalPolicy.objects.get_or_create(**of_account, severity="low", defaults={"needed": 2})
    of_drift = {**of_account, "drift": drift, "decision": "approve"}
    said = {"difference_digest": drift.difference_digest, "given_at": at, "reason": "It is."}
    DriftApproval.objects.create(**of_drift, **said, user=user, expires_at=at + timedelta(days=3))
    DriftReview.objects.create(**of_drift, broken_by=user, broken_at=at, due_at=at + timedelta(days=1))


BUILT_IN = {"noise-rule": ["any.etag"], "approval-policy": ["low"]}
"""By the name of the route: ids that belong to no tenant, since what they name is built in."""


def ids_of(account_id: UUID) -> Iterator[UUID]:
    """Every id that a tenant's addresses could hold."""
    yield from (one.id for one in drift_groups(account_id))
    told = (Alert, Channel, Delivery)
    for model in (Stack, Scan, Drift, *told, User, ApiKey, Session, SeverityRule, IgnoreRule, DriftGroupDecision):
        yield from model._default_manager.filter(account_id=account_id).values_list("pk", flat=True)
