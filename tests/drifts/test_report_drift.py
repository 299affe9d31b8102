"""`POST /drifts`: a client reports one drift itself."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from alerts.models import Alert
from costs.models import CostMetric
from drifts.models import Drift, Stack
from tests.drifts.scans import alerts, clean, facts, ingest, only_drift

URL = "/api/v1/drifts"
REPORT: dict[str, Any] = {
    "resourceId": "i-1",
    "resourceType": "EC2",
    "region": "us-east-1",
    "expectedState": {"instance_type": "t3.micro", "Tags": {"Some Key": "a"}},
    "actualState": {"instance_type": "t3.large", "Tags": {"Some Key": "a"}},
}


def post(world: Any, user: Any = None, /, *, without: str = "", key: str = "", **more: Any) -> Any:
    client: APIClient = world.client(user or world.engineer)
    body = {name: value for name, value in (REPORT | more).items() if name != without}
    headers: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    return client.post(URL, body, format="json", **headers)


def test_it_is_recorded_and_answered(world: Any) -> None:
    answer = post(world)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert (data["resourceId"], data["resourceType"], data["region"], data["kind"]) == (
        "i-1",
        "EC2",
        "us-east-1",
        "modified",
    )
    assert (data["stack"], data["status"], data["detectedBy"], data["canApprove"]) == (
        "default",
        "detected",
        "api",
        True,
    )
    assert data["difference"] == {"instance_type": {"expected": "t3.micro", "actual": "t3.large"}}
    assert data["expectedState"]["Tags"] == {"Some Key": "a"}
    assert data["severityReason"]
    assert [fact.kind for fact in facts(world, "drift.")] == ["drift.created"]
    assert world.client(world.viewer).get(f"{URL}/{data['id']}").status_code == 200


def test_equal_states_are_no_drift(world: Any) -> None:
    answer = post(world, actualState=REPORT["expectedState"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "actualState"
    assert not Drift.objects.exists()
    assert not Stack.objects.exists()


def test_states_that_mean_the_same_are_no_drift(world: Any) -> None:
    assert post(world, actualState=REPORT["expectedState"] | {"note": None, "list": []}).status_code == 400


def test_a_second_one_of_a_resource_is_a_duplicate_while_the_first_is_open(world: Any) -> None:
    first = post(world).json()["data"]["id"]
    again = post(world, actualState={"instance_type": "m5.large"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "CONFLICT")
    assert post(world, stack="another").status_code == 201
    assert post(world, resourceId="i-2").status_code == 201
    world.client(world.engineer).post(f"{URL}/{first}/resolve", {"how": "manual-fix"}, format="json")
    back = post(world)
    assert (back.status_code, back.json()["data"]["previousDriftId"]) == (201, first)


@pytest.mark.parametrize(
    ("given", "family", "provider_type"),
    [
        ("EC2", "EC2", "EC2"),
        ("rds", "RDS", "rds"),
        ("SECURITY_GROUP", "SECURITY_GROUP", "SECURITY_GROUP"),
        ("OTHER", "OTHER", "OTHER"),
        ("aws_instance", "EC2", "aws_instance"),
        ("AWS::EC2::Instance", "EC2", "AWS::EC2::Instance"),
        ("aws_db_instance", "RDS", "aws_db_instance"),
        ("something_else", "OTHER", "something_else"),
    ],
)
def test_a_family_and_a_providers_type_are_both_understood(
    world: Any, given: str, family: str, provider_type: str
) -> None:
    data = post(world, resourceType=given).json()["data"]
    assert (data["resourceType"], data["providerType"]) == (family, provider_type)


def test_the_senders_own_severity_stands_and_says_so(world: Any) -> None:
    data = post(world, severity="critical").json()["data"]
    assert (data["severity"], data["severityReason"]) == ("critical", "Reported as critical by the sender.")
    assert [alert.type for alert in alerts()] == [Alert.Types.DRIFT_DETECTED]
    assert data["alertCount"] == 1


@pytest.mark.parametrize(("given", "stored"), [(12.5, "12.50"), (7.25, "7.25"), (-3, "-3.00"), (0, "0.00")])
def test_the_senders_own_cost_stands_and_says_so(world: Any, given: Any, stored: str) -> None:
    data = post(world, costImpactMonthly=given).json()["data"]
    assert (data["costImpactMonthly"], data["costBasis"]) == (float(stored), "reported")
    assert sum(metric.impact_delta for metric in CostMetric.objects.all()) == only_drift().cost_impact_monthly


@pytest.mark.parametrize(
    ("expected", "actual", "kind"),
    [({"a": 1}, {}, "deleted"), ({}, {"a": 1}, "unmanaged"), ({"a": 1}, {"a": 2}, "modified")],
)
def test_what_is_there_says_what_happened(world: Any, expected: Any, actual: Any, kind: str) -> None:
    assert post(world, expectedState=expected, actualState=actual).json()["data"]["kind"] == kind


@pytest.mark.parametrize("name", ["resourceId", "resourceType", "region", "expectedState", "actualState"])
def test_what_is_needed_is_named(world: Any, name: str) -> None:
    answer = post(world, without=name)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["error"]["details"]["errors"]] == [name]


WRONG: list[tuple[str, Any]] = [
    ("resourceId", ""),
    ("resourceId", "x" * 1001),
    ("resourceId", {}),
    ("resourceType", ""),
    ("region", "x" * 65),
    ("expectedState", []),
    ("expectedState", "text"),
    ("actualState", None),
    ("severity", "grave"),
    ("severity", "all"),
    ("costImpactMonthly", "much"),
    ("costImpactMonthly", "7.25"),
    ("costImpactMonthly", 10**13),
    ("costImpactMonthly", 0.001),
    ("costImpactMonthly", "NaN"),
    ("detectedBy", "me"),
    ("stack", "x" * 201),
    ("stack", "a\nb"),
    ("stack", ""),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_is_wrong_is_named_and_nothing_is_kept(world: Any, name: str, value: Any) -> None:
    answer = post(world, **{name: value})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert [error["field"] for error in answer.json()["error"]["details"]["errors"]] == [name]
    assert not Drift.objects.exists()
    assert not Stack.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceId": "i-1"',
        b"\0",
        b"",
        b"[]",
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b'{"resourceId": "i-\\u0000"}',
        b'{"resourceId": "i-\\ud800"}',
    ],
)
def test_what_is_no_report_is_refused(world: Any, body: bytes) -> None:
    answer = world.client(world.engineer).generic("POST", URL, body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert not Drift.objects.exists()


def test_another_media_type_is_not_read(world: Any) -> None:
    answer = world.client(world.engineer).generic("POST", URL, b"resourceId=1", content_type="text/plain")
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_an_idempotency_key_answers_again_instead_of_a_conflict(world: Any) -> None:
    first, again = post(world, key="k"), post(world, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Drift.objects.count() == 1
    assert post(world, key="k", resourceId="i-2").status_code == 409


def test_a_disabled_stack_is_a_conflict(world: Any) -> None:
    ingest(world, clean("aws_vpc.main"))
    Stack.objects.update(is_enabled=False)
    assert post(world, stack="payments-prod").status_code == 409


def test_a_viewer_reports_nothing(world: Any) -> None:
    assert post(world, world.viewer).status_code == 403
    assert not Drift.objects.exists()


def test_a_stranger_is_not_let_in(world: Any) -> None:
    assert APIClient().post(URL, REPORT, format="json").status_code == 401


def test_an_outsiders_resource_of_the_same_name_is_another(world: Any) -> None:
    ours, theirs = post(world).json()["data"]["id"], post(world, world.outsider).json()["data"]["id"]
    assert ours != theirs
    assert world.client(world.outsider).get(f"{URL}/{ours}").status_code == 404
