"""`GET /metrics/summary`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from alerts.actions import mark_read
from alerts.models import Alert, Delivery
from drifts.actions import decide
from drifts.models import Stack
from tests.alerts.raised import raise_alert
from tests.drifts.reported import REASON, report

URL = "/api/v1/metrics/summary"
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def summary(world: Any, user: Any = None, **query: str) -> Any:
    answer = world.client(user or world.viewer).get(URL, query)
    assert answer.status_code == 200, answer.json()
    return answer.json()["data"]


def approve(world: Any, drift: Any) -> None:
    decide.approve_drift(world.account.pk, drift.pk, reason=REASON, by=world.actor(world.engineer))


def reject(world: Any, drift: Any) -> None:
    decide.reject_drift(world.account.pk, drift.pk, reason=REASON, by=world.actor(world.engineer))


def resolve(world: Any, drift: Any) -> None:
    decide.resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=world.actor(world.engineer))


def test_an_empty_account_has_every_figure(world: Any) -> None:
    assert summary(world) == {
        "drifts": {
            "total": 0,
            "byStatus": {"detected": 0, "triaged": 0, "approved": 0, "rejected": 0, "resolved": 0},
            "bySeverity": {"critical": 0, "high": 0, "medium": 0, "low": 0},
            "open": 0,
            "resolvedToday": 0,
            "pendingApproval": 0,
            "notAssessed": 0,
        },
        "stacks": {"total": 0, "stale": 0},
        "alerts": {"total": 0, "unread": 0},
        "cost": {"totalMonthlyImpact": 0.0, "projectedSavings": 0.0},
        "responseTimes": {"meanSecondsToDecision": None, "meanSecondsToResolution": None},
    }


def test_stale_stacks_are_counted(world: Any) -> None:
    for name, is_stale in (("one", True), ("two", False), ("three", True)):
        Stack.objects.create(account=world.account, name=name, is_stale=is_stale)
    Stack.objects.create(account=world.other_account, name="theirs", is_stale=True)
    assert summary(world)["stacks"] == {"total": 3, "stale": 2}


def test_it_counts_what_happened(world: Any) -> None:
    report(world.outsider, severity="low", cost="999.00")
    with time_machine.travel(NOW - timedelta(hours=3), tick=False):
        drifts = [
            report(world.engineer, "i-1", severity="critical", cost="100.10"),
            report(world.engineer, "i-2", severity="high", cost="-30.05"),
            report(world.engineer, "i-3", severity="high", region="mars-1"),  # of which no list has a price
            report(world.engineer, "i-4", severity="low", cost="5.00"),
            report(world.engineer, "i-5", severity="low", cost="7.00"),
        ]
    with time_machine.travel(NOW - timedelta(hours=2), tick=False):
        approve(world, drifts[0])
    with time_machine.travel(NOW - timedelta(hours=1), tick=False):
        reject(world, drifts[1])
        resolve(world, drifts[3])
    Delivery.objects.all().delete()
    Alert.objects.all().delete()
    first, _ = raise_alert(world.engineer, "one"), raise_alert(world.engineer, "two")
    mark_read(world.account.pk, first.pk, by=world.actor(world.viewer))
    with time_machine.travel(NOW, tick=False):
        decide.triage_drift(world.account.pk, drifts[4].pk, by=world.actor(world.engineer))
        assert summary(world) == {
            "drifts": {
                "total": 5,
                "byStatus": {"detected": 1, "triaged": 1, "approved": 1, "rejected": 1, "resolved": 1},
                "bySeverity": {"critical": 1, "high": 2, "medium": 0, "low": 2},
                "open": 4,
                "resolvedToday": 1,
                "pendingApproval": 2,
                "notAssessed": 0,
            },
            "stacks": {"total": 1, "stale": 0},
            "alerts": {"total": 3, "unread": 2},
            "cost": {"totalMonthlyImpact": 77.05, "projectedSavings": 107.1},
            "responseTimes": {"meanSecondsToDecision": 5400.0, "meanSecondsToResolution": 7200.0},
        }


def test_old_drifts_count_while_they_are_open_and_old_answers_do_not(world: Any) -> None:
    with time_machine.travel(NOW - timedelta(days=40), tick=False):
        still_open, over = report(world.engineer, "i-1"), report(world.engineer, "i-2")
        answered = report(world.engineer, "i-3")
    with time_machine.travel(NOW - timedelta(days=39), tick=False):
        approve(world, still_open)
        resolve(world, over)
    with time_machine.travel(NOW - timedelta(days=1), tick=False):
        resolve(world, answered)
    with time_machine.travel(NOW, tick=False):
        found = summary(world)
        assert (found["drifts"]["total"], found["drifts"]["open"], found["drifts"]["resolvedToday"]) == (1, 1, 0)
        assert found["drifts"]["byStatus"]["approved"] == sum(found["drifts"]["byStatus"].values()) == 1
        assert found["responseTimes"] == {
            "meanSecondsToDecision": None,
            "meanSecondsToResolution": timedelta(days=39).total_seconds(),
        }
        longer = summary(world, days="60")
        assert longer["drifts"]["total"] == 3
        assert longer["responseTimes"]["meanSecondsToDecision"] == timedelta(days=1).total_seconds()


def test_one_day_is_today_in_utc(world: Any) -> None:
    midnight = NOW.replace(hour=0)
    with time_machine.travel(midnight - timedelta(seconds=1), tick=False):
        resolve(world, report(world.engineer, "i-1"))
    with time_machine.travel(midnight, tick=False):
        resolve(world, report(world.engineer, "i-2"))
    with time_machine.travel(NOW, tick=False):
        drifts = summary(world, days="1")["drifts"]
    assert (drifts["total"], drifts["resolvedToday"]) == (1, 1)


def test_the_outsider_sees_only_their_own(world: Any) -> None:
    report(world.engineer, "i-1", cost="100.00")
    found = summary(world, world.outsider)
    assert found["drifts"]["total"] == 0
    assert found["alerts"]["total"] == 0
    assert found["cost"]["totalMonthlyImpact"] == 0


@pytest.mark.parametrize("query", [{"days": "0"}, {"days": "366"}, {"days": "x"}, {"dayz": "3"}])
def test_another_query_is_refused(world: Any, query: dict[str, str]) -> None:
    answer = world.client(world.viewer).get(URL, query)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["errors"][0]["field"] in query


def test_it_needs_a_credential(world: Any) -> None:
    assert APIClient().get(URL).status_code == 401


def test_many_drifts_take_as_few_statements_as_one(world: Any) -> None:
    client = world.client(world.viewer)
    for number in range(6):
        report(world.engineer, f"i-{number}")
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        read = [one["sql"] for one in queries.captured_queries]
        assert sum("drifts_drift" in sql or "alerts_alert" in sql for sql in read) == 2
