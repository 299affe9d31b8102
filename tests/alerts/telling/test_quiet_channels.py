"""What a channel is told during its quiet hours, and when they are over."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from alerts.models import Channel
from drifts.actions.decide import resolve_drift
from tests.alerts.telling.channels import channel, message, told, types
from tests.drifts.reported import report

NIGHT = {"start": "22:00", "end": "07:00", "timezone": "UTC"}
AT_NIGHT = datetime(2026, 3, 3, 23, tzinfo=UTC)
MORNING = datetime(2026, 3, 4, 7, tzinfo=UTC)


@pytest.fixture
def night() -> Any:
    with time_machine.travel(AT_NIGHT, tick=False) as clock:
        yield clock


def test_what_is_not_critical_waits_for_the_morning(world: Any, night: Any) -> None:
    team = channel(world, quiet_hours=NIGHT)
    report(world.engineer, "i-1", severity="high")
    report(world.engineer, "i-2", severity="critical")
    high, critical = told(team)
    assert (high.severity, high.next_try_at) == ("high", MORNING)
    assert (critical.severity, critical.next_try_at) == ("critical", AT_NIGHT)


def test_a_channel_may_want_to_hear_of_nothing_at_night(world: Any, night: Any) -> None:
    team = channel(world, quiet_hours={**NIGHT, "exceptCritical": False})
    report(world.engineer, severity="critical")
    assert [one.next_try_at for one in told(team)] == [MORNING]


def test_by_day_nothing_waits(world: Any, night: Any) -> None:
    team = channel(world, quiet_hours=NIGHT)
    night.move_to(MORNING)
    report(world.engineer)
    assert [one.next_try_at for one in told(team)] == [MORNING]


def test_the_end_of_something_wakes_nobody_but_closes_an_incident_at_once(world: Any, night: Any) -> None:
    team = channel(world, quiet_hours=NIGHT)
    pager = channel(world, "pager", kind="pagerduty", quiet_hours=NIGHT)
    drift = report(world.engineer, severity="critical")
    resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=world.actor(world.engineer))
    assert [one.next_try_at for one in told(team)] == [AT_NIGHT, MORNING]
    assert [one.next_try_at for one in told(pager)] == [AT_NIGHT, AT_NIGHT]


def test_an_incident_that_is_over_before_the_morning_is_never_opened(world: Any, night: Any) -> None:
    pager = channel(world, kind="pagerduty", quiet_hours=NIGHT)
    drift = report(world.engineer, severity="high")
    resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=world.actor(world.engineer))
    assert [(one.type, one.status) for one in told(pager)] == [("drift_detected", "cancelled")]


def test_many_that_wait_become_one_that_grows(world: Any, night: Any) -> None:
    team = channel(world, quiet_hours=NIGHT, digest_above=2)
    for number in range(2):
        report(world.engineer, f"i-{number}", severity="medium")
    assert types(team) == ["drift_detected", "drift_detected"]
    for number in range(2, 5):
        report(world.engineer, f"i-{number}", severity="high")
    assert types(team, status="cancelled") == ["drift_detected", "drift_detected"]
    (digest,) = told(team, status="pending")
    says = message(digest)
    assert (digest.next_try_at, says.title, says.severity) == (MORNING, "5 drifts in default", "high")
    assert says.data is not None
    assert says.data["digest"]["bySeverity"] == {"medium": 2, "high": 3}
    assert [one.severity for one in says.items] == ["high"] * 3 + ["medium"] * 2


def test_what_waits_for_another_night_is_left_alone(world: Any, night: Any) -> None:
    team = channel(world, quiet_hours=NIGHT, digest_above=1)
    report(world.engineer, "i-1")
    night.move_to(datetime(2026, 3, 4, 23, tzinfo=UTC))
    report(world.engineer, "i-2")
    assert types(team, status="pending") == ["drift_detected", "drift_detected"]


def test_quiet_hours_that_can_no_longer_be_read_keep_nobody_from_hearing(world: Any, night: Any) -> None:
    team = channel(world)
    Channel.objects.filter(pk=team.pk).update(quiet_hours={**NIGHT, "timezone": "Europe/Atlantis"})
    report(world.engineer)
    assert [one.next_try_at for one in told(team)] == [AT_NIGHT]
