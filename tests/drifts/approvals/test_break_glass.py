"""In an emergency one person decides alone, where the policy lets them; somebody else reviews it afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from alerts.models import Alert
from drifts.actions.reviewing import tell_overdue_reviews
from drifts.models import Drift, DriftApproval, DriftReview
from tests.admin.conftest import browser
from tests.drifts.approvals.said import (
    EMERGENCY,
    URL,
    data,
    demand,
    made_by,
    post,
    say,
    shown,
    told,
    words,
)
from tests.drifts.reported import report
from tests.drifts.scans import facts

NOTE = "I would have done the same."


def broken(world: Any, decision: str = "approve", severity: str = "high") -> Drift:
    """A drift that the engineer decided on alone."""
    demand(world, severity=severity, break_glass=True, review_within_hours=8)
    drift = report(world.engineer, severity=severity)
    say(world.engineer, drift, decision, reason=EMERGENCY, break_glass=True)
    return drift


def review(world: Any, user: Any, drift: Drift, verdict: str = "confirmed", note: str = NOTE) -> Any:
    return post(world, user, drift, "review", verdict=verdict, note=note)


@pytest.mark.parametrize(("decision", "done"), [("approve", "approved"), ("reject", "rejected")])
def test_one_decides_alone_and_a_review_is_asked_for(world: Any, decision: str, done: str) -> None:
    demand(world, break_glass=True, review_within_hours=8)
    drift = report(world.engineer)
    answer = data(post(world, world.engineer, drift, decision, reason=EMERGENCY, breakGlass=True))
    assert (answer["status"], answer["needed"]) == (done, 2)
    assert [one["by"] for one in answer["approvals"]] == [str(world.engineer.pk)]
    asked = answer["review"]
    assert (asked["by"], asked["at"], asked["verdict"]) == (None, None, "")
    assert asked["brokenBy"] == str(world.engineer.pk)
    due = DriftReview.objects.get().due_at
    assert due - DriftReview.objects.get().broken_at == timedelta(hours=8)
    (fact,) = facts(world, "drift.break_glass_used")
    assert (fact.data["approvals"], fact.data["needed"], fact.drift_id) == (1, 2, drift.pk)
    assert EMERGENCY not in str(fact.data)
    assert len(facts(world, f"drift.{done}")) == 1
    assert not facts(world, "drift.approval_given")
    (alert,) = Alert.objects.filter(drift=drift)
    assert (alert.type, alert.severity) == ("approval_needed", "high")
    assert alert.title.startswith("Review needed: i-1 in ")


def test_a_review_of_something_small_is_grave_all_the_same(world: Any) -> None:
    drift = broken(world, severity="low")
    assert Alert.objects.get(drift=drift).severity == "high"


def test_the_policy_must_allow_it(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    answer = post(world, world.engineer, drift, reason=EMERGENCY, breakGlass=True)
    assert "does not let one person decide alone" in words(answer)
    assert not DriftApproval.objects.exists()
    assert Drift.objects.get().status == "detected"


def test_it_takes_a_reason_that_explains_it(world: Any) -> None:
    demand(world, break_glass=True)
    drift = report(world.engineer)
    answer = post(world, world.engineer, drift, reason="x" * 29, breakGlass=True)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "reason"
    assert data(post(world, world.engineer, drift, reason="x" * 30, breakGlass=True))["status"] == "approved"


def test_who_has_spoken_already_may_break_the_glass(world: Any) -> None:
    demand(world, break_glass=True)
    drift = report(world.engineer)
    say(world.engineer, drift)
    assert data(post(world, world.engineer, drift, reason=EMERGENCY, breakGlass=True))["status"] == "approved"
    assert DriftApproval.objects.get().ended_because == "decided"
    assert DriftReview.objects.count() == 1


@pytest.mark.parametrize("needed", [1, 2])
def test_no_glass_breaks_where_nobody_is_missing(world: Any, needed: int) -> None:
    demand(world, needed=needed, break_glass=True)
    drift = report(world.engineer)
    if needed == 2:
        say(world.owner, drift)
    answer = data(post(world, world.engineer, drift, reason=EMERGENCY, breakGlass=True))
    assert (answer["status"], answer["review"]) == ("approved", None)
    assert not facts(world, "drift.break_glass_used")


def test_not_even_in_an_emergency_does_somebody_decide_on_their_own_change(world: Any) -> None:
    demand(world, break_glass=True)
    drift = report(world.engineer)
    made_by(drift, world.engineer.email)
    assert "You made this change" in words(post(world, world.engineer, drift, reason=EMERGENCY, breakGlass=True))


def test_a_viewer_breaks_nothing(world: Any) -> None:
    demand(world, break_glass=True)
    drift = report(world.engineer)
    assert post(world, world.viewer, drift, reason=EMERGENCY, breakGlass=True).status_code == 403


def test_somebody_else_reviews_it_once(world: Any) -> None:
    drift = broken(world)
    assert "You broke the glass yourself" in words(review(world, world.engineer, drift))
    answer = data(review(world, world.owner, drift))
    done = answer["review"]
    assert (done["by"], done["verdict"], done["note"]) == (str(world.owner.pk), "confirmed", NOTE)
    assert done["brokenBy"] == str(world.engineer.pk)
    assert done["at"] < done["neededBy"]
    assert answer["status"] == "approved"
    (fact,) = facts(world, "drift.reviewed")
    assert (fact.data["verdict"], fact.drift_id) == ("confirmed", drift.pk)
    assert "reviewed already" in words(review(world, world.owner, drift))
    assert len(told(drift=drift)) == 1


def test_an_objection_is_told_to_everybody_and_the_drift_stays(world: Any) -> None:
    drift = broken(world)
    answer = data(review(world, world.owner, drift, "objected", "The owning team had asked for it."))
    assert (answer["status"], answer["review"]["verdict"]) == ("approved", "objected")
    assert told(drift=drift)[-1].startswith("Objection: i-1 in ")
    story = data(world.client(world.viewer).get(f"{URL}/{drift.pk}/timeline"))
    assert "Reviewed: objected: The owning team had asked for it." in [one["message"] for one in story]


def test_whoever_made_the_change_does_not_review_it(world: Any) -> None:
    drift = broken(world)
    made_by(drift, world.owner.email)
    assert "You made this change" in words(review(world, world.owner, drift))
    assert data(review(world, engineer_with_password(world), drift))["review"]["verdict"] == "confirmed"


def engineer_with_password(world: Any) -> Any:
    """The viewer, made an engineer: they can log in."""
    world.viewer.role = "engineer"
    world.viewer.save(update_fields=["role"])
    return world.viewer


def test_what_needs_no_review_cannot_be_reviewed(world: Any) -> None:
    drift = report(world.engineer)
    assert "nothing to review" in words(review(world, world.owner, drift))


@pytest.mark.parametrize(
    "body",
    [
        {"verdict": "confirmed"},
        {"note": NOTE},
        {"verdict": "maybe", "note": NOTE},
        {"verdict": "confirmed", "note": "short"},
        {"verdict": "confirmed", "note": "x" * 1001},
        {"verdict": None, "note": NOTE},
    ],
)
def test_a_review_says_what_and_why(world: Any, body: dict[str, Any]) -> None:
    assert post(world, world.owner, broken(world), "review", **body).status_code == 400


def test_others_of_the_account_and_of_another(world: Any) -> None:
    drift = broken(world)
    assert review(world, world.viewer, drift).status_code == 403
    assert review(world, world.outsider, drift).status_code == 404
    assert DriftReview.objects.get().reviewed_at is None


def test_reviews_that_wait_can_be_listed(world: Any) -> None:
    drift = broken(world)
    other = report(world.engineer, "i-2")

    def listed(value: str) -> list[str]:
        items = data(world.client(world.viewer).get(URL, {"review": value}))["items"]
        return [item["id"] for item in items]

    assert listed("pending") == [str(drift.pk)]
    assert listed("overdue") == []
    assert set(listed("all")) == {str(drift.pk), str(other.pk)}
    DriftReview.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert listed("overdue") == [str(drift.pk)]
    data(review(world, world.owner, drift))
    assert listed("pending") == listed("overdue") == []
    assert world.client(world.viewer).get(URL, {"review": "late"}).status_code == 400


def test_a_review_that_is_late_is_told_of_once(world: Any) -> None:
    drift = broken(world)
    assert tell_overdue_reviews() == 0
    DriftReview.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert tell_overdue_reviews() == 1
    assert tell_overdue_reviews() == 0
    assert told(drift=drift)[-1].startswith("Review overdue: i-1 in ")
    assert len(told(drift=drift)) == 2


def test_a_review_that_was_done_is_never_late(world: Any) -> None:
    drift = broken(world)
    data(review(world, world.owner, drift))
    DriftReview.objects.update(due_at=timezone.now() - timedelta(hours=1))
    assert tell_overdue_reviews() == 0


def test_the_admin_offers_the_review_and_takes_it(world: Any) -> None:
    drift = broken(world)
    client, page = browser(world.owner), f"/admin/drifts/drift/{drift.pk}/change/"
    assert 'value="review"' in client.get(page).content.decode()
    form = {"action": "review", "_selected_action": [str(drift.pk)], "index": "0"}
    assert "Verdict:" in client.post("/admin/drifts/drift/", form).content.decode()
    client.post("/admin/drifts/drift/", {**form, "confirmed": "yes", "verdict": "objected", "note": NOTE})
    done = shown(world, world.viewer, drift)["review"]
    assert (done["verdict"], done["by"], done["note"]) == ("objected", str(world.owner.pk), NOTE)
    assert 'value="review"' not in client.get(page).content.decode()


def test_the_admin_takes_an_approval_back(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    client = browser(world.owner)
    say(world.engineer, drift)
    assert 'value="withdraw"' not in client.get(f"/admin/drifts/drift/{drift.pk}/change/").content.decode()
    say(world.owner, drift, "reject")
    assert 'value="withdraw"' in client.get(f"/admin/drifts/drift/{drift.pk}/change/").content.decode()
    form = {"action": "withdraw", "_selected_action": [str(drift.pk)], "index": "0", "confirmed": "yes"}
    assert "Take back: done for 1." in client.post("/admin/drifts/drift/", form, follow=True).content.decode()
    assert DriftApproval.objects.get(user=world.owner).ended_because == "withdrawn"
