"""`GET /drifts` and `GET /drifts/{id}`: filters, sorting, pages, and what one drift says of itself."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from drifts.models import Drift
from tests.drifts.reported import report
from tests.drifts.scans import drifted, ingest, instance, open_group

URL = "/api/v1/drifts"
START = datetime(2025, 3, 1, tzinfo=UTC)


def answer(world: Any, user: Any = None, **query: Any) -> Any:
    client: APIClient = world.client(user or world.viewer)
    return client.get(f"{URL}?{urlencode(query)}")


def names(world: Any, **query: Any) -> list[str]:
    """The resources that a query finds, in its order."""
    found = answer(world, **query)
    assert found.status_code == 200, found.content
    return [item["resourceId"] for item in found.json()["data"]["items"]]


A, B, C = "res-a", "res-b", "res-c"
FILTERS: list[tuple[dict[str, str], list[str]]] = [
    ({}, [C, B, A]),
    ({"severity": "critical"}, [A]),
    ({"severity": "critical,low"}, [B, A]),
    ({"severity": "all"}, [C, B, A]),
    ({"severity": ""}, [C, B, A]),
    ({"status": "approved"}, [B]),
    ({"status": "detected, approved"}, [C, B, A]),
    ({"status": "resolved"}, []),
    ({"kind": "deleted"}, [B]),
    ({"resourceType": "EC2"}, [A]),
    ({"resourceType": "S3,IAM_ROLE"}, [C, B]),
    ({"providerType": "aws_s3_bucket"}, [B]),
    ({"region": "eu-west-1"}, [C, B]),
    ({"region": "nowhere"}, []),
    ({"cloudAccount": "123456789012"}, [B]),
    ({"stack": "one"}, [A]),
    ({"stack": "one,two"}, [C, B, A]),
    ({"environment": "production"}, [C, B]),
    ({"detectedBy": "manual"}, [B]),
    ({"search": "S-A"}, [A]),
    ({"search": "%"}, []),
    ({"search": "  "}, [C, B, A]),
    ({"search": "reported as low"}, [B]),
    ({"detectedAfter": "2025-03-02T00:00:00Z"}, [C, B]),
    ({"detectedAfter": "2025-03-02T23:16:00+23:16"}, [C, B]),
    ({"detectedBefore": "2025-03-02T00:00:00Z"}, [A]),
    ({"detectedAfter": "2025-03-02T00:00:00Z", "detectedBefore": "2025-03-03T00:00:00+00:00"}, [B]),
    ({"minCost": "0"}, [A]),
    ({"minCost": "-5"}, [B, A]),
    ({"minCost": "90.01"}, []),
    ({"severity": "high,low", "region": "eu-west-1", "status": "detected"}, [C]),
]


@pytest.mark.parametrize(("query", "found"), FILTERS, ids=[urlencode(query) or "nothing" for query, _ in FILTERS])
def test_a_filter_keeps_what_it_names(three: Any, query: dict[str, str], found: list[str]) -> None:
    assert names(three, **query) == found
    assert answer(three, **query).json()["data"]["pagination"]["total"] == len(found)


SORTS = [
    ("detected_at", [A, B, C]),
    ("created_at", [A, B, C]),
    ("last_seen_at", [A, B, C]),
    ("severity", [B, C, A]),
]


@pytest.mark.parametrize(("by", "ascending"), SORTS)
def test_a_sort_goes_both_ways_and_down_by_default(three: Any, by: str, ascending: list[str]) -> None:
    assert names(three, sortBy=by, sortOrder="asc") == ascending
    assert names(three, sortBy=by, sortOrder="desc") == ascending[::-1]
    assert names(three, sortBy=by) == ascending[::-1]


def test_what_has_no_price_comes_last_whichever_way(three: Any) -> None:
    assert names(three, sortBy="cost_impact_monthly", sortOrder="desc") == [A, B, C]
    assert names(three, sortBy="cost_impact_monthly", sortOrder="asc") == [B, A, C]


WRONG = [
    ("severity", "grave"),
    ("severity", "critical,grave"),
    ("status", "open"),
    ("detectedBy", "me"),
    ("kind", "gone"),
    ("detectedAfter", "yesterday"),
    ("detectedAfter", "0001-01-01T00:00:00+10:00"),
    ("detectedBefore", "9999-12-31T23:59:59-10:00"),
    ("minCost", "much"),
    ("minCost", "NaN"),
    ("sortBy", "fingerprint"),
    ("sortBy", "-severity"),
    ("sortOrder", "up"),
    ("limit", "0"),
    ("limit", "101"),
    ("limit", "ten"),
    ("page", "0"),
    ("page", "-1"),
    ("page", "1.5"),
    ("cursor", "xyz"),
    ("search", "x" * 201),
    ("stack", ",".join(f"s{number}" for number in range(51))),
    ("colour", "red"),
    ("account", "rival"),
    ("stack__name", "one"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_parameter_is_refused_by_name(three: Any, name: str, value: str) -> None:
    refused = answer(three, **{name: value})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (400, "VALIDATION_ERROR")
    assert [one["field"] for one in error["details"]["errors"]] == [name]


@pytest.mark.parametrize(
    ("name", "words"), [("sortOrder", "One of: asc, desc."), ("assessment", "One of: assessed, not_assessed, all.")]
)
def test_a_refusal_names_the_values_that_there_are(three: Any, name: str, words: str) -> None:
    (one,) = answer(three, **{name: "up"}).json()["error"]["details"]["errors"]
    assert one["message"] == words


@pytest.mark.parametrize("name", ["search", "stack", "region", "severity", "cursor"])
def test_a_nul_character_is_refused(three: Any, name: str) -> None:
    assert answer(three, **{name: "a\x00b"}).status_code == 400


def test_pages_hold_every_drift_once(world: Any) -> None:
    for number in range(5):
        report(world.engineer, f"res-{number}")
    Drift.objects.update(detected_at=START)
    seen, total = [], {"total": 5, "pageSize": 2, "totalPages": 3}
    for page in (1, 2, 3):
        data = answer(world, page=page, limit=2).json()["data"]
        seen += [item["id"] for item in data["items"]]
        assert data["pagination"] == {**total, "page": page, "hasMore": page < 3}
    assert len(set(seen)) == len(seen) == 5
    beyond = answer(world, page=9, limit=2).json()["data"]
    assert (beyond["items"], beyond["pagination"]["hasMore"]) == ([], False)


def test_a_cursor_reads_on_while_new_ones_come(world: Any) -> None:
    for number in range(5):
        report(world.engineer, f"res-{number}")
    cursor: str | None = ""
    seen: list[str] = []
    while cursor is not None:
        data = answer(world, cursor=cursor, limit=2).json()["data"]
        assert set(data["pagination"]) == {"nextCursor", "pageSize", "hasMore"}
        seen += [item["resourceId"] for item in data["items"]]
        cursor = data["pagination"]["nextCursor"]
        assert data["pagination"]["hasMore"] is (cursor is not None)
        report(world.engineer, f"new-{len(seen)}")
    assert seen == [f"res-{number}" for number in (4, 3, 2, 1, 0)]


def test_a_cursor_keeps_the_filters(three: Any) -> None:
    data = answer(three, cursor="", limit=1, region="eu-west-1").json()["data"]
    rest = answer(three, cursor=data["pagination"]["nextCursor"], limit=5, region="eu-west-1").json()["data"]
    assert [item["resourceId"] for item in data["items"] + rest["items"]] == [C, B]


LISTED = {
    *("id", "resourceId", "resourceType", "providerType", "address", "kind", "region", "cloudAccount", "stack"),
    *("environment", "expectedState", "actualState", "difference", "severity", "severityReason"),
    *("costImpactMonthly", "costBasis", "status", "detectedAt", "lastSeenAt", "detectedBy", "approvedAt"),
    *("approvedBy", "approvalReason", "rejectedAt", "rejectedBy", "rejectionReason", "resolvedAt", "resolvedHow"),
    *("createdAt", "updatedAt"),
}
ALONE = {*("alertCount", "canTriage", "canApprove", "canReject", "canResolve", "occurrences", "previousDriftId")}


def test_a_drift_shows_what_the_contract_lists(world: Any) -> None:
    ingest(world, drifted(open_group()))
    (item,) = answer(world).json()["data"]["items"]
    assert item.keys() >= LISTED
    one = world.client(world.engineer).get(f"{URL}/{item['id']}").json()["data"]
    assert one.keys() >= LISTED | ALONE
    assert {name: one[name] for name in item} == item
    assert (one["alertCount"], one["occurrences"], one["previousDriftId"]) == (1, 1, None)
    assert all(one[f"can{action}"] for action in ("Triage", "Approve", "Reject", "Resolve"))


def test_money_is_a_number_and_times_end_in_z(world: Any) -> None:
    report(world.engineer, cost="31.5")
    (item,) = answer(world).json()["data"]["items"]
    assert item["costImpactMonthly"] == 31.5
    assert isinstance(item["costImpactMonthly"], float)
    assert all(item[name].endswith("Z") for name in ("detectedAt", "lastSeenAt", "createdAt", "updatedAt"))


def test_keys_of_a_state_keep_their_case(world: Any) -> None:
    ingest(world, drifted(instance()))
    (item,) = answer(world).json()["data"]["items"]
    assert item["difference"] == {"instance_type": {"expected": "t3.micro", "actual": "t3.large"}}
    assert "availability_zone" in item["actualState"]


def test_a_viewer_sees_that_they_may_do_nothing(world: Any) -> None:
    drift = report(world.engineer)
    one = world.client(world.viewer).get(f"{URL}/{drift.pk}").json()["data"]
    assert not any(one[f"can{action}"] for action in ("Triage", "Approve", "Reject", "Resolve"))


def test_an_outsider_finds_nothing(world: Any) -> None:
    drift = report(world.engineer)
    client = world.client(world.outsider)
    answers = [client.get(f"{URL}/{ident}") for ident in (drift.pk, uuid4(), "7", "%00", f"{drift.pk}x")]
    assert {found.status_code for found in answers} == {404}
    assert len({found.json()["error"]["message"] for found in answers}) == 1
    assert answer(world, world.outsider).json()["data"]["items"] == []
    assert answer(world, world.outsider, search="i-1").json()["data"]["pagination"]["total"] == 0


def test_a_stranger_is_not_let_in(world: Any) -> None:
    drift = report(world.engineer)
    assert [APIClient().get(path).status_code for path in (URL, f"{URL}/{drift.pk}")] == [401, 401]


def test_a_cursor_and_an_order_of_ones_own_do_not_go_together(world: Any) -> None:
    answer = world.client(world.viewer).get("/api/v1/drifts?cursor=&sortBy=severity")
    assert (answer.status_code, answer.json()["error"]["details"]["errors"][0]["field"]) == (400, "cursor")
