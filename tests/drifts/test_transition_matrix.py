"""Every status and every action: what the table allows happens, the rest is refused by action and database alike."""

from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from drifts.actions.decide import approve_drift, reject_drift, resolve_drift, triage_drift
from drifts.models import Drift
from drifts.transitions import LEADS_TO, TRANSITIONS, Action, Status, can
from driftsentry.api.errors import Conflict
from tests.drifts.reported import REASON, report
from tests.drifts.scans import facts, head

ACTIONS: dict[Action, tuple[Any, dict[str, str]]] = {
    Action.TRIAGE: (triage_drift, {}),
    Action.APPROVE: (approve_drift, {"reason": REASON}),
    Action.REJECT: (reject_drift, {"reason": REASON}),
    Action.RESOLVE: (resolve_drift, {"how": "manual-fix"}),
}
WAYS: dict[Status, tuple[Action, ...]] = {
    Status.DETECTED: (),
    Status.TRIAGED: (Action.TRIAGE,),
    Status.APPROVED: (Action.APPROVE,),
    Status.REJECTED: (Action.REJECT,),
    Status.RESOLVED: (Action.RESOLVE,),
}
CASES = [(status, action) for status in Status for action in Action]
PAIRS = [(before, after) for before in Status for after in Status if before != after]


def act(world: Any, drift_id: UUID, action: Action) -> Drift:
    function, words = ACTIONS[action]
    drift: Drift = function(world.account.pk, drift_id, **words, by=world.actor(world.engineer))
    return drift


def drift_that_is(world: Any, status: Status) -> UUID:
    drift = report(world.engineer)
    for action in WAYS[status]:
        act(world, drift.pk, action)
    assert Drift.objects.get().status == status
    return drift.pk


@pytest.mark.parametrize(("status", "action"), CASES)
def test_an_action_moves_a_drift_as_the_table_says_or_changes_nothing(
    world: Any, status: Status, action: Action
) -> None:
    drift_id = drift_that_is(world, status)
    before, seq = Drift.objects.values().get(), head(world)
    if can(status, action):
        assert act(world, drift_id, action).status == LEADS_TO[action]
        assert Drift.objects.get().status == LEADS_TO[action]
        assert head(world) > seq
        return
    with pytest.raises(Conflict, match=status.value):
        act(world, drift_id, action)
    assert Drift.objects.values().get() == before
    assert head(world) == seq


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_the_database_holds_the_same_table_whoever_writes(world: Any, before: Status, after: Status) -> None:
    drift_id = drift_that_is(world, before)
    ends = ", resolved_at = now(), resolved_how = 'manual-fix'" if after is Status.RESOLVED else ""
    reopens = ", resolved_at = NULL, resolved_how = ''" if before is Status.RESOLVED else ""
    statement = f"UPDATE drifts_drift SET status = %s{ends}{reopens} WHERE id = %s"  # noqa: S608 - constants of ours
    if after in TRANSITIONS[before]:
        with connection.cursor() as cursor:
            cursor.execute(statement, [after.value, drift_id])
        assert Drift.objects.get().status == after
        return
    with pytest.raises(DatabaseError, match="transition"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [after.value, drift_id])
    assert Drift.objects.get().status == before


@pytest.mark.parametrize(
    "change",
    [
        "status = 'closed'",
        "severity = 'grave'",
        "status = 'resolved'",
        "resolved_how = 'manual-fix'",
        "status = 'resolved', resolved_at = now()",
    ],
)
def test_the_database_refuses_a_state_that_cannot_be(world: Any, change: str) -> None:
    report(world.engineer)
    before = Drift.objects.values().get()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE drifts_drift SET {change}")  # noqa: S608 - constants of ours
    assert Drift.objects.values().get() == before


def test_two_open_drifts_of_one_resource_cannot_be(world: Any) -> None:
    drift = report(world.engineer)
    drift.pk = None
    drift.id = UUID(int=7)
    with pytest.raises(IntegrityError):
        drift.save(force_insert=True)


def test_the_database_itself_keeps_the_time_of_the_last_change(world: Any) -> None:
    report(world.engineer)
    before = Drift.objects.get().updated_at
    with connection.cursor() as cursor:
        cursor.execute("UPDATE drifts_drift SET occurrences = 5, updated_at = '2001-01-01'")
    assert Drift.objects.get().updated_at > before
    assert facts(world, "drift.created")
