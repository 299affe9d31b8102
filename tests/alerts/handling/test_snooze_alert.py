"""An alert is snoozed until a time or until its drift differs otherwise, and counts as unread when it is back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.actions import erase_user
from alerts import actions
from alerts.models import Alert
from alerts.snoozes import NOT_SNOOZED
from drifts.actions.decide import approve_drift, reject_drift, resolve_drift, triage_drift
from drifts.actions.deciding import decide_drifts
from drifts.models import Drift
from drifts.tasks import end_snoozes
from driftsentry.api import tenancy
from tests.alerts.handling.alert_stories import (
    URL,
    ask,
    assert_journaled,
    handled,
    raise_about,
    shown,
    titles,
    unread,
)
from tests.alerts.raised import raise_alert
from tests.drifts.assessed_scans import differing, differing_somehow, gone, scan_that_says
from tests.drifts.reported import report
from tests.drifts.scans import REASON, drifted, ingest, only_drift, open_group

OWNER = {"owner": "nobody"}


def in_days(days: float) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()


def snooze(world: Any, alert: Alert, **more: Any) -> Any:
    return shown(ask(world, alert, "snooze", reason=REASON, **more))


def end(alert: Alert) -> None:
    """Let the time of a snooze be over."""
    Alert.objects.filter(pk=alert.pk).update(snoozed_until=timezone.now() - timedelta(seconds=1))


def sweep() -> None:
    with tenancy.behind():
        end_snoozes(timestamp=0)


def is_awake(alert: Alert) -> bool:
    alert.refresh_from_db()
    return all(getattr(alert, name) == value for name, value in NOT_SNOOZED.items())


def why(world: Any) -> list[tuple[str, bool]]:
    return [(one.data["why"], one.data["isRead"]) for one in handled(world, "alert.unsnoozed")]


# --- What a person does -----------------------------------------------------------------------------------------


def test_it_is_snoozed_and_woken_over_the_api(world: Any) -> None:
    alert, until = raise_about(world, report(world.engineer)), in_days(2)
    told = snooze(world, alert, until=until)
    assert (told["isSnoozed"], told["snoozedBy"], told["snoozeReason"]) == (True, str(world.engineer.pk), REASON)
    assert (told["snoozedUntil"][:16], told["isRead"]) == (until[:16], False)
    (entry,) = handled(world)
    assert entry.data["differenceDigest"] == bytes(only_drift().difference_digest).hex()
    path = f"{URL}/{alert.pk}/snooze"
    told = shown(world.client(world.engineer).delete(path))
    assert (told["isSnoozed"], told["snoozedUntil"], told["snoozedBy"], told["snoozeReason"]) == (False, None, None, "")
    assert (why(world), is_awake(alert)) == ([("by hand", False)], True)
    assert world.client(world.engineer).delete(path).status_code == 409
    assert_journaled(world)


def test_the_timeline_of_its_drift_says_how_long(world: Any) -> None:
    drift = report(world.engineer)
    snooze(world, raise_about(world, drift))
    story = shown(world.client(world.viewer).get(f"/api/v1/drifts/{drift.pk}/timeline"))
    assert story[-1]["message"] == f"Alert snoozed until its drift differs otherwise: {REASON}"


def test_what_is_snoozed_does_not_count_as_unread_and_is_still_listed(world: Any) -> None:
    alert, other = raise_about(world, report(world.engineer), "asleep"), raise_alert(world.engineer, "awake")
    snooze(world, alert)
    assert unread(world) == 1
    assert titles(world) == titles(world, isRead="false") == titles(world, isSnoozed="all") == ["awake", "asleep"]
    assert (titles(world, isSnoozed="true"), titles(world, isSnoozed="false")) == (["asleep"], ["awake"])
    figures = shown(world.client(world.viewer).get("/api/v1/metrics/summary"))["alerts"]
    assert figures == {"total": 2, "unread": 1}
    assert actions.mark_all_read(world.account.pk, by=world.actor(world.viewer)) == 1
    alert.refresh_from_db()
    other.refresh_from_db()
    assert (alert.is_read, other.is_read) == (False, True)


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "short"},
        {"reason": REASON, "until": "2001-01-01T00:00:00Z"},
        {"reason": REASON, "until": "2199-01-01T00:00:00Z"},
        {"reason": REASON, "until": "tomorrow"},
        {"until": None},
    ],
)
def test_what_makes_no_sense_is_refused(world: Any, body: dict[str, Any]) -> None:
    alert = raise_about(world, report(world.engineer))
    assert ask(world, alert, "snooze", **body).status_code == 400
    assert is_awake(alert)


def test_without_a_drift_it_takes_a_time(world: Any) -> None:
    alert = raise_alert(world.engineer)
    answer = ask(world, alert, "snooze", reason=REASON)
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["error"]["details"]["errors"]] == ["until"]
    assert snooze(world, alert, until=in_days(1))["isSnoozed"]


def test_a_viewer_may_not_and_another_tenant_finds_nothing(world: Any) -> None:
    alert, body = raise_about(world, report(world.engineer)), {"reason": REASON}
    for who, status in ((world.viewer, 403), (world.outsider, 404)):
        assert ask(world, alert, "snooze", who, **body).status_code == status
        assert world.client(who).delete(f"{URL}/{alert.pk}/snooze").status_code == status


def test_the_reason_goes_with_whoever_wrote_it(world: Any) -> None:
    alert = raise_about(world, report(world.owner))
    snooze(world, alert)
    erase_user(world.account.pk, world.engineer.pk, by=world.actor(world.owner))
    alert.refresh_from_db()
    assert (alert.snooze_reason, alert.is_snoozed) == ("", True)


# --- When its time is over --------------------------------------------------------------------------------------


def test_it_is_unread_again_when_its_time_is_over(world: Any) -> None:
    alert = raise_about(world, report(world.engineer))
    actions.mark_read(world.account.pk, alert.pk, by=world.actor(world.viewer))
    snooze(world, alert, until=in_days(1))
    sweep()
    assert (is_awake(alert), unread(world)) == (False, 0)
    end(alert)
    sweep()
    sweep()
    assert (is_awake(alert), alert.read_by_id, unread(world)) == (True, None, 1)
    assert why(world) == [("its time was over", False)]
    assert_journaled(world)


def test_the_time_counts_and_not_the_sweep(world: Any) -> None:
    alert = raise_about(world, report(world.engineer))
    snooze(world, alert, until=in_days(1))
    end(alert)
    assert (unread(world), titles(world, isSnoozed="true")) == (1, [])


# --- What a scan shows ------------------------------------------------------------------------------------------


def test_it_stands_when_a_part_is_put_back_and_when_that_comes_again(world: Any) -> None:
    alert = raise_about(world)
    snooze(world, alert)
    for parts in ({"tags": OWNER}, {"instance_type": "t3.large", "tags": OWNER}):
        scan_that_says(world, differing(**parts))
    assert (is_awake(alert), why(world)) == (False, [])


def test_it_lapses_when_its_drift_differs_otherwise_and_counts_as_unread(world: Any) -> None:
    alert, other = raise_about(world), raise_alert(world.engineer, "of no drift")
    actions.mark_read(world.account.pk, alert.pk, by=world.actor(world.viewer))
    snooze(world, alert, until=in_days(30))
    snooze(world, other, until=in_days(30))
    scan_that_says(world, differing(instance_type="m5.large", monitoring=False, tags=OWNER))
    assert why(world) == [("instance_type changed again; monitoring differs too", False)]
    assert (is_awake(alert), alert.is_read, is_awake(other)) == (True, False, False)
    assert_journaled(world)


def test_each_is_bound_to_what_differed_when_it_was_snoozed(world: Any) -> None:
    early = raise_about(world)
    snooze(world, early)
    late = raise_about(world, only_drift(), "late")
    Alert.objects.filter(pk=late.pk).update(
        snoozed_at=timezone.now(), snooze_digests={**only_drift().attribute_digests, "monitoring": "any"}
    )
    scan_that_says(world, differing(instance_type="t3.large", monitoring=False, tags=OWNER))
    assert sorted(one for one, _ in why(world)) == ["monitoring changed again", "monitoring differs too"]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (differing(monitoring=False), gone(), "something else has happened to the resource than when it was snoozed"),
        (differing_somehow(), differing(monitoring=False), "it was snoozed before it was known what differs"),
    ],
)
def test_it_lapses_when_more_than_an_attribute_is_new(world: Any, before: Any, after: Any, words: str) -> None:
    scan_that_says(world, before)
    alert = raise_about(world, only_drift())
    snooze(world, alert)
    scan_that_says(world, after)
    ((said, _),) = why(world)
    assert (said.startswith(words), is_awake(alert)) == (True, True)


def test_it_lapses_when_its_drift_becomes_critical(world: Any) -> None:
    ingest(world, drifted(open_group()))
    Drift.objects.update(severity="low", severity_reason="As it was judged before.")
    alert = raise_about(world, only_drift())
    snooze(world, alert)
    ingest(world, drifted(open_group(), clean=("aws_vpc.main",)))
    assert (why(world), is_awake(alert)) == ([("it has become critical", False)], True)


def test_a_snooze_waits_for_a_scan_that_is_being_recorded_and_holds_for_what_that_shows(world: Any) -> None:
    alert = raise_about(world)
    pool = ThreadPoolExecutor(1)
    client = world.client(world.engineer)

    def late() -> int:
        try:
            return int(client.post(f"{URL}/{alert.pk}/snooze", {"reason": REASON}, format="json").status_code)
        finally:
            connection.close()

    with pool:
        with transaction.atomic():
            drift = Drift.objects.select_for_update().get()
            asked = pool.submit(late)
            Drift.objects.filter(pk=drift.pk).update(attribute_digests={"size": "otherwise"})
        assert asked.result(timeout=60) == 200
    alert.refresh_from_db()
    assert alert.snooze_digests == {"size": "otherwise"}


# --- What is decided --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "status"), [(approve_drift, "approved"), (reject_drift, "rejected")])
def test_a_decision_ends_it_and_leaves_it_read(world: Any, action: Any, status: str) -> None:
    drift = report(world.engineer)
    alert = raise_about(world, drift)
    snooze(world, alert)
    action(world.account.pk, drift.pk, reason=REASON, by=world.actor(world.owner))
    assert (is_awake(alert), alert.read_by_id, unread(world)) == (True, world.owner.pk, 0)
    assert why(world) == [(f"its drift is {status}", True)]
    assert_journaled(world)


def test_a_decision_of_many_ends_it_too_and_one_that_was_read_stays_read(world: Any) -> None:
    drift = report(world.engineer)
    alert = raise_about(world, drift)
    actions.mark_read(world.account.pk, alert.pk, by=world.actor(world.viewer))
    snooze(world, alert)
    by = world.actor(world.owner)
    decide_drifts(world.account.pk, [str(drift.pk)], action="acknowledge", reason=REASON, by=by)
    assert (is_awake(alert), alert.read_by_id, why(world)) == (True, world.viewer.pk, [("its drift is resolved", True)])


def test_triage_keeps_it(world: Any) -> None:
    drift = report(world.engineer)
    alert = raise_about(world, drift)
    snooze(world, alert)
    triage_drift(world.account.pk, drift.pk, by=world.actor(world.owner))
    assert not is_awake(alert)


def test_it_ends_when_its_drift_is_gone_and_what_is_over_is_not_snoozed(world: Any) -> None:
    alert = raise_about(world)
    snooze(world, alert)
    scan_that_says(world)
    assert (why(world), is_awake(alert), alert.is_read) == ([("its drift is resolved", True)], True, True)
    assert ask(world, alert, "snooze", reason=REASON).status_code == 409


def test_what_is_decided_may_be_snoozed_and_ends_when_it_is_over(world: Any) -> None:
    drift, by = report(world.engineer), world.actor(world.owner)
    approve_drift(world.account.pk, drift.pk, reason=REASON, by=by)
    alert = raise_about(world, drift, "The pipeline failed")
    snooze(world, alert, until=in_days(1))
    resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=by)
    assert why(world) == [("its drift is resolved", True)]
