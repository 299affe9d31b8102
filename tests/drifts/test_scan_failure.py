"""A scan that fails half-way: its own row says so, somebody is told, and nothing else has changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from alerts.models import Alert
from costs.models import CostMetric
from drifts.actions import ingest as module
from drifts.actions import opening, record, telling
from drifts.actions.ingest import ABANDONED, fail_abandoned_scans
from drifts.ingest.policy import judge
from drifts.models import Drift, Scan
from driftsentry.api.errors import Conflict
from tests.drifts.scans import WEB, alerts, clean, drifted, facts, head, ingest, instance, kinds_after, open_group


class Broken(DatabaseError):
    """What a step of the test raises."""


def break_step(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
    """Let a step of the recording fail once all before it is written."""

    def fail(*args: Any, **kwargs: Any) -> None:
        raise Broken("the secret is hunter2")

    monkeypatch.setattr(where, name, fail)


STEPS = [
    (opening, "record_cost_changes"),
    (telling, "raise_alerts"),
    (opening, "_created"),
    (record, "_resolve"),
    (module, "ScanCompleted"),
    (module, "judge"),
]


@pytest.mark.parametrize(("where", "name"), STEPS, ids=[name for _, name in STEPS])
def test_nothing_of_it_is_kept_but_its_own_row(
    world: Any, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    ingest(world, drifted(instance(), instance("aws_instance.other")))
    drifts, costs, before = list(Drift.objects.values()), list(CostMetric.objects.values()), head(world)
    with monkeypatch.context() as patch:
        break_step(patch, where, name)
        with pytest.raises(Broken):
            ingest(world, drifted(instance(size="m5.large"), open_group()))
    assert list(Drift.objects.values()) == drifts
    assert list(CostMetric.objects.values()) == costs
    failed = Scan.objects.get(status="failed")
    assert (failed.drifts_new, failed.drifts_changed, failed.drifts_resolved) == (0, 0, 0)
    assert failed.finished_at is not None
    assert kinds_after(world, before) == ["scan.started", "scan.failed", "alert.created"]


def test_somebody_is_told_without_the_words_of_the_error(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        break_step(patch, opening, "record_cost_changes")
        with pytest.raises(Broken):
            ingest(world, drifted(instance()))
    failed = Scan.objects.get()
    (alert,) = alerts()
    assert (alert.type, alert.scan_id, alert.drift_id, alert.severity) == (
        Alert.Types.SCAN_FAILED,
        failed.pk,
        None,
        "high",
    )
    assert "Broken" in failed.error
    (fact,) = facts(world, "scan.failed")
    assert fact.data["error"] == failed.error == alert.message
    assert "hunter2" not in failed.error


def test_the_same_body_can_be_sent_again(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        break_step(patch, opening, "record_cost_changes")
        with pytest.raises(Broken):
            ingest(world, drifted(instance()))
    again = ingest(world, drifted(instance()))
    assert (again.created, again.scan.status, again.scan.drifts_new) == (True, "succeeded", 1)
    assert sorted(Scan.objects.values_list("status", flat=True)) == ["failed", "succeeded"]


def abandoned(world: Any) -> Scan:
    """A scan whose process ended while it ran."""
    scan = ingest(world, clean(WEB)).scan
    Scan.objects.update(
        status="running", finished_at=None, started_at=timezone.now() - ABANDONED - timedelta(minutes=1)
    )
    return scan


def test_a_scan_whose_process_ended_is_failed_by_the_sweeper_once(world: Any) -> None:
    scan = abandoned(world)
    assert fail_abandoned_scans() == 1
    scan.refresh_from_db()
    assert (scan.status, scan.drifts_new) == ("failed", 0)
    assert "again" in scan.error
    (fact,) = facts(world, "scan.failed")
    assert (fact.actor_id, fact.actor_role, fact.data["id"]) == (None, "system", str(scan.pk))
    assert [alert.type for alert in alerts()] == [Alert.Types.SCAN_FAILED]
    assert fail_abandoned_scans() == 0


def test_a_scan_that_still_runs_is_left_alone(world: Any) -> None:
    ingest(world, clean(WEB))
    Scan.objects.update(status="running", finished_at=None)
    assert fail_abandoned_scans() == 0
    assert Scan.objects.get().status == "running"


def test_the_body_of_an_abandoned_scan_can_be_sent_again_at_once(world: Any) -> None:
    scan = abandoned(world)
    again = ingest(world, clean(WEB))
    assert again.created
    assert again.scan.pk != scan.pk
    scan.refresh_from_db()
    assert (scan.status, again.scan.status) == ("failed", "succeeded")


def test_the_body_of_a_scan_that_still_runs_is_recorded_as_that_scan(world: Any) -> None:
    """Its process has died: nothing of it is there, and the sender has had no answer."""

    def die(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "record_assessment", die)
        with pytest.raises(KeyboardInterrupt):
            ingest(world, drifted(instance()))
    scan = Scan.objects.get()
    assert (scan.status, Drift.objects.count()) == ("running", 0)
    again = ingest(world, drifted(instance()))
    assert (again.created, again.scan.pk, again.scan.status) == (False, scan.pk, "succeeded")
    assert (again.scan.drifts_new, Drift.objects.count()) == (1, 1)
    assert [fact.kind for fact in facts(world, "scan.")] == ["scan.started", "scan.completed"]


def test_of_two_who_record_one_scan_the_second_answers_with_what_the_first_has_recorded(world: Any) -> None:
    def outrun(*args: Any, **kwargs: Any) -> Any:
        patch.setattr(module, "judge", judge)
        assert ingest(world, drifted(instance())).scan.status == "succeeded"
        return judge(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "judge", outrun)
        slow = ingest(world, drifted(instance()))
    assert (slow.created, slow.scan.status, slow.scan.drifts_new) == (True, "succeeded", 1)
    assert [fact.kind for fact in facts(world, "scan.")] == ["scan.started", "scan.completed"]


def test_a_scan_given_up_while_it_was_being_recorded_stays_failed(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stand_still(*args: Any, **kwargs: Any) -> Any:
        Scan.objects.update(started_at=timezone.now() - ABANDONED - timedelta(minutes=1))
        assert fail_abandoned_scans() == 1
        return judge(*args, **kwargs)

    monkeypatch.setattr(module, "judge", stand_still)
    with pytest.raises(Conflict):
        ingest(world, drifted(instance()))
    assert list(Scan.objects.values_list("status", "drifts_new")) == [("failed", 0)]
    assert not Drift.objects.exists()
