"""An account may ask for several scans in a row before it is told of a drift: none is lost, none told twice."""

from typing import Any

import pytest

from drifts.actions.decide import reject_drift
from drifts.actions.detection_settings import change_detection_settings
from drifts.models import DetectionSettings, Drift
from tests.drifts.assessed_scans import differing, scan_that_says
from tests.drifts.reported import report
from tests.drifts.scans import REASON, alerts, facts, only_drift
from tests.drifts.test_flapping import GROUP, grave

URL = "/api/v1/detection-settings"


def ask_for(world: Any, scans: int) -> None:
    change_detection_settings(world.account.pk, values={"alert_after_scans": scans}, by=world.actor(world.owner))


def test_the_scan_that_reaches_the_number_tells_exactly_once(world: Any) -> None:
    ask_for(world, 3)
    told = []
    for _ in range(5):
        scan_that_says(world, grave())
        told.append(len(alerts()))
    assert told == [0, 0, 1, 1, 1]
    (alert,) = alerts()
    assert (alert.type, alert.drift_id) == ("drift_detected", only_drift().pk)
    assert "3 scans in a row have shown it" in alert.message
    assert only_drift().alerted_at == alert.created_at


def test_a_scan_that_does_not_find_it_begins_the_count_anew(world: Any) -> None:
    ask_for(world, 2)
    for found in ([grave()], [], [grave()]):
        scan_that_says(world, *found)
    assert alerts() == []
    scan_that_says(world, grave())
    assert [alert.type for alert in alerts()] == ["drift_recurred"]


def test_a_scan_that_did_not_look_does_not(world: Any) -> None:
    ask_for(world, 2)
    scan_that_says(world, grave())
    scan_that_says(world, complete=False, incomplete_reason="cut")
    scan_that_says(world, grave())
    assert len(alerts()) == 1


def test_becoming_critical_waits_too_and_is_not_lost(world: Any) -> None:
    ask_for(world, 3)
    scan_that_says(world, grave(to="10.0.0.0/8"))
    assert only_drift().severity != "critical"
    told = []
    for _ in range(3):
        scan_that_says(world, grave())
        told.append(len(alerts()))
    assert (only_drift().severity, told) == ("critical", [0, 1, 1])


def test_asking_for_fewer_tells_what_was_waiting(world: Any) -> None:
    ask_for(world, 10)
    for _ in range(2):
        scan_that_says(world, grave())
    ask_for(world, 1)
    scan_that_says(world, grave())
    assert len(alerts()) == 1


def test_a_drift_that_a_client_reports_is_told_of_at_once(world: Any) -> None:
    ask_for(world, 5)
    report(world.engineer, severity="critical")
    assert len(alerts()) == 1
    assert Drift.objects.get().alerted_at is not None


def test_without_any_wish_the_first_scan_tells(world: Any) -> None:
    scan_that_says(world, grave(), differing(monitoring=False))
    assert len(alerts()) == 1
    assert DetectionSettings.objects.count() == 0


def test_everybody_reads_the_settings_and_admins_change_them(world: Any) -> None:
    told = world.client(world.viewer).get(URL).json()["data"]
    assert told == {"alertAfterScans": 1, "flapWindowDays": 7, "awsExternalId": told["awsExternalId"]}
    assert world.client(world.engineer).patch(URL, {"alertAfterScans": 3}, format="json").status_code == 403
    answer = world.client(world.owner).patch(URL, {"alertAfterScans": 3}, format="json")
    assert (answer.status_code, answer.json()["data"]) == (200, {**told, "alertAfterScans": 3})
    assert world.client(world.viewer).get(URL).json()["data"]["alertAfterScans"] == 3
    assert world.client(world.outsider).get(URL).json()["data"]["alertAfterScans"] == 1
    (fact,) = facts(world, "detection_settings.changed")
    assert fact.data["changes"] == {"alert_after_scans": [1, 3]}


def test_what_stays_the_same_is_no_change(world: Any) -> None:
    assert world.client(world.owner).patch(URL, {"flapWindowDays": 7}, format="json").status_code == 200
    assert facts(world, "detection_settings.") == []


@pytest.mark.parametrize(
    "body", [{"alertAfterScans": 0}, {"alertAfterScans": 11}, {"flapWindowDays": 91}, {"flapWindowDays": "7"}, {"x": 1}]
)
def test_what_is_out_of_bounds_is_refused(world: Any, body: dict[str, Any]) -> None:
    assert world.client(world.owner).patch(URL, body, format="json").status_code == 400
    assert DetectionSettings.objects.count() == 0


def test_many_at_once_are_told_of_in_one_alert_more_and_none_of_them_again(world: Any) -> None:
    many = [grave(f"{GROUP}{number}") for number in range(23)]
    scan = scan_that_says(world, *many, differing(monitoring=False))
    (rest,) = alerts(scan_id=scan.pk)
    assert len({alert.drift_id for alert in alerts(scan_id=None)}) == 20
    assert (rest.drift_id, rest.severity, rest.type) == (None, "critical", "drift_detected")
    assert rest.title == "3 more drifts to look at in payments-prod"
    assert "3 critical" in rest.message
    assert Drift.objects.filter(severity="critical", alerted_at=None).count() == 0
    scan_that_says(world, *many, differing(monitoring=False))
    assert len(alerts()) == 21


def test_of_many_at_once_the_gravest_get_alerts_of_their_own(world: Any) -> None:
    lapsing = [differing(f"aws_instance.n{number}", monitoring=False) for number in range(20)]
    scan_that_says(world, *lapsing)
    for drift in Drift.objects.all():
        reject_drift(world.account.pk, drift.pk, reason=REASON, by=world.actor(world.engineer))
    others = [differing(f"aws_instance.n{number}", instance_type="m5.large") for number in range(20)]
    scan = scan_that_says(world, *others, grave())
    (rest,) = alerts(scan_id=scan.pk)
    assert len(alerts()) == 21
    assert [one.type for one in alerts(severity="critical")] == ["drift_detected"]
    assert (rest.title, rest.type) == ("1 more drift to look at in payments-prod", "approval_needed")
    assert "Decisions on 1 of them lapsed" in rest.message
