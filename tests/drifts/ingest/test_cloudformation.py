"""CloudFormation's answers: what the fixtures do not say already."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Assessment, Gap, Kind
from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.formats.base import ParseOptions
from drifts.ingest.formats.cloudformation import assessment_of_pages
from drifts.ingest.pipeline import assess
from tests.drifts.ingest.cases import READ, Case
from tests.drifts.ingest.plans import assessed, judged

STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/1"
CASES = [case for case in READ if case.folder == "cloudformation"]


def resource(name: str = "Queue", status: str = "IN_SYNC", **more: Any) -> dict[str, Any]:
    """One resource of an answer."""
    own = {"StackId": STACK, "LogicalResourceId": name, "PhysicalResourceId": f"shop-{name}"}
    return {**own, "ResourceType": "AWS::SQS::Queue", "StackResourceDriftStatus": status, **more}


def read(*resources: dict[str, Any], complete: bool | None = None, **more: Any) -> Assessment:
    """What an answer with these resources says."""
    return assessed(json.dumps({"StackResourceDrifts": list(resources), **more}).encode(), complete=complete)


def test_region_account_and_real_id_are_told() -> None:
    (one,) = judged(read(resource(status="DELETED"))).observations
    assert (one.kind, one.region, one.cloud_account, one.resource_id) == (
        Kind.DELETED,
        "eu-west-1",
        "111122223333",
        "shop-Queue",
    )


def test_only_a_sender_who_vouches_lets_an_absent_resource_be_gone() -> None:
    assert not read(resource()).absent_is_gone
    vouched = read(resource(), complete=True)
    assert (vouched.complete, vouched.absent_is_gone) == (True, True)
    assert not read(resource(), complete=False).complete


def test_a_token_outweighs_the_senders_word() -> None:
    assert "NextToken" in read(resource(), complete=True, NextToken="x").incomplete_reason


def test_an_empty_page_with_a_token_is_followed_by_the_next() -> None:
    pages: list[dict[str, Any]] = [
        {"StackResourceDrifts": [], "NextToken": "x"},
        {"StackResourceDrifts": [resource()]},
    ]
    assert assessment_of_pages(pages).complete
    assert not assessment_of_pages(pages[:1]).complete


def test_pages_as_boto3_returns_them_are_read() -> None:
    said = assessment_of_pages(
        [
            {"StackResourceDrifts": [resource("Fn", "MODIFIED", Timestamp=datetime.now(UTC))], "ResponseMetadata": {}},
            {"StackResourceSummaries": [resource("New", "NOT_CHECKED")]},
            {"StackDriftStatus": "DRIFTED", "DetectionStatus": "DETECTION_COMPLETE", "DriftedStackResourceCount": 1},
        ],
        ParseOptions(complete=True),
    )
    assert [one.identity for one in said.findings] == ["Fn"]
    assert [(one.what, one.name) for one in said.not_assessed] == [(Gap.RESOURCE, "New")]
    assert (said.complete, said.absent_is_gone) == (True, True)


def test_a_failed_detection_outweighs_whatever_is_listed() -> None:
    failed = {
        "StackDriftStatus": "DRIFTED",
        "DetectionStatus": "DETECTION_FAILED",
        "DetectionStatusReason": "Throttled",
    }
    said = assessment_of_pages([{"StackResourceDrifts": [resource()]}, failed], ParseOptions(complete=True))
    assert (said.complete, "Throttled" in said.incomplete_reason) == (False, True)


@pytest.mark.parametrize("order", [("MODIFIED", "IN_SYNC", "NOT_CHECKED"), ("NOT_CHECKED", "IN_SYNC", "MODIFIED")])
def test_of_several_entries_about_one_resource_the_one_that_says_more_counts(order: tuple[str, ...]) -> None:
    said = read(*(resource(status=status) for status in order))
    assert [one.kind for one in said.findings] == [Kind.MODIFIED]
    assert (said.assessed_clean, said.not_assessed) == (frozenset(), ())


def test_a_reason_that_holds_a_secret_is_not_told() -> None:
    said = read(resource(status="UNKNOWN", DriftStatusReason="Bearer abcdefghij0123456789"))
    assert [one.reason for one in said.not_assessed] == ["CloudFormation could not tell whether it has drifted."]


def test_a_difference_that_stands_in_neither_side_is_still_told() -> None:
    difference = {"PropertyPath": "/Rules/0/Effect", "ExpectedValue": "Deny", "ActualValue": "Allow"}
    changed = resource(
        status="MODIFIED", ExpectedProperties="{}", ActualProperties="{}", PropertyDifferences=[difference]
    )
    (one,) = judged(read(changed)).observations
    assert one.difference == {"Rules[0].Effect": {"expected": "Deny", "actual": "Allow"}}


@pytest.mark.parametrize(
    "broken",
    [
        {"LogicalResourceId": None},
        {"LogicalResourceId": 5},
        {"ResourceType": ""},
        {"StackResourceDriftStatus": ["MODIFIED"]},
        {"PropertyDifferences": {"a": 1}},
        {"PropertyDifferences": [{"PropertyPath": "no pointer"}]},
        {"PropertyDifferences": [{"PropertyPath": "/a" * 2000}]},
        {"ExpectedProperties": "[]"},
        {"PhysicalResourceId": "x" * 5000},
    ],
    ids=str,
)
def test_what_the_api_never_answers_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        read({**resource(status="MODIFIED"), **broken})


def test_something_else_under_the_formats_name_is_refused() -> None:
    with pytest.raises(UnrecognisedFormat, match="no drift result"):
        assess(b'{"a": {"b": {}}}', limit=100, format_name="cloudformation")


ONE_DOCUMENT = [case for case in CASES if case.body.startswith(b"{\n")]


@given(st.sampled_from(ONE_DOCUMENT), st.randoms())
def test_the_order_of_the_resources_says_nothing(case: Case, random: Any) -> None:
    document = json.loads(case.body)
    for listed in document.values():
        if isinstance(listed, list):
            random.shuffle(listed)
    assert assessed(case.body) == assessed(json.dumps(document).encode())
