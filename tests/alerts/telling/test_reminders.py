"""A grave drift that nobody decides on is told of again, every now and then, a few times."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from alerts.actions.handling import acknowledge_alert
from alerts.actions.reminding import change_notification_settings
from alerts.models import Alert, Reminder
from drifts.actions.assigning import assign_drift
from drifts.actions.decide import approve_drift, resolve_drift, triage_drift
from drifts.actions.reminders import remind, remind_account
from drifts.actions.snoozing import snooze_drift
from drifts.models import Drift
from driftsentry.api import tenancy
from tests.alerts.raised import raise_alert
from tests.alerts.telling.channels import channel, mails, message, told
from tests.drifts.reported import actor, report
from tests.drifts.scans import REASON, facts

URL = "/api/v1/notification-settings"
REMINDED = {"type": "drift_reminder"}


def waiting(world: Any, resource: str = "i-1", *, hours: float = 25, severity: str = "critical") -> Drift:
    """A drift that was found so many hours ago."""
    drift = report(world.engineer, resource, severity=severity)
    Drift.objects.filter(pk=drift.pk).update(detected_at=timezone.now() - timedelta(hours=hours))
    return drift


def acknowledge(drift: Drift, *, by: User) -> None:
    for alert in Alert.objects.filter(drift=drift):
        acknowledge_alert(drift.account_id, alert.pk, by=actor(by))


def a_day_passes(drift: Drift) -> None:
    Reminder.objects.filter(drift=drift).update(last_at=timezone.now() - timedelta(hours=24, minutes=1))


def test_people_are_reminded_once_when_it_has_waited_for_a_day(world: Any) -> None:
    team = channel(world)
    drift = waiting(world)
    assert (remind(), remind()) == (1, 0)
    (delivery,) = told(team, **REMINDED)
    assert delivery.key == f"drift:{drift.pk}:reminder:1"
    assert message(delivery).title == "Undecided for 25 hours: i-1 in default"
    (entry,) = facts(world, "drift.reminded")
    assert (entry.drift_id, entry.data["number"], delivery.entry_id) == (drift.pk, 1, entry.pk)
    assert [one.type for one in mails(world.engineer, **REMINDED)] == ["drift_reminder"]
    assert mails(world.viewer, **REMINDED) == []


@pytest.mark.parametrize(("hours", "severity"), [(23, "critical"), (25, "high")])
def test_what_is_new_or_less_grave_is_left_alone(world: Any, hours: float, severity: str) -> None:
    waiting(world, hours=hours, severity=severity)
    assert remind() == 0


def test_it_goes_on_every_day_and_not_for_ever(world: Any) -> None:
    team, drift = channel(world), waiting(world)
    for _ in range(9):
        remind()
        a_day_passes(drift)
    assert [one.key.rsplit(":")[-1] for one in told(team, **REMINDED)] == [str(number) for number in range(1, 8)]


def test_it_ends_when_somebody_sees_to_it(world: Any) -> None:
    by, account = world.actor(world.engineer), world.account.pk
    approve_drift(account, waiting(world, "approved").pk, reason=REASON, by=by)
    resolve_drift(account, waiting(world, "resolved").pk, how="manual-fix", by=by)
    snooze_drift(account, waiting(world, "snoozed").pk, until=None, reason=REASON, by=by)
    acknowledge(waiting(world, "acknowledged"), by=world.engineer)
    triage_drift(account, waiting(world, "triaged").pk, by=by)
    assert remind() == 1
    assert [entry.drift_id for entry in facts(world, "drift.reminded")] == [Drift.objects.get(resource_id="triaged").pk]


def test_an_acknowledgement_of_something_less_grave_ends_nothing(world: Any) -> None:
    drift = waiting(world)
    acknowledge(drift, by=world.engineer)
    Alert.objects.filter(drift=drift).update(severity="high")
    assert remind() == 1
    Alert.objects.filter(drift=drift).update(severity="critical")
    a_day_passes(drift)
    assert remind() == 0


@pytest.mark.parametrize("gone", [{"is_active": False}, {"role": "viewer"}])
def test_an_acknowledgement_by_whoever_can_see_to_nothing_any_more_ends_nothing(
    world: Any, gone: dict[str, Any]
) -> None:
    acknowledge(waiting(world), by=world.engineer)
    assert remind() == 0
    User.objects.filter(pk=world.engineer.pk).update(**gone)
    assert remind() == 1


def test_one_acknowledgement_that_holds_is_enough(world: Any) -> None:
    drift = waiting(world)
    acknowledge(drift, by=world.owner)
    raise_alert(world.engineer, "Another", severity="low", drift_id=drift.pk)
    Alert.objects.filter(drift=drift, severity="low").update(acknowledged_at=timezone.now())
    assert remind() == 0


def test_whoever_has_it_is_reminded_and_nobody_else_by_mail(world: Any) -> None:
    drift = waiting(world)
    assign_drift(world.account.pk, drift.pk, assignee_id=world.owner.pk, by=world.actor(world.engineer))
    remind()
    assert len(mails(world.owner, **REMINDED)) == 1
    assert mails(world.engineer, **REMINDED) == []


def test_two_workers_at_once_remind_once(world: Any) -> None:
    team = channel(world)
    for number in range(5):
        waiting(world, f"i-{number}")

    def work(_: int) -> int:
        try:
            with tenancy.within(world.account.pk):
                return remind_account(world.account.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 5
    assert Reminder.objects.filter(number=1).count() == 5
    assert len(told(team, **REMINDED)) <= 5


def test_where_nobody_can_be_told_nobody_counts_as_reminded(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAIL_CAN_BE_SENT", False)
    waiting(world)
    assert remind() == 0
    assert facts(world, "drift.reminded") == []


def test_an_account_says_when_and_of_what(world: Any) -> None:
    waiting(world, hours=3, severity="high")
    values = {"reminder_severities": ["high"], "reminder_after_hours": 2}
    change_notification_settings(world.account.pk, values=values, by=world.actor(world.owner))
    assert remind() == 1
    change_notification_settings(world.account.pk, values={"reminder_severities": []}, by=world.actor(world.owner))
    waiting(world, "i-2")
    assert remind() == 0


def test_everybody_reads_the_settings_and_admins_change_them(world: Any) -> None:
    told_ = {
        "reminderSeverities": ["critical"],
        "reminderAfterHours": 24,
        "repeatEveryHours": 24,
        "costThresholdMonthly": None,
    }
    assert world.client(world.viewer).get(URL).json()["data"] == told_
    body = {"reminderSeverities": ["high", "critical"], "repeatEveryHours": 48}
    assert world.client(world.engineer).patch(URL, body, format="json").status_code == 403
    answer = world.client(world.owner).patch(URL, body, format="json")
    changed = {**told_, "reminderSeverities": ["critical", "high"], "repeatEveryHours": 48}
    assert (answer.status_code, answer.json()["data"]) == (200, changed)
    (fact,) = facts(world, "notification_settings.changed")
    assert fact.data["changes"] == {
        "reminder_severities": [["critical"], ["critical", "high"]],
        "repeat_every_hours": [24, 48],
    }
    assert world.client(world.outsider).get(URL).json()["data"] == told_
    world.client(world.owner).patch(URL, body, format="json")
    assert len(facts(world, "notification_settings.changed")) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"reminderSeverities": ["grave"]},
        {"reminderSeverities": "critical"},
        {"reminderAfterHours": 0},
        {"repeatEveryHours": 721},
        {"costThresholdMonthly": 0},
        {"costThresholdMonthly": "1.001"},
        {"x": 1},
    ],
)
def test_what_cannot_be_is_refused(world: Any, body: dict[str, Any]) -> None:
    assert world.client(world.owner).patch(URL, body, format="json").status_code == 400
