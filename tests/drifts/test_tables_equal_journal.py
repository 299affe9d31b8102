"""Tables equal journal: whatever scans and people do, its drift facts tell the state and the cost of every drift."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditLog
from costs.models import CostMetric
from drifts.actions.assigning import assign_drift
from drifts.actions.decide import approve_drift, comment_on_drift, reject_drift, resolve_drift, triage_drift
from drifts.models import Drift
from driftsentry.api.errors import Conflict
from tests.drifts.ingest.plans import entry
from tests.drifts.scans import REASON, drifted, ingest, instance

ADDRESSES = ("aws_instance.a", "aws_instance.b", "aws_sqs_queue.c")
SIZES = ("", "t3.small", "m5.large", "m5.4xlarge")
Step = Callable[[Any, int], None]
ASSIGNED = ("assigned", "unassigned", "assignment_inherited")
ASSIGNING = {f"drift.{what}" for what in ASSIGNED}


@dataclass(frozen=True, slots=True)
class Told:
    """A drift as the journal tells it."""

    status: str
    severity: str
    resolved_how: str
    cost: Decimal | None
    assignee: str | None = None


def replayed(account_id: Any) -> dict[str, Told]:
    """The drifts of an account, from the journal's facts alone."""
    told: dict[str, Told] = {}
    for fact in AuditLog.objects.filter(account_id=account_id, kind__startswith="drift.").order_by("seq"):
        if fact.kind == "drift.commented":
            continue
        data, before = fact.data, told.get(fact.data["id"])
        assert (before is None) == (fact.kind == "drift.created")
        assignee = data.get("assigneeId", before.assignee if before else None)
        if fact.kind in ASSIGNING:
            assert data.get("previousAssigneeId") == (before.assignee if before else None)
        cost = data.get("costImpactMonthly", str(before.cost) if before and before.cost is not None else None)
        told[data["id"]] = Told(
            status=data["status"],
            severity=data["severity"],
            resolved_how=data.get("resolvedHow", ""),
            cost=None if cost is None else Decimal(cost),
            assignee=None if fact.kind == "drift.unassigned" else assignee,
        )
    return told


def on_record(account_id: Any) -> dict[str, Told]:
    """The drifts of an account, from their table."""
    return {
        str(drift.pk): Told(
            drift.status,
            drift.severity,
            drift.resolved_how,
            drift.cost_impact_monthly,
            str(drift.assignee_id) if drift.assignee_id else None,
        )
        for drift in Drift.objects.for_account(account_id)
    }


def assert_equal(world: Any) -> None:
    """Tables equal journal, and the ledger equals the open drifts to the cent."""
    assert replayed(world.account.pk) == on_record(world.account.pk)
    ledger = CostMetric.objects.for_account(world.account.pk).aggregate(sum=Sum("impact_delta"))["sum"]
    opened = Drift.objects.for_account(world.account.pk).open().aggregate(sum=Sum("cost_impact_monthly"))["sum"]
    assert (ledger or Decimal(0)) == (opened or Decimal(0))
    for drift in Drift.objects.for_account(world.account.pk):
        own = CostMetric.objects.filter(drift_id=drift.pk).aggregate(sum=Sum("impact_delta"))["sum"] or 0
        assert own == ((drift.cost_impact_monthly or 0) if drift.is_open else 0)


def scan(sizes: tuple[str, ...], *, complete: bool | None = None) -> Step:
    """A scan that finds each address at a size, '' for as it should be."""

    def step(world: Any, number: int) -> None:
        found = [_found(address, size) for address, size in zip(ADDRESSES, sizes, strict=True) if size]
        fine = [address for address, size in zip(ADDRESSES, sizes, strict=True) if not size]
        ingest(world, drifted(*found, clean=(*fine, f"aws_vpc.v{number}")), complete=complete)

    return step


def _found(address: str, size: str) -> dict[str, Any]:
    if address.startswith("aws_instance"):
        return instance(address, size=size)
    return entry(address, before={"id": "q", "size": "s"}, after={"id": "q", "size": size})


def decision(place: int, action: str) -> Step:
    """A person acts on one of the drifts; what the table forbids changes nothing."""

    def step(world: Any, number: int) -> None:
        drifts = list(Drift.objects.for_account(world.account.pk).order_by("detected_at", "address", "id"))
        if not drifts:
            return
        account, ident, by = world.account.pk, drifts[place % len(drifts)].pk, world.actor(world.engineer)
        act, more = ACTS[action]
        values = {name: value(world) if callable(value) else value for name, value in more.items()}
        with suppress(Conflict):
            act(account, ident, **values, by=by)

    return step


ACTS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "triage": (triage_drift, {}),
    "approve": (approve_drift, {"reason": REASON}),
    "reject": (reject_drift, {"reason": REASON}),
    "resolve": (resolve_drift, {"how": "acknowledged"}),
    "comment": (comment_on_drift, {"text": "Seen."}),
    "assign": (assign_drift, {"assignee_id": lambda world: world.owner.pk}),
    "take away": (assign_drift, {"assignee_id": None}),
}
SCANS = st.builds(
    scan,
    st.tuples(*(st.sampled_from(SIZES) for _ in ADDRESSES)),
    complete=st.sampled_from([None, None, None, False]),
)
DECISIONS = st.builds(
    decision,
    st.integers(0, 5),
    st.sampled_from(sorted(ACTS)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(SCANS, DECISIONS, DECISIONS), min_size=3, max_size=14))
def test_after_any_story(world: Any, steps: list[Step]) -> None:
    for number, step in enumerate(steps):
        step(world, number)
    assert_equal(world)


def test_after_a_story_that_holds_every_kind_of_fact(world: Any) -> None:
    story = [
        scan(("t3.small", "m5.large", "m5.large")),
        decision(0, "triage"),
        scan(("m5.large", "m5.large", "m5.large")),
        decision(1, "approve"),
        decision(0, "assign"),
        decision(1, "assign"),
        decision(1, "take away"),
        decision(0, "reject"),
        scan(("m5.4xlarge", "t3.small", "m5.large")),
        decision(2, "comment"),
        decision(2, "resolve"),
        scan(("", "t3.small", "m5.large")),
        scan(("t3.small", "", ""), complete=False),
    ]
    for number, step in enumerate(story):
        step(world, number)
        assert_equal(world)
    kinds = set(AuditLog.objects.filter(kind__startswith="drift.").values_list("kind", flat=True))
    decided = ("triaged", "approved", "rejected", "resolved", "commented", "decision_lapsed", *ASSIGNED)
    assert kinds == {f"drift.{what}" for what in ("created", "updated", *decided)}
    assert set(Drift.objects.values_list("resolved_how", flat=True)) == {"", "acknowledged", "reconciled", "superseded"}


def test_what_the_table_says_otherwise_is_noticed(world: Any) -> None:
    scan(("t3.small", "", ""))(world, 0)
    Drift.objects.update(severity="low" if Drift.objects.get().severity != "low" else "high")
    with pytest.raises(AssertionError):
        assert_equal(world)
