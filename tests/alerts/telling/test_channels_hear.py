"""What channels hear of drifts: each once from its opening to its end, as their rules have it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from alerts.actions.channels import delete_channel
from alerts.actions.composing import compose
from alerts.models import Channel, Delivery, Told
from drifts.actions.decide import reject_drift, resolve_drift, triage_drift
from drifts.actions.detection_settings import change_detection_settings
from drifts.actions.snoozing import snooze_drift
from drifts.models import Drift
from tests.alerts.telling.channels import channel, message, told, types
from tests.drifts.assessed_scans import differing, scan_that_says
from tests.drifts.reported import report
from tests.drifts.scans import REASON, facts, only_drift
from tests.drifts.test_flapping import GROUP, come_and_go, grave


def test_a_channel_hears_of_a_drift_of_any_severity_once_however_often_it_is_seen(world: Any) -> None:
    team = channel(world)
    for _ in range(3):
        scan_that_says(world, differing(monitoring=False))
    (delivery,) = told(team)
    drift = only_drift()
    assert drift.severity != "critical"
    assert (delivery.key, delivery.type, delivery.drift_id) == (f"drift:{drift.pk}:opened", "drift_detected", drift.pk)
    (entry,) = facts(world, "drift.created")
    assert delivery.entry_id == entry.pk


def test_what_it_says_leads_to_the_drift_and_is_about_its_episode(world: Any) -> None:
    team = channel(world)
    drift = report(world.engineer, severity="medium", stack="prod/network")
    (delivery,) = told(team)
    says = message(delivery)
    assert says.id == str(delivery.pk)
    assert says.title == "Medium drift: i-1 in prod/network"
    assert says.link == f"{settings.PUBLIC_URL}/admin/drifts/drift/{drift.pk}/change/"
    assert (says.episode, says.account) == (f"drift:{drift.pk}", "acme")
    assert dict(says.details)["API"] == f"{settings.PUBLIC_URL}/api/v1/drifts/{drift.pk}"
    assert says.data is not None
    assert (says.data["driftId"], says.data["stack"]) == (str(drift.pk), "prod/network")


def test_rules_narrow_what_it_hears(world: Any) -> None:
    grave_only = channel(world, "pager", severities=["critical"])
    network = channel(world, "network", stacks=["prod/*"])
    report(world.engineer, severity="high", stack="prod/network")
    report(world.engineer, "i-2", severity="critical", stack="staging")
    assert [message(one).title for one in told(grave_only)] == ["Critical drift: i-2 in staging"]
    assert [message(one).title for one in told(network)] == ["High drift: i-1 in prod/network"]


def test_nobody_elses_channel_hears_of_it_and_neither_does_one_that_is_switched_off(world: Any) -> None:
    Channel.objects.create(account=world.other_account, name="theirs", kind="webhook")
    channel(world, is_enabled=False)
    report(world.engineer)
    assert not Delivery.objects.filter(channel__isnull=False).exists()


def test_it_hears_when_the_number_of_scans_in_a_row_is_reached(world: Any) -> None:
    change_detection_settings(world.account.pk, values={"alert_after_scans": 3}, by=world.actor(world.owner))
    team = channel(world)
    heard = []
    for _ in range(4):
        scan_that_says(world, differing(monitoring=False))
        heard.append(len(told(team)))
    assert heard == [0, 0, 1, 1]


def test_asking_for_fewer_scans_tells_what_was_waiting(world: Any) -> None:
    change_detection_settings(world.account.pk, values={"alert_after_scans": 9}, by=world.actor(world.owner))
    team = channel(world)
    for _ in range(3):
        scan_that_says(world, differing(monitoring=False))
    change_detection_settings(world.account.pk, values={"alert_after_scans": 2}, by=world.actor(world.owner))
    for _ in range(2):
        scan_that_says(world, differing(monitoring=False))
    assert types(team) == ["drift_detected"]


def test_an_escalation_to_critical_is_told_once_to_whom_it_is_news(world: Any) -> None:
    team, pager = channel(world), channel(world, "pager", severities=["critical"])
    scan_that_says(world, grave(to="10.0.0.0/8"))
    for _ in range(2):
        scan_that_says(world, grave())
    drift = only_drift()
    assert [one.key for one in told(team)] == [f"drift:{drift.pk}:opened", f"drift:{drift.pk}:critical"]
    assert [one.severity for one in told(pager)] == ["critical"]
    scan_that_says(world, grave(to="10.0.0.0/8"))
    scan_that_says(world, grave())
    assert len(told(team)) == 2


@pytest.mark.parametrize("how", ["manual-fix", "acknowledged"])
def test_its_end_is_told_to_whom_its_beginning_was_told(world: Any, how: str) -> None:
    team, deaf = channel(world), channel(world, "pager", severities=["critical"])
    drift = report(world.engineer, severity="low")
    later = channel(world, "late")
    resolve_drift(world.account.pk, drift.pk, how=how, by=world.actor(world.engineer))
    assert types(team) == ["drift_detected", "drift_resolved"]
    says = message(told(team)[-1])
    assert (says.resolves, says.episode) == (True, f"drift:{drift.pk}")
    assert dict(says.details)["Resolved"] == how
    assert types(deaf) == types(later) == []
    assert not Told.objects.exists()


def test_a_scan_that_no_longer_shows_it_ends_it_too(world: Any) -> None:
    team = channel(world)
    scan_that_says(world, differing(monitoring=False))
    scan_that_says(world)
    assert types(team) == ["drift_detected", "drift_resolved"]
    assert message(told(team)[-1]).text == "A scan that looked at all of the stack no longer shows it."


def test_a_channel_that_chose_its_types_hears_of_no_end_unless_it_chose_that(world: Any) -> None:
    team = channel(world, types=["drift_detected"])
    drift = report(world.engineer)
    resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=world.actor(world.engineer))
    assert types(team) == ["drift_detected"]


def test_a_pager_is_closed_whatever_it_chose(world: Any) -> None:
    pager = channel(world, kind="pagerduty", types=["drift_detected"], severities=["critical"])
    drift = report(world.engineer, severity="critical")
    resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=world.actor(world.engineer))
    assert types(pager) == ["drift_detected", "drift_resolved"]


def test_a_pager_that_disabled_itself_closes_its_incidents_when_it_is_enabled_again(world: Any) -> None:
    pager, off = channel(world, kind="pagerduty"), channel(world, "off", kind="pagerduty")
    drift = report(world.engineer, severity="critical")
    Channel.objects.update(is_enabled=False)
    Channel.objects.filter(pk=pager.pk).update(disabled_at=timezone.now())
    report(world.engineer, "i-2", severity="critical")
    resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=world.actor(world.engineer))
    assert [(one.type, one.drift_id) for one in told(pager)] == [
        ("drift_detected", drift.pk),
        ("drift_resolved", drift.pk),
    ]
    assert types(off) == ["drift_detected"]


def test_a_channel_that_is_removed_at_that_moment_hinders_nobody(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, team = channel(world, "gone"), channel(world)

    def while_it_is_removed(*args: Any, **more: Any) -> Any:
        if Channel.objects.filter(pk=gone.pk).exists():
            with ThreadPoolExecutor(1) as other:
                other.submit(remove).result(timeout=20)
        return compose(*args, **more)

    def remove() -> None:
        try:
            delete_channel(world.account.pk, gone.pk, by=world.actor(world.owner))
        finally:
            connection.close()

    monkeypatch.setattr("alerts.actions.announcing.compose", while_it_is_removed)
    report(world.engineer)
    assert types(team) == ["drift_detected"]
    assert not Delivery.objects.filter(channel=gone.pk).exists()
    assert set(Told.objects.values_list("channel", flat=True)) == {team.pk}


def test_each_return_of_what_flaps_is_told_until_it_is_known_to_flap(world: Any) -> None:
    team = channel(world, types=["drift_detected", "drift_recurred"])
    back = come_and_go(world, 4)
    scan_that_says(world, differing(monitoring=False), at=back)
    assert types(team) == ["drift_detected", "drift_recurred", "drift_recurred"]


def test_nobody_hears_of_what_is_snoozed_until_it_lapses(world: Any) -> None:
    change_detection_settings(world.account.pk, values={"alert_after_scans": 2}, by=world.actor(world.owner))
    team = channel(world)
    scan_that_says(world, differing(monitoring=False))
    snooze_drift(world.account.pk, only_drift().pk, until=None, reason=REASON, by=world.actor(world.engineer))
    for _ in range(2):
        scan_that_says(world, differing(monitoring=False))
    assert told(team) == []
    scan_that_says(world, differing(instance_type="m5.large"))
    assert [message(one).title.split(":")[0] for one in told(team)] == ["Snooze lapsed"]


def test_a_decision_that_lapsed_is_told_as_one_that_is_needed_and_ends_nothing_for_people(world: Any) -> None:
    team, pager = channel(world), channel(world, "pager", kind="pagerduty")
    scan_that_says(world, grave(to="10.0.0.0/8"))
    reject_drift(world.account.pk, only_drift().pk, reason=REASON, by=world.actor(world.engineer))
    scan_that_says(world, grave(to="10.0.0.0/8", address=GROUP), differing(monitoring=False))
    scan_that_says(world, grave())
    assert types(team, drift__identity=only_drift(status="detected", resource_id=f"id of {GROUP}").identity) == [
        "drift_detected",
        "approval_needed",
    ]
    assert sorted(types(pager))[-1] == "drift_resolved"


def test_what_waits_for_a_decision_is_told_beside_that_it_was_found(world: Any) -> None:
    team = channel(world)
    drift = report(world.engineer, severity="medium", stack="prod/network")
    triage_drift(world.account.pk, drift.pk, by=world.actor(world.engineer))
    assert types(team) == ["drift_detected", "approval_needed"]
    assert message(told(team)[-1]).details[0] == ("Stack", "prod/network")


def test_more_than_it_takes_one_by_one_becomes_one_digest(world: Any) -> None:
    team, patient = channel(world, digest_above=3), channel(world, "patient", digest_above=30)
    many = [grave(f"{GROUP}{number}") for number in range(9)]
    scan_that_says(world, *many, *(differing(f"aws_instance.web{number}", monitoring=False) for number in range(4)))
    assert len(told(patient)) == 13
    (delivery,) = told(team)
    says = message(delivery)
    assert (says.type, says.severity, says.title) == ("digest", "critical", "13 drifts in payments-prod")
    assert (len(says.items), says.more) == (10, 3)
    assert [one.severity for one in says.items[:9]] == ["critical"] * 9
    assert says.data is not None
    assert says.data["digest"]["bySeverity"]["critical"] == 9
    assert Told.objects.filter(channel=team).count() == 13
    scan_that_says(world)
    assert [message(one).title for one in told(team)[1:]] == ["13 drifts resolved in payments-prod"]
    assert Drift.objects.open().count() == 0


def test_a_pager_is_not_asked_to_close_what_it_was_told_of_in_a_digest(world: Any) -> None:
    pager = channel(world, kind="pagerduty", digest_above=1)
    scan_that_says(world, grave(), differing(monitoring=False))
    scan_that_says(world)
    assert types(pager) == ["digest"]
