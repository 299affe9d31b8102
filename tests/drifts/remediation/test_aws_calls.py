"""The AWS CLI calls that put one attribute back: the right ones, with the expected values, and none with a secret."""

import json
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Kind
from drifts.remediation.aws_calls import FIXES, calls_for
from drifts.remediation.subject import Subject

REGION = "eu-central-1"
SSH = {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"], "description": "x"}
TLS = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"], "ipv6_cidr_blocks": ["::/0"]}
ROLE_ARN = "arn:aws:iam::123456789012:policy/a"


def subject(provider_type: str, path: str, wanted: Any, there: Any, **more: Any) -> Subject:
    told: dict[str, Any] = {
        "tool": "terraform",
        "kind": Kind.MODIFIED,
        "address": f"{provider_type}.one",
        "provider_type": provider_type,
        "resource_id": "one",
        "region": REGION,
        "difference": {path: {"expected": wanted, "actual": there}},
        **more,
    }
    return Subject(**told)


def said(one: Subject) -> list[list[str]]:
    return [shlex.split(call.command) for call in calls_for(one)]


CASES: list[tuple[str, str, Any, str]] = [
    ("aws_db_instance", "deletion_protection", True, "rds modify-db-instance --db-instance-identifier one "
     "--deletion-protection --apply-immediately --region eu-central-1"),
    ("aws_db_instance", "publicly_accessible", False, "rds modify-db-instance --db-instance-identifier one "
     "--no-publicly-accessible --apply-immediately --region eu-central-1"),
    ("aws_db_instance", "instance_class", "db.t3.micro", "rds modify-db-instance --db-instance-identifier one "
     "--db-instance-class db.t3.micro --apply-immediately --region eu-central-1"),
    ("aws_instance", "monitoring", False, "ec2 unmonitor-instances --instance-ids one --region eu-central-1"),
    ("aws_instance", "metadata_options[0].http_tokens", "required", "ec2 modify-instance-metadata-options "
     "--instance-id one --http-tokens required --region eu-central-1"),
    ("aws_instance", "vpc_security_group_ids", ["sg-1", "sg-2"], "ec2 modify-instance-attribute --instance-id one "
     "--groups sg-1 sg-2 --region eu-central-1"),
    ("aws_s3_bucket_versioning", "versioning_configuration[0].status", "Enabled", "s3api put-bucket-versioning "
     "--bucket one --versioning-configuration Status=Enabled --region eu-central-1"),
    ("aws_kms_key", "enable_key_rotation", True, "kms enable-key-rotation --key-id one --region eu-central-1"),
    ("aws_iam_role", "max_session_duration", 3600, "iam update-role --role-name one --max-session-duration 3600"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "expected", "wanted"), CASES)
def test_one_attribute_has_one_call(kind: str, path: str, expected: Any, wanted: str) -> None:
    assert said(subject(kind, path, expected, "other")) == [["aws", *wanted.split()]]


def test_a_call_on_a_database_says_that_it_applies_at_once() -> None:
    (call,) = calls_for(subject("aws_db_instance", "instance_class", "db.t3.micro", "db.t3.large"))
    assert "at once" in call.warning


@pytest.mark.parametrize(
    ("path", "expected"), [("instance_type", "t3.micro"), ("ami", "ami-1"), ("user_data", "x"), ("tags", {"a": "b"})]
)
def test_what_takes_more_than_a_call_has_none(path: str, expected: Any) -> None:
    assert said(subject("aws_instance", path, expected, None)) == []


def test_tags_are_set_and_taken_away() -> None:
    set_again = said(subject("aws_instance", 'tags["Cost Center"]', "it's $(id)", "x"))
    assert json.loads(set_again[0][6]) == [{"Key": "Cost Center", "Value": "it's $(id)"}]
    assert set_again[0][:6] == ["aws", "ec2", "create-tags", "--resources", "one", "--tags"]
    gone = said(subject("aws_instance", "tags.Owner", None, "mallory"))
    assert gone[0][2] == "delete-tags"
    assert json.loads(gone[0][6]) == [{"Key": "Owner"}]


def test_all_of_a_public_access_block_is_set_by_one_call() -> None:
    flags = dict.fromkeys(
        ["block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets"], True
    )
    difference = {name: {"expected": True, "actual": False} for name in flags}
    one = subject("aws_s3_bucket_public_access_block", "", None, None, expected={**flags, "bucket": "acme"})
    (call,) = said(Subject(**{**_fields(one), "difference": difference}))
    assert call[:5] == ["aws", "s3api", "put-public-access-block", "--bucket", "acme"]
    assert set(json.loads(call[6]).values()) == {True}
    assert said(Subject(**{**_fields(one), "difference": difference, "expected": {"bucket": "acme"}})) == []


def _fields(one: Subject) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Subject.__slots__}


def group(expected: Any, actual: Any) -> Subject:
    states = {"expected": {"ingress": expected}, "actual": {"ingress": actual}}
    return subject("aws_security_group", "ingress", expected, actual, **states, resource_id="sg-0a1b")


def test_a_rule_that_came_is_revoked_and_one_that_went_is_authorized() -> None:
    revoke, authorize = said(group([TLS], [SSH]))
    assert revoke[:5] == ["aws", "ec2", "revoke-security-group-ingress", "--group-id", "sg-0a1b"]
    (rule,) = json.loads(revoke[6])
    assert rule == {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    assert authorize[2] == "authorize-security-group-ingress"
    (rule,) = json.loads(authorize[6])
    assert rule["Ipv6Ranges"] == [{"CidrIpv6": "::/0"}]


def test_a_rule_that_is_described_otherwise_is_left_alone() -> None:
    assert said(group([SSH], [{**SSH, "description": "another"}])) == []


@pytest.mark.parametrize(
    "expected", [None, "(sensitive)", [{**TLS, "description": "(sensitive)"}], [{**TLS, "self": True}]]
)
def test_rules_that_are_not_known_whole_revoke_nothing(expected: Any) -> None:
    assert said(group(expected, [SSH])) == []


def test_a_policy_is_attached_again_and_one_that_came_is_detached() -> None:
    state = {"role": "web", "policy_arn": ROLE_ARN}
    gone = subject("aws_iam_role_policy_attachment", "", None, None, kind=Kind.DELETED, expected=state)
    came = subject("aws_iam_role_policy_attachment", "", None, None, kind=Kind.UNMANAGED, actual=state)
    names = ["--role-name", "web", "--policy-arn", ROLE_ARN]
    assert said(gone) == [["aws", "iam", "attach-role-policy", *names]]
    assert said(came) == [["aws", "iam", "detach-role-policy", *names]]


@pytest.mark.parametrize("value", ["(sensitive)", "--profile", "file:///etc/passwd", "a b", "a\nb"])
def test_what_is_hidden_or_would_mislead_the_cli_is_not_said(value: str) -> None:
    assert said(subject("aws_db_instance", "instance_class", value, "x")) == []
    assert said(subject("aws_instance", "monitoring", True, False, resource_id=value)) == []


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["(sensitive)", "$(id)", "';id"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([(kind, fix.attribute) for fix in FIXES for kind in fix.types]), anything, st.text(max_size=30))
def test_whatever_the_values_a_call_is_one_call_without_secrets(
    fix: tuple[str, str], expected: Any, resource_id: str
) -> None:
    kind, attribute = fix
    path = attribute.replace("*", "Name")
    states = {"expected": {attribute: expected, "role": resource_id, "name": resource_id}}
    for call in calls_for(subject(kind, path, expected, "x", resource_id=resource_id, **states)):
        words = shlex.split(call.command)
        assert words[0] == "aws"
        assert "(sensitive)" not in call.command
        assert "\n" not in call.command
        assert not any(";" in word for word in words if not word.startswith(("{", "[")))
