"""From findings to observations: named, judged, and unpriced."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from drifts.findings import SENSITIVE, JsonObject, Kind, Severity
from tests.drifts.ingest.plans import finding, judged_findings, policy
from tests.drifts.ingest.trees import STATES


def test_an_observation_says_all_that_is_to_be_recorded() -> None:
    one = judged_findings(
        finding(
            {"instance_type": "t3.medium", "tags": {"a": "1"}},
            {"instance_type": "m5.large", "tags": {"a": "1"}},
            resource_id="i-0abc",
            region="eu-west-1",
            cloud_account="123456789012",
        )
    ).observations[0]
    assert (one.identity, one.address, one.resource_id) == ("aws_instance.one", "aws_instance.one", "i-0abc")
    assert (one.provider_type, one.resource_type, one.kind) == ("aws_instance", "EC2", Kind.MODIFIED)
    assert (one.region, one.cloud_account) == ("eu-west-1", "123456789012")
    assert one.expected_state == {"instance_type": "t3.medium", "tags": {"a": "1"}}
    assert one.actual_state == {"instance_type": "m5.large", "tags": {"a": "1"}}
    assert one.difference == {"instance_type": {"expected": "t3.medium", "actual": "m5.large"}}
    assert (one.severity, one.severity_reason) == (Severity.MEDIUM, "Its size changed: instance_type.")
    assert (one.cost_impact_monthly, one.cost_basis) == (None, "unpriced")
    assert len(one.fingerprint) == len(one.difference_digest) == 32


def test_a_resource_without_a_region_is_global() -> None:
    assert judged_findings(finding({"a": 1}, {"a": 2})).observations[0].region == "global"


def test_deleted_and_unmanaged_resources_have_one_empty_side_and_no_difference() -> None:
    gone, extra = judged_findings(finding({"a": 1}, None), finding(None, {"a": 1}, address="x")).observations
    assert (gone.kind, gone.expected_state, gone.actual_state, gone.difference) == (Kind.DELETED, {"a": 1}, {}, {})
    assert (extra.kind, extra.expected_state, extra.actual_state, extra.difference) == (
        Kind.UNMANAGED,
        {},
        {"a": 1},
        {},
    )


def test_nothing_that_is_handed_on_holds_or_prints_a_secret() -> None:
    raw = finding({"password": "correct-horse"}, {"password": "battery-staple"})
    everything = f"{raw!r}{judged_findings(raw)!r}"
    assert "correct-horse" not in everything
    assert "battery-staple" not in everything


def test_a_change_without_values_is_still_a_drift() -> None:
    one = judged_findings(finding({}, {}, kind=Kind.MODIFIED)).observations[0]
    assert (one.severity, one.difference) == (Severity.MEDIUM, {})
    assert one.severity_reason.startswith("It differs from what the code says; the source does not say how")


def test_a_resource_id_that_spells_a_secret_out_gives_way_to_the_address() -> None:
    one = judged_findings(finding({"password": "correct-horse"}, {"password": "x"}, resource_id="a/correct-horse"))
    assert one.observations[0].resource_id == "aws_instance.one"


@pytest.mark.parametrize(("environment", "severity"), [("production", Severity.CRITICAL), ("", Severity.HIGH)])
def test_the_environment_weighs_on_severity(environment: str, severity: Severity) -> None:
    found = judged_findings(finding({"a": 1}, None), environment=environment)
    assert found.observations[0].severity is severity


def test_rules_see_policies_inside_texts() -> None:
    narrow = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    wide = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    one = judged_findings(finding({"policy": narrow}, {"policy": wide}, provider_type="aws_iam_policy")).observations[0]
    assert (one.severity, one.severity_reason) == (Severity.CRITICAL, "A policy now allows every action (*).")


def test_a_changed_secret_is_named_and_not_told() -> None:
    one = judged_findings(finding({"token": "old-and-secret"}, {"token": "new-and-secret"})).observations[0]
    assert one.severity_reason == "A secret value changed: token."
    assert one.difference == {"token": {"expected": SENSITIVE, "actual": SENSITIVE}}


@given(STATES, STATES)
def test_every_observation_can_be_written_as_json_and_has_a_reason(expected: JsonObject, actual: JsonObject) -> None:
    for one in judged_findings(finding(expected, actual)).observations:
        stored = [one.expected_state, one.actual_state, one.difference]
        assert json.loads(json.dumps(stored, allow_nan=False)) == stored
        assert one.severity_reason.endswith(".")
        assert one.difference


@given(STATES)
def test_equal_sides_give_nothing(state: JsonObject) -> None:
    found = judged_findings(finding(state, json.loads(json.dumps(state))))
    assert (found.observations, found.ignored) == ((), 1)
