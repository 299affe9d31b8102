"""Messages sent once more: none opens again what is over, and a test is none of a channel's dead."""

from typing import Any

import psycopg
import pytest
from django.utils import timezone
from procrastinate.contrib.django.utils import connector_params

from alerts.actions.redelivering import OVER
from alerts.models import Channel, Delivery
from drifts.actions.decide import resolve_drift
from tests.admin.conftest import browser, entries
from tests.alerts.telling.channels import channel, told
from tests.alerts.telling.test_scans_recover import a_scan_fails
from tests.drifts.assessed_scans import scan_that_says
from tests.drifts.reported import report

DEAD = {"status": "dead", "next_try_at": None}


@pytest.fixture(params=["pagerduty", "webhook"])
def one(request: pytest.FixtureRequest, world: Any) -> Channel:
    """A channel that takes nothing."""
    scan_that_says(world)
    return channel(world, kind=request.param)


def give_up(**where: Any) -> None:
    """All that waits is given up."""
    Delivery.objects.filter(status="pending", **where).update(**DEAD, finished_at=timezone.now())


def resolved(world: Any, resource: str) -> None:
    """A drift that was found and is over, and whose beginning was given up."""
    drift = report(world.engineer, resource)
    give_up()
    resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=world.actor(world.engineer))


def standing(of: Channel) -> list[tuple[str, str]]:
    return [(one.type, one.status) for one in told(of)]


def redeliver_dead(world: Any, of: Channel) -> Any:
    return world.client(world.owner).post(f"/api/v1/channels/{of.pk}/redeliver-dead").json()["data"]


def redeliver(world: Any, delivery: Delivery) -> Any:
    return world.client(world.owner).post(f"/api/v1/deliveries/{delivery.pk}/redeliver")


def test_the_beginning_of_a_drift_that_is_over_is_cancelled(world: Any, one: Channel) -> None:
    resolved(world, "i-1")
    report(world.engineer, "i-2")
    give_up()
    assert redeliver_dead(world, one) == {"redelivered": 2, "left": 0}
    assert standing(one) == [
        ("drift_detected", "cancelled"),
        ("drift_resolved", "pending"),
        ("drift_detected", "pending"),
    ]
    assert told(one)[0].last_answer == OVER
    (fact,) = entries(world.account.pk, "channel.dead_redelivered")
    assert (fact.data["deliveries"], fact.data["cancelled"]) == (2, 1)


def test_the_beginning_of_failures_that_are_over_is_cancelled(world: Any, one: Channel) -> None:
    a_scan_fails(world)
    give_up()
    scan_that_says(world)
    a_scan_fails(world)
    give_up()
    assert redeliver_dead(world, one) == {"redelivered": 2, "left": 0}
    assert standing(one) == [
        ("scan_failed", "cancelled"),
        ("scan_recovered", "pending"),
        ("scan_failed", "pending"),
    ]


def test_where_all_is_over_the_journal_says_so(world: Any, one: Channel) -> None:
    resolved(world, "i-1")
    assert redeliver_dead(world, one) == {"redelivered": 0, "left": 0}
    (fact,) = entries(world.account.pk, "channel.dead_redelivered")
    assert (fact.data["deliveries"], fact.data["cancelled"]) == (0, 1)
    redeliver_dead(world, one)
    assert len(entries(world.account.pk, "channel.dead_redelivered")) == 1


def test_what_somebody_is_just_ending_is_left_as_it_is(world: Any, one: Channel) -> None:
    drift = report(world.engineer)
    give_up()
    with psycopg.connect(**connector_params()) as other:
        other.execute("SELECT FROM alerts_told WHERE drift_id = %s FOR UPDATE", [drift.pk])
        assert redeliver_dead(world, one) == {"redelivered": 0, "left": 1}
    assert standing(one) == [("drift_detected", "dead")]
    assert redeliver_dead(world, one) == {"redelivered": 1, "left": 0}


def test_one_by_one_it_is_refused_in_words_and_its_end_is_not(world: Any, one: Channel) -> None:
    resolved(world, "i-1")
    give_up()
    beginning, end = told(one)
    refused = redeliver(world, beginning)
    assert (refused.status_code, refused.json()["error"]["message"]) == (409, OVER)
    assert redeliver(world, end).status_code == 200
    assert standing(one) == [("drift_detected", "dead"), ("drift_resolved", "pending")]


def test_what_is_not_over_is_sent_once_more_whatever_became_of_it(world: Any, one: Channel) -> None:
    a_scan_fails(world)
    report(world.engineer)
    for status in ("dead", "delivered", "cancelled"):
        Delivery.objects.update(status=status, next_try_at=None, finished_at=timezone.now())
        assert [redeliver(world, delivery).status_code for delivery in told(one)] == [200, 200]
        assert {status for _, status in standing(one)} == {"pending"}


def test_a_user_sends_themselves_what_they_were_told_of_a_drift_that_is_over(world: Any) -> None:
    resolved_drift = report(world.engineer, severity="critical")
    mine = Delivery.objects.get(recipient=world.owner)
    give_up()
    resolve_drift(world.account.pk, resolved_drift.pk, how="manual-fix", by=world.actor(world.engineer))
    assert redeliver(world, mine).status_code == 200


def test_a_test_that_failed_is_none_of_the_dead(world: Any, one: Channel) -> None:
    report(world.engineer)
    give_up()
    tried = told(one)[0]
    tried.pk, tried.key, tried.type, tried.drift_id = None, "test", "test", None
    tried.save(force_insert=True)
    url = f"/api/v1/channels/{one.pk}"
    assert world.client(world.owner).get(url).json()["data"]["deadCount"] == 1
    assert redeliver_dead(world, one) == {"redelivered": 1, "left": 0}
    assert standing(one) == [("drift_detected", "pending"), ("test", "dead")]


def test_the_admin_says_what_was_over(world: Any, one: Channel) -> None:
    resolved(world, "i-1")
    give_up()
    client = browser(world.owner)
    asked = {"action": "redeliver_dead", "_selected_action": [str(one.pk)]}
    page = client.post("/admin/alerts/channel/", asked, follow=True).content.decode()
    assert "Team: 1 sent once more, 1 cancelled as over by now, 0 left." in page
    asked = {"action": "redeliver", "_selected_action": [str(told(one)[0].pk)]}
    assert OVER in client.post("/admin/alerts/delivery/", asked, follow=True).content.decode()
