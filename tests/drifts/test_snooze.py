"""A snooze holds for what was seen, attribute by attribute: it lapses when just that changed, and says so."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actions import erase_user
from drifts.actions import snoozing
from drifts.actions.decide import approve_drift, reject_drift, resolve_drift, triage_drift
from drifts.actions.deciding import decide_drifts
from drifts.models import Drift
from drifts.snoozes import NOT_SNOOZED
from drifts.tasks import end_snoozes
from driftsentry.api import tenancy
from driftsentry.api.errors import Conflict
from tests.drifts.assessed_scans import differing, differing_somehow, gone, scan_that_says
from tests.drifts.reported import report
from tests.drifts.scans import REASON, alerts, drifted, facts, ingest, instance, only_drift, open_group
from tests.drifts.test_tables_equal_journal import assert_equal

OWNER = {"owner": "nobody"}


def snooze(world: Any, **more: Any) -> Drift:
    values = {"until": None, "reason": REASON, **more}
    return snoozing.snooze_drift(world.account.pk, only_drift().pk, **values, by=world.actor(world.engineer))


def in_days(days: float) -> Any:
    return timezone.now() + timedelta(days=days)


def end(drift: Drift) -> None:
    """Let the time of a snooze be over."""
    Drift.objects.filter(pk=drift.pk).update(snoozed_until=timezone.now() - timedelta(seconds=1))


def is_awake(drift: Drift) -> bool:
    return all(getattr(drift, name) == value for name, value in NOT_SNOOZED.items())


# --- What a person does -----------------------------------------------------------------------------------------


def test_a_drift_is_snoozed_and_woken_over_the_api(world: Any) -> None:
    drift, client = report(world.engineer), world.client(world.engineer)
    path, until = f"/api/v1/drifts/{drift.pk}/snooze", in_days(2).isoformat()
    told = client.post(path, {"until": until, "reason": REASON}, format="json").json()["data"]
    assert (told["isSnoozed"], told["snoozedBy"], told["snoozeReason"]) == (True, str(world.engineer.pk), REASON)
    assert told["snoozedUntil"][:16] == until[:16]
    (fact,) = facts(world, "drift.snoozed")
    assert fact.data["differenceDigest"] == bytes(drift.difference_digest).hex()
    assert only_drift().snooze_digests == drift.attribute_digests != {}
    told = client.delete(path).json()["data"]
    assert (told["isSnoozed"], told["snoozedUntil"], told["snoozedBy"], told["snoozeReason"]) == (False, None, None, "")
    assert [one.data["why"] for one in facts(world, "drift.unsnoozed")] == ["by hand"]
    assert client.delete(path).status_code == 409
    assert_equal(world)


def test_without_a_time_it_lasts_until_it_differs_otherwise(world: Any) -> None:
    drift = report(world.engineer)
    client = world.client(world.engineer)
    told = client.post(f"/api/v1/drifts/{drift.pk}/snooze", {"reason": REASON}, format="json").json()["data"]
    assert (told["isSnoozed"], told["snoozedUntil"]) == (True, None)
    timeline = client.get(f"/api/v1/drifts/{drift.pk}/timeline").json()["data"]
    assert timeline[-1]["message"] == f"Snoozed until it differs otherwise: {REASON}"


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
    path = f"/api/v1/drifts/{report(world.engineer).pk}/snooze"
    assert world.client(world.engineer).post(path, body, format="json").status_code == 400
    assert is_awake(only_drift())


def test_a_viewer_may_not_and_another_tenant_finds_nothing(world: Any) -> None:
    path, body = f"/api/v1/drifts/{report(world.engineer).pk}/snooze", {"reason": REASON}
    assert world.client(world.viewer).post(path, body, format="json").status_code == 403
    assert world.client(world.outsider).post(path, body, format="json").status_code == 404


def test_a_difference_that_nobody_looked_at_is_not_snoozed(world: Any) -> None:
    report(world.engineer)
    with pytest.raises(Conflict, match="look again"):
        snooze(world, difference_digest="0" * 64)


@pytest.mark.parametrize("action", [approve_drift, reject_drift])
def test_a_decision_ends_it_and_a_decided_drift_is_not_snoozed(world: Any, action: Any) -> None:
    report(world.engineer)
    drift = snooze(world)
    action(world.account.pk, drift.pk, reason=REASON, by=world.actor(world.engineer))
    assert is_awake(only_drift())
    with pytest.raises(Conflict, match="cannot be snoozed"):
        snooze(world)


def test_it_ends_with_the_drift(world: Any) -> None:
    report(world.engineer)
    resolve_drift(world.account.pk, snooze(world).pk, how="acknowledged", by=world.actor(world.engineer))
    assert is_awake(only_drift())


@pytest.mark.parametrize(("action", "is_over"), [("triage", False), ("approve", True), ("acknowledge", True)])
def test_a_decision_of_many_ends_it_too_but_for_triage_which_wakes_nobody(
    world: Any, action: str, is_over: bool
) -> None:
    report(world.engineer)
    drift, by = snooze(world), world.actor(world.engineer)
    (outcome,) = decide_drifts(world.account.pk, [str(drift.pk)], action=action, reason=REASON, by=by)
    assert (outcome.outcome, is_awake(only_drift()), alerts()) == ("decided", is_over, [])


def test_it_ends_when_the_drift_is_gone(world: Any) -> None:
    scan_that_says(world, differing(monitoring=False))
    snooze(world)
    scan_that_says(world)
    drift = only_drift()
    assert (drift.resolved_how, is_awake(drift), alerts()) == ("reconciled", True, [])


def test_triage_keeps_it_and_wakes_nobody(world: Any) -> None:
    scan_that_says(world, differing(monitoring=False))
    drift = snooze(world)
    triage_drift(world.account.pk, drift.pk, by=world.actor(world.engineer))
    assert (only_drift().status, only_drift().is_snoozed, alerts()) == ("triaged", True, [])


def test_the_list_tells_snoozed_drifts_from_others(world: Any) -> None:
    asleep, awake, over = (report(world.engineer, name) for name in ("i-1", "i-2", "i-3"))
    by = world.actor(world.engineer)
    for drift, until in ((asleep, None), (over, in_days(1))):
        snoozing.snooze_drift(world.account.pk, drift.pk, until=until, reason=REASON, by=by)
    end(over)
    client = world.client(world.viewer)

    def listed(asked: str) -> set[str]:
        rows = client.get("/api/v1/drifts", {"isSnoozed": asked}).json()["data"]["items"]
        assert asked == "all" or {one["isSnoozed"] for one in rows} == {asked == "true"}
        return {one["id"] for one in rows}

    assert listed("true") == {str(asleep.pk)}
    assert listed("false") == {str(awake.pk), str(over.pk)}
    assert len(listed("all")) == 3


def test_the_reason_goes_with_whoever_wrote_it(world: Any) -> None:
    report(world.engineer)
    snooze(world)
    erase_user(world.account.pk, world.engineer.pk, by=world.actor(world.owner))
    assert (only_drift().snooze_reason, only_drift().is_snoozed) == ("", True)


def test_a_snooze_and_a_decision_at_once_leave_a_decided_drift_awake(world: Any) -> None:
    drift, start = report(world.engineer), Barrier(2)
    clients = {"snooze": world.client(world.engineer), "approve": world.client(world.owner)}

    def send(what: str) -> int:
        try:
            start.wait(timeout=30)
            path = f"/api/v1/drifts/{drift.pk}/{what}"
            return int(clients[what].post(path, {"reason": REASON}, format="json").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        snoozed, approved = pool.map(send, ("snooze", "approve"))
    assert (approved, only_drift().status, is_awake(only_drift())) == (200, "approved", True)
    kinds = [one.kind for one in facts(world, "drift.") if one.kind != "drift.created"]
    assert (snoozed, kinds) in [(200, ["drift.snoozed", "drift.approved"]), (409, ["drift.approved"])]


# --- What a scan shows ------------------------------------------------------------------------------------------


def test_it_stands_when_a_part_is_put_back_and_when_that_comes_again(world: Any) -> None:
    scan_that_says(world, differing(monitoring=False, tags=OWNER))
    snooze(world)
    for shown in ({"tags": OWNER}, {"monitoring": False, "tags": OWNER}):
        scan_that_says(world, differing(**shown))
        assert only_drift().is_snoozed
    assert (alerts(), facts(world, "drift.snooze_lapsed")) == ([], [])


@pytest.mark.parametrize(("is_triaged", "kind"), [(False, "drift_detected"), (True, "approval_needed")])
def test_it_lapses_when_an_attribute_changes_and_says_which(world: Any, is_triaged: bool, kind: str) -> None:
    scan_that_says(world, differing(instance_type="t3.large", tags=OWNER))
    drift = snooze(world, until=in_days(30))
    if is_triaged:
        triage_drift(world.account.pk, drift.pk, by=world.actor(world.engineer))
    scan_that_says(world, differing(instance_type="m5.large", monitoring=False, tags=OWNER))
    reason = "instance_type changed again; monitoring differs too"
    assert (only_drift().pk, is_awake(only_drift())) == (drift.pk, True)
    (fact,) = facts(world, "drift.snooze_lapsed")
    assert (fact.data["reason"], fact.data["paths"]) == (reason, ["instance_type", "monitoring"])
    (alert,) = alerts()
    assert (alert.type, alert.drift_id) == (kind, drift.pk)
    assert f"The snooze of id of aws_instance.web lapsed: {reason}." in alert.message
    assert_equal(world)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (differing(monitoring=False), gone(), "something else has happened to the resource than when it was snoozed"),
        (differing_somehow(), differing(monitoring=False), "it was snoozed before it was known what differs"),
    ],
)
def test_it_lapses_when_more_than_an_attribute_is_new(world: Any, before: Any, after: Any, words: str) -> None:
    scan_that_says(world, before)
    snooze(world)
    scan_that_says(world, after)
    assert facts(world, "drift.snooze_lapsed")[0].data["reason"].startswith(words)
    assert (len(alerts()), is_awake(only_drift())) == (1, True)


def test_it_lapses_when_the_drift_is_judged_critical_and_there_is_one_alert(world: Any) -> None:
    ingest(world, drifted(open_group()))
    Drift.objects.update(severity="low", severity_reason="As it was judged before.")
    kept = alerts()
    snooze(world)
    ingest(world, drifted(open_group(), clean=("aws_vpc.main",)))
    assert facts(world, "drift.snooze_lapsed")[0].data["reason"] == "it has become critical"
    (alert,) = alerts()[len(kept) :]
    assert (alert.severity, alert.title.split(":")[0], is_awake(only_drift())) == ("critical", "Snooze lapsed", True)


def test_a_critical_drift_of_which_nobody_was_told_stays_untold_while_it_is_snoozed(world: Any) -> None:
    ingest(world, drifted(open_group()))
    kept = alerts()
    Drift.objects.update(alerted_at=None)
    drift = snooze(world, until=in_days(1))
    ingest(world, drifted(open_group(), clean=("aws_vpc.main",)))
    assert (only_drift().is_snoozed, alerts()) == (True, kept)
    end(drift)
    ingest(world, drifted(open_group(), clean=("aws_vpc.other",)))
    assert len(alerts()) == len(kept) + 1


# --- When its time is over --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("is_triaged", "kind"), [(False, "drift_detected"), (True, "approval_needed")])
def test_it_ends_with_its_time_and_says_so_once(world: Any, is_triaged: bool, kind: str) -> None:
    ingest(world, drifted(instance()))
    drift = snooze(world, until=in_days(1))
    if is_triaged:
        triage_drift(world.account.pk, drift.pk, by=world.actor(world.engineer))
    assert snoozing.end_expired_snoozes() == 0
    end(drift)
    assert not only_drift().is_snoozed, "the time counts, not the sweep"
    with tenancy.behind():
        end_snoozes(timestamp=0)
        end_snoozes(timestamp=0)
    assert [one.data["why"] for one in facts(world, "drift.unsnoozed")] == ["its time was over"]
    (alert,) = alerts()
    assert (alert.type, alert.drift_id, is_awake(only_drift())) == (kind, drift.pk, True)
    assert alert.title.startswith("Back from snooze: ")
    assert_equal(world)


def test_of_many_at_once_the_gravest_are_told_one_by_one(world: Any) -> None:
    by = world.actor(world.engineer)
    with mock.patch.object(snoozing, "MAX_ALERTS", 1):
        for name, severity in (("i-1", "low"), ("i-2", "high"), ("i-3", "medium")):
            drift = report(world.engineer, name, severity=severity)
            snoozing.snooze_drift(world.account.pk, drift.pk, until=in_days(1), reason=REASON, by=by)
            end(drift)
        assert snoozing.end_expired_snoozes() == 3
    assert {(one.severity, one.title) for one in alerts()} == {
        ("high", "Back from snooze: i-2 in default"),
        ("medium", "Back from snooze: 2 more drifts"),
    }
    assert not Drift.objects.filter(alerted_at=None).exists()
