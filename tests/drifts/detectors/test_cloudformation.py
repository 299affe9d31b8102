"""`detector: cloudformation`, over real HTTP against a server that speaks CloudFormation's protocol."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drifts.detectors import cloudformation
from drifts.detectors.base import BadConfig, Detection, DetectionError
from drifts.detectors.cloudformation import check, detect
from drifts.findings import Kind
from tests.drifts.detectors.aws.cloud import ALONE
from tests.drifts.detectors.cloudformation_stub import STACK, Refusal, Stub, serving

DONE = {"DetectionStatus": "DETECTION_COMPLETE", "StackDriftStatus": "DRIFTED", "DriftedStackResourceCount": 1}
IN_SYNC = {"DetectionStatus": "DETECTION_COMPLETE", "StackDriftStatus": "IN_SYNC", "DriftedStackResourceCount": 0}
RUNNING = {"DetectionStatus": "DETECTION_IN_PROGRESS"}
FAILED = {"DetectionStatus": "DETECTION_FAILED", "DetectionStatusReason": "Failed to detect drift on [Role]"} | {
    "StackDriftStatus": "DRIFTED",
    "DriftedStackResourceCount": 1,
}
CONFIG: dict[str, Any] = {"stackName": "payments", "region": "eu-central-1"}


def drift(name: str = "Queue", status: str = "MODIFIED", **more: Any) -> dict[str, Any]:
    sides = {
        "ExpectedProperties": json.dumps({"DelaySeconds": 0}),
        "ActualProperties": json.dumps({"DelaySeconds": 5}),
        "PropertyDifferences": [
            {"PropertyPath": "/DelaySeconds", "ExpectedValue": "0", "ActualValue": "5", "DifferenceType": "NOT_EQUAL"}
        ],
    }
    return {
        "StackId": STACK,
        "LogicalResourceId": name,
        "PhysicalResourceId": f"physical-{name}",
        "ResourceType": "AWS::SQS::Queue",
        **(sides if status == "MODIFIED" else {}),
        "StackResourceDriftStatus": status,
        "Timestamp": "2026-01-01T00:00:00Z",
        **more,
    }


def resource(name: str, status: str) -> dict[str, Any]:
    return {
        "LogicalResourceId": name,
        "PhysicalResourceId": f"physical-{name}",
        "ResourceType": "AWS::SQS::Queue",
        "LastUpdatedTimestamp": "2026-01-01T00:00:00Z",
        "ResourceStatus": "CREATE_COMPLETE",
        "DriftInformation": {"StackResourceDriftStatus": status},
    }


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (
        ("AWS_ACCESS_KEY_ID", "AKIAWORKER"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_CONFIG_FILE", "/none"),
    ):
        monkeypatch.setenv(name, text)
    monkeypatch.setattr(cloudformation, "FIRST_WAIT", 0.01)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving(Stub(statuses=[DONE])) as made:
        yield made


def reading(
    stub: Stub, say: Callable[[str], None] = lambda _: None, *, seconds: float = 30.0, **more: Any
) -> Detection:
    config = {**CONFIG, "endpointUrl": stub.url, **more}
    return Detection(config=config, trust=ALONE, seconds=seconds, say=say, private_hosts=("127.0.0.1",))


def test_it_starts_waits_and_reads_every_page(stub: Stub) -> None:
    lines: list[str] = []
    stub.statuses = [RUNNING, RUNNING, DONE]
    stub.drifts = [[drift("Other", "IN_SYNC")], [drift()]]
    stub.resources = [[resource("Queue", "MODIFIED")], [resource("Other", "IN_SYNC"), resource("Odd", "NOT_CHECKED")]]
    found = detect(reading(stub, lines.append))
    assert stub.operations() == [
        "GetCallerIdentity",
        "DetectStackDrift",
        *["DescribeStackDriftDetectionStatus"] * 3,
        *["DescribeStackResourceDrifts"] * 2,
        *["ListStackResources"] * 2,
    ]
    (one,) = found.findings
    assert (one.address, one.kind, one.resource_id, one.region) == (
        "Queue",
        Kind.MODIFIED,
        "physical-Queue",
        "eu-central-1",
    )
    assert (one.expected, one.actual) == ({"DelaySeconds": 0}, {"DelaySeconds": 5})
    assert (found.complete, found.assessed_clean) == (True, frozenset({"Other"}))
    assert [gap.name for gap in found.not_assessed] == ["Odd"]
    assert (lines[0], "1 of them have drifted" in lines[-1]) == (
        "Asking CloudFormation to look for drift in payments (eu-central-1).",
        True,
    )


def test_a_stack_that_is_as_its_template_says_is_clean(stub: Stub) -> None:
    stub.statuses, stub.drifts = [IN_SYNC], [[drift(status="IN_SYNC")]]
    found = detect(reading(stub))
    assert (found.findings, found.complete, found.absent_is_gone) == ((), True, True)


def test_a_detection_that_failed_counts_for_what_it_found_and_closes_nothing(stub: Stub) -> None:
    stub.statuses, stub.drifts = [FAILED], [[drift()]]
    found = detect(reading(stub))
    assert (len(found.findings), found.complete, found.absent_is_gone) == (1, False, False)
    assert "Role" in found.incomplete_reason


def test_where_resources_may_not_be_listed_what_is_absent_is_not_gone(stub: Stub) -> None:
    stub.drifts = [[drift()]]
    stub.refusals["ListStackResources"] = Refusal("AccessDenied", status=403)
    lines: list[str] = []
    found = detect(reading(stub, lines.append))
    assert (len(found.findings), found.absent_is_gone) == (1, False)
    assert any("What was not checked is not known" in line for line in lines)


@pytest.mark.parametrize("operation", ["GetCallerIdentity", "DetectStackDrift", "DescribeStackResourceDrifts"])
def test_a_refusal_is_told_by_its_operation(stub: Stub, operation: str) -> None:
    stub.refusals[operation] = Refusal("AccessDenied", "secret words of AWS", status=403)
    with pytest.raises(DetectionError, match="is not allowed") as told:
        detect(reading(stub))
    assert "secret words" not in str(told.value)


def test_it_takes_the_stacks_role_on_with_its_external_id(stub: Stub) -> None:
    stub.drifts = [[drift()]]
    detect(reading(stub, roleArn="arn:aws:iam::123456789012:role/reader", externalId="ours-7"))
    first = stub.asked[0]
    assert (first["Action"], first["RoleArn"], first["ExternalId"]) == (
        "AssumeRole",
        "arn:aws:iam::123456789012:role/reader",
        "ours-7",
    )
    assert (stub.keys[0], set(stub.keys[1:])) == ("AKIAWORKER", {"ASIAROLE"})


def test_a_detection_that_does_not_end_is_given_up(stub: Stub) -> None:
    stub.statuses = [RUNNING]
    with pytest.raises(DetectionError, match="time limit of 0 seconds"):
        detect(reading(stub, seconds=0.4))


def test_pages_without_end_are_given_up(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudformation, "MAX_PAGES", 3)
    stub.drifts = [[drift(f"Q{number}")] for number in range(5)]
    with pytest.raises(DetectionError, match="more than 3 pages"):
        detect(reading(stub))


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        {**CONFIG, "stackName": STACK},
        {**CONFIG, "roleArn": "arn:aws:iam::123456789012:role/a/b", "externalId": "ours-7"},
        {**CONFIG, "endpointUrl": "http://localhost:4566"},
    ],
)
def test_a_good_config_will_do(config: Any) -> None:
    check(config, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("stackName", one) for one in (None, "", "a b", "1a", "x" * 129, "arn:aws:s3:::x", ["a"])),
        *(("region", one) for one in (None, "", "Frankfurt", "eu-central-1\n", 1)),
        *(("roleArn", one) for one in ("role", "arn:aws:iam::1:role/x", 1)),
        ("externalId", "no-role-beside-it"),
        *(("endpointUrl", one) for one in ("file:///etc/passwd", "http://u:p@host", 1)),
        ("stack", "x"),
    ],
)
def test_a_config_that_will_not_do_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(BadConfig) as refused:
        check({**CONFIG, name: value}, [])
    assert refused.value.name == name


def test_it_takes_no_secrets() -> None:
    with pytest.raises(BadConfig, match="no secrets"):
        check(CONFIG, ["AWS_ACCESS_KEY_ID"])
