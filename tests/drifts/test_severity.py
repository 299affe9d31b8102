"""How grave a drift is: the built-in rules, and the engine that reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.evidence import FOUND, TESTS, Changed, Concern, Subject
from drifts.findings import Json, JsonObject, Kind, Severity
from drifts.severity import BUILT_IN, SeverityRule, built_in_rules, judge_severity, rule_of
from tests.drifts.ingest.plans import finding, judged_findings, policy
from tests.drifts.ingest.trees import VALUES

GROUP = "aws_security_group"
POLICY = "aws_iam_policy"
ALLOW: dict[str, Json] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST: dict[str, Json] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}


def verdict(provider_type: str, expected: Any, actual: Any, environment: str = "") -> tuple[str, str]:
    """Severity and reason, through the whole path."""
    found = judged_findings(finding(expected, actual, provider_type=provider_type), environment=environment)
    return found.observations[0].severity.value, found.observations[0].severity_reason


def severity(provider_type: str, expected: Any, actual: Any, environment: str = "") -> str:
    return verdict(provider_type, expected, actual, environment)[0]


def ingress(port: int, *cidrs: str, **more: Json) -> JsonObject:
    return {"ingress": [{"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": [*cidrs], **more}]}


@pytest.mark.parametrize("port", [22, 3389, 3306, 5432, 6379, 27017, 9200])
def test_a_sensitive_port_opened_to_the_internet_is_critical(port: int) -> None:
    grave, why = verdict(GROUP, ingress(port, "10.0.0.0/8"), ingress(port, "10.0.0.0/8", "0.0.0.0/0"))
    assert grave == "critical"
    assert why.startswith(f"The whole internet may now reach port {port} (")


def test_direction_matters_for_ports() -> None:
    open_, shut = ingress(22, "0.0.0.0/0"), ingress(22, "10.0.0.0/8")
    assert severity(GROUP, shut, open_) == "critical"
    assert verdict(GROUP, open_, shut) == (
        "medium",
        "The internet may no longer reach port 22 (SSH): safer, but not what the code says.",
    )


@pytest.mark.parametrize(
    ("provider_type", "expected", "actual", "grave"),
    [
        (GROUP, ingress(443, "10.0.0.0/8"), ingress(443, "0.0.0.0/0"), "high"),
        (GROUP, ingress(443, "10.0.0.0/8"), ingress(443, "10.0.0.0/8", ipv6_cidr_blocks=["::/0"]), "high"),
        (GROUP, ingress(22, "10.0.0.0/8"), ingress(22, "10.0.0.0/8", ipv6_cidr_blocks=["::/0"]), "critical"),
        (GROUP, ingress(22, "10.0.0.0/8"), ingress(22, "10.0.0.0/8", "203.0.114.9/32"), "high"),
        (GROUP, ingress(22, "10.0.0.0/8"), ingress(22, "10.0.0.0/16"), "medium"),
        (GROUP, ingress(22, "10.0.0.0/8"), {"ingress": [{"protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}]}, "critical"),
        (
            GROUP,
            {"tags": {"a": "1"}, **ingress(22, "0.0.0.0/0")},
            {"tags": {"a": "2"}, **ingress(22, "0.0.0.0/0")},
            "low",
        ),
        (GROUP, None, ingress(22, "0.0.0.0/0"), "critical"),
        (GROUP, None, ingress(22, "10.0.0.0/8"), "medium"),
        (
            "aws_security_group_rule",
            {"type": "ingress", "from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]},
            {"type": "ingress", "from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]},
            "critical",
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            {"cidr_ipv4": "0.0.0.0/0", "from_port": 443, "to_port": 443, "ip_protocol": "tcp"},
            {"cidr_ipv4": "0.0.0.0/0", "from_port": 22, "to_port": 443, "ip_protocol": "tcp"},
            "critical",
        ),
        (
            "AWS::EC2::SecurityGroup",
            {"SecurityGroupIngress": [{"CidrIp": "10.0.0.0/8", "FromPort": 22, "ToPort": 22, "IpProtocol": "tcp"}]},
            {"SecurityGroupIngress": [{"CidrIp": "0.0.0.0/0", "FromPort": 22, "ToPort": 22, "IpProtocol": "tcp"}]},
            "critical",
        ),
    ],
)
def test_who_may_come_in(provider_type: str, expected: Any, actual: Any, grave: str) -> None:
    assert severity(provider_type, expected, actual) == grave


@pytest.mark.parametrize(
    ("provider_type", "attribute", "before", "now", "grave"),
    [
        (POLICY, "policy", policy(ALLOW), policy({**ALLOW, "Action": ["s3:GetObject", "*"]}), "critical"),
        (POLICY, "policy", policy(ALLOW), policy({**ALLOW, "Action": "s3:*"}), "high"),
        (POLICY, "policy", policy({**ALLOW, "Action": "*"}), policy(ALLOW), "medium"),
        (
            "aws_iam_role",
            "assume_role_policy",
            policy(TRUST),
            policy({**TRUST, "Principal": {"AWS": "210987654321"}}),
            "high",
        ),
        ("aws_iam_role", "assume_role_policy", policy(TRUST), policy({**TRUST, "Principal": "*"}), "critical"),
        ("aws_iam_role", "managed_policy_arns", [], ["arn:aws:iam::aws:policy/AdministratorAccess"], "critical"),
        ("aws_iam_role", "managed_policy_arns", [], ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "high"),
        (
            "aws_iam_role",
            "inline_policy",
            [{"name": "a", "policy": policy(ALLOW)}],
            [{"name": "a", "policy": policy({**ALLOW, "Action": "*"})}],
            "critical",
        ),
        ("aws_iam_role", "max_session_duration", 3600, 7200, "medium"),
        ("aws_s3_bucket_policy", "policy", policy(ALLOW), policy({**ALLOW, "Principal": "*"}), "critical"),
        (
            "aws_s3_bucket_policy",
            "policy",
            policy(TRUST),
            policy({**TRUST, "Principal": {"AWS": "210987654321"}}),
            "high",
        ),
        ("aws_sqs_queue", "policy", policy(ALLOW), policy({**ALLOW, "Principal": "*"}), "critical"),
        ("aws_s3_bucket", "acl", "private", "public-read", "critical"),
        ("aws_s3_bucket", "acl", "public-read", "private", "medium"),
        ("aws_s3_bucket", "grant", [], [{"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}], "critical"),
        ("aws_s3_bucket_public_access_block", "block_public_acls", True, False, "critical"),
        ("aws_s3_bucket_public_access_block", "block_public_acls", False, True, "medium"),
        (
            "AWS::S3::Bucket",
            "PublicAccessBlockConfiguration",
            {"BlockPublicPolicy": True},
            {"BlockPublicPolicy": False},
            "critical",
        ),
        ("aws_s3_bucket", "server_side_encryption_configuration", [{"rule": [{"a": 1}]}], [], "high"),
        ("aws_s3_bucket", "versioning", [{"enabled": True}], [{"enabled": False}], "high"),
        ("aws_s3_bucket", "versioning", [{"enabled": True}], [], "high"),
        ("aws_s3_bucket", "versioning", [{"enabled": False}], [{"enabled": True}], "medium"),
        (
            "aws_s3_bucket_versioning",
            "versioning_configuration",
            [{"status": "Enabled"}],
            [{"status": "Suspended"}],
            "high",
        ),
        ("aws_s3_bucket", "logging", [{"target_bucket": "b"}], [], "high"),
        ("aws_db_instance", "publicly_accessible", False, True, "critical"),
        ("aws_db_instance", "publicly_accessible", True, False, "medium"),
        ("AWS::RDS::DBInstance", "PubliclyAccessible", False, True, "critical"),
        ("RDS", "publiclyAccessible", False, True, "critical"),
        ("aws_instance", "associate_public_ip_address", False, True, "high"),
        ("aws_db_instance", "storage_encrypted", True, False, "high"),
        ("aws_ebs_volume", "encrypted", True, False, "high"),
        ("aws_db_instance", "deletion_protection", True, False, "high"),
        ("aws_db_instance", "deletion_protection", False, True, "medium"),
        ("aws_instance", "disable_api_termination", True, False, "high"),
        ("aws_db_instance", "backup_retention_period", 7, 0, "high"),
        ("aws_db_instance", "backup_retention_period", 7, 3, "medium"),
        (
            "aws_db_instance",
            "kms_key_id",
            "arn:aws:kms:eu-west-1:123456789012:key/1",
            "arn:aws:kms:eu-west-1:123456789012:key/2",
            "high",
        ),
        ("aws_kms_key", "enable_key_rotation", True, False, "high"),
        ("aws_kms_key", "is_enabled", True, False, "critical"),
        ("aws_cloudtrail", "enable_logging", True, False, "critical"),
        ("aws_cloudtrail", "is_multi_region_trail", True, False, "high"),
        ("aws_instance", "metadata_options", [{"http_tokens": "required"}], [{"http_tokens": "optional"}], "high"),
        ("aws_instance", "user_data", "a", "b", "high"),
        ("aws_instance", "vpc_security_group_ids", ["sg-1"], ["sg-2"], "high"),
        ("aws_lb", "internal", True, False, "high"),
        (
            "aws_eks_cluster",
            "vpc_config",
            [{"public_access_cidrs": ["10.0.0.0/8"]}],
            [{"public_access_cidrs": ["0.0.0.0/0"]}],
            "high",
        ),
        ("aws_route53_record", "records", ["1.2.3.4"], ["5.6.7.8"], "high"),
        ("aws_instance", "instance_type", "t3.medium", "m5.large", "medium"),
        ("aws_db_instance", "instance_class", "a", "b", "medium"),
        ("aws_db_instance", "multi_az", True, False, "medium"),
        ("aws_autoscaling_group", "desired_capacity", 2, 20, "medium"),
        ("aws_db_instance", "password", "one", "two", "high"),
        ("aws_thing", "whatever", 1, 2, "medium"),
        ("aws_instance", "tags", {"a": "1"}, {"a": "2", "b.c": "3"}, "low"),
        ("aws_instance", "root_block_device", [{"tags": {"a": "1"}}], [{"tags": {"a": "2"}}], "low"),
        ("AWS::EC2::Instance", "Tags", [{"Key": "a", "Value": "1"}], [{"Key": "a", "Value": "2"}], "low"),
        (GROUP, "description", "a", "b", "low"),
    ],
)
def test_the_built_in_rules(provider_type: str, attribute: str, before: Json, now: Json, grave: str) -> None:
    assert severity(provider_type, {"id": "x", attribute: before}, {"id": "x", attribute: now}) == grave


@pytest.mark.parametrize(
    ("environment", "grave"),
    [
        ("production", "critical"),
        ("Prod", "critical"),
        ("prod-eu", "critical"),
        ("live", "critical"),
        ("", "high"),
        ("staging", "high"),
        ("non-prod", "high"),
        ("preprod", "high"),
        ("product-dev", "high"),
    ],
)
def test_a_deleted_resource_is_critical_in_production_and_high_elsewhere(environment: str, grave: str) -> None:
    assert severity("aws_instance", {"id": "i-1"}, None, environment) == grave


@pytest.mark.parametrize(
    ("provider_type", "grave"),
    [
        ("aws_s3_bucket_public_access_block", "critical"),
        ("aws_cloudtrail", "critical"),
        ("aws_instance", "high"),
    ],
)
def test_some_deletions_are_critical_everywhere(provider_type: str, grave: str) -> None:
    assert severity(provider_type, {"id": "x"}, None, "dev") == grave


def test_a_leftover_that_is_gone_is_of_little_weight() -> None:
    gone = judged_findings(finding({"id": "x"}, None, deposed="0ddba11f"), environment="production").observations[0]
    assert (gone.severity, gone.severity_reason) == (Severity.LOW, "A leftover of a replacement is gone.")


@pytest.mark.parametrize(("provider_type", "grave"), [("aws_instance", "medium"), ("aws_iam_user", "high")])
def test_an_unmanaged_resource(provider_type: str, grave: str) -> None:
    assert severity(provider_type, None, {"id": "x"}) == grave


def test_a_drift_is_as_grave_as_its_gravest_change() -> None:
    grave, why = verdict(
        "aws_db_instance",
        {"tags": {"a": "1"}, "instance_class": "a", "publicly_accessible": False},
        {"tags": {"a": "2"}, "instance_class": "b", "publicly_accessible": True},
    )
    assert (grave, why) == ("critical", "The database became reachable from the internet.")


def test_an_attribute_without_a_rule_does_not_hide_behind_a_harmless_one() -> None:
    assert severity("aws_thing", {"tags": {"a": "1"}, "x": 1}, {"tags": {"a": "2"}, "x": 2}) == "medium"


def test_a_long_path_is_quoted_in_part() -> None:
    reason = verdict("aws_thing", {"k" * 500: 1}, {"k" * 500: 2})[1]
    assert reason == f"The attribute {'k' * 80}… differs from what the code says."


def subject(*changes: Changed, kind: Kind = Kind.MODIFIED) -> Subject:
    return Subject(Concern("aws_instance", "EC2", kind), changes=changes)


TYPES = sorted({glob.replace("*", "x") for rule in built_in_rules() for glob in rule.types})
ATTRIBUTES = sorted({glob.replace("*", "x") for rule in built_in_rules() for glob in rule.attributes})
ODD: st.SearchStrategy[Json] = st.sampled_from(
    ["NaN", "0.0.0.0/0", "*", "-1", "1e5", -1, 10**15, 0.5, True, None, policy({"Effect": "Allow", "Action": 1}), [[]]]
)
STATE = st.dictionaries(st.sampled_from(ATTRIBUTES), ODD | VALUES | st.lists(ODD), min_size=1, max_size=5)


@given(st.sampled_from(TYPES), STATE | st.none(), STATE)
def test_no_value_is_too_odd_to_be_judged(provider_type: str, expected: JsonObject | None, actual: JsonObject) -> None:
    for one in judged_findings(finding(expected, actual, provider_type=provider_type)).observations:
        assert one.severity in Severity
        assert one.severity_reason


def test_an_accounts_own_table_may_take_the_place_of_the_built_in_one() -> None:
    rules = [
        rule_of({"severity": "low", "because": "{attribute} is ours."}),
        rule_of({"severity": "high", "because": "Big.", "attributes": ["size"], "test": {"becomes": [9]}}),
    ]
    assert judge_severity(subject(Changed("size", "size", 1, 9)), rules).severity is Severity.HIGH
    low = judge_severity(subject(Changed("size", "size", 1, 8)), rules)
    assert (low.severity, low.reason) == (Severity.LOW, "size is ours.")


def test_without_any_rule_a_drift_is_medium() -> None:
    assert judge_severity(subject(), []).severity is Severity.MEDIUM
    assert judge_severity(subject(kind=Kind.DELETED), []).reason == "It differs from what the code says."


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"severity": "fatal"}, "fatal"),
        ({}, "''"),
        ({"severity": "low", "kinds": ["moved"]}, "moved"),
        ({"severity": "low", "test": {"smells": True}}, "no test 'smells'"),
        ({"severity": "low", "test": "becomes"}, "an object with one member"),
        ({"severity": "low", "test": {"falls": True, "removed": True}}, "an object with one member"),
        ({"severity": "low", "colour": "red"}, "has no colour"),
        ({"severity": "low", "unless": {"smells": True}}, "no test 'smells'"),
    ],
)
def test_a_wrong_rule_is_refused(entry: JsonObject, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        rule_of(entry)


def test_the_built_in_table_is_well_formed() -> None:
    table = json.loads(BUILT_IN.read_text("utf-8"))
    assert len(built_in_rules()) == len(table["rules"]) > 40
    assert [rule.because for rule in built_in_rules() if not rule.because.endswith(".")] == []
    named = {rule.test for rule in built_in_rules()} | {name for rule in built_in_rules() for name, _ in rule.unless}
    assert named - {""} == set(TESTS)


@pytest.mark.parametrize("rule", built_in_rules(), ids=lambda rule: rule.because)
def test_a_sentence_asks_only_for_words_that_its_test_finds(rule: SeverityRule) -> None:
    found = set(FOUND.get(rule.test, ()))
    asked = {word.partition("}")[0] for word in rule.because.split("{")[1:]}
    assert asked <= found | {"attribute"}


@pytest.mark.parametrize(
    ("test", "argument", "expected", "actual", "passes"),
    [
        ("becomes", [True], None, True, True),
        ("becomes", [True], "false", "TRUE", True),
        ("becomes", [True], True, True, False),
        ("becomes", [False, None], True, None, True),
        ("becomes", [False, None], None, False, False),
        ("becomes", [False, None], [], None, False),
        ("becomes", [None], 1, {"a": 1}, False),
        ("becomes", 0, 7, 0, True),
        ("removed", True, "x", "", True),
        ("removed", True, "", None, False),
        ("removed", True, "x", "y", False),
        ("removed", True, False, None, True),
        ("added", True, None, "x", True),
        ("added", True, "y", "x", False),
        ("added", True, [], None, False),
        ("added", True, {}, False, True),
        ("rises", True, 3, "7", True),
        ("rises", True, 7, 3, False),
        ("rises", True, None, 3, False),
        ("loses", ["a*"], ["abc", "b"], ["b"], True),
        ("loses", ["a*"], ["abc"], ["abc", "abd"], False),
        ("narrows", True, ["a", "b"], ["a"], True),
        ("narrows", True, ["a"], ["a"], False),
        ("narrows", True, ["a", "b"], ["c"], False),
        ("narrows", True, ["a", "(sensitive)"], ["(sensitive)"], False),
        ("falls", True, 7, 3, True),
        ("falls", True, "7", 3.5, True),
        ("falls", True, 3, 7, False),
        ("falls", True, "x", 3, False),
        ("falls", True, 3, None, False),
        ("falls", True, [3], 1, False),
        ("falls", True, "NaN", 1, False),
        ("falls", True, 7, "-Infinity", False),
        ("secret", True, "(sensitive)", "a", True),
        ("secret", True, {"a": ["b"]}, {"a": ["(sensitive)"]}, True),
        ("secret", True, "a", "sensitive", False),
        ("gains", ["a*"], ["abc"], ["abc", "abd"], True),
        ("gains", ["a*"], ["abc"], ["b"], False),
        ("gains", "a*", None, {"x": ["abc"]}, True),
    ],
)
def test_what_a_test_looks_for(test: str, argument: Json, expected: Json, actual: Json, passes: bool) -> None:
    rule = rule_of({"severity": "critical", "because": "Yes.", "test": {test: argument}})
    found = judge_severity(subject(Changed("x", "x", expected, actual)), [rule])
    assert (found.severity is Severity.CRITICAL) is passes
