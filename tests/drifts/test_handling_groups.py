"""Groups of drifts, and drifts named one by one, are snoozed and assigned by one call, and undone by one."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from alerts.models import Alert
from drifts.actions import handling
from drifts.actions.assigning import assign_drift
from drifts.actions.decide import approve_drift
from drifts.actions.snoozing import snooze_drift, unsnooze_drift
from drifts.models import Drift, DriftGroupDecision
from tests.drifts.reported import REASON, report
from tests.drifts.scans import facts
from tests.drifts.test_groups_api import GROUPS, data, only_group, outcomes, same_change, undo
from tests.drifts.test_tables_equal_journal import assert_equal


def group(world: Any, what: str, who: User | None = None, **body: Any) -> Any:
    path = f"{GROUPS}/{only_group(world)['id']}/{what}"
    return world.client(who or world.owner).post(path, body, format="json")


def snooze(world: Any, **more: Any) -> Any:
    return group(world, "snooze", reason=REASON, **more)


def assign(world: Any, to: User | None, **more: Any) -> Any:
    return group(world, "assign", assigneeId=str(to.pk) if to else None, **more)


def bulk(world: Any, ids: list[Any], action: str, **more: Any) -> Any:
    body = {"ids": [str(one) for one in ids], "action": action, "reason": REASON, **more}
    return world.client(world.owner).post("/api/v1/drifts/bulk", body, format="json")


def asleep(*drifts: Drift) -> list[bool]:
    return [Drift.objects.get(pk=one.pk).is_snoozed for one in drifts]


def owners(*drifts: Drift) -> list[UUID | None]:
    return [Drift.objects.get(pk=one.pk).assignee_id for one in drifts]


def tomorrow() -> str:
    return (timezone.now() + timedelta(days=1)).isoformat()


# --- Snoozed ----------------------------------------------------------------------------------------------------


def test_all_members_are_snoozed_each_as_it_differs_and_woken_by_one_call(world: Any) -> None:
    drifts, until = same_change(world), tomorrow()
    made = data(snooze(world, until=until), 201)
    assert (made["action"], made["decided"], made["refused"], made["remaining"]) == ("snooze", 3, 0, 0)
    assert (made["until"][:16], made["assignee"]) == (until[:16], None)
    for one in Drift.objects.all():
        assert (one.is_snoozed, one.snoozed_by_id, one.snooze_reason) == (True, world.owner.pk, REASON)
        assert one.snooze_digests == one.attribute_digests != {}
    gone = data(undo(world, made, note="Not yet."))
    assert (gone["undone"], gone["left"], asleep(*drifts)) == (3, 0, [False] * 3)
    assert {one["successorId"] for one in gone["members"]} == {None}, "nothing is opened anew"
    assert len(facts(world, "drift.snoozed")) == len(facts(world, "drift.unsnoozed")) == 3
    assert_equal(world)


def test_what_is_decided_is_refused_and_stops_no_other(world: Any) -> None:
    drifts = same_change(world)
    approve_drift(world.account.pk, drifts[0].pk, reason=REASON, by=world.actor(world.owner))
    made = data(snooze(world), 201)
    assert (made["decided"], made["refused"], asleep(*drifts)) == (2, 1, [False, True, True])


def test_undoing_leaves_what_stands_otherwise_by_now(world: Any) -> None:
    drifts, by = same_change(world), world.actor(world.owner)
    made = data(snooze(world), 201)
    unsnooze_drift(world.account.pk, drifts[0].pk, by=by)
    approve_drift(world.account.pk, drifts[1].pk, reason=REASON, by=by)
    gone = data(undo(world, made))
    assert (gone["undone"], gone["left"]) == (1, 2)
    assert outcomes(gone) == {str(drifts[0].pk): "left", str(drifts[1].pk): "left", str(drifts[2].pk): "undone"}
    assert undo(world, made).status_code == 409


def test_it_is_bound_to_the_members_that_were_seen_and_some_may_be_left_out(world: Any) -> None:
    drifts = same_change(world)
    digest = only_group(world)["memberDigest"]
    report(world.engineer, "i-late", stack="stack-9")
    assert snooze(world, memberDigest=digest).status_code == 409
    data(snooze(world, excluding=[str(drifts[0].pk)], memberDigest=only_group(world)["memberDigest"]), 201)
    assert asleep(*drifts) == [False, True, True]


def test_of_very_many_those_that_are_not_snoozed_yet_come_first(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handling, "MOST", 2)
    drifts = same_change(world, 5)
    assert [data(snooze(world), 201)["remaining"] for _ in range(3)] == [3, 1, 0]
    assert all(asleep(*drifts))


def test_a_member_that_is_snoozed_as_long_already_is_left_as_it_is_also_when_it_is_undone(world: Any) -> None:
    drifts, by = same_change(world, 4), world.actor(world.owner)
    soon, late = (timezone.now() + timedelta(days=days) for days in (1, 9))
    for drift, until in zip(drifts, (None, late, soon), strict=False):
        snooze_drift(world.account.pk, drift.pk, until=until, reason="Known since last week.", by=by)
    made = data(snooze(world, until=late.isoformat()), 201)
    assert (made["decided"], made["refused"]) == (2, 2)
    assert outcomes(made) == {str(one.pk): "refused" if one in drifts[:2] else "decided" for one in drifts}
    assert {one["error"] for one in made["members"]} == {"", "It is snoozed at least as long already."}
    assert data(undo(world, made))["undone"] == 2
    assert asleep(*drifts) == [True, True, False, False]
    kept = Drift.objects.filter(pk__in=[drifts[0].pk, drifts[1].pk])
    assert set(kept.values_list("snooze_reason", "snoozed_until")) == {
        ("Known since last week.", None),
        ("Known since last week.", late),
    }


def test_where_all_are_snoozed_as_long_there_is_nothing_to_do(world: Any) -> None:
    same_change(world)
    data(snooze(world), 201)
    answer = snooze(world, until=tomorrow())
    assert (answer.status_code, DriftGroupDecision.objects.count()) == (409, 1)
    assert answer.json()["error"]["message"].endswith(" It is snoozed at least as long already.")


# --- Assigned ---------------------------------------------------------------------------------------------------


def test_all_members_are_given_to_somebody_who_is_told_once(world: Any) -> None:
    drifts = same_change(world)
    assign_drift(world.account.pk, drifts[0].pk, assignee_id=world.owner.pk, by=world.actor(world.owner))
    made = data(assign(world, world.engineer, note="All yours."), 201)
    assert (made["action"], made["decided"], made["assignee"]) == ("assign", 3, str(world.engineer.pk))
    assert owners(*drifts) == [world.engineer.pk] * 3
    (alert,) = Alert.objects.filter(recipient=world.engineer)
    assert (alert.title, alert.drift_id) == ("Assigned to you: 3 drifts in 3 stacks", None)
    assign_drift(world.account.pk, drifts[1].pk, assignee_id=world.owner.pk, by=world.actor(world.owner))
    gone = data(undo(world, made))
    assert (gone["undone"], gone["left"], owners(*drifts)) == (2, 1, [world.owner.pk, world.owner.pk, None])
    assert_equal(world)


def test_what_was_theirs_before_stays_theirs_when_it_is_undone(world: Any) -> None:
    drifts = same_change(world)
    assign_drift(world.account.pk, drifts[0].pk, assignee_id=world.engineer.pk, by=world.actor(world.owner))
    gone = data(undo(world, data(assign(world, world.engineer), 201)))
    assert (gone["undone"], gone["left"], owners(*drifts)) == (2, 1, [world.engineer.pk, None, None])


def test_undoing_it_gives_each_back_to_whose_it_was(world: Any) -> None:
    drifts, by = same_change(world), world.actor(world.owner)
    for drift, to in ((drifts[0], world.engineer), (drifts[1], world.owner)):
        assign_drift(world.account.pk, drift.pk, assignee_id=to.pk, by=by)
    taken = data(assign(world, None), 201)
    given = data(assign(world, world.engineer), 201)
    assert data(undo(world, given))["undone"] == 3
    assert owners(*drifts) == [None] * 3
    gone = data(undo(world, taken))
    assert (gone["undone"], gone["left"]) == (2, 1), "the third was nobody's before"
    assert owners(*drifts) == [world.engineer.pk, world.owner.pk, None]


def test_whose_they_were_are_told_once_and_who_may_no_longer_decide_gets_none_back(world: Any) -> None:
    drifts, by = same_change(world), world.actor(world.engineer)
    for drift in drifts[:2]:
        assign_drift(world.account.pk, drift.pk, assignee_id=world.owner.pk, by=by)
    made = data(assign(world, world.engineer), 201)
    before = Alert.objects.latest("id").pk
    data(undo(world, made, note="Wrong group."))
    assert owners(*drifts) == [world.owner.pk, world.owner.pk, None]
    (alert,) = Alert.objects.filter(recipient=world.owner, pk__gt=before)
    assert alert.title == "Assigned to you: 2 drifts in 2 stacks"
    assert_equal(world)
    again = data(assign(world, world.engineer), 201)
    User.objects.filter(pk=world.owner.pk).update(role="viewer")
    assert data(undo(world, again))["undone"] == 3
    assert owners(*drifts) == [None] * 3


@pytest.mark.parametrize("what", ["snooze", "assign"])
def test_who_may_not_is_refused_and_another_tenant_finds_nothing(world: Any, what: str) -> None:
    same_change(world)
    bodies: dict[str, dict[str, Any]] = {"snooze": {"reason": REASON}, "assign": {"assigneeId": None}}
    body = bodies[what]
    assert group(world, what, world.viewer, **body).status_code == 403
    assert group(world, what, world.outsider, **body).status_code == 404
    assert not DriftGroupDecision.objects.exists()


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("snooze", {"reason": "short"}, "reason"),
        ("snooze", {"reason": REASON, "until": "2001-01-01T00:00:00Z"}, "until"),
        ("assign", {}, "assigneeId"),
        ("assign", {"assigneeId": str(uuid4())}, "assigneeId"),
    ],
)
def test_what_makes_no_sense_is_refused(world: Any, what: str, body: dict[str, Any], field: str) -> None:
    same_change(world)
    answer = group(world, what, **body)
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["error"]["details"]["errors"]] == [field]


# --- Named one by one -------------------------------------------------------------------------------------------


def test_drifts_that_are_named_are_snoozed_and_a_bad_id_stops_no_other(world: Any) -> None:
    first, decided = same_change(world, 2)
    foreign = report(world.outsider, "i-theirs")
    approve_drift(world.account.pk, decided.pk, reason=REASON, by=world.actor(world.owner))
    answer = data(bulk(world, ["nonsense", foreign.pk, first.pk, decided.pk], "snooze", until=tomorrow()))
    assert (answer["decided"], answer["refused"]) == (1, 3)
    assert [one["outcome"] for one in answer["outcomes"]] == ["not_found", "not_found", "decided", "refused"]
    assert answer["outcomes"][3]["error"] == "A drift that is approved cannot be snoozed."
    assert asleep(first, decided, foreign) == [True, False, False]


def test_drifts_that_are_named_are_given_to_somebody_and_back(world: Any) -> None:
    drifts = same_change(world)
    ids = [one.pk for one in drifts]
    assert data(bulk(world, ids, "assign", assigneeId=str(world.engineer.pk)))["decided"] == 3
    assert owners(*drifts) == [world.engineer.pk] * 3
    assert Alert.objects.filter(recipient=world.engineer).count() == 1
    assert data(bulk(world, ids, "assign", assigneeId=None))["decided"] == 3
    assert owners(*drifts) == [None] * 3
    assert_equal(world)


@pytest.mark.parametrize(
    ("action", "more", "named"),
    [
        ("assign", {}, "assigneeId"),
        ("assign", {"assigneeId": str(uuid4())}, "assigneeId"),
        ("assign", {"assigneeId": None, "until": None}, "until"),
        ("approve", {"assigneeId": None}, "assigneeId"),
        ("snooze", {"until": "2001-01-01T00:00:00Z"}, "until"),
    ],
)
def test_a_field_of_another_action_or_a_missing_one_is_refused(
    world: Any, action: str, more: dict[str, Any], named: str
) -> None:
    refused = bulk(world, [report(world.engineer).pk], action, **more)
    assert refused.status_code == 400
    assert [one["field"] for one in refused.json()["error"]["details"]["errors"]] == [named]
