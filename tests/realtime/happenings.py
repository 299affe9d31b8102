"""Facts that happen in an account, written as the actions write them: committed, and rung."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from alerts.facts import AlertCreated, AlertRead
from audit import journal
from audit.actors import Actor
from audit.facts import Fact
from drifts.facts import DriftCreated, DriftUpdated, ScanCompleted, ScanFailed
from driftsentry.api import tenancy, units

BY = Actor.system("test")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def happen(account_id: UUID, *facts: Fact) -> None:
    """Commit some facts in one transaction. Nothing reacts to them: no drift, scan or alert stands behind them."""
    with tenancy.within(account_id), units.part():
        writer = journal.Writer(account_id, BY)
        for fact in facts:
            writer.record(fact)
        seq = journal._append(writer)
        transaction.on_commit(lambda: journal._tell(writer, seq))


def happen_at_once(account_id: UUID, *, writers: int, transactions: int, facts: int) -> None:
    """Commit transactions of several facts each from several threads at the same time."""

    def write(number: int) -> None:
        try:
            for turn in range(transactions):
                happen(account_id, *(drift_created(stack=f"writer-{number}-{turn}") for _ in range(facts)))
        finally:
            connection.close()

    with ThreadPoolExecutor(writers) as pool:
        for done in [pool.submit(write, number) for number in range(writers)]:
            done.result()


def drift_created(**changes: Any) -> DriftCreated:
    given: dict[str, Any] = {
        "id": uuid4(),
        "resource_id": "sg-1",
        "resource_type": "SECURITY_GROUP",
        "region": "eu-west-1",
        "stack": "payments",
        "severity": "high",
        "severity_reason": "port 22 is open to 203.0.113.9",
        "cost_impact_monthly": Decimal("12.50"),
        "detected_at": NOW,
        "status": "detected",
        "previous_drift_id": None,
    }
    return DriftCreated(**given | changes)


def drift_updated(**changes: Any) -> DriftUpdated:
    given: dict[str, Any] = {
        "id": uuid4(),
        "status": "detected",
        "stack": "payments",
        "severity": "low",
        "severity_reason": "only a tag",
        "previous_severity": "critical",
        "cost_impact_monthly": None,
        "changed_paths": ("tags.owner",),
    }
    return DriftUpdated(**given | changes)


def alert_created(**changes: Any) -> AlertCreated:
    given: dict[str, Any] = {
        "id": uuid4(),
        "drift_id": uuid4(),
        "scan_id": None,
        "type": "drift_detected",
        "severity": "critical",
        "title": "A port is open",
        "message": "Port 22 is open to the world.",
        "created_at": NOW,
    }
    return AlertCreated(**given | changes)


def alert_read() -> AlertRead:
    return AlertRead(id=uuid4(), drift_id=uuid4())


def scan_completed(**changes: Any) -> ScanCompleted:
    given: dict[str, Any] = {
        "id": uuid4(),
        "stack": "payments",
        "status": "succeeded",
        "format": "terraform-plan",
        "counts": {"driftsNew": 1},
        "complete": True,
    }
    return ScanCompleted(**given | changes)


def scan_failed() -> ScanFailed:
    error = 'Line 1 of the body, {"password": "hunter2"}, is no plan.'
    return ScanFailed(id=uuid4(), stack="payments", status="failed", format="", counts={}, error=error)
