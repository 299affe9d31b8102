"""`POST /alerts/{id}/assign`: an alert is given to somebody who may decide."""

from typing import Any

import pytest

from accounts.actions import erase_user
from accounts.actions.users import administer_user
from accounts.models import User
from alerts.models import Alert
from drifts.actions.decide import resolve_drift
from tests.alerts.handling.alert_stories import ask, assert_journaled, handled, raise_about, shown, titles
from tests.alerts.raised import raise_alert
from tests.drifts.reported import report


def give(world: Any, alert: Alert, to: User | None, who: Any = None) -> Any:
    return shown(ask(world, alert, "assign", who or world.owner, assigneeId=str(to.pk) if to else None))


def told(user: User) -> list[Alert]:
    return list(Alert.objects.filter(recipient=user))


def test_it_is_given_told_of_and_taken_back(world: Any) -> None:
    drift = report(world.engineer)
    alert = raise_about(world, drift, "Look at i-1")
    given = give(world, alert, world.engineer)
    assert (given["assignee"], given["assignedBy"]) == (str(world.engineer.pk), str(world.owner.pk))
    (own,) = told(world.engineer)
    assert (own.type, own.title, own.drift_id) == ("assigned", "Assigned to you: Look at i-1", drift.pk)
    back = give(world, alert, None)
    assert (back["assignee"], back["assignedAt"], back["assignedBy"]) == (None, None, None)
    assert [one.kind for one in handled(world)] == ["alert.assigned", "alert.unassigned"]
    story = shown(world.client(world.viewer).get(f"/api/v1/drifts/{drift.pk}/timeline"))
    said = [one["message"] for one in story]
    assert said[-2:] == ["Alert assigned to Bob", "Alert no longer assigned to Bob (by hand)"]
    assert_journaled(world)


def test_giving_it_to_whose_it_is_changes_nothing_and_taking_it_tells_nobody(world: Any) -> None:
    alert = raise_alert(world.engineer)
    first = give(world, alert, world.engineer, world.engineer)
    assert give(world, alert, world.engineer) == first
    assert (len(handled(world)), told(world.engineer)) == (1, [])


@pytest.mark.parametrize("who", ["viewer", "outsider"])
def test_only_who_may_decide_here_is_given_one(world: Any, who: str) -> None:
    alert = raise_alert(world.engineer)
    answer = ask(world, alert, "assign", assigneeId=str(getattr(world, who).pk))
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["error"]["details"]["errors"]] == ["assigneeId"]
    assert ask(world, alert, "assign").status_code == 400


def test_a_viewer_may_not_and_another_tenant_finds_nothing(world: Any) -> None:
    alert = raise_alert(world.engineer)
    assert ask(world, alert, "assign", world.viewer, assigneeId=None).status_code == 403
    assert ask(world, alert, "assign", world.outsider, assigneeId=None).status_code == 404


def test_with_a_drift_that_is_over_there_is_nothing_left_to_do(world: Any) -> None:
    drift = report(world.engineer)
    alert = raise_about(world, drift)
    resolve_drift(world.account.pk, drift.pk, how="acknowledged", by=world.actor(world.owner))
    assert ask(world, alert, "assign", assigneeId=str(world.engineer.pk)).status_code == 409
    assert shown(ask(world, alert, "acknowledge"))["acknowledgedBy"] == str(world.engineer.pk)


def test_the_list_is_asked_whose_they_are(world: Any) -> None:
    give(world, raise_alert(world.engineer, "mine"), world.engineer, world.engineer)
    give(world, raise_alert(world.engineer, "theirs"), world.owner)
    raise_alert(world.engineer, "nobody's")
    assert titles(world, assignee="me") == ["mine"]
    assert titles(world, assignee="none,me") == ["nobody's", "mine"]
    assert titles(world, assignee=str(world.owner.pk)) == ["theirs"]


@pytest.mark.parametrize("how", ["erased", "demoted"])
def test_what_somebody_had_who_leaves_is_nobodys_and_what_is_over_stays(world: Any, how: str) -> None:
    drift, by = report(world.owner), world.actor(world.owner)
    kept, over = raise_alert(world.owner, "no drift"), raise_about(world, drift)
    for alert in (kept, over):
        give(world, alert, world.engineer)
    resolve_drift(world.account.pk, drift.pk, how="acknowledged", by=by)
    if how == "erased":
        erase_user(world.account.pk, world.engineer.pk, by=by)
    else:
        administer_user(world.account.pk, world.engineer.pk, changes={"role": "viewer"}, by=by)
    kept.refresh_from_db()
    over.refresh_from_db()
    assert (kept.assignee_id, kept.assigned_at, over.assignee_id) == (None, None, world.engineer.pk)
    (entry,) = handled(world, "alert.unassigned")
    assert entry.data["why"] == {"erased": "they were erased", "demoted": "they may no longer decide"}[how]
    assert_journaled(world)
