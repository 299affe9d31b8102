"""Tables of what is the same although it is written differently: data for `canonical`."""

from __future__ import annotations

from drifts.globs import glob_pattern

SETS: tuple[str, ...] = (
    # Terraform, AWS provider: attributes and blocks whose schema type is a set.
    "ingress",
    "egress",
    "*cidr_blocks",
    "*ipv6_cidr_blocks",
    "*prefix_list_ids",
    "*security_groups",
    "*security_group_ids",
    "*security_group_names",
    "*subnet_ids",
    "*subnets",
    "*availability_zones",
    "*availability_zone_ids",
    "*managed_policy_arns",
    "*policy_arns",
    "*ebs_block_device",
    "*ephemeral_block_device",
    "*network_interface_ids",
    "*ipv6_addresses",
    "*private_ips",
    "*secondary_private_ips",
    "*cors_rule.allowed_*",
    "*allowed_methods",
    "*cached_methods",
    "*subject_alternative_names",
    "*domain_validation_options",
    "*enabled_cloudwatch_logs_exports",
    "*iam_roles",
    "*cluster_members",
    "*route_table_ids",
    "*target_group_arns",
    "*enabled_metrics",
    "*suspended_processes",
    "*requires_compatibilities",
    "*capacity_providers",
    "*log_types",
    "*enabled_cluster_log_types",
    "*architectures",
    "aws_dynamodb_table.attribute",
    "aws_dynamodb_table.global_secondary_index",
    "aws_db_parameter_group.parameter",
    "aws_rds_cluster_parameter_group.parameter",
    "aws_iam_role.inline_policy",
    "aws_iam_policy_attachment.users",
    "aws_iam_policy_attachment.groups",
    "aws_iam_policy_attachment.roles",
    "aws_iam_group_membership.users",
    "aws_autoscaling_group.tag",
    "aws_autoscaling_group.load_balancers",
    "aws_cloudfront_distribution.aliases",
    "aws_route53_record.records",
    "aws_s3_bucket_notification.*events",
    "aws_route_table.route",
    "aws_default_route_table.route",
    "aws_network_acl.*ingress",
    "aws_network_acl.*egress",
    # CloudFormation: properties whose order means nothing.
    "*SecurityGroupIngress",
    "*SecurityGroupEgress",
    "*SecurityGroupIds",
    "*VpcSecurityGroupIds",
    "*VPCSecurityGroups",
    "*SubnetIds",
    "*ManagedPolicyArns",
    "*Tags",
    "*AttributeDefinitions",
    "*GlobalSecondaryIndexes",
)
"""Globs over `path` or `type.path` (indices left out): lists whose order and repetition mean nothing."""

HOST_NAMES: tuple[str, ...] = (
    "*dns_name",
    "*fqdn",
    "*domain_name",
    "*hostname",
    "*host_name",
    "*zone_name",
    "aws_route53_record.name",
    "aws_route53_zone.name",
    "*DNSName",
)
"""Globs likewise: host names, in which case and a trailing dot mean nothing (RFC 1034, section 3.1)."""

POLICY_SETS: frozenset[str] = frozenset(
    {"Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"}
)
"""Members of a policy statement in which one value and a list of one are the same, and order means nothing."""

POLICY_CASELESS: frozenset[str] = frozenset({"Action", "NotAction"})
"""Members of a statement whose case means nothing (IAM: action names are case-insensitive)."""

_SETS = glob_pattern(*SETS)
_HOST_NAMES = glob_pattern(*HOST_NAMES)


def is_set(provider_type: str, path: str) -> bool:
    """Say whether a list's order means nothing.

    Args:
        provider_type: `aws_security_group`.
        path: The attribute's path without indices: `root.rule`.
    """
    return _SETS.fullmatch(path) is not None or _SETS.fullmatch(f"{provider_type}.{path}") is not None


def is_host_name(provider_type: str, path: str) -> bool:
    """Say whether a text is a host name; arguments as in `is_set`."""
    return _HOST_NAMES.fullmatch(path) is not None or _HOST_NAMES.fullmatch(f"{provider_type}.{path}") is not None
