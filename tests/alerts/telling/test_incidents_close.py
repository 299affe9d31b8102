"""An incident that was opened is closed: after a digest, after a second sending, and however long it was open."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from alerts.actions import delivery_upkeep
from alerts.actions.redelivering import redeliver
from alerts.models import Attempt, Channel, Delivery, Told
from drifts.actions.decide import resolve_drift
from drifts.models import Drift, Stack
from tests.alerts.telling.channels import channel, told, types
from tests.alerts.telling.test_scans_recover import a_scan_fails, scans_of
from tests.drifts.assessed_scans import scan_that_says
from tests.drifts.reported import report

NIGHT = {"start": "22:00", "end": "07:00", "timezone": "UTC"}
AT_NIGHT = datetime(2026, 3, 3, 23, tzinfo=UTC)
MORNING = datetime(2026, 3, 4, 7, tzinfo=UTC)


def deliver_all(at: datetime | None = None) -> None:
    """All that waits arrives."""
    at = at or timezone.now()
    for one in Delivery.objects.filter(status="pending"):
        Attempt.objects.create(account_id=one.account_id, delivery=one, number=1, at=at, took_ms=1, outcome="delivered")
    Delivery.objects.filter(status="pending").update(status="delivered", next_try_at=None, finished_at=at, tries=1)


def resolve(world: Any, drift: Drift) -> None:
    resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=world.actor(world.engineer))


def long_ago() -> datetime:
    return timezone.now() - timedelta(days=91)


def test_a_failure_that_was_told_in_a_digest_is_told_as_over(world: Any) -> None:
    with time_machine.travel(AT_NIGHT, tick=False) as clock:
        scan_that_says(world)
        grown = channel(world, "grown", quiet_hours=NIGHT, digest_above=1)
        at_once = channel(world, "at once", digest_above=0)
        report(world.engineer, "i-9", stack=Stack.objects.get().name)
        a_scan_fails(world)
        assert types(grown, status="pending") == types(at_once)[:1] == ["digest"]
        clock.move_to(MORNING)
        deliver_all()
        Channel.objects.update(digest_above=5, quiet_hours=None)
        scan_that_says(world)
        assert scans_of(grown)[-1:] == scans_of(at_once)[-1:] == ["scan_recovered"]
        assert not Told.objects.exclude(alert=None).exists()


def test_a_pager_closes_no_incident_of_which_a_digest_alone_told(world: Any) -> None:
    scan_that_says(world)
    pager = channel(world, kind="pagerduty", digest_above=0)
    a_scan_fails(world)
    deliver_all()
    scan_that_says(world)
    assert types(pager) == ["digest"]


def test_a_failure_that_is_over_before_the_morning_opens_no_incident(world: Any) -> None:
    with time_machine.travel(AT_NIGHT, tick=False):
        scan_that_says(world)
        pager = channel(world, kind="pagerduty", quiet_hours=NIGHT)
        a_scan_fails(world)
        scan_that_says(world)
        assert [(one.type, one.status) for one in told(pager)] == [("scan_failed", "cancelled")]


def test_an_opening_that_is_sent_once_more_is_followed_by_its_end(world: Any) -> None:
    pager = channel(world, kind="pagerduty")
    drift = report(world.engineer)
    deliver_all()
    (opening,) = told(pager)
    redeliver(world.account.pk, opening.pk, by=world.actor(world.owner))
    Delivery.objects.update(next_try_at=timezone.now() + timedelta(minutes=5))  # its channel rests
    resolve(world, drift)
    assert [(one.type, one.status) for one in told(pager)] == [
        ("drift_detected", "pending"),
        ("drift_resolved", "pending"),
    ]


def test_one_that_was_tried_and_then_cancelled_may_be_open_and_is_closed(world: Any) -> None:
    pager = channel(world, kind="pagerduty")
    drift = report(world.engineer)
    deliver_all()
    Delivery.objects.update(status="cancelled")
    resolve(world, drift)
    assert types(pager) == ["drift_detected", "drift_resolved"]


def test_an_incident_of_a_drift_that_is_open_for_very_long_is_closed(world: Any) -> None:
    pager, team = channel(world, "pager", kind="pagerduty"), channel(world)
    drift, other = report(world.engineer), report(world.engineer, "i-2")
    resolve(world, other)
    deliver_all(at=long_ago())
    assert delivery_upkeep.remove_old_deliveries() == 5
    assert (types(team), types(pager)) == ([], ["drift_detected"])
    resolve(world, drift)
    assert (types(team), types(pager)) == (["drift_resolved"], ["drift_detected", "drift_resolved"])
    deliver_all()
    Delivery.objects.update(finished_at=long_ago())
    assert delivery_upkeep.remove_old_deliveries() == 3


def test_an_incident_of_a_stack_that_fails_for_very_long_is_closed(world: Any) -> None:
    scan_that_says(world)
    pager, team = channel(world, "pager", kind="pagerduty"), channel(world)
    a_scan_fails(world)
    deliver_all(at=long_ago())
    delivery_upkeep.remove_old_deliveries()
    scan_that_says(world)
    assert (scans_of(team), scans_of(pager)) == (["scan_recovered"], ["scan_failed", "scan_recovered"])


def test_what_is_over_goes_part_by_part_and_leaves_what_is_open(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_upkeep, "REMOVED_AT_ONCE", 2)
    pager = channel(world, kind="pagerduty")
    for number in range(5):
        report(world.engineer, f"i-{number}")
    deliver_all(at=long_ago())
    Told.objects.filter(drift__resource_id__in=["i-1", "i-2", "i-4"]).delete()
    assert delivery_upkeep.remove_old_deliveries() == 3
    assert set(Delivery.objects.filter(channel=pager).values_list("drift__resource_id", flat=True)) == {"i-0", "i-3"}
