"""`GET /alerts` and `GET /alerts/unread-count`."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from alerts import actions
from alerts.models import Alert
from tests.alerts.raised import raise_alert
from tests.drifts.reported import report

URL = "/api/v1/alerts"


def titles(world: Any, user: Any, query: dict[str, str] | None = None) -> list[str]:
    answer = world.client(user).get(URL, query or {})
    assert answer.status_code == 200, answer.json()
    return [one["title"] for one in answer.json()["data"]["items"]]


def test_an_alert_has_the_contracts_fields(world: Any) -> None:
    drift = report(world.engineer)
    alert = raise_alert(world.engineer, type=Alert.Types.DRIFT_DETECTED, drift_id=drift.pk)
    data = world.client(world.viewer).get(URL).json()["data"]
    assert data["pagination"] == {"total": 1, "page": 1, "pageSize": 20, "totalPages": 1, "hasMore": False}
    (found,) = data["items"]
    assert found.pop("createdAt").endswith("Z")
    assert found == {
        "id": str(alert.pk),
        "driftId": str(drift.pk),
        "scanId": None,
        "type": "drift_detected",
        "severity": "high",
        "title": "Look at this",
        "message": "The scan failed.",
        "isRead": False,
        "readAt": None,
        "readBy": None,
        **dict.fromkeys(("acknowledgedAt", "acknowledgedBy", "assignee", "assignedAt", "assignedBy")),
        **dict.fromkeys(("snoozedUntil", "snoozedBy")),
        "acknowledgementNote": "",
        "isSnoozed": False,
        "snoozeReason": "",
    }


def test_the_newest_comes_first_in_pages_and_by_cursor(world: Any) -> None:
    for number in range(5):
        raise_alert(world.engineer, f"number {number}")
    assert titles(world, world.viewer, {"limit": "2", "page": "2"}) == ["number 2", "number 1"]
    client, found = world.client(world.viewer), []
    cursor: str | None = ""
    for _ in range(3):
        data = client.get(URL, {"limit": "2", "cursor": cursor}).json()["data"]
        found += [one["title"] for one in data["items"]]
        cursor = data["pagination"]["nextCursor"]
    assert cursor is None
    assert found == [f"number {number}" for number in range(4, -1, -1)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["unread", "read"]),
        ({"isRead": "true"}, ["read"]),
        ({"isRead": "false"}, ["unread"]),
        ({"isRead": "all"}, ["unread", "read"]),
        ({"severity": "critical"}, ["read"]),
        ({"severity": "critical,low"}, ["unread", "read"]),
        ({"severity": "all"}, ["unread", "read"]),
        ({"type": "scan_failed"}, ["unread"]),
        ({"type": "approval_needed", "isRead": "false"}, []),
        ({"limit": "1"}, ["unread"]),
    ],
)
def test_it_is_filtered(world: Any, query: dict[str, str], expected: list[str]) -> None:
    read = raise_alert(world.engineer, "read", type=Alert.Types.APPROVAL_NEEDED, severity="critical")
    raise_alert(world.engineer, "unread", severity="low")
    actions.mark_read(world.account.pk, read.pk, by=world.actor(world.viewer))
    assert titles(world, world.viewer, query) == expected


def test_it_is_filtered_by_drift(world: Any) -> None:
    one, other = report(world.engineer, "i-1"), report(world.engineer, "i-2")
    raise_alert(world.engineer, "of one", drift_id=one.pk)
    raise_alert(world.engineer, "of the other", drift_id=other.pk)
    assert titles(world, world.viewer, {"driftId": str(one.pk), "type": "scan_failed"}) == ["of one"]
    assert titles(world, world.viewer, {"driftId": str(uuid4())}) == []


@pytest.mark.parametrize(
    "query",
    [
        {"isread": "true"},
        {"isRead": "maybe"},
        {"severity": "dreadful"},
        {"type": "drift"},
        {"driftId": "7"},
        {"limit": "101"},
        {"page": "0"},
        {"cursor": "!"},
        {"severity": "low\x00"},
    ],
)
def test_a_query_that_makes_no_sense_is_refused(world: Any, query: dict[str, str]) -> None:
    answer = world.client(world.viewer).get(URL, query)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"


def test_the_outsider_sees_only_their_own(world: Any) -> None:
    raise_alert(world.engineer, "ours")
    raise_alert(world.outsider, "theirs")
    assert titles(world, world.outsider) == ["theirs"]
    assert titles(world, world.viewer) == ["ours"]


def test_the_unread_ones_are_counted(world: Any) -> None:
    for number in range(3):
        raise_alert(world.engineer, f"number {number}")
    raise_alert(world.outsider, "theirs")
    actions.mark_read(world.account.pk, Alert.objects.get(title="number 1").pk, by=world.actor(world.viewer))
    answer = world.client(world.viewer).get(f"{URL}/unread-count")
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "data": {"count": 2}}


@pytest.mark.parametrize("route", ["", "/unread-count"])
def test_it_needs_a_credential(world: Any, route: str) -> None:
    assert APIClient().get(f"{URL}{route}").status_code == 401
