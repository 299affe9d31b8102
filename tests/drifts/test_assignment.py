"""Whose a drift is: given to somebody who may decide, told to them, passed on, and taken from whoever leaves."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.db import connection, transaction

from accounts.actions import erase_user
from accounts.actions.users import administer_user
from accounts.models import User
from alerts.models import Alert, Delivery
from drifts.actions import assigning
from drifts.actions.assigning import assign_drift, release_the_rest
from drifts.actions.decide import approve_drift, resolve_drift
from drifts.models import Drift
from drifts.tasks import release_assignments
from driftsentry.api import tenancy
from driftsentry.api.access import Role
from tests.drifts.reported import REASON, report
from tests.drifts.scans import clean, drifted, facts, ingest, instance, only_drift
from tests.drifts.test_groups_api import data, decide, same_change, undo
from tests.drifts.test_tables_equal_journal import assert_equal

ALL = ("drift.assigned", "drift.unassigned", "drift.assignment_inherited")


def give(world: Any, drift: Drift, to: User | None, *, by: User | None = None, note: str = "") -> Drift:
    assignee_id = to.pk if to else None
    return assign_drift(
        world.account.pk, drift.pk, assignee_id=assignee_id, note=note, by=world.actor(by or world.owner)
    )


def owner_of(drift: Drift) -> Any:
    drift.refresh_from_db()
    assert (drift.assigned_at is None) == (drift.assignee_id is None)
    return drift.assignee_id


def told(user: User) -> list[Alert]:
    return list(Alert.objects.filter(recipient=user).order_by("id"))


def story(world: Any) -> list[tuple[str, Any, Any]]:
    """Who had them, in the order of the journal."""
    entries = [one for one in facts(world) if one.kind in ALL]
    return [(one.kind, one.data.get("assigneeId"), one.data.get("previousAssigneeId")) for one in entries]


# --- Over the API -----------------------------------------------------------------------------------------------


def test_a_drift_is_given_to_somebody_and_taken_back(world: Any) -> None:
    drift, client = report(world.engineer), world.client(world.owner)
    path, who = f"/api/v1/drifts/{drift.pk}/assign", str(world.engineer.pk)
    shown = data(client.post(path, {"assigneeId": who, "note": "Yours, I think."}, format="json"))
    assert (shown["assignee"], shown["assignedBy"], shown["assignedAt"][-1]) == (who, str(world.owner.pk), "Z")
    shown = data(client.post(path, {"assigneeId": None}, format="json"))
    assert (shown["assignee"], shown["assignedBy"], shown["assignedAt"]) == (None, None, None)
    assert story(world) == [("drift.assigned", who, None), ("drift.unassigned", None, who)]
    assert_equal(world)


def test_its_timeline_names_people_as_they_are_called_now(world: Any) -> None:
    drift, client = report(world.engineer), world.client(world.viewer)
    give(world, drift, world.engineer, note="Yours, I think.")
    give(world, drift, None)
    path = f"/api/v1/drifts/{drift.pk}/timeline"
    said = [one["message"] for one in data(client.get(path))]
    assert said[-2:] == ["Assigned to Bob: Yours, I think.", "No longer assigned to Bob (by hand)"]
    erase_user(world.account.pk, world.engineer.pk, by=world.actor(world.owner))
    assert "Assigned to Erased user: Yours, I think." in [one["message"] for one in data(client.get(path))]


def test_giving_it_to_whose_it_is_changes_nothing(world: Any) -> None:
    drift = report(world.engineer)
    give(world, drift, None)
    assert story(world) == []
    first = give(world, drift, world.engineer)
    again = give(world, drift, world.engineer, by=world.engineer)
    assert (again.assigned_at, again.assigned_by_id) == (first.assigned_at, world.owner.pk)
    assert (len(story(world)), len(told(world.engineer))) == (1, 1)


@pytest.mark.parametrize("who", ["viewer", "outsider", "nobody", "inactive"])
def test_only_an_active_user_of_the_account_who_may_decide_is_given_one(world: Any, who: str) -> None:
    drift = report(world.engineer)
    if who == "inactive":
        User.objects.filter(pk=world.engineer.pk).update(is_active=False)
    ident = {"nobody": uuid4(), "inactive": world.engineer.pk}.get(who) or getattr(world, who).pk
    path = f"/api/v1/drifts/{drift.pk}/assign"
    answer = world.client(world.owner).post(path, {"assigneeId": str(ident)}, format="json")
    assert answer.status_code == 400
    (error,) = answer.json()["error"]["details"]["errors"]
    assert (error["field"], owner_of(drift), story(world)) == ("assigneeId", None, [])


@pytest.mark.parametrize("body", [{}, {"assigneeId": "bob"}, {"assigneeId": None, "note": "x" * 2001}])
def test_what_makes_no_sense_is_refused(world: Any, body: dict[str, Any]) -> None:
    path = f"/api/v1/drifts/{report(world.engineer).pk}/assign"
    assert world.client(world.engineer).post(path, body, format="json").status_code == 400


def test_a_viewer_may_not_another_tenant_finds_nothing_and_what_is_over_is_nobodys_any_more(world: Any) -> None:
    drift = report(world.engineer)
    path, body = f"/api/v1/drifts/{drift.pk}/assign", {"assigneeId": str(world.engineer.pk)}
    assert world.client(world.viewer).post(path, body, format="json").status_code == 403
    assert world.client(world.outsider).post(path, body, format="json").status_code == 404
    resolve_drift(world.account.pk, drift.pk, how="acknowledged", by=world.actor(world.owner))
    answer = world.client(world.engineer).post(path, body, format="json")
    assert (answer.status_code, owner_of(drift), story(world)) == (409, None, [])


def test_the_list_is_asked_whose_they_are(world: Any) -> None:
    mine, theirs, nobodys = (report(world.engineer, name) for name in ("i-1", "i-2", "i-3"))
    give(world, mine, world.engineer)
    give(world, theirs, world.owner)
    client = world.client(world.engineer)

    def listed(asked: str) -> set[str]:
        return {one["id"] for one in data(client.get("/api/v1/drifts", {"assignee": asked}))["items"]}

    assert listed("me") == {str(mine.pk)}
    assert listed("none") == {str(nobodys.pk)}
    assert listed(f"me, {world.owner.pk}") == {str(mine.pk), str(theirs.pk)}
    assert listed("none,me") == {str(mine.pk), str(nobodys.pk)}
    assert listed("all") == listed("") == listed("me,all") == {str(one.pk) for one in (mine, theirs, nobodys)}
    assert listed(str(world.outsider.pk)) == set()
    assert client.get("/api/v1/drifts", {"assignee": "bob"}).status_code == 400
    assert (
        client.get("/api/v1/drifts", {"assignee": ",".join(["me"] + [str(uuid4()) for _ in range(50)])}).status_code
        == 400
    )


def test_whose_a_drift_is_is_found_by_an_index_of_those_that_are_somebodys(world: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        rows = Drift.objects.for_account(world.account.pk).filter(assignee_id=world.engineer.pk)
        plan = rows.order_by("-detected_at", "-id")[:20].explain()
    assert "drifts_drift_by_assignee" in plan
    assert "Sort" not in plan


# --- Told -------------------------------------------------------------------------------------------------------


def test_whoever_gets_one_is_told_and_nobody_else(world: Any) -> None:
    drift = report(world.engineer, "i-web", stack="payments")
    give(world, drift, world.engineer, note="Between us.")
    (alert,) = told(world.engineer)
    assert (alert.type, alert.severity, alert.drift_id) == ("assigned", "high", drift.pk)
    assert alert.title == "Assigned to you: i-web in payments"
    assert "Between us" not in alert.message
    assert world.owner.email not in alert.message
    detail = data(world.client(world.viewer).get(f"/api/v1/drifts/{drift.pk}"))
    assert detail["alertCount"] == 0, "what one user alone sees is nobody else's to count"


@pytest.mark.parametrize("takes_mails", [True, False])
def test_whoever_takes_mails_is_mailed_too(world: Any, takes_mails: bool) -> None:
    User.objects.filter(pk=world.engineer.pk).update(email_notifications=takes_mails)
    drift = report(world.engineer, "i-web", stack="payments")
    give(world, drift, world.engineer)
    mails = Delivery.objects.filter(type="assigned", drift_id=drift.pk).values_list("recipient_id", flat=True)
    assert list(mails) == ([world.engineer.pk] if takes_mails else [])


def test_whoever_takes_one_is_not_told(world: Any) -> None:
    give(world, report(world.engineer), world.engineer, by=world.engineer)
    assert told(world.engineer) == []


# --- Passed on --------------------------------------------------------------------------------------------------


def test_it_stays_theirs_while_it_changes_and_is_decided(world: Any) -> None:
    ingest(world, drifted(instance()))
    drift = give(world, only_drift(), world.engineer)
    ingest(world, drifted(instance(size="m5.large")))
    approve_drift(world.account.pk, drift.pk, reason=REASON, by=world.actor(world.owner))
    assert owner_of(drift) == world.engineer.pk
    resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=world.actor(world.owner))
    assert owner_of(drift) == world.engineer.pk


def test_a_drift_that_takes_its_place_is_theirs_too_and_nobody_is_told_again(world: Any) -> None:
    ingest(world, drifted(instance()))
    first = give(world, only_drift(), world.engineer)
    approve_drift(world.account.pk, first.pk, reason=REASON, by=world.actor(world.owner))
    ingest(world, drifted(instance(size="m5.4xlarge")))
    heir = Drift.objects.all().open().get()
    assert (heir.previous_id, owner_of(heir), heir.assigned_by_id) == (first.pk, world.engineer.pk, world.owner.pk)
    assert heir.assigned_at == first.assigned_at
    (entry,) = facts(world, "drift.assignment_inherited")
    assert (entry.drift_id, entry.data["formerDriftId"]) == (heir.pk, str(first.pk))
    assert len(told(world.engineer)) == 1
    assert_equal(world)


def test_one_that_comes_back_after_it_was_over_is_nobodys(world: Any) -> None:
    ingest(world, drifted(instance()))
    give(world, only_drift(), world.engineer)
    ingest(world, clean("aws_instance.web"))
    ingest(world, drifted(instance(), clean=("aws_vpc.main",)))
    assert owner_of(Drift.objects.all().open().get()) is None
    assert_equal(world)


@pytest.mark.parametrize("action", ["approve", "acknowledge"])
def test_what_an_undone_decision_opens_anew_is_theirs_unless_they_have_left(world: Any, action: str) -> None:
    first, second, _ = same_change(world)
    give(world, first, world.engineer)
    give(world, second, world.owner)
    made = data(decide(world, action), 201)
    User.objects.filter(pk=world.owner.pk).update(role="viewer")
    anew = {one["driftId"]: one["successorId"] for one in data(undo(world, made))["members"]}
    User.objects.filter(pk=world.owner.pk).update(role="admin")
    assert owner_of(Drift.objects.get(pk=anew[str(first.pk)])) == world.engineer.pk
    assert owner_of(Drift.objects.get(pk=anew[str(second.pk)])) is None
    assert_equal(world)


# --- Taken from whoever leaves ----------------------------------------------------------------------------------


def leave(world: Any, how: str) -> None:
    """Let the engineer leave."""
    by = world.actor(world.owner)
    if how == "erased":
        erase_user(world.account.pk, world.engineer.pk, by=by)
    else:
        changes: dict[str, Any] = {"role": Role.VIEWER.value} if how == "demoted" else {"is_active": False}
        administer_user(world.account.pk, world.engineer.pk, changes=changes, by=by)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("erased", "they were erased"),
        ("deactivated", "they were deactivated"),
        ("demoted", "they may no longer decide"),
    ],
)
def test_what_somebody_had_who_leaves_is_nobodys_and_what_is_over_stays(world: Any, how: str, why: str) -> None:
    kept, over, others = (report(world.owner, name) for name in ("i-1", "i-2", "i-3"))
    for drift in (kept, over):
        give(world, drift, world.engineer)
    give(world, others, world.owner)
    resolve_drift(world.account.pk, over.pk, how="acknowledged", by=world.actor(world.owner))
    leave(world, how)
    assert [owner_of(one) for one in (kept, over, others)] == [None, world.engineer.pk, world.owner.pk]
    (entry,) = facts(world, "drift.unassigned")
    assert (entry.data["why"], entry.actor_id, entry.drift_id) == (why, world.owner.pk, kept.pk)
    assert_equal(world)


@pytest.mark.parametrize("changes", [{"name": "Robert"}, {"role": Role.ADMIN.value}])
def test_whoever_stays_keeps_what_they_have(world: Any, changes: dict[str, Any]) -> None:
    drift = give(world, report(world.owner), world.engineer)
    administer_user(world.account.pk, world.engineer.pk, changes=changes, by=world.actor(world.owner))
    assert owner_of(drift) == world.engineer.pk


def test_what_others_are_just_changing_is_taken_by_a_job_soon_after(world: Any) -> None:
    drift, second = (give(world, report(world.owner, name), world.engineer) for name in ("i-1", "i-2"))
    pool = ThreadPoolExecutor(1)
    with pool, transaction.atomic():
        Drift.objects.select_for_update().get(pk=drift.pk)
        assert owner_of(second) == world.engineer.pk
        pool.submit(elsewhere, lambda: leave(world, "demoted")).result(timeout=30)
        assert (owner_of(drift), owner_of(second)) == (world.engineer.pk, None)
        assert pool.submit(elsewhere, lambda: rest(world)).result(timeout=30) == 0
    with tenancy.behind():
        release_assignments(str(world.account.pk), str(world.engineer.pk), attempt=1)
    assert owner_of(drift) is None
    assert [one.actor_role for one in facts(world, "drift.unassigned")] == ["admin", "system"]
    assert rest(world) == 0, "a second run finds it done"
    assert_equal(world)


def test_very_many_are_taken_batch_by_batch(world: Any) -> None:
    drifts = [give(world, report(world.owner, f"i-{number}"), world.engineer) for number in range(5)]
    with mock.patch.object(assigning, "RELEASED_AT_ONCE", 2):
        leave(world, "deactivated")
        assert sum(owner_of(one) is None for one in drifts) == 2
        assert rest(world) == 3
    assert {owner_of(one) for one in drifts} == {None}


def rest(world: Any) -> int:
    return release_the_rest(world.account.pk, world.engineer.pk, attempt=0)


def elsewhere(work: Any) -> Any:
    """Do something on a connection of its own."""
    try:
        with tenancy.lifted("a test"):
            return work()
    finally:
        connection.close()


# --- At once ----------------------------------------------------------------------------------------------------


def test_two_at_once_end_in_one_of_them_and_both_are_told_in_order(world: Any) -> None:
    drift, start = report(world.engineer), Barrier(2)
    clients = [world.client(world.engineer), world.client(world.owner)]
    people = [world.engineer, world.owner]

    def take(place: int) -> int:
        start.wait(timeout=30)
        body = {"assigneeId": str(people[place].pk)}
        return int(clients[place].post(f"/api/v1/drifts/{drift.pk}/assign", body, format="json").status_code)

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(elsewhere, lambda place=place: take(place)) for place in range(2)]
        assert [one.result(timeout=60) for one in asked] == [200, 200]
    (first, second) = story(world)
    assert (first[2], second[2]) == (None, first[1])
    assert str(owner_of(drift)) == second[1]
    assert_equal(world)


@pytest.mark.untold(reason="another connection demotes meanwhile")
def test_nobody_is_given_one_in_the_middle_of_being_demoted(world: Any) -> None:
    """Whoever demotes holds the user: an assignment waits, and then knows."""
    drift, pool = report(world.owner), ThreadPoolExecutor(1)
    client = world.client(world.owner)
    with pool:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=world.engineer.pk)
            body = {"assigneeId": str(world.engineer.pk)}
            path = f"/api/v1/drifts/{drift.pk}/assign"
            asked = pool.submit(elsewhere, lambda: client.post(path, body, format="json").status_code)
            User.objects.filter(pk=world.engineer.pk).update(role="viewer")
        assert asked.result(timeout=60) == 400
    assert owner_of(drift) is None
