"""What users are told by mail and by Slack: what their settings say, and nothing that is not for them."""

from typing import Any

import pytest
from django.conf import settings

from accounts.actions import invite_user
from accounts.models import User
from alerts.actions import warn_user
from alerts.models import Alert, Delivery
from audit import journal
from drifts.actions.decide import triage_drift
from driftsentry.api.access import Role
from tests.alerts.raised import raise_alert
from tests.alerts.telling.channels import channel, mails, message
from tests.drifts.assessed_scans import scan_that_says
from tests.drifts.reported import report
from tests.drifts.test_flapping import GROUP, grave


def set_up(user: User, **values: Any) -> None:
    User.objects.filter(pk=user.pk).update(**values)


def test_an_alert_is_mailed_to_whoever_takes_mails(world: Any) -> None:
    set_up(world.viewer, email_notifications=False)
    drift = report(world.engineer, severity="critical")
    assert mails(world.viewer) == mails(world.outsider) == []
    (delivery,) = mails(world.owner)
    alert = Alert.objects.get()
    assert (delivery.key, delivery.alert_id, delivery.drift_id) == (f"alert:{alert.pk}", alert.pk, drift.pk)
    assert message(delivery).title == alert.title
    assert len(mails(world.engineer)) == 1


def test_whoever_wants_what_is_critical_alone_gets_no_more(world: Any) -> None:
    set_up(world.viewer, critical_alerts_only=True)
    raise_alert(world.owner, severity="high")
    assert (len(mails(world.viewer)), len(mails(world.owner))) == (0, 1)
    raise_alert(world.owner, severity="critical")
    assert (len(mails(world.viewer)), len(mails(world.owner))) == (1, 2)


def test_a_decision_is_asked_of_whoever_may_decide(world: Any) -> None:
    drift = report(world.engineer, severity="medium")
    triage_drift(world.account.pk, drift.pk, by=world.actor(world.engineer))
    assert mails(world.viewer) == []
    assert [one.type for one in mails(world.engineer)] == ["approval_needed"]


@pytest.mark.parametrize("gone", ["deactivated", "erased"])
def test_who_is_gone_is_told_nothing(world: Any, gone: str) -> None:
    from django.utils import timezone

    set_up(world.viewer, **{"is_active": False} if gone == "deactivated" else {"erased_at": timezone.now()})
    raise_alert(world.owner)
    assert mails(world.viewer) == []


def test_who_was_invited_and_has_not_come_is_told_nothing(world: Any) -> None:
    invited = invite_user(
        world.account, email="dora@acme.example", name="Dora", role=Role.VIEWER, by=world.actor(world.owner)
    )
    raise_alert(world.owner)
    assert mails(invited) == []


def test_what_is_for_one_user_is_told_to_that_user_alone(world: Any) -> None:
    with journal.writing(world.account.pk, by=world.actor(world.owner)) as w:
        told: dict[str, Any] = {"severity": "high", "title": "Assigned to you: i-1", "message": "It is yours."}
        warn_user(w, world.engineer.pk, type=Alert.Types.ASSIGNED, **told)
    (delivery,) = Delivery.objects.all()
    assert (delivery.recipient_id, delivery.type) == (world.engineer.pk, "assigned")


def test_no_channel_hears_what_is_for_one_user(world: Any) -> None:
    team = channel(world)
    with journal.writing(world.account.pk, by=world.actor(world.owner)) as w:
        told: dict[str, Any] = {"severity": "high", "title": "Session ended", "message": "From 203.0.113.9."}
        warn_user(w, world.engineer.pk, type=Alert.Types.SESSION_REUSED, **told)
    assert not Delivery.objects.filter(channel=team).exists()


def test_many_at_once_are_one_mail(world: Any) -> None:
    scan_that_says(world, *(grave(f"{GROUP}{number}") for number in range(8)))
    (delivery,) = mails(world.owner)
    assert (delivery.type, message(delivery).title) == ("digest", "8 drifts in payments-prod")


def test_where_no_mails_can_be_sent_none_are_made(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAIL_CAN_BE_SENT", False)
    raise_alert(world.owner)
    assert not Delivery.objects.exists()


def test_slack_writes_to_whoever_wants_that_where_the_account_has_a_bot(world: Any) -> None:
    set_up(world.viewer, slack_integration=True, email_notifications=False)
    channel(world, "hook", kind="slack", secret_hints={"url": "https://…"}, severities=["low"])
    raise_alert(world.owner)
    assert not Delivery.objects.filter(recipient=world.viewer).exists()
    channel(world, "bot", kind="slack", secret_hints={"token": "…abcd"}, severities=["low"])
    raise_alert(world.owner)
    (delivery,) = Delivery.objects.filter(recipient=world.viewer)
    assert (delivery.medium, delivery.type) == ("slack", "scan_failed")
