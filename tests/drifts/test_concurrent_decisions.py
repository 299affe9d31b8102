"""Decisions at the same time: one wins, the others are told, and the journal knows of one."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection
from rest_framework.test import APIClient

from drifts.models import Drift
from tests.drifts.reported import REASON, report
from tests.drifts.scans import drifted, facts, ingest, instance, only_drift

DECISIONS = ("approve", "reject")
MANY = 20


def decide_at_once(clients: list[APIClient], drift: Drift, actions: list[str]) -> list[int]:
    """Let each client take its action, all at the same moment."""
    start = Barrier(len(clients))

    def decide(client: APIClient, action: str) -> int:
        try:
            start.wait(timeout=30)
            path = f"/api/v1/drifts/{drift.pk}/{action}"
            return int(client.post(path, {"reason": REASON}, format="json").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(decide, clients, actions))


def decided(world: Any) -> list[str]:
    return [fact.kind for fact in facts(world, "drift.") if fact.kind in {"drift.approved", "drift.rejected"}]


def test_of_two_approvals_one_wins(world: Any) -> None:
    drift = report(world.engineer)
    clients = [world.client(world.engineer), world.client(world.owner)]
    statuses = decide_at_once(clients, drift, ["approve", "approve"])
    assert sorted(statuses) == [200, 409]
    winner = (world.engineer, world.owner)[statuses.index(200)]
    assert only_drift().approved_by == winner
    assert decided(world) == ["drift.approved"]


def test_of_twenty_decisions_one_wins(world: Any) -> None:
    drift = report(world.engineer)
    clients = [world.client(world.engineer) for _ in range(MANY)]
    actions = [DECISIONS[number % 2] for number in range(MANY)]
    statuses = decide_at_once(clients, drift, actions)
    assert sorted(statuses) == [200] + [409] * (MANY - 1)
    won = {"approve": "approved", "reject": "rejected"}[actions[statuses.index(200)]]
    assert only_drift().status == won
    assert decided(world) == [f"drift.{won}"]


def test_a_decision_and_a_scan_at_once_leave_one_open_drift(world: Any) -> None:
    ingest(world, drifted(instance()))
    first = only_drift()
    client = world.client(world.engineer)

    def scan() -> None:
        try:
            ingest(world, drifted(instance(size="m5.4xlarge")))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        scanning = pool.submit(scan)
        status = client.post(f"/api/v1/drifts/{first.pk}/approve", {"reason": REASON}, format="json").status_code
        scanning.result(timeout=60)
    assert status == 200
    opened = Drift.objects.all().open().get()
    assert opened.difference["instance_type"]["actual"] == "m5.4xlarge"
    first.refresh_from_db()
    if opened.pk != first.pk:
        assert (first.status, first.resolved_how, opened.status) == ("resolved", "superseded", "detected")
    else:
        assert first.status == "approved"
