"""The ledger says how the monthly cost of drifts changed, and nothing changes what it has said."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from audit import journal
from audit.journal import Writer
from audit.models import AuditLog
from costs.actions import CostChange, record_cost_change, record_cost_changes
from costs.models import CostMetric

D = Decimal


@contextmanager
def writing(world: Any) -> Iterator[Writer]:
    with journal.writing(world.account.pk, by=world.actor(world.engineer)) as w:
        yield w


def test_a_drift_that_opens_changes_and_resolves_leaves_nothing_behind(world: Any) -> None:
    drift = uuid4()
    figures = [(None, D("60.74")), (D("60.74"), D("560.64")), (D("560.64"), None)]
    for before, after in figures:
        with writing(world) as w:
            record_cost_change(w, drift_id=drift, before=before, after=after)
    rows = CostMetric.objects.for_account(world.account.pk).filter(drift_id=drift).order_by("id")
    assert [row.impact_delta for row in rows] == [D("60.74"), D("499.90"), D("-560.64")]
    assert [row.savings_delta for row in rows] == [D("60.74"), D("499.90"), D("-560.64")]


@pytest.mark.parametrize(
    ("before", "after"), [(None, None), (None, D(0)), (D("0.00"), None), (D("5.00"), D("5.00")), (D("-5"), D("-5"))]
)
def test_nothing_is_written_where_nothing_changes(world: Any, before: Decimal | None, after: Decimal | None) -> None:
    with writing(world) as w:
        assert record_cost_change(w, drift_id=uuid4(), before=before, after=after) is None
    assert not CostMetric.objects.exists()


@pytest.mark.parametrize(
    ("before", "after", "impact", "savings"),
    [
        (None, "-10.00", "-10.00", "0.00"),
        ("-10.00", "5.00", "15.00", "5.00"),
        ("5.00", "-10.00", "-15.00", "-5.00"),
        ("-10.00", None, "10.00", "0.00"),
    ],
)
def test_a_drift_that_saves_money_has_nothing_to_save(
    world: Any, before: str | None, after: str | None, impact: str, savings: str
) -> None:
    with writing(world) as w:
        row = record_cost_change(
            w, drift_id=uuid4(), before=D(before) if before else None, after=D(after) if after else None
        )
    assert row is not None
    row.refresh_from_db()
    assert (row.impact_delta, row.savings_delta) == (D(impact), D(savings))


def test_it_happens_when_the_writer_says(world: Any) -> None:
    with writing(world) as w:
        row = record_cost_change(w, drift_id=uuid4(), before=None, after=D("1.00"))
    assert row is not None
    row.refresh_from_db()
    assert row.at == w.now
    assert row.date == w.now.astimezone(UTC).date()
    assert row.account_id == world.account.pk


def test_history_can_be_entered_later_and_its_day_is_that_of_utc(world: Any) -> None:
    midnight_in_tokyo = datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=9)))
    with writing(world) as w:
        row = record_cost_change(w, drift_id=uuid4(), before=None, after=D("1.00"), at=midnight_in_tokyo)
    assert row is not None
    row.refresh_from_db()
    assert row.at == midnight_in_tokyo
    assert row.date == date(2026, 3, 1)


def test_a_whole_scan_is_entered_in_a_few_statements(world: Any, django_assert_max_num_queries: Any) -> None:
    changes = [CostChange(drift_id=uuid4(), before=None, after=D(number % 3)) for number in range(3000)]
    with django_assert_max_num_queries(5), writing(world) as w:
        rows = record_cost_changes(w, changes)
    assert len(rows) == 2000
    assert CostMetric.objects.for_account(world.account.pk).count() == 2000


def test_it_is_undone_with_its_transaction(world: Any) -> None:
    def fail() -> None:
        with writing(world) as w:
            record_cost_change(w, drift_id=uuid4(), before=None, after=D("1.00"))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert not CostMetric.objects.exists()


def test_it_leaves_the_journal_to_the_drifts_own_fact(world: Any) -> None:
    entries = AuditLog.objects.count()
    with writing(world) as w:
        record_cost_change(w, drift_id=uuid4(), before=None, after=D("1.00"))
    assert AuditLog.objects.count() == entries


@pytest.mark.parametrize(
    "statement", ["UPDATE costs_cost_metric SET impact_delta = 2", "DELETE FROM costs_cost_metric"]
)
def test_the_database_refuses_to_change_it(world: Any, statement: str) -> None:
    with writing(world) as w:
        record_cost_change(w, drift_id=uuid4(), before=None, after=D("1.00"))
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        connection.cursor().execute(statement)
    assert CostMetric.objects.get().impact_delta == D("1.00")


def test_the_database_refuses_a_change_of_nothing(world: Any) -> None:
    row = CostMetric(
        account_id=world.account.pk,
        drift_id=uuid4(),
        at=datetime(2026, 1, 1, tzinfo=UTC),
        impact_delta=0,
        savings_delta=0,
    )
    with pytest.raises(DatabaseError, match="costs_cost_metric_change"), transaction.atomic():
        row.save()


def test_a_row_reads_as_its_change(world: Any) -> None:
    with writing(world) as w:
        row = record_cost_change(w, drift_id=uuid4(), before=None, after=D("12.5"), at=datetime(2026, 1, 1, tzinfo=UTC))
    assert str(row) == "+12.50 USD a month on 2026-01-01"
