"""People at the admin, and one row of everything for them to see."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions.api_keys import create_api_key as make_key
from accounts.models import RecoveryCode, SecondFactor, Session, User
from alerts.actions.reminding import change_notification_settings
from alerts.models import Alert, Attempt, Channel, Delivery
from audit.models import AuditCheckpoint, AuditHead, AuditLog
from costs.models import CostMetric
from drifts.actions.detection_settings import change_detection_settings
from drifts.actions.ingest import Submission, ingest_scan
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
from driftsentry.api.models import IdempotentRequest
from tests.alerts.raised import raise_alert
from tests.conftest import PASSWORD
from tests.drifts.ingest.plans import changed, plan
from tests.drifts.reported import actor, report

HOSTILE = "<script>alert(1)</script>"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

Browse = Callable[[User], Client]


@dataclass(frozen=True, slots=True)
class Rows:
    """One row of each model of an account.

    Attributes:
        by_model: The row by the admin's `app/model`.
    """

    by_model: dict[str, Any]

    def url(self, model: str, page: str = "change") -> str:
        """Where a row's page is."""
        return f"/admin/{model}/{self.by_model[model].pk}/{page}/"


def browser(user: User) -> Client:
    """A browser whose user has logged in, over the page where admins may."""
    client = Client()
    if user.role != "admin":
        client.force_login(user)
    else:
        answer = client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
        assert answer.status_code == 302
    return client


@pytest.fixture
def superuser(world: Any) -> User:
    """The owner, seeing every account."""
    User.objects.filter(pk=world.owner.pk).update(is_superuser=True)
    world.owner.refresh_from_db()
    found: User = world.owner
    return found


def checkpoint(user: User, text: str) -> AuditCheckpoint:
    """Say that a part of the journal is archived in a file of a name."""
    at = {"at": timezone.now(), "archived_at": timezone.now()}
    made = {"hash": bytes(32), "entries": 0, "file_digest": b"", "file_name": text, **at}
    return AuditCheckpoint.objects.create(account_id=user.account_id, seq=AuditCheckpoint.objects.count(), **made)


def rows_of(world: Any, user: User, text: str = "plain") -> Rows:
    """Make one row of everything in the account of a user, with a text wherever one can be stored."""
    scan = ingest_scan(
        user.account_id,
        plan([changed("aws_instance.web")]),
        Submission(stack=f"stack {text}", environment=text[:60]),
        by=actor(user),
    ).scan
    drift = report(
        user,
        f"i-{text}",
        region=text[:64],
        stack=f"stack {text}",
        expected_state={text: text},
        actual_state={text: f"{text} otherwise"},
        cost="12.50",
    )
    world.sign_in(user)
    SecondFactor.objects.get_or_create(user=user, account=user.account, defaults={"secret": SEED})
    RecoveryCode.objects.create(user=user, account=user.account, digest=os.urandom(32), used_at=timezone.now())
    Session.objects.filter(user=user).update(user_agent=text, address=text[:64])
    says = {"name": f"{text} {SeverityRule.objects.count()}"[:120], "severity": "low", "because": text}
    rule = create_severity_rule(user.account_id, values={**says, "types": ["none"]}, by=actor(user))
    alert = raise_alert(user, text, message=text, drift_id=drift.pk, scan_id=scan.pk)
    return Rows(
        {
            "accounts/account": user.account,
            "accounts/user": user,
            "accounts/secondfactor": SecondFactor.objects.get(user=user),
            "accounts/recoverycode": RecoveryCode.objects.filter(user=user).latest("pk"),
            "accounts/apikey": make_key(user.account_id, name=text, scopes=[Scope.READ], by=actor(user)).row,
            "accounts/session": Session.objects.filter(user=user).latest("created_at"),
            "audit/auditlog": AuditLog.objects.filter(account_id=user.account_id, kind="drift.created").latest("seq"),
            "audit/audithead": AuditHead.objects.get(account_id=user.account_id),
            "audit/auditcheckpoint": checkpoint(user, text),
            "alerts/alert": alert,
            "costs/costmetric": CostMetric.objects.filter(account_id=user.account_id).first(),
            "drifts/stack": Stack.objects.get(pk=scan.stack_id),
            "drifts/scan": Scan.objects.get(pk=scan.pk),
            "drifts/drift": Drift.objects.get(pk=drift.pk),
            "drifts/severityrule": rule,
            **ignored(scan, text),
            **remediated(scan, drift, text),
            **decided(drift, text),
            **approved(user, drift, text),
            **told(scan, drift, text),
            "alerts/notificationsettings": change_notification_settings(
                user.account_id, values={"reminder_after_hours": 2}, by=actor(user)
            ),
            "drifts/detectionsettings": change_detection_settings(
                user.account_id, values={"alert_after_scans": 2}, by=actor(user)
            ),
        }
    )


def decided(drift: Drift, text: str) -> dict[str, Any]:
    """A decision for a group, and one of its drifts."""
    decision = DriftGroupDecision.objects.create(
        account_id=drift.account_id,
        group_id=drift.pk,
        cause="same_change",
        sentence=text,
        action="approve",
        reason=text,
        undo_note=text,
        decided_at=timezone.now(),
    )
    row = {"account_id": drift.account_id, "decision": decision, "drift": drift, "outcome": "refused", "error": text}
    return {
        "drifts/driftgroupdecision": decision,
        "drifts/driftgroupmember": DriftGroupMember.objects.create(**row),
    }


def approved(user: User, drift: Drift, text: str) -> dict[str, Any]:
    """What it takes to decide, what somebody said, and a review of a decision of one person alone."""
    now = timezone.now()
    of_drift = {"account_id": drift.account_id, "drift": drift, "decision": "approve"}
    said = {"reason": text, "difference_digest": drift.difference_digest, "given_at": now, "expires_at": now}
    done = {"reviewed_by": user, "reviewed_at": now, "verdict": "confirmed", "note": text}
    policy, _ = ApprovalPolicy.objects.get_or_create(account_id=drift.account_id, severity="low")
    return {
        "drifts/approvalpolicy": policy,
        "drifts/driftapproval": DriftApproval.objects.create(**of_drift, **said, user=user),
        "drifts/driftreview": DriftReview.objects.create(**of_drift, **done, broken_by=user, broken_at=now, due_at=now),
    }


def told(scan: Scan, drift: Drift, text: str) -> dict[str, Any]:
    """A channel, a message that it did not take, and the try."""
    of_account = {"account_id": scan.account_id}
    channel = Channel.objects.create(
        **of_account,
        name=f"{text} {Channel.objects.count()}"[:100],
        kind="webhook",
        destination=text,
        secrets=json.dumps({"url": SEED}),
        secret_hints={text: text},
        types=["scan_failed"],
        disabled_reason=text,
    )
    now = timezone.now()
    delivery = Delivery.objects.create(
        **of_account,
        channel=channel,
        medium="webhook",
        key=text[:200],
        type="drift_detected",
        drift=drift,
        message={"title": text, "text": text},
        status="dead",
        last_answer=text,
        due_at=now,
        created_at=now,
        finished_at=now,
    )
    Attempt.objects.create(**of_account, delivery=delivery, number=1, at=now, took_ms=1, outcome="again", answer=text)
    return {"alerts/channel": channel, "alerts/delivery": delivery}


def ignored(scan: Scan, text: str) -> dict[str, Any]:
    """An ignore rule, what it hid of a scan, and a switched noise rule."""
    of_account = {"account_id": scan.account_id}
    rule = IgnoreRule.objects.create(**of_account, name=text, types=[text], kinds=["modified"], reason=text)
    hidden = HiddenFinding.objects.create(
        **of_account,
        rule=rule,
        stack_id=scan.stack_id,
        scan=scan,
        fingerprint=rule.pk.bytes * 2,
        identity=text,
        address=text,
        provider_type=text,
        kind="modified",
        severity="low",
        paths=[text],
        is_whole=True,
        hidden_at=timezone.now(),
    )
    switched = {"is_enabled": False, "reason": text, "switched_at": timezone.now()}
    choice, _ = NoiseChoice.objects.get_or_create(**of_account, rule="any.serial", defaults=switched)
    return {"drifts/ignorerule": rule, "drifts/hiddenfinding": hidden, "drifts/noisechoice": choice}


def remediated(scan: Scan, drift: Drift, text: str) -> dict[str, Any]:
    """A remediation hook, and a run of it that is over."""
    of_account = {"account_id": scan.account_id}
    named = {"kind": "generic", "url": text, "project": text, "ref": text, "secret": SEED}
    hook, _ = RemediationHook.objects.get_or_create(**of_account, stack_id=scan.stack_id, defaults=named)
    told = {"status": "failed", "url": text, "message": text, "external_id": text, "finished_at": timezone.now()}
    run = RemediationRun.objects.create(**of_account, drift=drift, kind="generic", token_digest=b"0" * 32, **told)
    return {"drifts/remediationhook": hook, "drifts/remediationrun": run}


def kept_answer(user: User, text: str) -> IdempotentRequest:
    """An answer kept for a repeated request."""
    return IdempotentRequest.objects.create(
        account_id=user.account_id,
        user_id=user.pk,
        key=text,
        digest=b"0" * 32,
        status=201,
        body=json.dumps({"secret": "of the answer"}).encode(),
    )


def entries(account_id: Any, kind: str) -> list[AuditLog]:
    """The journal's entries of a kind."""
    return list(AuditLog.objects.filter(account_id=account_id, kind=kind).order_by("seq"))


def alerts_unread(account_id: Any) -> int:
    """How many alerts nobody has read."""
    return Alert.objects.for_account(account_id).unread().count()
