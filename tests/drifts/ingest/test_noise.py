"""Differences that mean nothing, and why."""

from __future__ import annotations

import re

import pytest

from drifts.findings import Json, JsonObject
from drifts.globs import snake_case
from drifts.ingest.difference import Change
from drifts.ingest.noise import ARN_ECHO, BUILT_IN, NOISE, TAGS_ECHO, Moves, NoiseRule, NoiseTable, rules_of
from drifts.ingest.normalise import normalise
from tests.drifts.ingest.plans import KEY, finding, judged_findings


def left(expected: JsonObject, actual: JsonObject, provider_type: str = "aws_instance") -> list[str]:
    """The paths left when noise is gone."""
    found = judged_findings(finding(expected, actual, provider_type=provider_type))
    return list(found.observations[0].difference) if found.observations else []


@pytest.mark.parametrize(
    ("provider_type", "attribute", "one", "other"),
    [
        ("aws_cloudfront_function", "etag", "a", "b"),
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
        ("aws_s3_object", "etag"),
        ("aws_s3_bucket_object", "etag"),
        ("aws:s3/bucketObject:BucketObject", "etag"),
        ("kubectl_manifest", "live_manifest_incluster"),
        ("azurerm_mssql_server_security_alert_policy", "state"),
        ("aws_organizations_account", "status"),
        ("aws_secretsmanager_secret_version", "version_stages"),
    ],
)
def test_what_no_rule_names_stays(provider_type: str, attribute: str) -> None:
    assert left({"id": "x", attribute: "a"}, {"id": "x", attribute: "b"}, provider_type) == [attribute]


@pytest.mark.parametrize(
    ("provider_type", "attribute"),
    [
        ("aws:lambda/function:Function", "qualifiedArn"),
        ("aws:lambda/function:Function", "version"),
        ("aws:eks/cluster:Cluster", "platformVersion"),
        ("gcp:compute/instance:Instance", "metadataFingerprint"),
        ("gcp:compute/instance:Instance", "currentStatus"),
        ("aws:rds/cluster:Cluster", "latestRestorableTime"),
    ],
)
def test_a_rule_about_terraforms_type_is_about_pulumis_too(provider_type: str, attribute: str) -> None:
    assert left({"id": "x", attribute: "a"}, {"id": "x", attribute: "b"}, provider_type) == []


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
    rules = (NoiseRule("mine", ("aws_*",), ("size",), "It breathes."),)
    found = normalise(finding({"size": 1, "etag": "a"}, {"size": 2, "etag": "b"}), key=KEY, noise=NoiseTable(rules))
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


def test_ids_are_unique_and_readable() -> None:
    ids = [rule.id for rule in NOISE]
    assert len(set(ids)) == len(ids) > 100
    assert [one for one in ids if not re.fullmatch(r"[a-z0-9]+(?:[.-][a-z0-9]+)+", one)] == []


def test_no_id_ever_vanishes() -> None:
    """Accounts have switched rules by their ids: one that is no longer wanted stays, off by default."""
    kept = [
        "any.etag",
        "any.serial",
        "aws.instance.state",
        "aws.rds.restorable",
        "google.fingerprint",
        "kubernetes.status",
    ]
    assert set(kept) <= {rule.id for rule in NOISE}


def test_attributes_are_spelt_as_they_are_compared() -> None:
    assert [one for rule in NOISE for one in rule.attributes if snake_case(one) != one] == []


@pytest.mark.parametrize("rule", [rule for rule in NOISE if rule.is_enabled], ids=lambda rule: rule.id)
def test_each_rule_does_what_it_says(rule: NoiseRule) -> None:
    provider_type = rule.types[0].replace("*", "x_")
    for attribute in rule.attributes:
        before = None if rule.moves is Moves.FILLED else "a"
        change = Change(attribute.replace("*", "x"), before, "b", before, "b")
        assert BUILT_IN.reason(change, provider_type), attribute


@pytest.mark.parametrize(
    "path", ["tags.build_serial", "labels.etag", 'annotations["x/last_serial"]', "a.tags.my_serial"]
)
def test_a_name_that_people_gave_is_no_stamp_of_the_provider(path: str) -> None:
    assert BUILT_IN.reason(Change(path, "a", "b", "a", "b"), "aws_instance") == ""


@pytest.mark.parametrize(
    "path", ["certificate_serial", "latest_policy", "access_key_serial", "latest_restorable.kms_key_id"]
)
def test_a_star_hides_nothing_that_guards(path: str) -> None:
    assert BUILT_IN.reason(Change(path, "a", "b", "a", "b"), "aws_x") == ""


def test_rules_that_are_off_by_default_say_what_is_then_not_seen() -> None:
    off = [rule for rule in NOISE if not rule.is_enabled]
    assert len(off) > 5
    assert [rule.id for rule in off if "Switch this on" not in rule.reason] == []
    change = Change("desired_capacity", 2, 3, "2", "3")
    assert BUILT_IN.reason(change, "aws_autoscaling_group") == ""
    assert NoiseTable(NOISE).reason(change, "aws_autoscaling_group")


def test_a_rule_may_be_about_what_the_provider_fills_in_only() -> None:
    table = NoiseTable([NoiseRule("mine", ("*",), ("size",), "It fills in.", moves=Moves.FILLED)])
    assert table.reason(Change("size", None, 1, None, "1"), "x")
    assert table.reason(Change("size", 1, None, "1", None), "x") == ""
    assert table.reason(Change("size", 1, 2, "1", "2"), "x") == ""


@pytest.mark.parametrize(
    ("echo", "of"), [("effective_labels", "labels"), ("terraform_labels", "labels"), ("tagsAll", "tags")]
)
def test_labels_that_are_shown_twice_are_counted_once(echo: str, of: str) -> None:
    assert left({of: {"a": "1"}, echo: {"a": "1"}}, {of: {"a": "2"}, echo: {"a": "2"}}) == [f"{of}.a"]
    assert left({echo: {"a": "1"}}, {echo: {"a": "2"}}) == [f"{echo}.a"]


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"rules": {}},
        {"rules": [{"id": "a", "types": "*", "attributes": ["a"], "reason": "b"}]},
        {"rules": [{"id": "a", "types": ["*"], "attributes": ["a"], "reason": "b", "change": "odd"}]},
        {"rules": [{"id": "a", "types": ["*"], "attributes": ["a"], "reason": "b", "odd": 1}]},
    ],
)
def test_a_table_that_is_none_is_refused(table: Json) -> None:
    with pytest.raises(ValueError, match=r"noise rule|list|Moves"):
        rules_of(table)


@pytest.mark.parametrize(
    ("provider_type", "expected", "actual"),
    [
        ("aws_instance", {"region": None}, {"region": "eu-west-1"}),
        ("aws:ec2/instance:Instance", {"tags": {}}, {"tags": {"aws:autoscaling:groupName": "x"}}),
        (
            "google_storage_bucket",
            {"effective_labels": {}},
            {"effective_labels": {"goog-terraform-provisioned": "true"}},
        ),
        ("AWS::EC2::VPCEndpoint", {"RouteTableIds": ["b", "a"]}, {"RouteTableIds": ["a", "b"]}),
        (
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            {"LoadBalancerAttributes": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]},
            {"LoadBalancerAttributes": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]},
        ),
        (
            "aws_ecs_task_definition",
            {"container_definitions": '[{"name":"a","environment":[{"name":"B","value":"2"},{"name":"A"}]}]'},
            {"container_definitions": '[{"environment":[{"name":"A"},{"name":"B","value":"2"}],"name":"a"}]'},
        ),
        ("aws_route53_record", {"alias": [{"name": "X.example."}]}, {"alias": [{"name": "x.example"}]}),
        ("azure:network/networkInterface:NetworkInterface", {"x": "/subscriptions/A"}, {"x": "/subscriptions/a"}),
    ],
)
def test_what_providers_do_every_day_is_no_drift(provider_type: str, expected: JsonObject, actual: JsonObject) -> None:
    assert left({"id": "x", **expected}, {"id": "x", **actual}, provider_type) == []


def test_a_region_that_differs_is_drift() -> None:
    assert left({"region": "eu-west-1"}, {"region": "us-east-1"}, "aws_x") == ["region"]
