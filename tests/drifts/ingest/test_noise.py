"""Differences that mean nothing, and why."""

from __future__ import annotations

import pytest

from drifts.findings import Json, JsonObject
from drifts.ingest.noise import ARN_ECHO, NOISE, TAGS_ECHO, NoiseRule
from drifts.ingest.normalise import normalise
from tests.drifts.ingest.plans import KEY, finding, judged_findings


def left(expected: JsonObject, actual: JsonObject, provider_type: str = "aws_instance") -> list[str]:
    """The paths left when noise is gone."""
    found = judged_findings(finding(expected, actual, provider_type=provider_type))
    return list(found.observations[0].difference) if found.observations else []


@pytest.mark.parametrize(
    ("provider_type", "attribute", "one", "other"),
    [
        ("aws_s3_object", "etag", "a", "b"),
        ("aws_s3_object", "version_id", "a", "b"),
        ("aws_lambda_function", "last_modified", "a", "b"),
        ("aws_x", "last_updated_date", "a", "b"),
        ("aws_launch_template", "latest_version", 1, 2),
        ("aws_x", "state_serial", 1, 2),
        ("aws_instance", "public_ip", "1.2.3.4", ""),
        ("aws_db_instance", "latest_restorable_time", "a", "b"),
        ("aws_lambda_function", "qualified_arn", "a", "b"),
        ("aws_x", "timeouts", {"create": "1h"}, {"create": "2h"}),
        ("aws_x", "tags", None, {}),
        ("aws_x", "zones", [], None),
        (
            "aws_x",
            "arn",
            "arn:aws:logs:eu-west-1:123456789012:log-group:a:*",
            "arn:aws:logs:eu-west-1:123456789012:log-group:A",
        ),
        ("aws_lb", "dns_name", "A.example.org.", "a.example.org"),
        ("aws_security_group", "ingress", [{"from_port": 1}, {"from_port": 2}], [{"from_port": 2}, {"from_port": 1}]),
    ],
)
def test_noise_in_nothing_out(provider_type: str, attribute: str, one: Json, other: Json) -> None:
    assert left({"id": "x", attribute: one}, {"id": "x", attribute: other}, provider_type) == []
    assert left({"id": "x", attribute: other}, {"id": "x", attribute: one}, provider_type) == []


@pytest.mark.parametrize(
    ("provider_type", "attribute"),
    [
        ("aws_instance", "instance_type"),
        ("aws_instance", "last"),
        ("aws_x", "latest"),
        ("aws_db_instance", "public_ip"),
        ("aws_x", "version"),
        ("aws_x", "arn"),
        ("aws_x", "betag"),
    ],
)
def test_what_no_rule_names_stays(provider_type: str, attribute: str) -> None:
    assert left({"id": "x", attribute: "a"}, {"id": "x", attribute: "b"}, provider_type) == [attribute]


def test_noise_beside_drift_is_left_out_of_the_difference() -> None:
    assert left({"etag": "a", "size": 1}, {"etag": "b", "size": 2}) == ["size"]


@pytest.mark.parametrize("block", ["", "root_block_device"])
def test_tags_all_that_echoes_tags_is_noise(block: str) -> None:
    def state(value: str) -> JsonObject:
        tags: JsonObject = {"tags": {"a": value}, "tags_all": {"a": value}}
        return {block: [tags]} if block else tags

    where = f"{block}[0].tags.a" if block else "tags.a"
    assert left(state("1"), state("2")) == [where]


def test_tags_all_that_says_more_than_tags_is_drift() -> None:
    assert left(
        {"tags": {"a": "1"}, "tags_all": {"a": "1", "b": "1"}}, {"tags": {"a": "2"}, "tags_all": {"a": "2"}}
    ) == [
        "tags.a",
        "tags_all.b",
    ]
    assert left({"tags_all": {"a": "1"}}, {"tags_all": {"a": "2"}}) == ["tags_all.a"]


def test_ignored_changes_say_why() -> None:
    expected: JsonObject = {"tags": {"a": "1"}, "tags_all": {"a": "1"}, "etag": "1", "id": "arn:aws:s3:::A"}
    actual: JsonObject = {"tags": {"a": "2"}, "tags_all": {"a": "2"}, "etag": "2", "id": "arn:aws:s3:::a"}
    found = normalise(finding(expected, actual), key=KEY)
    assert {one.path: one.reason for one in found.ignored} == {
        "tags_all.a": TAGS_ECHO,
        "etag": NOISE[0].reason,
        "id": ARN_ECHO,
    }


def test_the_table_can_be_overridden() -> None:
    rules = (NoiseRule("aws_*", "size", "It breathes."),)
    found = normalise(finding({"size": 1, "etag": "a"}, {"size": 2, "etag": "b"}), key=KEY, noise=rules)
    assert [change.path for change in found.changes] == ["etag"]


def test_every_rule_says_why() -> None:
    assert [rule for rule in NOISE if not rule.reason.endswith(".")] == []


def test_what_is_only_noise_is_counted_with_its_reason() -> None:
    found = judged_findings(
        finding({"etag": "a"}, {"etag": "b"}, address="aws_x.noise"),
        finding({"a": ""}, {"a": [], "b": 0}, address="aws_x.drift"),
        finding({"a": "", "b": 1}, {"a": None, "b": "1"}, address="aws_x.same"),
    )
    assert [one.address for one in found.observations] == ["aws_x.drift"]
    assert found.ignored == 2
    assert found.noise == {
        "aws_x.noise": NOISE[0].reason,
        "aws_x.same": "Both sides mean the same; they are only spelt differently.",
    }
