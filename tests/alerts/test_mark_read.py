"""`POST /alerts/{id}/mark-read` and `POST /alerts/mark-all-read`."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from alerts.actions import alerts as actions
from alerts.models import Alert
from audit.models import AuditLog
from tests.alerts.raised import raise_alert

URL = "/api/v1/alerts"


def entries(world: Any) -> list[AuditLog]:
    return list(AuditLog.objects.filter(account=world.account, kind="alert.read").order_by("seq"))


def test_a_viewer_reads_an_alert_for_everybody(world: Any) -> None:
    alert = raise_alert(world.engineer)
    answer = world.client(world.viewer).post(f"{URL}/{alert.pk}/mark-read")
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert (data["id"], data["isRead"], data["readBy"]) == (str(alert.pk), True, str(world.viewer.pk))
    assert data["readAt"].endswith("Z")
    assert world.client(world.engineer).get(f"{URL}/unread-count").json()["data"] == {"count": 0}
    (entry,) = entries(world)
    assert (entry.actor_id, entry.data["id"]) == (world.viewer.pk, str(alert.pk))


def test_reading_twice_changes_nothing(world: Any) -> None:
    alert = raise_alert(world.engineer)
    first = world.client(world.viewer).post(f"{URL}/{alert.pk}/mark-read").json()
    second = world.client(world.engineer).post(f"{URL}/{alert.pk}/mark-read")
    assert second.status_code == 200
    assert second.json() == first
    assert len(entries(world)) == 1


def test_an_unknown_a_malformed_and_a_foreign_id_answer_alike(world: Any) -> None:
    theirs = raise_alert(world.outsider)
    client = world.client(world.owner)
    answers = [client.post(f"{URL}/{ident}/mark-read") for ident in (uuid4(), "7", theirs.pk, "%00", "mark-all-read")]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["error"]["code"] for answer in answers} == {"NOT_FOUND"}
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1
    theirs.refresh_from_db()
    assert not theirs.is_read


def test_all_are_read_at_once(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MARK_BATCH", 2)
    raised = [raise_alert(world.engineer, f"number {number}") for number in range(5)]
    actions.mark_read(world.account.pk, raised[0].pk, by=world.actor(world.engineer))
    theirs = raise_alert(world.outsider)
    client = world.client(world.viewer)
    answer = client.post(f"{URL}/mark-all-read")
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "data": {"markedCount": 4}}
    assert not Alert.objects.for_account(world.account.pk).unread().exists()
    assert Alert.objects.get(pk=raised[0].pk).read_by_id == world.engineer.pk
    assert {entry.data["id"] for entry in entries(world)} == {str(one.pk) for one in raised}
    assert client.post(f"{URL}/mark-all-read").json()["data"] == {"markedCount": 0}
    assert len(entries(world)) == 5
    theirs.refresh_from_db()
    assert not theirs.is_read


def test_it_needs_a_credential(world: Any) -> None:
    alert = raise_alert(world.engineer)
    assert APIClient().post(f"{URL}/{alert.pk}/mark-read").status_code == 401
    assert APIClient().post(f"{URL}/mark-all-read").status_code == 401
    alert.refresh_from_db()
    assert not alert.is_read
