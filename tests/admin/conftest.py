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
from alerts.models import Alert
from audit.models import AuditHead, AuditLog
from costs.models import CostMetric
from drifts.actions.ingest import Submission, ingest_scan
from drifts.models import Drift, Scan, Stack
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
            "alerts/alert": alert,
            "costs/costmetric": CostMetric.objects.filter(account_id=user.account_id).first(),
            "drifts/stack": Stack.objects.get(pk=scan.stack_id),
            "drifts/scan": Scan.objects.get(pk=scan.pk),
            "drifts/drift": Drift.objects.get(pk=drift.pk),
        }
    )


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
