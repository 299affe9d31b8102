"""AWS's fields in Terraform's spelling: tables of an attribute's name and the JMESPath of its value.

Only what stands here is compared, and only where the state has the attribute, too. Sources: the API references of EC2,
RDS and IAM (Describe*, GetAccountAuthorizationDetails, ListRoles), and the documentation of the AWS provider.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jmespath

from drifts.findings import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a type."""

    name: str
    """Terraform's name of it."""
    source: str
    """JMESPath into what AWS says."""
    default: Json = None
    """What it means when AWS says nothing."""
    spell: Callable[[Json], Json] | None = None
    """From AWS's spelling to the state's, where they differ."""


def _last_part(value: Json) -> Json:
    return value.rpartition("/")[2] if isinstance(value, str) else value


def _as_text(value: Json) -> Json:
    """Spell a policy as the state does: JSON in a string."""
    return json.dumps(value) if isinstance(value, dict) else value


def _lower(value: Json) -> Json:
    return value.lower() if isinstance(value, str) else value


_PRIMARY = "NetworkInterfaces[?Attachment.DeviceIndex==`0`]"

INSTANCE: tuple[Attribute, ...] = (
    Attribute("id", "InstanceId"),
    Attribute("ami", "ImageId"),
    Attribute("instance_type", "InstanceType"),
    Attribute("availability_zone", "Placement.AvailabilityZone"),
    Attribute("tenancy", "Placement.Tenancy", "default"),
    Attribute("placement_group", "Placement.GroupName", ""),
    Attribute("key_name", "KeyName", ""),
    Attribute("subnet_id", "SubnetId", ""),
    Attribute("private_ip", "PrivateIpAddress", ""),
    Attribute("secondary_private_ips", f"{_PRIMARY}.PrivateIpAddresses[] | [?Primary!=`true`].PrivateIpAddress", []),
    Attribute("ipv6_addresses", f"{_PRIMARY}.Ipv6Addresses[].Ipv6Address", []),
    Attribute("iam_instance_profile", "IamInstanceProfile.Arn", "", _last_part),
    Attribute("monitoring", "contains(['enabled', 'pending'], Monitoring.State || '')", False),
    Attribute("ebs_optimized", "EbsOptimized", False),
    Attribute("source_dest_check", f"not_null(SourceDestCheck, {_PRIMARY}.SourceDestCheck | [0])", True),
    Attribute("vpc_security_group_ids", "SecurityGroups[].GroupId", []),
    Attribute("hibernation", "HibernationOptions.Configured", False),
    Attribute("cpu_core_count", "CpuOptions.CoreCount"),
    Attribute("cpu_threads_per_core", "CpuOptions.ThreadsPerCore"),
    Attribute("enclave_options", "[{enabled: EnclaveOptions.Enabled || `false`}]"),
    Attribute(
        "metadata_options",
        "[MetadataOptions.{http_endpoint: HttpEndpoint, http_tokens: HttpTokens, "
        "http_put_response_hop_limit: HttpPutResponseHopLimit, http_protocol_ipv6: HttpProtocolIpv6, "
        "instance_metadata_tags: InstanceMetadataTags}]",
    ),
)
"""`aws_instance`, from DescribeInstances. Not here: user data and protection against termination, which AWS tells of
one instance at a time only; public addresses, which come and go with every stop."""

VOLUME: tuple[Attribute, ...] = (
    Attribute("volume_id", "VolumeId"),
    Attribute("volume_size", "Size"),
    Attribute("volume_type", "VolumeType"),
    Attribute("iops", "Iops"),
    Attribute("throughput", "Throughput", 0),
    Attribute("encrypted", "Encrypted"),
    Attribute("kms_key_id", "KmsKeyId", ""),
)
"""A block device of `aws_instance`, from DescribeVolumes."""

DATABASE: tuple[Attribute, ...] = (
    Attribute("identifier", "DBInstanceIdentifier"),
    Attribute("resource_id", "DbiResourceId"),
    Attribute("arn", "DBInstanceArn"),
    Attribute("instance_class", "DBInstanceClass"),
    Attribute("engine", "Engine"),
    Attribute("engine_version", "EngineVersion"),
    Attribute("allocated_storage", "AllocatedStorage"),
    Attribute("max_allocated_storage", "MaxAllocatedStorage", 0),
    Attribute("storage_type", "StorageType"),
    Attribute("iops", "Iops", 0),
    Attribute("storage_throughput", "StorageThroughput", 0),
    Attribute("storage_encrypted", "StorageEncrypted", False),
    Attribute("kms_key_id", "KmsKeyId", ""),
    Attribute("multi_az", "MultiAZ", False),
    Attribute("publicly_accessible", "PubliclyAccessible", False),
    Attribute("deletion_protection", "DeletionProtection", False),
    Attribute("backup_retention_period", "BackupRetentionPeriod", 0),
    Attribute("backup_window", "PreferredBackupWindow"),
    Attribute("maintenance_window", "PreferredMaintenanceWindow", None, _lower),
    Attribute("auto_minor_version_upgrade", "AutoMinorVersionUpgrade", False),
    Attribute("availability_zone", "AvailabilityZone"),
    Attribute("username", "MasterUsername"),
    Attribute("db_name", "DBName", ""),
    Attribute("name", "DBName", ""),
    Attribute("port", "Endpoint.Port"),
    Attribute("license_model", "LicenseModel", ""),
    Attribute("ca_cert_identifier", "CACertificateIdentifier"),
    Attribute("copy_tags_to_snapshot", "CopyTagsToSnapshot", False),
    Attribute("iam_database_authentication_enabled", "IAMDatabaseAuthenticationEnabled", False),
    Attribute("monitoring_interval", "MonitoringInterval", 0),
    Attribute("monitoring_role_arn", "MonitoringRoleArn", ""),
    Attribute("performance_insights_enabled", "PerformanceInsightsEnabled", False),
    Attribute("performance_insights_kms_key_id", "PerformanceInsightsKMSKeyId", ""),
    Attribute("performance_insights_retention_period", "PerformanceInsightsRetentionPeriod", 0),
    Attribute("enabled_cloudwatch_logs_exports", "EnabledCloudwatchLogsExports", []),
    Attribute("db_subnet_group_name", "DBSubnetGroup.DBSubnetGroupName"),
    Attribute("parameter_group_name", "DBParameterGroups[0].DBParameterGroupName"),
    Attribute("option_group_name", "OptionGroupMemberships[0].OptionGroupName"),
    Attribute("vpc_security_group_ids", "VpcSecurityGroups[].VpcSecurityGroupId", []),
    Attribute("network_type", "NetworkType"),
    Attribute("timezone", "Timezone", ""),
    Attribute("character_set_name", "CharacterSetName", ""),
)
"""`aws_db_instance`, from DescribeDBInstances."""

ROLE: tuple[Attribute, ...] = (
    Attribute("name", "RoleName"),
    Attribute("path", "Path", "/"),
    Attribute("arn", "Arn"),
    Attribute("unique_id", "RoleId"),
    Attribute("assume_role_policy", "AssumeRolePolicyDocument", None, _as_text),
    Attribute("permissions_boundary", "PermissionsBoundary.PermissionsBoundaryArn", ""),
)
"""`aws_iam_role`, from GetAccountAuthorizationDetails."""

ROLE_REST: tuple[Attribute, ...] = (
    Attribute("description", "Description", ""),
    Attribute("max_session_duration", "MaxSessionDuration", 3600),
)
"""`aws_iam_role`, what only ListRoles says."""

ROLE_POLICY: tuple[Attribute, ...] = (
    Attribute("name", "PolicyName"),
    Attribute("policy", "PolicyDocument", None, _as_text),
)
"""`aws_iam_role_policy`, and a block `inline_policy` of `aws_iam_role`."""

GROUP: tuple[Attribute, ...] = (
    Attribute("id", "GroupId"),
    Attribute("name", "GroupName"),
    Attribute("description", "Description"),
    Attribute("vpc_id", "VpcId", ""),
    Attribute("owner_id", "OwnerId"),
)
"""`aws_security_group`, from DescribeSecurityGroups; its rules are compared as a set."""

RULE: tuple[Attribute, ...] = (
    Attribute("security_group_id", "GroupId"),
    Attribute("security_group_rule_id", "SecurityGroupRuleId"),
    Attribute("cidr_ipv4", "CidrIpv4", ""),
    Attribute("cidr_ipv6", "CidrIpv6", ""),
    Attribute("prefix_list_id", "PrefixListId", ""),
    Attribute("referenced_security_group_id", "ReferencedGroupInfo.GroupId", ""),
    Attribute("ip_protocol", "IpProtocol"),
    Attribute("from_port", "FromPort"),
    Attribute("to_port", "ToPort"),
    Attribute("description", "Description", ""),
)
"""`aws_vpc_security_group_ingress_rule` and `…_egress_rule`, from DescribeSecurityGroupRules."""


@lru_cache(maxsize=512)
def _compiled(source: str) -> Any:
    return jmespath.compile(source)


def spelt(table: tuple[Attribute, ...], said: Any) -> JsonObject:
    """Return what AWS says in the state's spelling.

    Args:
        table: The type's attributes.
        said: One description, as boto3 returns it.
    """
    return {one.name: _value(one, said) for one in table}


def _value(attribute: Attribute, said: Any) -> Json:
    value: Json = _compiled(attribute.source).search(said)
    if value is None:
        return attribute.default
    return attribute.spell(value) if attribute.spell else value


def tags_in(listed: Any) -> dict[str, str]:
    """Return a description's tags; AWS's own (`aws:…`) are nobody's to manage, and Terraform leaves them out.

    Args:
        listed: `[{"Key": …, "Value": …}]`, or None.
    """
    pairs = ((str(one["Key"]), str(one.get("Value") or "")) for one in listed or ())
    return {key: value for key, value in pairs if not key.startswith("aws:")}


def with_tags(actual: JsonObject, expected: JsonObject, tags: dict[str, str]) -> JsonObject:
    """Add tags as the provider records them: `tags_all` are all, `tags` all but the provider's `default_tags`.

    Args:
        actual: What is, without tags.
        expected: The state's attributes.
        tags: The tags that are there.
    """
    wanted, wanted_all = expected.get("tags"), expected.get("tags_all")
    own = wanted if isinstance(wanted, dict) else {}
    every = wanted_all if isinstance(wanted_all, dict) else {}
    shown: JsonObject = {key: one for key, one in tags.items() if key in own or every.get(key) != one}
    everything: JsonObject = dict(tags)
    return {**actual, "tags": shown, "tags_all": everything}
