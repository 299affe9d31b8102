"""`GET /metrics/severity-distribution`, `/status-distribution` and `/top`."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from drifts.actions.decide import resolve_drift, triage_drift
from tests.drifts.reported import report

URL = "/api/v1/metrics"
ROUTES = ["severity-distribution", "status-distribution", "top"]


def test_every_severity_is_there(world: Any) -> None:
    report(world.engineer, "i-1", severity="critical")
    report(world.engineer, "i-2", severity="low")
    report(world.engineer, "i-3", severity="low")
    report(world.outsider, "i-1", severity="medium")
    assert world.client(world.viewer).get(f"{URL}/severity-distribution").json() == {
        "success": True,
        "data": {
            "data": [
                {"severity": "critical", "count": 1, "percentage": 33.33},
                {"severity": "high", "count": 0, "percentage": 0.0},
                {"severity": "medium", "count": 0, "percentage": 0.0},
                {"severity": "low", "count": 2, "percentage": 66.67},
            ],
            "total": 3,
        },
    }


def test_every_status_is_there_and_what_is_over_counts(world: Any) -> None:
    by = world.actor(world.engineer)
    resolve_drift(world.account.pk, report(world.engineer, "i-1").pk, how="acknowledged", by=by)
    triage_drift(world.account.pk, report(world.engineer, "i-2").pk, by=by)
    data = world.client(world.viewer).get(f"{URL}/status-distribution").json()["data"]
    assert data == {
        "data": [
            {"status": "detected", "count": 0, "percentage": 0.0},
            {"status": "triaged", "count": 1, "percentage": 50.0},
            {"status": "approved", "count": 0, "percentage": 0.0},
            {"status": "rejected", "count": 0, "percentage": 0.0},
            {"status": "resolved", "count": 1, "percentage": 50.0},
        ],
        "total": 2,
    }


def test_an_empty_account_has_shares_of_nothing(world: Any) -> None:
    data = world.client(world.viewer).get(f"{URL}/status-distribution").json()["data"]
    assert data["total"] == 0
    assert {one["percentage"] for one in data["data"]} == {0.0}


@pytest.fixture
def places(world: Any) -> None:
    """Three open drifts in two stacks, regions and types, one that is over, and one of somebody else."""
    report(world.engineer, "i-1", stack="payments", region="eu-central-1", cost="10.00")
    report(world.engineer, "i-2", stack="payments", region="us-east-1", cost="2.55")
    report(world.engineer, "db-1", stack="books", region="us-east-1", resource_type="RDS")
    over = report(world.engineer, "i-9", stack="books", region="us-east-1", cost="99.00")
    resolve_drift(world.account.pk, over.pk, how="manual-fix", by=world.actor(world.engineer))
    report(world.outsider, "i-1", stack="theirs")


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize(
    ("query", "by", "expected"),
    [
        ({}, "stack", [("payments", 2, 12.55), ("books", 1, 0.0)]),
        ({"by": "stack", "limit": "1"}, "stack", [("payments", 2, 12.55)]),
        ({"by": "region"}, "region", [("us-east-1", 2, 2.55), ("eu-central-1", 1, 10.0)]),
        ({"by": "resourceType"}, "resourceType", [("EC2", 2, 12.55), ("RDS", 1, 0.0)]),
    ],
)
def test_the_top_is_where_most_open_drifts_are(world: Any, query: dict[str, str], by: str, expected: Any) -> None:
    data = world.client(world.viewer).get(f"{URL}/top", query).json()["data"]
    assert data["by"] == by
    assert [(one["name"], one["count"], one["totalMonthlyImpact"]) for one in data["data"]] == expected


@pytest.mark.parametrize(
    "query", [{"by": "status"}, {"by": "stack\x00"}, {"limit": "0"}, {"limit": "51"}, {"limits": "3"}]
)
def test_another_top_is_refused(world: Any, query: dict[str, str]) -> None:
    answer = world.client(world.viewer).get(f"{URL}/top", query)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["errors"][0]["field"] in query


@pytest.mark.parametrize("route", ROUTES)
def test_an_unknown_query_parameter_is_refused(world: Any, route: str) -> None:
    assert world.client(world.viewer).get(f"{URL}/{route}", {"days": "3"}).status_code == 400


@pytest.mark.parametrize("route", ROUTES)
def test_it_needs_a_credential(world: Any, route: str) -> None:
    assert APIClient().get(f"{URL}/{route}").status_code == 401
