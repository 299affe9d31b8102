"""What a scan did not look at stays open and says so: it is never called clean."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drifts.actions.decide import resolve_drift
from drifts.findings import Gap
from drifts.models import Drift
from tests.drifts.assessed_scans import ROLE, differing, gone, not_read, scan_that_says
from tests.drifts.reported import report
from tests.drifts.scans import STACK, WEB, facts, head, kinds_after, only_drift

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def shown(world: Any, drift: Drift) -> Any:
    return world.client(world.viewer).get(f"/api/v1/drifts/{drift.pk}").json()["data"]


def listed(world: Any, **query: str) -> list[str]:
    answer = world.client(world.viewer).get("/api/v1/drifts", query)
    assert answer.status_code == 200, answer.json()
    return [one["address"] for one in answer.json()["data"]["items"]]


def test_a_gap_holds_what_is_in_it_and_the_rest_is_reconciled(world: Any) -> None:
    scan_that_says(world, differing(WEB, monitoring=False), differing(ROLE, monitoring=False), at=NOON)
    before = head(world)
    scan = scan_that_says(world, not_assessed=(not_read("aws_iam_*", Gap.TYPE),), at=LATER)
    assert (scan.drifts_resolved, scan.drifts_not_assessed, scan.not_assessed_count) == (1, 1, 1)
    assert only_drift(address=WEB).resolved_how == "reconciled"
    held = shown(world, only_drift(address=ROLE))
    assert (held["status"], held["assessment"]) == ("detected", "not_assessed")
    assert (held["notAssessedSince"], held["notAssessedReason"]) == ("2026-03-01T13:00:00Z", "Reading was denied.")
    assert (held["lastAssessedAt"], held["lastSeenAt"]) == ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z")
    assert kinds_after(world, before)[:2] == ["drift.resolved", "scan.completed"]
    (*_, completed) = facts(world, "scan.completed")
    assert completed.data["counts"]["driftsNotAssessed"] == 1


def test_it_is_so_since_the_first_scan_that_did_not_look_for_the_latest_reason(world: Any) -> None:
    scan_that_says(world, differing(WEB, monitoring=False), at=NOON)
    scan_that_says(world, complete=False, incomplete_reason="It was targeted.", at=LATER)
    scan_that_says(world, absent_is_gone=False, at=LATER + timedelta(hours=1))
    drift = only_drift()
    assert drift.not_assessed_since == LATER
    assert "did not name it" in drift.not_assessed_reason
    scan_that_says(world, not_assessed=(not_read(WEB, reason="Throttled."),), at=LATER + timedelta(hours=2))
    drift.refresh_from_db()
    assert (drift.not_assessed_since, drift.not_assessed_reason) == (LATER, "Throttled.")


@pytest.mark.parametrize("pending", [True, False], ids=["it still pends", "it is shown again"])
def test_looking_again_ends_it(world: Any, pending: bool) -> None:
    scan_that_says(world, differing(WEB, monitoring=False), at=NOON)
    scan_that_says(world, complete=False, incomplete_reason="cut", at=LATER)
    again = LATER + timedelta(hours=1)
    found = () if pending else (differing(WEB, monitoring=False),)
    scan_that_says(world, *found, still_pending=frozenset({WEB} if pending else ()), at=again)
    drift = only_drift()
    assert (drift.status, drift.not_assessed_since, drift.not_assessed_reason) == ("detected", None, "")
    assert (drift.last_assessed_at, drift.last_seen_at) == (again, NOON if pending else again)
    assert shown(world, drift)["assessment"] == "assessed"


def test_a_row_that_says_so_already_is_not_written_again(world: Any) -> None:
    scan_that_says(world, differing(WEB, monitoring=False))
    scan_that_says(world, complete=False, incomplete_reason="cut")
    before = only_drift().updated_at
    assert scan_that_says(world, complete=False, incomplete_reason="cut").drifts_not_assessed == 1
    assert only_drift().updated_at == before


def test_lists_can_ask_for_it(world: Any) -> None:
    scan_that_says(world, differing(WEB, monitoring=False), differing(ROLE, monitoring=False))
    scan_that_says(world, differing(WEB, monitoring=False), not_assessed=(not_read(ROLE),))
    assert listed(world, assessment="not_assessed") == [ROLE]
    assert listed(world, assessment="assessed") == [WEB]
    assert len(listed(world, assessment="all")) == 2
    assert world.client(world.viewer).get("/api/v1/drifts", {"assessment": "clean"}).status_code == 400


def test_a_scan_shows_what_it_could_not_look_at_and_the_list_how_much(world: Any) -> None:
    scan = scan_that_says(world, not_assessed=(not_read(ROLE), not_read("", Gap.ALL, "It was cut.")))
    client = world.client(world.viewer)
    detail = client.get(f"/api/v1/scans/{scan.pk}").json()["data"]
    assert detail["notAssessed"] == [
        {"what": "resource", "name": ROLE, "reason": "Reading was denied."},
        {"what": "all", "name": "", "reason": "It was cut."},
    ]
    (row,) = client.get("/api/v1/scans").json()["data"]["items"]
    assert (row["notAssessedCount"], row["driftsNotAssessed"], "notAssessed" in row) == (2, 0, False)


def test_what_is_ended_by_hand_waits_for_no_scan(world: Any) -> None:
    scan_that_says(world, differing(WEB, monitoring=False))
    scan_that_says(world, complete=False, incomplete_reason="cut")
    resolve_drift(world.account.pk, only_drift().pk, how="manual-fix", by=world.actor(world.engineer))
    assert listed(world, assessment="not_assessed") == []


def test_the_summary_counts_what_is_open_and_not_assessed(world: Any) -> None:
    scan_that_says(world, differing(WEB, monitoring=False), differing(ROLE, monitoring=False))
    scan_that_says(world, differing(WEB, monitoring=False), not_assessed=(not_read(ROLE),))
    figures = world.client(world.viewer).get("/api/v1/metrics/summary").json()["data"]
    assert (figures["drifts"]["open"], figures["drifts"]["notAssessed"]) == (2, 1)


def test_two_tools_that_name_resources_otherwise_never_close_each_others_drifts(world: Any) -> None:
    scan_that_says(world, differing(monitoring=False), gone("aws_s3_bucket.logs"), format="terraform-plan")
    scan = scan_that_says(world, gone("aws_instance.i-0"), format="driftctl", assessed_clean=frozenset({WEB}))
    assert (scan.drifts_resolved, scan.drifts_not_assessed) == (0, 2)
    scan = scan_that_says(world, format="terraform-plan", assessed_clean=frozenset({"aws_s3_bucket.logs"}))
    assert list(Drift.objects.filter(status="detected").values_list("identity", flat=True)) == ["aws_instance.i-0"]
    assert (scan.drifts_resolved, scan.drifts_not_assessed) == (2, 1)
    assert "driftctl" in only_drift(status="detected").not_assessed_reason


def test_a_drift_that_a_client_reported_is_over_only_where_a_scan_names_it_clean(world: Any) -> None:
    drift = report(world.engineer, WEB, stack=STACK)
    scan_that_says(world, format="terraform-plan")
    assert only_drift().status == "detected"
    scan_that_says(world, format="terraform-plan", assessed_clean=frozenset({WEB}))
    assert only_drift(pk=drift.pk).resolved_how == "reconciled"
