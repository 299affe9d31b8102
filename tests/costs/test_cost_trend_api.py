"""`GET /metrics/cost-trend`."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.urls import path
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from audit import journal
from costs.actions import record_cost_change
from costs.views import CostTrendViewSet

URL = "/api/v1/metrics/cost-trend"


def enter(world: Any, user: Any, cost: str, *, days_ago: int = 0) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    with journal.writing(user.account_id, by=world.actor(user)) as w:
        record_cost_change(w, drift_id=uuid4(), before=None, after=Decimal(cost), at=at)


def test_it_answers_every_day_and_a_summary(world: Any) -> None:
    enter(world, world.engineer, "100.00", days_ago=40)
    enter(world, world.engineer, "-30.00", days_ago=1)
    answer = world.client(world.viewer).get(URL, {"days": "3"})
    today = timezone.now().date()
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "data": {
            "trend": [
                {"date": str(today - timedelta(days=2)), "cost": 3.29, "projectedCost": 100.0},
                {"date": str(today - timedelta(days=1)), "cost": 2.3, "projectedCost": 70.0},
                {"date": str(today), "cost": 2.3, "projectedCost": 70.0},
            ],
            "summary": {"totalCostUsd": 7.89, "projectedMonthlyCost": 70.0, "savingsPotential": 100.0},
        },
    }


@pytest.mark.parametrize(("asked", "days"), [({}, 30), ({"days": ""}, 30), ({"days": "1"}, 1), ({"days": "365"}, 365)])
def test_the_range_is_as_asked(world: Any, asked: dict[str, str], days: int) -> None:
    trend = world.client(world.viewer).get(URL, asked).json()["data"]["trend"]
    assert len(trend) == days
    assert len({one["date"] for one in trend}) == days


@pytest.mark.parametrize("days", ["0", "366", "-1", "1.5", "thirty", "1e2", "\u0663", "9" * 40, "7\x00"])
def test_another_range_is_refused(world: Any, days: str) -> None:
    answer = world.client(world.viewer).get(URL, {"days": days})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "days"


def test_an_unknown_query_parameter_is_refused(world: Any) -> None:
    answer = world.client(world.viewer).get(URL, {"dayz": "3"})
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "dayz"


def test_the_outsider_sees_only_their_own(world: Any) -> None:
    enter(world, world.engineer, "100.00")
    enter(world, world.outsider, "7.00")
    summary = world.client(world.outsider).get(URL).json()["data"]["summary"]
    assert summary["projectedMonthlyCost"] == 7.0
    assert summary["savingsPotential"] == 7.0


def test_it_needs_a_credential(world: Any) -> None:
    answer = APIClient().get(URL)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "AUTH_ERROR"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_can_only_be_read(world: Any, method: str) -> None:
    assert getattr(world.client(world.owner), method)(URL).status_code in {403, 405}


def test_the_document_says_what_is_on_the_wire() -> None:
    routes = [path("api/v1/metrics/cost-trend", CostTrendViewSet.as_view({"get": "list"}))]
    document = SchemaGenerator(patterns=routes).get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    operation = document["paths"]["/api/v1/metrics/cost-trend"]["get"]
    schemas = document["components"]["schemas"]
    (days,) = operation["parameters"]
    assert (days["name"], days["in"], days.get("required", False)) == ("days", "query", False)
    assert days["schema"] == {"type": "integer", "minimum": 1, "maximum": 365, "default": 30}
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["properties"]["data"] == {"$ref": "#/components/schemas/CostTrend"}
    assert set(schemas["CostTrend"]["properties"]) == {"trend", "summary"}
    assert set(schemas["TrendDay"]["properties"]) == {"date", "cost", "projectedCost"}
    assert schemas["TrendDay"]["properties"]["cost"]["type"] == "number"
    summary = schemas["TrendSummary"]
    assert set(summary["properties"]) == set(summary["required"])
    assert set(summary["properties"]) == {"totalCostUsd", "projectedMonthlyCost", "savingsPotential"}
