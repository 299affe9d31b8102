"""No state, no difference and no secret is in any message, however it travels; and nothing is told of a rollback."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from alerts.actions import Notice, raise_alerts
from alerts.models import Alert, Delivery
from alerts.sending.base import HttpRequest
from alerts.sending.message import Message
from alerts.sending.registry import SENDERS
from audit import journal
from drifts.actions.decide import resolve_drift
from drifts.models import Drift
from tests.alerts.raised import raise_alert
from tests.alerts.telling.channels import channel, told
from tests.drifts.ingest.plans import entry
from tests.drifts.reported import report
from tests.drifts.scans import drifted, ingest

SECRETS = ("hunter2-Zq7", "AKIAIOSFODNN7EXAMPLE", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "s3cr3t-after-9")
HOOK = "https://hooks.example.com/x"
SET_UP: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "email": ({"recipients": ["ops@acme.example"]}, {}),
    "slack": ({}, {"url": HOOK}),
    "teams": ({}, {"url": HOOK}),
    "pagerduty": ({}, {"routingKey": "a" * 32}),
    "webhook": ({}, {"url": HOOK, "signingSecrets": [{"secret": "whsec_" + "c2VjcmV0" * 4}]}),
}


def full_of_secrets() -> bytes:
    place = {"id": "db-1", "engine": "postgres", "password": SECRETS[0], "user_data": f"export KEY={SECRETS[1]}"}
    after = {**place, "password": SECRETS[3], "user_data": f"export TOKEN={SECRETS[2]}", "publicly_accessible": True}
    return drifted(
        entry("aws_db_instance.main", before=place, after=after),
        entry("aws_instance.web", before=place, after={**after, "tags": {"token": SECRETS[2]}}),
    )


def test_no_message_mail_or_request_holds_a_secret_or_a_state(world: Any) -> None:
    for name in SET_UP:
        channel(world, name, kind=name)
    channel(world, "digest", digest_above=1)
    ingest(world, full_of_secrets())
    for drift in Drift.objects.all():
        resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=world.actor(world.engineer))
    made = list(Delivery.objects.all())
    assert {one.medium for one in made} == set(SET_UP)
    for one in made:
        sent = json.dumps(one.message) + _spelled(one)
        assert not [secret for secret in SECRETS if secret in sent], one
        assert not [word for word in ("expectedState", "actualState", "export KEY") if word in sent], one


def _spelled(delivery: Delivery) -> str:
    config, secrets = SET_UP[delivery.medium]
    message = replace(Message.read(delivery.message), id=str(delivery.pk))
    made = SENDERS[delivery.medium].request(message, config, secrets, timezone.now())
    return made.content.decode() if isinstance(made, HttpRequest) else f"{made.subject}{made.text}{made.headers}"


def test_nothing_is_told_of_what_did_not_happen(world: Any) -> None:
    team = channel(world)
    jobs = ProcrastinateJob.objects.count()
    with pytest.raises(ZeroDivisionError):
        _raise_and_fail(world)
    assert told(team) == []
    assert not Delivery.objects.exists()
    assert ProcrastinateJob.objects.count() == jobs


def test_nothing_is_told_where_the_journal_itself_refuses_at_the_very_end(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = channel(world)
    monkeypatch.setattr(journal, "APPEND", "SELECT 1 / 0, %s, %s, %s, %s, %s")
    with pytest.raises(Exception, match=r".+"):
        report(world.engineer)
    assert told(team) == []
    assert not ProcrastinateJob.objects.filter(task_name="alerts.tasks.deliver").exists()
    assert not Alert.objects.exists()


def _raise_and_fail(world: Any) -> None:
    with journal.writing(world.account.pk, by=world.actor(world.owner)) as w:
        raise_alerts(w, [Notice(type=Alert.Types.SCAN_FAILED, severity="high", title="t", message="m")])
        _ = 1 / 0


@pytest.mark.parametrize("nasty", ["\u202e\u0007 \n\n x", "x" * 9000, "<script>", "{}%s{0}", "\U0001f600" * 400])
def test_whatever_a_tenant_or_tool_named_is_bounded_and_breaks_no_transaction(world: Any, nasty: str) -> None:
    team = channel(world, digest_above=0)
    raise_alert(world.owner, title=nasty, message=nasty * 3)
    report(world.engineer, nasty)
    assert len(told(team)) == 2
    assert all(len(json.dumps(one.message)) < 60_000 for one in Delivery.objects.all())
