"""What a drift has cost since it was detected is its monthly cost over the time that it had it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from audit import journal
from costs.accrued import accrue, accrued_cost
from costs.actions import record_cost_change
from drifts.actions.decide import resolve_drift
from drifts.models import Drift
from tests.drifts.reported import report

D = Decimal
START = datetime(2026, 3, 1, tzinfo=UTC)
MONTH = timedelta(hours=730)
CENT = D("0.01")


def after(**time: float) -> datetime:
    return START + timedelta(**time)


@pytest.mark.parametrize(
    ("changes", "until", "amount"),
    [
        ([], after(days=3), "0.00"),
        ([(START, "100.00")], START, "0.00"),
        ([(START, "100.00")], after(hours=730), "100.00"),
        ([(START, "100.00")], after(hours=73), "10.00"),
        ([(START, "-100.00")], after(hours=73), "-10.00"),
        ([(START, "73.00")], after(hours=1), "0.10"),
        # 100 a month for 365 hours and 300 for as many: 50 + 150
        ([(START, "100.00"), (after(hours=365), "200.00")], after(hours=730), "200.00"),
        # 100 a month for 73 hours, and nothing once it is over
        ([(START, "100.00"), (after(hours=73), "-100.00")], after(days=900), "10.00"),
        # 10 for the first month, nothing for the second, 10 for the third
        (
            [(START, "10.00"), (after(hours=730), "-10.00"), (after(hours=1460), "10.00")],
            after(hours=2190),
            "20.00",
        ),
        ([(after(days=2), "100.00")], after(days=1), "0.00"),
        ([(START, "0.01")], after(hours=364), "0.00"),
        ([(START, "0.01")], after(hours=365), "0.01"),
    ],
)
def test_a_cost_adds_up_over_the_time_it_lasted(
    changes: list[tuple[datetime, str]], until: datetime, amount: str
) -> None:
    found = accrue([(at, D(delta)) for at, delta in changes], until)
    assert str(found) == amount


histories = st.lists(
    st.tuples(
        st.integers(0, 10**8).map(lambda seconds: START + timedelta(seconds=seconds)),
        st.decimals(-100_000, 100_000, places=2),
    ),
    max_size=12,
)
moments = st.integers(0, 2 * 10**8).map(lambda seconds: START + timedelta(seconds=seconds))


@given(changes=histories, until=moments, mixed=st.randoms(use_true_random=False))
def test_the_order_of_changes_does_not_matter(changes: list[Any], until: datetime, mixed: Any) -> None:
    assert accrue(mixed.sample(changes, len(changes)), until) == accrue(changes, until)


@given(changes=histories, until=moments)
def test_the_opposite_changes_cost_the_opposite(changes: list[Any], until: datetime) -> None:
    assert accrue([(at, -delta) for at, delta in changes], until) == -accrue(changes, until)


@given(one=histories, other=histories, until=moments)
def test_two_histories_cost_what_their_union_does(one: list[Any], other: list[Any], until: datetime) -> None:
    assert abs(accrue([*one, *other], until) - accrue(one, until) - accrue(other, until)) <= CENT


@given(changes=histories, until=moments, months=st.integers(0, 24))
def test_from_one_moment_to_a_later_one_it_grows_by_what_the_drift_costs(
    changes: list[Any], until: datetime, months: int
) -> None:
    last = max([until, *(at for at, _ in changes)])
    monthly = sum((delta for _, delta in changes), D(0))
    assert abs(accrue(changes, last + months * MONTH) - accrue(changes, last) - months * monthly) <= CENT


def enter(world: Any, user: Any, drift_id: Any, before: str | None, after: str, at: datetime) -> None:
    with journal.writing(user.account_id, by=world.actor(user)) as w:
        record_cost_change(w, drift_id=drift_id, before=D(before) if before else None, after=D(after), at=at)


def test_it_is_read_from_the_ledger_of_that_drift_alone(world: Any, django_assert_num_queries: Any) -> None:
    drift, until = uuid4(), after(hours=730)
    enter(world, world.engineer, drift, None, "100.00", START)
    enter(world, world.engineer, drift, "100.00", "300.00", after(hours=365))
    enter(world, world.engineer, uuid4(), None, "7.00", START)
    enter(world, world.outsider, drift, None, "9.00", START)
    with django_assert_num_queries(1):
        assert accrued_cost(world.account.pk, drift, until=until) == D("200.00")
    assert accrued_cost(world.account.pk, uuid4(), until=until) is None


def accrued_of(world: Any, drift: Drift) -> Any:
    return world.client(world.viewer).get(f"/api/v1/drifts/{drift.pk}").json()["data"]["costAccrued"]


def test_the_api_tells_it_until_the_drift_is_over(world: Any) -> None:
    with time_machine.travel(START, tick=False) as clock:
        drift = report(world.engineer, cost="73.00")
        assert accrued_of(world, drift) == 0.0
        clock.move_to(after(hours=10))
        assert accrued_of(world, drift) == 1.0
        resolve_drift(world.account.pk, drift.pk, how="acknowledged", by=world.actor(world.engineer))
        clock.move_to(after(days=5))
        assert accrued_of(world, drift) == 1.0


def test_a_drift_without_a_known_cost_has_no_accrued_one(world: Any) -> None:
    unpriced = report(world.engineer, "q-1", resource_type="SQS", expected_state={"a": 1}, actual_state={"a": 2})
    free = report(world.engineer, "i-free", cost="0")
    assert accrued_of(world, unpriced) is None
    assert accrued_of(world, free) == 0.0
    listed = world.client(world.viewer).get("/api/v1/drifts").json()["data"]["items"]
    assert len(listed) == 2
    assert all("costAccrued" not in one for one in listed)
