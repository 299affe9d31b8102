"""The OpenAPI document of the dashboard and of the alerts says what is on the wire."""

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from alerts.models import Alert
from drifts.findings import Severity
from drifts.transitions import Status
from tests.alerts.raised import raise_alert
from tests.drifts.reported import report

ANSWERS = {
    "/api/v1/metrics/summary": "Summary",
    "/api/v1/metrics/severity-distribution": "SeverityDistribution",
    "/api/v1/metrics/status-distribution": "StatusDistribution",
    "/api/v1/metrics/top": "Top",
    "/api/v1/alerts/unread-count": "UnreadCount",
}


@pytest.fixture(scope="module")
def document() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


def operation(document: Any, route: str) -> Any:
    """The GET of a route; the document may write it with a slash, since both forms answer."""
    return document["paths"].get(route, document["paths"].get(f"{route}/"))["get"]


def answer(document: Any, route: str) -> Any:
    """The shape of what a route answers."""
    return operation(document, route)["responses"]["200"]["content"]["application/json"]["schema"]


def fits(document: Any, schema: Any, value: Any) -> None:
    """Check that a value has exactly the names that the document gives, all the way down."""
    if "allOf" in schema:
        (schema,) = schema["allOf"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, dict):
        assert set(schema["properties"]) == set(value)
        for name, inner in value.items():
            fits(document, schema["properties"][name], inner)
    elif isinstance(value, list):
        assert schema["type"] == "array"
        for inner in value:
            fits(document, schema["items"], inner)


@pytest.mark.parametrize(("route", "component"), ANSWERS.items())
def test_an_answer_has_the_shape_that_the_document_gives(world: Any, document: Any, route: str, component: str) -> None:
    report(world.engineer, cost="10.00")
    schema = answer(document, route)
    assert schema["properties"]["data"] == {"$ref": f"#/components/schemas/{component}"}
    fits(document, schema, world.client(world.viewer).get(route).json())


def test_a_page_of_alerts_has_the_shape_that_the_document_gives(world: Any, document: Any) -> None:
    raise_alert(world.engineer)
    page = answer(document, "/api/v1/alerts")["properties"]["data"]
    assert page == {"$ref": "#/components/schemas/PaginatedAlertList"}
    items = document["components"]["schemas"]["PaginatedAlertList"]["properties"]["items"]
    assert items["items"] == {"$ref": "#/components/schemas/Alert"}
    fits(document, items, world.client(world.viewer).get("/api/v1/alerts").json()["data"]["items"])


def test_every_status_and_severity_has_its_figure(document: Any) -> None:
    schemas = document["components"]["schemas"]
    assert list(schemas["ByStatus"]["properties"]) == [one.value for one in Status]
    assert list(schemas["BySeverity"]["properties"]) == [one.value for one in Severity]


def test_the_filters_of_alerts_are_documented(document: Any) -> None:
    parameters = {one["name"]: one["schema"] for one in operation(document, "/api/v1/alerts")["parameters"]}
    assert set(parameters) == {
        *("page", "limit", "cursor", "driftId", "isRead", "severity", "type"),
        *("assignee", "isAcknowledged", "isSnoozed"),
    }
    assert set(parameters["isRead"]["enum"]) == {"true", "false", "all"}
    assert {one.value for one in Alert.Severities} == {one.value for one in Severity}
