"""Whoever waits for another holds nothing that the other one needs: the stack, the drift, then what hangs on it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from alerts.actions.handling import assign_alert
from alerts.models import Alert
from audit import journal
from audit.models import AuditHead
from drifts.actions.attributing import _keep
from drifts.actions.locks import lock_stack
from drifts.actions.reviewing import tell_overdue_reviews
from drifts.facts import DriftCommented
from drifts.models import Drift, DriftReview, Scan
from driftsentry.local.processes import wait_until
from tests.accounts.test_refresh import waiting_for_a_row
from tests.alerts.handling.alert_stories import raise_about
from tests.drifts.approvals.said import EMERGENCY, demand, made_by, say
from tests.drifts.reported import actor, report
from tests.drifts.scans import drifted, facts, ingest, instance, only_drift


@pytest.fixture
def meanwhile() -> Any:
    """Run something on a connection of its own."""
    with ThreadPoolExecutor(1) as pool:

        def run(what: Callable[[], Any]) -> Any:
            def closing() -> Any:
                try:
                    return what()
                finally:
                    connection.close()

            return pool.submit(copy_context().run, closing)

        yield run


def test_an_alert_that_is_given_away_waits_for_its_drift_before_it_is_locked(world: Any, meanwhile: Any) -> None:
    alert = raise_about(world)
    to, by = world.engineer.pk, actor(world.owner)
    with transaction.atomic():
        Drift.objects.select_for_update(of=("self",)).get()
        given = meanwhile(lambda: assign_alert(alert.account_id, alert.pk, assignee_id=to, by=by))
        assert wait_until(lambda: waiting_for_a_row() == 1, seconds=30)
        Alert.objects.select_for_update(of=("self",), nowait=True).get(pk=alert.pk)
    assert given.result(timeout=30).assignee_id == to


def test_the_reminder_of_a_review_leaves_drifts_alone_that_somebody_is_just_reviewing(
    world: Any, meanwhile: Any
) -> None:
    demand(world, break_glass=True)
    drift = report(world.engineer)
    say(world.engineer, drift, reason=EMERGENCY, break_glass=True)
    DriftReview.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    with transaction.atomic():
        Drift.objects.select_for_update(of=("self",)).get(pk=drift.pk)
        assert meanwhile(tell_overdue_reviews).result(timeout=30) == 0
        DriftReview.objects.select_for_update(of=("self",), nowait=True).get()
    assert tell_overdue_reviews() == 1


def test_who_did_it_is_written_when_no_scan_of_the_stack_is_being_recorded(world: Any, meanwhile: Any) -> None:
    ingest(world, drifted(instance()))
    drift = only_drift()
    event = made_by(drift, "arn:aws:iam::1:user/somebody")
    Drift.objects.update(attribution=None)
    with transaction.atomic():
        lock_stack(drift.stack_id)
        kept = meanwhile(lambda: _keep(Scan.objects.get(), {drift.pk: event}))
        assert wait_until(lambda: waiting_for_a_row() == 1, seconds=30)
        Drift.objects.select_for_update(of=("self",), nowait=True).get()
    kept.result(timeout=30)
    assert only_drift().attribution is not None


def test_a_decision_that_waits_for_its_user_does_not_hold_the_journal_meanwhile(world: Any, meanwhile: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    with journal.writing(world.account.pk, by=world.actor(world.owner)) as w:
        User.objects.select_for_update().get(pk=world.engineer.pk)  # as whoever logs in, or changes a role, does
        said = meanwhile(lambda: say(world.engineer, drift))
        assert wait_until(lambda: waiting_for_a_row() == 1, seconds=30)
        AuditHead.objects.select_for_update(nowait=True).get(account=world.account)
        w.record(DriftCommented(id=drift.pk))
    said.result(timeout=30)
    assert [fact.kind for fact in facts(world, "drift.")][-2:] == ["drift.commented", "drift.approval_given"]
