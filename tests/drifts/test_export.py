"""`GET /drifts/export`: the drifts that a list holds, as one file."""

import csv
import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlencode

import httpx
import pytest
from django.conf import settings
from django.db import connection
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # openapi-spec-validator brings it
from rest_framework.test import APIClient

from accounts.models import ApiKey
from drifts.export import rows
from drifts.export.csv_file import COLUMNS
from drifts.export.sarif import MOST_PATHS
from drifts.filters import DriftExportFilter, DriftFilter
from drifts.models import Drift
from tests.drifts.reported import REASON, report
from tests.drifts.scans import drifted, ingest, instance, open_group
from tests.drifts.test_drift_list import FILTERS
from tests.realtime.server import environment, serving

URL = "/api/v1/drifts/export"
SARIF = json.loads((settings.BASE_DIR / "tests/fixtures/sarif/2.1.0.json").read_text())


def sent(world: Any, **query: Any) -> Any:
    found = world.client(world.viewer).get(f"{URL}?{urlencode(query)}")
    assert found.status_code == 200, found.content
    return found


def exported(world: Any, **query: Any) -> str:
    return b"".join(sent(world, **query)).decode()


def items(world: Any, **query: Any) -> list[dict[str, Any]]:
    document = json.loads(exported(world, **query))
    assert (document["success"], set(document), set(document["data"])) == (True, {"success", "data"}, {"items"})
    found: list[dict[str, Any]] = document["data"]["items"]
    return found


def table(world: Any, **query: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(exported(world, format="csv", **query).splitlines(), strict=True))


def findings(world: Any, **query: Any) -> list[dict[str, Any]]:
    """The results, of a document that is valid SARIF."""
    document = json.loads(exported(world, format="sarif", **query))
    faults = Draft7Validator(SARIF).iter_errors(document)
    assert [f"{fault.json_path}: {fault.message}"[:300] for fault in faults] == []
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    found: list[dict[str, Any]] = run["results"]
    return found


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "BATCH", 1)


@pytest.mark.parametrize(
    ("query", "media_type", "ending"),
    [
        ({}, "application/json", "json"),
        ({"format": ""}, "application/json", "json"),
        ({"format": "json"}, "application/json", "json"),
        ({"format": "csv"}, "text/csv; charset=utf-8", "csv"),
        ({"format": "sarif"}, "application/sarif+json", "sarif"),
    ],
)
def test_a_file_says_what_it_is_and_how_it_is_called(
    three: Any, query: dict[str, str], media_type: str, ending: str
) -> None:
    answer = sent(three, **query)
    assert answer.streaming
    assert answer["Content-Type"] == media_type
    assert re.fullmatch(rf'attachment; filename="drifts-\d{{4}}-\d\d-\d\d\.{ending}"', answer["Content-Disposition"])
    for accepted in ("text/csv", "application/sarif+json", "*/*"):
        assert three.client(three.viewer).get(URL, query, headers={"accept": accepted}).status_code == 200
    head = three.client(three.viewer).head(URL, query)
    assert (head.status_code, b"".join(head)) == (200, b"")


def test_the_items_are_those_of_the_list_newest_first(three: Any, one_at_a_time: None) -> None:
    listed = three.client(three.viewer).get("/api/v1/drifts?sortBy=created_at").json()["data"]["items"]
    assert len(listed) == 3
    assert items(three) == listed


@pytest.mark.parametrize(("query", "found"), FILTERS, ids=[urlencode(query) or "nothing" for query, _ in FILTERS])
def test_a_filter_keeps_what_it_keeps_in_the_list(
    three: Any, one_at_a_time: None, query: dict[str, str], found: list[str]
) -> None:
    assert [one["resourceId"] for one in items(three, **query)] == found
    assert [one["resourceId"] for one in table(three, **query)] == found
    assert [one["locations"][0]["logicalLocations"][0]["name"] for one in findings(three, **query)] == found


def test_it_takes_every_filter_of_the_list() -> None:
    own = set(DriftExportFilter.base_filters)
    assert own == set(DriftFilter.base_filters) - {"sortBy", "sortOrder"} | {"format"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("format", value) for value in ("xml", "CSV", "all", "json,csv")),
        *(("page", "1"), ("limit", "5"), ("cursor", ""), ("sortBy", "severity"), ("sortOrder", "asc")),
        *(("severity", "grave"), ("colour", "red"), ("minCost", "much"), ("search", "x" * 201)),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(three: Any, name: str, value: str) -> None:
    refused = three.client(three.viewer).get(URL, {name: value})
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/json")
    assert [one["field"] for one in refused.json()["error"]["details"]["errors"]] == [name]


@pytest.mark.parametrize("found", [0, 1, 2, 3, 4])
def test_every_batch_is_joined_to_the_next(world: Any, monkeypatch: pytest.MonkeyPatch, found: int) -> None:
    monkeypatch.setattr(rows, "BATCH", 2)
    for number in range(found):
        report(world.engineer, f"res-{number}")
    expected = [f"res-{number}" for number in range(found)][::-1]
    assert [one["resourceId"] for one in items(world)] == expected
    assert [one["resourceId"] for one in table(world)] == expected
    assert len(findings(world)) == found


def test_a_drift_comes_once_while_others_come_and_change(world: Any, one_at_a_time: None) -> None:
    for number in range(3):
        report(world.engineer, f"res-{number}")
    pieces = iter(sent(world, format="csv"))
    text = [next(pieces), next(pieces)]
    report(world.engineer, "new")
    changed = Drift.objects.get(resource_id="res-0")
    world.client(world.engineer).post(f"/api/v1/drifts/{changed.pk}/approve", {"reason": REASON}, format="json")
    told = list(csv.DictReader(b"".join([*text, *pieces]).decode().splitlines()))
    assert [(one["resourceId"], one["status"]) for one in told] == [
        ("res-2", "detected"),
        ("res-1", "detected"),
        ("res-0", "approved"),
    ]


def test_each_batch_costs_the_same_few_queries(world: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(10):
        report(world.engineer, f"res-{number}")
    answer = sent(world)
    with django_assert_max_num_queries(4):
        b"".join(answer)


def test_a_cell_is_text_a_number_or_nothing(three: Any) -> None:
    a, b = (next(one for one in table(three) if one["resourceId"] == name) for name in ("res-a", "res-b"))
    assert list(a) == list(COLUMNS)
    assert (a["costImpactMonthly"], b["costImpactMonthly"]) == ("90.00", "-5.00")
    assert (a["changedAttributes"], a["isSnoozed"], a["approvedAt"]) == ("instance_type", "false", "")
    assert (b["approvalReason"], b["environment"]) == (REASON, "production")
    assert datetime.fromisoformat(a["detectedAt"]) == datetime(2025, 3, 1, tzinfo=UTC)
    assert a["detectedAt"].endswith("Z")


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_text_is_a_formula(world: Any, begins: str) -> None:
    report(world.engineer, f'{begins}HYPERLINK("http://evil.example","a, b")\n"c"')
    text = exported(world, format="csv")
    (one,) = csv.DictReader(text.splitlines(keepends=True), strict=True)
    assert one["resourceId"].startswith(f"'{begins}HYPERLINK(")
    assert one["resourceId"].endswith('\n"c"')


def test_a_finding_names_its_resource_why_it_matters_and_where_to_look(world: Any) -> None:
    ingest(world, drifted(open_group()), stack="web shop/eu")
    (one,) = findings(world)
    drift = Drift.objects.get()
    assert (one["ruleId"], one["level"], one["properties"]["id"]) == ("modified-critical", "error", str(drift.pk))
    assert one["message"]["text"].startswith("aws_security_group.door: A resource is not as its code says. ")
    assert drift.severity_reason in one["message"]["text"]
    (place,) = one["locations"]
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "web shop/eu/aws_security_group.door"
    assert unquote(place["physicalLocation"]["artifactLocation"]["uri"]) == "web shop/eu"
    assert "/" not in place["physicalLocation"]["artifactLocation"]["uri"]
    assert one["hostedViewerUri"] == f"{settings.PUBLIC_URL}/admin/drifts/drift/{drift.pk}/change/"
    assert one["properties"]["costImpactMonthly"] is None or isinstance(one["properties"]["costImpactMonthly"], float)


def test_what_github_knows_a_finding_by_is_its_own_and_survives_its_drift(world: Any) -> None:
    drift = report(world.engineer, "i-1")
    report(world.engineer, "i-2")
    report(world.engineer, "i-1", stack="other")
    report(world.engineer, "i-1", resource_type="EBS")

    def known_by() -> dict[str, str]:
        prints = [one["partialFingerprints"] for one in findings(world)]
        return {one["driftSentryDrift/v1"]: one["primaryLocationLineHash"] for one in prints}

    before = known_by()
    assert len(set(before.values())) == len(before) == 4
    assert all(re.fullmatch(r"[0-9a-f]{16}:1", one) for one in before.values())
    world.client(world.engineer).post(f"/api/v1/drifts/{drift.pk}/resolve", {"how": "manual-fix"}, format="json")
    anew = report(world.engineer, "i-1")
    assert known_by()[str(anew.pk)] == before[str(drift.pk)]


def test_a_message_names_some_of_many_changed_attributes(world: Any) -> None:
    many = {f"a{number:02}": number for number in range(MOST_PATHS + 3)}
    report(world.engineer, expected_state=dict.fromkeys(many, 100), actual_state=many)
    (one,) = findings(world)
    assert "a09 and 3 more." in one["message"]["text"]
    assert "a10" not in one["message"]["text"]


def test_findings_are_open_ones_unless_asked_and_a_rejected_one_is_suppressed(world: Any) -> None:
    drifts = {name: report(world.engineer, name) for name in ("open", "rejected", "over")}
    client = world.client(world.engineer)
    client.post(f"/api/v1/drifts/{drifts['rejected'].pk}/reject", {"reason": REASON}, format="json")
    client.post(f"/api/v1/drifts/{drifts['over'].pk}/resolve", {"how": "manual-fix"}, format="json")
    by_id = {one["properties"]["id"]: one for one in findings(world)}
    assert set(by_id) == {str(drifts[name].pk) for name in ("open", "rejected")}
    assert "suppressions" not in by_id[str(drifts["open"].pk)]
    (told,) = by_id[str(drifts["rejected"].pk)]["suppressions"]
    assert told == {"kind": "external", "status": "accepted", "justification": REASON}
    assert [one["properties"]["id"] for one in findings(world, status="resolved")] == [str(drifts["over"].pk)]
    assert len(findings(world, status="all")) == len(items(world)) == 3


def test_no_secret_and_no_other_tenants_drift_is_in_it(three: Any) -> None:
    secret = "hunter2-wire-me"
    before = {"id": "db-1", "password": secret, "instance_class": "db.t3.micro"}
    masks: dict[str, Any] = {"before_sensitive": {"password": True}, "after_sensitive": {"password": True}}
    after = {**before, "password": f"{secret}-2", "instance_class": "db.t3.large"}
    ingest(three, drifted(instance("aws_instance.x", before=before, after=after, **masks)))
    report(three.outsider, "theirs-too")
    for name in ("json", "csv", "sarif"):
        text = exported(three, format=name)
        assert "aws_instance.x" in text
        assert secret not in text
        assert "theirs" not in text


def test_a_key_of_one_stack_exports_that_stack(three: Any) -> None:
    created = three.client(three.owner).post(
        "/api/v1/api-keys", {"name": "ci", "scopes": ["read"], "stack": "two"}, format="json"
    )
    assert created.status_code == 201, created.content
    assert ApiKey.objects.filter(stack_id__isnull=False).exists()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {created.json()['data']['apiKey']}")
    answer = client.get(URL, {"format": "csv"})
    assert answer.status_code == 200, answer.content
    found = csv.DictReader(b"".join(answer).decode().splitlines())
    assert [one["resourceId"] for one in found] == ["res-c", "res-b"]


def test_a_real_server_sends_it_and_a_failure_in_the_middle_does_not_look_whole(world: Any, tmp_path: Any) -> None:
    for number in range(rows.BATCH + 5):
        report(world.engineer, f"res-{number:03}")
    headers = {"Authorization": f"Bearer {world.access_token(world.owner)}"}
    with serving(tmp_path, environment()) as server:
        url = f"http://127.0.0.1:{server.port}{URL}"
        answer = httpx.get(url, headers=headers, timeout=60)
        assert len(answer.json()["data"]["items"]) == rows.BATCH + 5
        with connection.cursor() as cursor:
            cursor.execute("UPDATE drifts_drift SET cost_breakdown = '[]' WHERE resource_id = 'res-002'")
        for _ in range(2):
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                httpx.get(url, headers=headers, timeout=60)
        assert httpx.get(f"{url}?stack=none", headers=headers, timeout=60).json()["data"]["items"] == []
