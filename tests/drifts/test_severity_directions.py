"""Direction matters: each guard, in the spelling of each tool, is graver when it is taken away than when it is put up.

One row for each guard: its type in Terraform and in CloudFormation ('' where the property is named otherwise, which has
a row of its own), the attribute, how it is guarded, how it is exposed, and how grave it is to be found exposed. The
Pulumi spelling follows from Terraform's.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.evidence import Changed, Concern, Subject
from drifts.families import family_of
from drifts.findings import SENSITIVE, Finding, Json, JsonObject, Kind, Severity
from drifts.severity import built_in_rules, judge_severity
from drifts.stored_drift import subject_of
from tests.drifts.guards import DOORS, INSIDE, WATCHES, WORLD
from tests.drifts.ingest.plans import finding, judged_findings, policy

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
ADMIN, READER = "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"
ALLOW: dict[str, Json] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST: dict[str, Json] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"

PULUMI = {
    "aws_security_group": "aws:ec2/securityGroup:SecurityGroup",
    "aws_security_group_rule": "aws:ec2/securityGroupRule:SecurityGroupRule",
    "aws_vpc_security_group_ingress_rule": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws_iam_policy": "aws:iam/policy:Policy",
    "aws_iam_role": "aws:iam/role:Role",
    "aws_s3_bucket": "aws:s3/bucketV2:BucketV2",
    "aws_s3_bucket_acl": "aws:s3/bucketAclV2:BucketAclV2",
    "aws_s3_bucket_policy": "aws:s3/bucketPolicy:BucketPolicy",
    "aws_s3_bucket_public_access_block": "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws_s3_bucket_versioning": "aws:s3/bucketVersioningV2:BucketVersioningV2",
    "aws_s3_bucket_logging": "aws:s3/bucketLoggingV2:BucketLoggingV2",
    "aws_db_instance": "aws:rds/instance:Instance",
    "aws_rds_cluster": "aws:rds/cluster:Cluster",
    "aws_instance": "aws:ec2/instance:Instance",
    "aws_ebs_volume": "aws:ebs/volume:Volume",
    "aws_kms_key": "aws:kms/key:Key",
    "aws_cloudtrail": "aws:cloudtrail/trail:Trail",
    "aws_lb": "aws:lb/loadBalancer:LoadBalancer",
    "aws_dynamodb_table": "aws:dynamodb/table:Table",
    "aws_elasticache_replication_group": "aws:elasticache/replicationGroup:ReplicationGroup",
    "google_compute_firewall": "gcp:compute/firewall:Firewall",
    "azurerm_network_security_group": "azure:network/networkSecurityGroup:NetworkSecurityGroup",
}


def doors(*cidrs: str, port: int = 22) -> list[Json]:
    return [{"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": [*cidrs]}]


def cfn_doors(cidr: str, port: int = 22) -> list[Json]:
    return [{"CidrIp": cidr, "FromPort": port, "ToPort": port, "IpProtocol": "tcp"}]


def nsg(source: str, port: str = "22") -> list[Json]:
    rule = {"direction": "Inbound", "access": "Allow", "protocol": "Tcp", "destination_port_range": port}
    return [{**rule, "source_address_prefix": source}]


def firewall(*ports: str) -> list[Json]:
    return [{"protocol": "tcp", "ports": [*ports]}]


GUARDS: list[tuple[str, str, str, Any, Any, str]] = [
    ("aws_security_group", "", "ingress", doors(INSIDE), doors(WORLD), "critical"),
    ("aws_security_group", "", "ingress", doors(INSIDE), doors(INSIDE, "::/0"), "critical"),
    ("aws_security_group", "", "ingress", doors(INSIDE, port=443), doors(WORLD, port=443), "high"),
    ("aws_security_group", "", "ingress", doors(INSIDE), doors("203.0.114.9/32"), "high"),
    ("aws_security_group", "", "ingress", [], doors(WORLD), "critical"),
    ("aws_security_group_rule", "", "cidr_blocks", [INSIDE], [WORLD], "critical"),
    ("aws_vpc_security_group_ingress_rule", "", "cidr_ipv4", INSIDE, WORLD, "critical"),
    ("", "AWS::EC2::SecurityGroup", "SecurityGroupIngress", cfn_doors(INSIDE), cfn_doors(WORLD), "critical"),
    ("", "AWS::EC2::SecurityGroupIngress", "CidrIp", INSIDE, WORLD, "critical"),
    ("azurerm_network_security_group", "", "security_rule", nsg("10.0.0.0/8"), nsg("*"), "critical"),
    ("azurerm_network_security_group", "", "security_rule", nsg("*", "443"), nsg("Internet", "20-25"), "critical"),
    ("azurerm_network_security_group", "", "security_rule", nsg("10.0.0.0/8", "443"), nsg("*", "443"), "high"),
    ("google_compute_firewall", "", "source_ranges", [INSIDE], [WORLD], "high"),
    ("google_compute_firewall", "", "allow", firewall("443"), firewall("443", "22"), "critical"),
    ("aws_iam_policy", "", "policy", policy(ALLOW), policy({**ALLOW, "Action": "*"}), "critical"),
    ("aws_iam_policy", "", "policy", policy(ALLOW), policy({**ALLOW, "Action": ["s3:*"]}), "high"),
    ("aws_iam_role", "", "managed_policy_arns", [READER], [READER, ADMIN], "critical"),
    ("aws_iam_role", "AWS::IAM::Role", "assume_role_policy", policy(TRUST), policy({**TRUST, "Principal": "*"}), ""),
    ("", "AWS::IAM::Policy", "PolicyDocument", {"Statement": [ALLOW]}, {"Statement": [{**ALLOW, "Action": "*"}]}, ""),
    ("aws_s3_bucket_acl", "", "acl", "private", "public-read", "critical"),
    ("aws_s3_bucket_acl", "", "acl", "private", "authenticated-read", "high"),
    ("", "AWS::S3::Bucket", "AccessControl", "Private", "PublicReadWrite", "critical"),
    ("aws_s3_bucket", "", "grant", [], [{"uri": ALL_USERS}], "critical"),
    ("aws_s3_bucket_public_access_block", "", "block_public_acls", True, False, "critical"),
    ("aws_s3_bucket_public_access_block", "", "restrict_public_buckets", True, False, "critical"),
    (
        *("", "AWS::S3::Bucket", "PublicAccessBlockConfiguration"),
        *({"IgnorePublicAcls": True}, {"IgnorePublicAcls": False}, "critical"),
    ),
    (
        *("aws_s3_bucket_policy", "", "policy", policy({**TRUST, "Action": "s3:*"})),
        *(policy({**TRUST, "Action": "s3:*", "Principal": "*"}), "critical"),
    ),
    ("aws_s3_bucket", "", "server_side_encryption_configuration", [{"rule": [{"a": 1}]}], [], "high"),
    ("", "AWS::S3::Bucket", "BucketEncryption", {"Rules": [{"SSEAlgorithm": "aws:kms"}]}, {}, "high"),
    ("", "AWS::S3::Bucket", "BucketEncryption", {"SSEAlgorithm": "aws:kms"}, {"SSEAlgorithm": "AES256"}, "high"),
    (
        "aws_s3_bucket_versioning",
        "",
        "versioning_configuration",
        [{"status": "Enabled"}],
        [{"status": "Suspended"}],
        "",
    ),
    ("", "AWS::S3::Bucket", "VersioningConfiguration", {"Status": "Enabled"}, {"Status": "Suspended"}, "high"),
    ("aws_s3_bucket", "", "versioning", [{"enabled": True}], [{"enabled": False}], "high"),
    ("aws_s3_bucket", "", "versioning", [{"mfa_delete": True}], [{"mfa_delete": False}], "high"),
    ("aws_s3_bucket_logging", "", "target_bucket", "logs", "", "high"),
    ("aws_s3_bucket", "", "logging", [{"target_bucket": "logs"}], [], "high"),
    ("", "AWS::S3::Bucket", "LoggingConfiguration", {"DestinationBucketName": "logs"}, None, "high"),
    ("google_storage_bucket", "", "versioning", [{"enabled": True}], [{"enabled": False}], "high"),
    ("google_storage_bucket", "", "public_access_prevention", "enforced", "inherited", "high"),
    ("google_storage_bucket_iam_binding", "", "members", ["user:a@b.example"], ["allUsers"], "critical"),
    ("google_project_iam_member", "", "role", "roles/viewer", "roles/owner", "critical"),
    ("azurerm_storage_account", "", "allow_nested_items_to_be_public", False, True, "critical"),
    ("azurerm_storage_container", "", "container_access_type", "private", "blob", "critical"),
    ("azurerm_storage_account", "", "https_traffic_only_enabled", True, False, "high"),
    ("azurerm_storage_account", "", "min_tls_version", "TLS1_2", "TLS1_0", "high"),
    ("azurerm_role_assignment", "", "role_definition_name", "Reader", "Owner", "critical"),
    ("azurerm_mssql_server", "", "public_network_access_enabled", False, True, "high"),
    ("azurerm_mssql_firewall_rule", "", "end_ip_address", "10.0.0.9", "255.255.255.255", "critical"),
    ("azurerm_key_vault", "", "purge_protection_enabled", True, False, "high"),
    ("aws_db_instance", "AWS::RDS::DBInstance", "publicly_accessible", False, True, "critical"),
    ("aws_rds_cluster", "AWS::RDS::DBCluster", "storage_encrypted", True, False, "high"),
    ("aws_db_instance", "AWS::RDS::DBInstance", "deletion_protection", True, False, "high"),
    ("aws_db_instance", "AWS::RDS::DBInstance", "backup_retention_period", 7, 0, "high"),
    ("aws_db_instance", "AWS::RDS::DBInstance", "backup_retention_period", 7, 3, "medium"),
    ("aws_db_instance", "AWS::RDS::DBInstance", "kms_key_id", KEY, None, "high"),
    (
        *("google_sql_database_instance", "", "settings"),
        *([{"backup_configuration": [{"enabled": True}]}], [{"backup_configuration": [{"enabled": False}]}], "high"),
    ),
    (
        *("google_sql_database_instance", "", "settings"),
        *([{"ip_configuration": [{"ipv4_enabled": False}]}], [{"ip_configuration": [{"ipv4_enabled": True}]}], "high"),
    ),
    (
        *("google_sql_database_instance", "", "settings"),
        [{"ip_configuration": [{"authorized_networks": [{"value": INSIDE}]}]}],
        [{"ip_configuration": [{"authorized_networks": [{"value": WORLD}]}]}],
        "critical",
    ),
    ("aws_ebs_volume", "AWS::EC2::Volume", "encrypted", True, False, "high"),
    ("aws_elasticache_replication_group", "", "transit_encryption_enabled", True, False, "high"),
    ("aws_dynamodb_table", "", "point_in_time_recovery", [{"enabled": True}], [{"enabled": False}], "high"),
    ("aws_dynamodb_table", "AWS::DynamoDB::Table", "deletion_protection_enabled", True, False, "high"),
    ("", "AWS::DynamoDB::Table", "SSESpecification", {"SSEEnabled": True}, {"SSEEnabled": False}, "high"),
    ("aws_instance", "AWS::EC2::Instance", "disable_api_termination", True, False, "high"),
    ("aws_instance", "", "associate_public_ip_address", False, True, "high"),
    ("aws_instance", "", "metadata_options", [{"http_tokens": "required"}], [{"http_tokens": "optional"}], "high"),
    ("google_compute_instance", "", "network_interface", [{"access_config": []}], [{"access_config": [{"a": 1}]}], ""),
    ("aws_kms_key", "AWS::KMS::Key", "enable_key_rotation", True, False, "high"),
    ("aws_kms_key", "", "is_enabled", True, False, "critical"),
    ("", "AWS::KMS::Key", "Enabled", True, False, "critical"),
    ("google_kms_crypto_key", "", "rotation_period", "7776000s", None, "high"),
    ("aws_kms_key", "", "policy", policy(TRUST), policy({**TRUST, "Principal": "*"}), "critical"),
    ("aws_sqs_queue", "", "policy", policy(ALLOW), policy({**ALLOW, "Action": "s3:*"}), "high"),
    ("aws_cloudtrail", "", "enable_logging", True, False, "critical"),
    ("aws_cloudtrail", "AWS::CloudTrail::Trail", "is_multi_region_trail", True, False, "high"),
    ("aws_lb", "", "internal", True, False, "high"),
    ("", "AWS::ElasticLoadBalancingV2::LoadBalancer", "Scheme", "internal", "internet-facing", "high"),
    ("aws_lb_listener", "", "protocol", "HTTPS", "HTTP", "high"),
    ("aws_eks_cluster", "", "vpc_config", [{"endpoint_public_access": False}], [{"endpoint_public_access": True}], ""),
    ("aws_eks_cluster", "", "vpc_config", [{"public_access_cidrs": [INSIDE]}], [{"public_access_cidrs": [WORLD]}], ""),
    ("aws_cloudfront_distribution", "", "web_acl_id", "acl-1", "", "high"),
    *WATCHES,
    *DOORS,
]


def camel(value: Any) -> Any:
    """Spell names as Pulumi does."""
    if isinstance(value, dict):
        return {re.sub(r"_([a-z0-9])", lambda m: m[1].upper(), name): camel(one) for name, one in value.items()}
    return [camel(one) for one in value] if isinstance(value, list) else value


def pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def spellings() -> list[Any]:
    """Each guard in each tool's spelling: type, state that guards, state that exposes, how grave."""
    rows = []
    for terraform, cloudformation, attribute, guarded, exposed, grave in GUARDS:
        sides: list[dict[str, Any]] = [{attribute: guarded}, {attribute: exposed}]
        if terraform.endswith("_rule") and terraform.startswith("aws"):
            place = {"from_port": 22, "to_port": 22, "protocol": "tcp", "type": "ingress"}
            sides = [{**place, **side} for side in sides]
        if terraform == "google_compute_firewall":
            around = {"direction": "INGRESS", "allow": firewall("443"), "source_ranges": [WORLD]}
            sides = [{**around, **side} for side in sides]
        if terraform:
            rows.append((terraform, *sides, grave))
        if terraform in PULUMI:
            rows.append((PULUMI[terraform], *map(camel, sides), grave))
        if cloudformation:
            place = {"FromPort": 22, "ToPort": 22, "IpProtocol": "tcp"} if cloudformation.endswith("Ingress") else {}
            named = attribute if attribute[0].isupper() else pascal(attribute)
            rows.append((cloudformation, {**place, named: guarded}, {**place, named: exposed}, grave))
    return [pytest.param(*row, id=f"{row[0]} {'/'.join(row[1])} {number}") for number, row in enumerate(rows)]


def verdict(provider_type: str, expected: Any, actual: Any, environment: str = "") -> tuple[Severity, str]:
    sides = [side if side is None else {"id": "x", **side} for side in (expected, actual)]
    found = judged_findings(finding(*sides, provider_type=provider_type), environment=environment).observations[0]
    return found.severity, found.severity_reason


@pytest.mark.parametrize(("provider_type", "guarded", "exposed", "grave"), spellings())
def test_taking_a_guard_away_is_graver_than_putting_it_up(
    provider_type: str, guarded: Any, exposed: Any, grave: str
) -> None:
    away, why = verdict(provider_type, guarded, exposed)
    back, safer = verdict(provider_type, exposed, guarded)
    assert away in ({Severity(grave)} if grave else {Severity.CRITICAL, Severity.HIGH})
    assert away.rank < back.rank, safer
    assert why != safer
    assert "differs from what the code says" not in why


OTHERS: list[tuple[str, str, Any, Any, str, str]] = [
    ("aws_iam_role", "assume_role_policy", policy(TRUST), policy({**TRUST, "Action": "sts:TagSession"}), "", "high"),
    ("aws_iam_policy", "policy", policy(ALLOW), policy({**ALLOW, "Action": "s3:PutObject"}), "", "high"),
    ("aws_iam_role", "permissions_boundary", READER, None, "", "high"),
    ("azurerm_role_assignment", "principal_id", "a", "b", "", "high"),
    ("aws_s3_bucket_server_side_encryption_configuration", "rule", [{"a": "aws:kms"}], [{"a": "AES256"}], "", "high"),
    ("aws_s3_bucket", "object_lock_configuration", [{"rule": "a"}], [{"rule": "b"}], "", "high"),
    ("aws_s3_bucket", "policy", policy(TRUST), policy({**TRUST, "Action": "sts:TagSession"}), "", "high"),
    ("aws_kms_key", "policy", policy(TRUST), policy({**TRUST, "Action": "sts:TagSession"}), "", "high"),
    ("aws_cloudtrail", "s3_bucket_name", "a", "b", "", "high"),
    ("aws_instance", "iam_instance_profile", "a", "b", "", "high"),
    ("aws_instance", "vpc_security_group_ids", ["sg-1"], ["sg-2"], "", "high"),
    ("aws_instance", "user_data", "a", "b", "", "high"),
    ("aws_route53_record", "records", ["192.0.2.1"], ["192.0.2.2"], "", "high"),
    ("aws_db_instance", "password", "one secret", "another secret", "", "high"),
    ("aws_db_instance", "multi_az", True, False, "production", "high"),
    ("aws_db_instance", "multi_az", True, False, "staging", "medium"),
    ("aws_db_instance", "multi_az", False, True, "production", "medium"),
    ("aws_ecs_service", "desired_count", 3, 0, "prod", "high"),
    ("aws_ecs_service", "desired_count", 3, 0, "dev", "medium"),
    ("aws_ecs_service", "desired_count", 3, 2, "prod", "medium"),
    ("AWS::AutoScaling::AutoScalingGroup", "DesiredCapacity", 2, 20, "", "medium"),
    ("aws:ec2/instance:Instance", "instanceType", "t3.micro", "m5.large", "", "medium"),
    ("azurerm_linux_virtual_machine", "vm_size", "a", "b", "", "medium"),
    ("google_compute_instance", "machine_type", "a", "b", "", "medium"),
    ("aws_lambda_function", "runtime", "python3.11", "python3.12", "", "medium"),
    ("aws_cloudwatch_log_group", "retention_in_days", 30, 90, "", "low"),
    ("AWS::EC2::Instance", "Tags", [{"Key": "a", "Value": "1"}], [{"Key": "a", "Value": "2"}], "production", "low"),
    ("google_storage_bucket", "labels", {"a": "1"}, {"a": "2"}, "", "low"),
    ("AWS::EC2::SecurityGroup", "GroupDescription", "a", "b", "", "low"),
]
"""Type, attribute, both values, environment, severity: what is no guard, or grave whichever way it changes."""


@pytest.mark.parametrize(("provider_type", "attribute", "before", "now", "environment", "grave"), OTHERS)
def test_what_is_grave_or_not_whichever_way_it_changes(
    provider_type: str, attribute: str, before: Json, now: Json, environment: str, grave: str
) -> None:
    found, why = verdict(provider_type, {attribute: before}, {attribute: now}, environment)
    assert found == grave
    assert "differs from what the code says" not in why


WHOLE: list[tuple[str, Kind, JsonObject, bool, str, str]] = [
    ("aws_cloudtrail", Kind.DELETED, {"id": "x"}, False, "dev", "critical"),
    ("aws_s3_bucket_public_access_block", Kind.DELETED, {"id": "x"}, False, "dev", "critical"),
    ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", Kind.DELETED, {"id": "x"}, False, "dev", "critical"),
    ("aws_instance", Kind.DELETED, {"id": "x"}, False, "production", "critical"),
    ("aws_instance", Kind.DELETED, {"id": "x"}, False, "dev", "high"),
    ("aws_instance", Kind.DELETED, {"id": "x"}, True, "production", "low"),
    ("aws_instance", Kind.DELETED, {}, False, "production", "critical"),
    ("aws_instance", Kind.UNMANAGED, {"id": "x"}, False, "", "medium"),
    ("aws_instance", Kind.UNMANAGED, {}, False, "", "medium"),
    ("aws_iam_user", Kind.UNMANAGED, {"id": "x"}, False, "", "high"),
    ("azurerm_role_assignment", Kind.UNMANAGED, {"role_definition_name": "Reader"}, False, "", "high"),
    ("aws_db_instance", Kind.UNMANAGED, {"publicly_accessible": True, "kms_key_id": KEY}, False, "", "critical"),
    ("AWS::RDS::DBInstance", Kind.UNMANAGED, {"PubliclyAccessible": True}, False, "", "critical"),
    ("aws_db_instance", Kind.UNMANAGED, {"publicly_accessible": False, "tags": {"a": "b"}}, False, "", "medium"),
    ("aws_s3_bucket", Kind.UNMANAGED, {"grant": [{"uri": ALL_USERS}]}, False, "", "critical"),
    ("aws_security_group", Kind.UNMANAGED, {"ingress": doors(WORLD)}, False, "", "critical"),
    ("aws_iam_policy", Kind.UNMANAGED, {"policy": policy({**ALLOW, "Action": "*"})}, False, "", "critical"),
    ("aws_security_group", Kind.MODIFIED, {}, False, "", "high"),
    ("AWS::IAM::Role", Kind.MODIFIED, {}, False, "", "high"),
    ("aws_cloudtrail", Kind.MODIFIED, {}, False, "", "high"),
    ("aws_instance", Kind.MODIFIED, {}, False, "production", "medium"),
]
"""Type, kind, the only side there is (none where the source gives no values), leftover, environment, severity."""


@pytest.mark.parametrize(("provider_type", "kind", "state", "leftover", "environment", "grave"), WHOLE)
def test_a_resource_as_a_whole(
    provider_type: str, kind: Kind, state: JsonObject, leftover: bool, environment: str, grave: str
) -> None:
    more: dict[str, Any] = {"kind": kind, "deposed": "0ddba11f" if leftover else None}
    sides = (state, None) if kind is Kind.DELETED else (None, state)
    one = finding(*sides, provider_type=provider_type, **more)
    found = judged_findings(one, environment=environment).observations[0]
    assert found.severity == grave
    if kind is Kind.MODIFIED:
        assert "does not say how" in found.severity_reason


def test_each_built_in_rule_is_shown_by_a_row() -> None:
    said = {verdict(row.values[0], *pair)[1] for row in spellings() for pair in (row.values[1:3], row.values[2:0:-1])}
    said |= {verdict(kind, {name: old}, {name: new}, place)[1] for kind, name, old, new, place, _ in OTHERS}
    for kind, what, state, leftover, place, _ in WHOLE:
        sides = (state, None) if what is Kind.DELETED else (None, state)
        one = finding(*sides, provider_type=kind, kind=what, deposed="0ddba11f" if leftover else None)
        said.add(judged_findings(one, environment=place).observations[0].severity_reason)
    patterns = {rule.because: re.sub(r"\\{\w+\\}", ".+", re.escape(rule.because)) for rule in built_in_rules()}
    unseen = {words for words, pattern in patterns.items() if not any(re.fullmatch(pattern, one) for one in said)}
    assert unseen == set()


VALUE = st.sampled_from([True, False, None, 0, 7, "private", "public-read", WORLD, "aws:kms", "Suspended", KEY])
NAMES = sorted({glob.strip("*") for rule in built_in_rules() for glob in rule.attributes if glob.strip("*")})
CHANGES = st.dictionaries(st.sampled_from(NAMES), st.tuples(VALUE, VALUE), min_size=1, max_size=6)
TYPES = st.sampled_from(["aws_db_instance", "AWS::S3::Bucket", "aws_security_group", "aws_kms_key", "aws_iam_role"])


@given(TYPES, CHANGES, st.randoms(use_true_random=False))
def test_the_order_of_attributes_changes_nothing(provider_type: str, pairs: Any, dice: Any) -> None:
    changes = [Changed(name, name, *sides) for name, sides in pairs.items()]
    shuffled = dice.sample(changes, len(changes))
    concern = Concern(provider_type, family_of(provider_type), Kind.MODIFIED)
    state = {one.path: one.actual for one in changes}
    backwards = dict(reversed(state.items()))
    assert judge_severity(Subject(concern, {}, state, tuple(changes))) == judge_severity(
        Subject(concern, {}, backwards, tuple(shuffled))
    )


@given(TYPES, CHANGES, st.sampled_from(NAMES), st.tuples(VALUE, VALUE))
def test_one_more_change_never_makes_a_drift_less_grave(provider_type: str, pairs: Any, name: str, more: Any) -> None:
    def severity(of: Any) -> Severity:
        changes = tuple(Changed(path, path, *sides) for path, sides in of.items())
        concern = Concern(provider_type, family_of(provider_type), Kind.MODIFIED)
        return judge_severity(Subject(concern, changes=changes)).severity

    pairs.pop(name, None)
    if pairs:
        assert severity({**pairs, name: more}).rank <= severity(pairs).rank


SECRET = "s3cr3t-Zq81xW"


@given(TYPES, st.sampled_from(NAMES), st.sampled_from(["plain", "list", "json", "policy"]), st.booleans())
def test_no_sentence_holds_what_is_masked(provider_type: str, name: str, shape: str, deleted: bool) -> None:
    shapes: dict[str, Json] = {
        "plain": SECRET,
        "list": [{"cidr_blocks": [SECRET], "from_port": SECRET}],
        "json": json.dumps({"a": SECRET}),
        "policy": policy({**ALLOW, "Action": f"{SECRET}:*"}),
    }
    expected: JsonObject = {"id": "x", name: "y"}
    actual = None if deleted else {"id": "x", name: shapes[shape]}
    one = finding({**expected, name: shapes[shape]} if deleted else expected, actual, provider_type=provider_type)
    for found in judged_findings(finding_masked(one, name)).observations:
        assert SECRET not in found.severity_reason
        assert SECRET not in json.dumps([found.expected_state, found.actual_state, found.difference])


def finding_masked(one: Finding, name: str) -> Finding:
    return replace(one, sensitive={name: True})


@given(TYPES, CHANGES)
def test_a_stored_drift_is_judged_as_it_was_when_it_was_scanned(provider_type: str, pairs: Any) -> None:
    expected = {"id": "x", **{name: sides[0] for name, sides in pairs.items()}}
    actual = {"id": "x", **{name: sides[1] for name, sides in pairs.items()}}
    for seen in judged_findings(finding(expected, actual, provider_type=provider_type)).observations:
        concern = Concern(provider_type, seen.resource_type, seen.kind)
        states: dict[str, Any] = {"expected": seen.expected_state, "actual": seen.actual_state}
        again = judge_severity(subject_of(concern, **states, difference=seen.difference))
        assert (again.severity, again.reason) == (seen.severity, seen.severity_reason)
        assert SENSITIVE not in again.reason
