"""The API's own format: two states of one resource, down the same path as everything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from drifts.findings import SENSITIVE, JsonObject, Judged, Kind, Severity
from drifts.ingest.errors import FormatError
from drifts.ingest.pipeline import assess_states
from tests.drifts.ingest.plans import judged
from tests.drifts.ingest.trees import STATES


def said(expected: Any, actual: Any, *, resource_type: str = "EC2", region: str = "eu-west-1") -> Judged:
    assessment = assess_states(
        resource_id="i-1",
        resource_type=resource_type,
        region=region,
        expected_state=expected,
        actual_state=actual,
    )
    return judged(assessment, environment="production")


def test_two_states_that_differ_are_one_drift() -> None:
    found = said({"instanceType": "t3.medium", "n": 1.0}, {"instanceType": "m5.4xlarge", "n": 1})
    one = found.observations[0]
    assert (one.identity, one.address, one.resource_id, one.region) == ("i-1", "i-1", "i-1", "eu-west-1")
    assert (one.provider_type, one.resource_type, one.kind) == ("EC2", "EC2", Kind.MODIFIED)
    assert one.difference == {"instanceType": {"expected": "t3.medium", "actual": "m5.4xlarge"}}
    assert one.severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("expected", "actual", "kind", "severity"),
    [
        ({"a": 1}, {}, Kind.DELETED, Severity.CRITICAL),
        ({"a": 1}, None, Kind.DELETED, Severity.CRITICAL),
        ({}, {"a": 1}, Kind.UNMANAGED, Severity.MEDIUM),
        (None, {"a": 1}, Kind.UNMANAGED, Severity.MEDIUM),
    ],
)
def test_an_empty_side_means_gone_or_unmanaged(expected: Any, actual: Any, kind: Kind, severity: Severity) -> None:
    one = said(expected, actual).observations[0]
    assert (one.kind, one.severity) == (kind, severity)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({}, {}),
        (None, None),
        ({"a": 1}, {"a": 1}),
        ({"a": 1, "b": None}, {"a": "1", "c": []}),
        ({"a": {"x": [True]}}, {"a": '{"x": ["true"]}'}),
        ({"size": 1, "etag": "a"}, {"size": 1, "etag": "b"}),
    ],
)
def test_states_that_mean_the_same_are_no_drift(expected: Any, actual: Any) -> None:
    assert said(expected, actual).observations == ()


@given(STATES)
def test_no_state_differs_from_itself(state: JsonObject) -> None:
    assert said(state, json.loads(json.dumps(state))).observations == ()


def test_one_resource_says_nothing_of_any_other() -> None:
    assessment = said({"a": 1}, {"a": 2}).assessment
    assert (assessment.format, assessment.complete, assessment.resources_checked) == ("api", False, 1)


def test_secrets_are_hidden_and_rules_apply() -> None:
    one = said(
        {"publiclyAccessible": False, "password": "a"},
        {"publiclyAccessible": True, "password": "b"},
        resource_type="RDS",
    )
    assert one.observations[0].severity is Severity.CRITICAL
    assert one.observations[0].difference["password"] == {"expected": SENSITIVE, "actual": SENSITIVE}


def test_the_region_may_come_from_the_state() -> None:
    state: JsonObject = {"arn": "arn:aws:ec2:us-east-1:123456789012:instance/i-1"}
    one = said({**state, "a": 1}, {**state, "a": 2}, region="").observations[0]
    assert (one.region, one.cloud_account) == ("us-east-1", "123456789012")


@pytest.mark.parametrize("state", [{"a": "\0"}, {"\ud800": 1}, {"a": ["\udfff"]}])
def test_what_cannot_be_stored_is_refused(state: Any) -> None:
    with pytest.raises(FormatError, match="actualState"):
        said({"a": 1}, state)


def test_absurd_nesting_is_refused() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(FormatError, match="expectedState is nested"):
        said({"a": deep}, {"a": 1})


def test_a_name_that_cannot_be_stored_is_refused() -> None:
    with pytest.raises(FormatError, match="The resource's name"):
        said({"a": 1}, {"a": 2}, region="\0")
