"""Triage, approve, reject, resolve and comment: what each keeps, tells, refuses, and to whom."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from alerts.models import Alert
from costs.models import CostMetric
from drifts.models import Drift
from tests.drifts.reported import REASON, report
from tests.drifts.scans import alerts, facts, head

URL = "/api/v1/drifts"
BODIES: dict[str, dict[str, str]] = {
    "triage": {"note": "Seen."},
    "approve": {"reason": REASON},
    "reject": {"reason": REASON},
    "resolve": {"how": "manual-fix", "note": "Done."},
    "comments": {"text": "Who opened this?"},
}


def post(world: Any, drift: Drift, action: str, body: Any = None, user: Any = None) -> Any:
    client: APIClient = world.client(user or world.engineer)
    return client.post(f"{URL}/{drift.pk}/{action}", BODIES[action] if body is None else body, format="json")


@pytest.mark.parametrize(("action", "done"), [("approve", "approved"), ("reject", "rejected")])
def test_a_decision_keeps_who_when_and_why(world: Any, action: str, done: str) -> None:
    drift = report(world.engineer)
    answer = post(world, drift, action)
    assert answer.status_code == 200
    data = answer.json()["data"]
    reason = {"approved": "approvalReason", "rejected": "rejectionReason"}[done]
    assert (data["status"], data[f"{done}By"], data[reason]) == (done, str(world.engineer.pk), REASON)
    assert data[f"{done}At"].endswith("Z")
    other = "rejected" if done == "approved" else "approved"
    assert (data[f"{other}At"], data[f"{other}By"]) == (None, None)
    assert (data["canTriage"], data["canApprove"], data["canReject"], data["canResolve"]) == (False, False, False, True)
    (fact,) = facts(world, f"drift.{done}")
    assert (fact.data["id"], fact.data["status"], fact.data[f"{done}By"]) == (
        str(drift.pk),
        done,
        str(world.engineer.pk),
    )
    assert fact.data[f"{done}At"] == data[f"{done}At"]
    assert (fact.actor_id, fact.actor_role) == (world.engineer.pk, "engineer")
    assert fact.data["differenceDigest"] == bytes(Drift.objects.get().difference_digest).hex()


def test_triage_asks_for_a_decision(world: Any) -> None:
    drift = report(world.engineer)
    answer = post(world, drift, "triage")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "triaged")
    (alert,) = alerts()
    assert (alert.type, alert.drift_id, alert.severity) == (Alert.Types.APPROVAL_NEEDED, drift.pk, "high")
    assert answer.json()["data"]["alertCount"] == 1


@pytest.mark.parametrize("action", ["triage", "resolve"])
def test_a_note_may_be_left_out(world: Any, action: str) -> None:
    body = {name: value for name, value in BODIES[action].items() if name != "note"}
    assert post(world, report(world.engineer), action, body).status_code == 200


def test_triage_needs_no_body_at_all(world: Any) -> None:
    drift = report(world.engineer)
    assert world.client(world.engineer).post(f"{URL}/{drift.pk}/triage").status_code == 200


@pytest.mark.parametrize("how", ["auto-remediate", "manual-fix", "acknowledged"])
def test_resolving_says_how_and_takes_the_cost_off(world: Any, how: str) -> None:
    drift = report(world.engineer, cost="31.50")
    data = post(world, drift, "resolve", {"how": how}).json()["data"]
    assert (data["status"], data["resolvedHow"], data["canResolve"]) == ("resolved", how, False)
    assert data["resolvedAt"].endswith("Z")
    assert sum(metric.impact_delta for metric in CostMetric.objects.all()) == 0
    assert CostMetric.objects.count() == 2


@pytest.mark.parametrize("how", ["reconciled", "superseded", "", "magic", None, 7, ["manual-fix"]])
def test_what_only_a_scan_can_say_is_no_way_to_resolve(world: Any, how: Any) -> None:
    drift = report(world.engineer)
    answer = post(world, drift, "resolve", {"how": how})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "how"
    assert Drift.objects.get().status == "detected"


@pytest.mark.parametrize("action", ["approve", "reject"])
@pytest.mark.parametrize("length", [10, 1000])
def test_a_reason_of_ten_to_a_thousand_characters_is_taken(world: Any, action: str, length: int) -> None:
    reason = ("ä" * length)[:length]
    assert post(world, report(world.engineer), action, {"reason": reason}).status_code == 200
    assert reason in (Drift.objects.get().approval_reason, Drift.objects.get().rejection_reason)


BAD_REASONS = [
    "x" * 9,
    "x" * 1001,
    "",
    "   " * 20,
    " x " + " " * 20,
    None,
    7,
    ["long enough reason"],
    "long enough\x00",
]


@pytest.mark.parametrize("action", ["approve", "reject"])
@pytest.mark.parametrize("reason", BAD_REASONS)
def test_any_other_reason_is_refused(world: Any, action: str, reason: Any) -> None:
    drift = report(world.engineer)
    before = head(world)
    answer = post(world, drift, action, {"reason": reason})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert Drift.objects.get().status == "detected"
    assert [fact.kind for fact in facts(world) if fact.seq > before and fact.kind.startswith("drift.")] == []


@pytest.mark.parametrize("body", [[], ["reason"], "a reason that is long enough", 7])
def test_a_body_that_is_no_object_is_refused(world: Any, body: Any) -> None:
    assert post(world, report(world.engineer), "approve", body).status_code == 400


def test_a_missing_reason_is_named(world: Any) -> None:
    answer = post(world, report(world.engineer), "approve", {})
    assert [error["field"] for error in answer.json()["error"]["details"]["errors"]] == ["reason"]


def test_a_comment_is_told_whatever_the_status(world: Any) -> None:
    drift = report(world.engineer)
    post(world, drift, "resolve")
    answer = post(world, drift, "comments", {"text": "  It was me.  "})
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert (data["action"], data["actorEmail"], data["actorRole"]) == (
        "drift.commented",
        world.engineer.email,
        "engineer",
    )
    assert data["message"] == "Comment: It was me."
    (fact,) = facts(world, "drift.commented")
    assert (str(fact.pk), fact.drift_id) == (data["id"], drift.pk)


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, None, ["a"], {}, "a\x00b"])
def test_an_empty_or_endless_comment_is_refused(world: Any, text: Any) -> None:
    answer = post(world, report(world.engineer), "comments", {"text": text})
    assert answer.status_code == 400
    assert not facts(world, "drift.commented")


@pytest.mark.parametrize("action", BODIES)
def test_a_viewer_decides_nothing(world: Any, action: str) -> None:
    drift = report(world.engineer)
    answer = post(world, drift, action, user=world.viewer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert Drift.objects.get().status == "detected"
    assert [fact.kind for fact in facts(world, "drift.")] == ["drift.created"]


@pytest.mark.parametrize("action", BODIES)
def test_an_outsider_finds_nothing(world: Any, action: str) -> None:
    drift = report(world.engineer)
    answers = [post(world, drift, action, user=world.outsider)]
    for ident in (uuid4(), "7", "%00", str(drift.pk).replace("-", " ")):
        path = f"{URL}/{ident}/{action}"
        answers.append(world.client(world.engineer).post(path, BODIES[action], format="json"))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1
    assert Drift.objects.get().status == "detected"


@pytest.mark.parametrize("action", BODIES)
def test_a_stranger_is_not_let_in(world: Any, action: str) -> None:
    drift = report(world.engineer)
    assert APIClient().post(f"{URL}/{drift.pk}/{action}", BODIES[action], format="json").status_code == 401


def test_an_admin_may_decide_too(world: Any) -> None:
    assert post(world, report(world.engineer), "approve", user=world.owner).status_code == 200


def test_deciding_twice_is_a_conflict_that_says_why(world: Any) -> None:
    drift = report(world.engineer)
    post(world, drift, "approve")
    answer = post(world, drift, "reject")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert "approved" in answer.json()["error"]["message"]
    assert not facts(world, "drift.rejected")
