"""Tables of what is the same although it is written differently: data for `canonical`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from drifts.families import terraform_name
from drifts.globs import glob_pattern, snake_case
from drifts.ingest.spellings import address, azure_id, duration, google_link, network

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
    "aws_ecs_service.*.security_groups",
    "aws_ecs_task_definition.container_definitions.environment",
    "aws_ecs_task_definition.container_definitions.secrets",
    "aws_lb.security_groups",
    "aws_cloudwatch_metric_alarm.*_actions",
    "aws_wafv2_ip_set.addresses",
    "aws_eks_cluster.*public_access_cidrs",
    "aws_cognito_user_pool_client.*_urls",
    "aws_cognito_user_pool_client.explicit_auth_flows",
    "aws_cognito_user_pool_client.allowed_oauth_*",
    "aws_vpc_endpoint.*_ids",
    "aws_backup_selection.resources",
    "aws_sns_topic_subscription.*approved_account_ids",
    # Terraform, Azure and Google providers: likewise.
    "azurerm_network_security_group.security_rule",
    "azurerm_*.*address_prefixes",
    "azurerm_*.*port_ranges",
    "azurerm_*.zones",
    "azurerm_*.*ip_rules",
    "azurerm_*.*virtual_network_subnet_ids",
    "azurerm_role_definition.assignable_scopes",
    "google_compute_firewall.*_ranges",
    "google_compute_firewall.*_tags",
    "google_compute_firewall.*_service_accounts",
    "google_compute_firewall.allow",
    "google_compute_firewall.deny",
    "google_compute_instance.tags",
    "google_*_iam_binding.members",
    "google_*iam_custom_role.permissions",
    "google_container_*.oauth_scopes",
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
    "*RouteTableIds",
    "*TargetGroupARNs",
    "AWS::*.SecurityGroups",
    "AWS::*.Subnets",
    "AWS::*.AvailabilityZones",
    "AWS::ECS::TaskDefinition.ContainerDefinitions.Environment",
    "AWS::ECS::TaskDefinition.ContainerDefinitions.Secrets",
    "AWS::ElasticLoadBalancingV2::LoadBalancer.LoadBalancerAttributes",
    "AWS::ElasticLoadBalancingV2::TargetGroup.TargetGroupAttributes",
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
    "aws_route53_record.alias.name",
    "aws_route53_zone.name",
    "*DNSName",
)
"""Globs likewise: host names, in which case and a trailing dot mean nothing (RFC 1034, section 3.1)."""

NETWORKS: tuple[str, ...] = (
    "*cidr_block",
    "*cidr_blocks",
    "*cidr_ipv4",
    "*cidr_ipv6",
    "*cidrs",
    "*CidrIp",
    "*CidrIpv6",
    "*authorized_ip_ranges",
    "*whitelisted_cidrs",
    "*source_ranges",
    "*destination_ranges",
    "*source_address_prefix",
    "*source_address_prefixes",
    "*destination_address_prefix",
    "*destination_address_prefixes",
    "azurerm_virtual_network.address_space",
    "azurerm_subnet.address_prefixes",
    "aws_wafv2_ip_set.addresses",
    "aws_route.destination_cidr_block",
    "google_compute_subnetwork.*ip_cidr_range",
    "google_compute_route.dest_range",
)
"""Globs likewise: networks. AWS, Azure and Google keep the network of an address with host bits (EC2 API reference,
AuthorizeSecurityGroupIngress: 100.68.0.18/18 becomes 100.68.0.0/18), and IPv6 has several spellings (RFC 5952)."""

ADDRESSES: tuple[str, ...] = (
    "*ipv6_address",
    "*ipv6_addresses",
    "aws_network_interface.ipv6_address_list",
)
"""Globs likewise: addresses, of which IPv6 ones have several spellings (RFC 5952). Host bits count."""

DURATIONS: tuple[str, ...] = (
    # Google's Duration (google.protobuf.Duration in JSON: seconds with an `s`), which some also take in hours.
    "google_pubsub_*.message_retention_duration",
    "google_pubsub_subscription.*ttl",
    "google_pubsub_subscription.retry_policy.*_backoff",
    "google_kms_crypto_key.rotation_period",
    "google_kms_crypto_key.destroy_scheduled_duration",
    "google_secret_manager_*.ttl",
    "google_secret_manager_*.rotation.rotation_period",
    "google_secret_manager_*.version_destroy_ttl",
    "google_monitoring_alert_policy.*duration",
    "google_monitoring_alert_policy.*alignment_period",
    "google_monitoring_alert_policy.*auto_close",
    "google_monitoring_uptime_check_config.period",
    "google_monitoring_uptime_check_config.timeout",
    "google_monitoring_slo.*window_period",
    "google_cloud_run_v2_*.*timeout",
    "google_cloud_scheduler_job.attempt_deadline",
    "google_cloud_scheduler_job.retry_config.*duration",
    "google_cloud_tasks_queue.*backoff",
    "google_cloud_tasks_queue.*max_retry_duration",
    "google_dataproc_cluster.*lifecycle_config.*ttl",
    "google_spanner_database.version_retention_period",
    "google_bigtable_gc_policy.max_age.duration",
    "google_container_cluster.*autoscaling_profile.*delay",
    # ISO 8601 durations of Azure Resource Manager: PT1H and PT60M.
    "azurerm_servicebus_*.default_message_ttl",
    "azurerm_servicebus_*.auto_delete_on_idle",
    "azurerm_servicebus_*.lock_duration",
    "azurerm_servicebus_*.duplicate_detection_history_time_window",
    "azurerm_monitor_*.frequency",
    "azurerm_monitor_*.window_size",
    "azurerm_monitor_*.evaluation_frequency",
    "azurerm_monitor_*.window_duration",
    "azurerm_monitor_autoscale_setting.*time_grain",
    "azurerm_monitor_autoscale_setting.*time_window",
    "azurerm_monitor_autoscale_setting.*cooldown",
    "azurerm_eventhub_*.*retention_duration",
    # Go's durations, of HashiCorp's own products and of Helm.
    "vault_*.*_ttl",
    "vault_*.ttl",
    "consul_*.*ttl",
    "nomad_*.*interval",
    "kubernetes_manifest.*.certificate.spec.duration",
)
"""Globs likewise: lengths of time that are written with a unit. A number without a unit stays a number."""

AZURE_IDS: tuple[str, ...] = ("azurerm_*", "azapi_*", "azure-native:*", "azure:*")
"""Globs likewise: where ids of Azure Resource Manager stand, whose case means nothing (Azure REST API guidelines,
"resource names and resource IDs": compared without regard to case). Texts of any other shape stay as they are."""

GOOGLE_LINKS: tuple[str, ...] = ("google_*",)
"""Globs likewise: where links to Compute Engine's objects stand: with the API's address and version, or without."""

PRESENCE: tuple[str, ...] = (
    "AWS::WAFv2::*",
    "aws:wafv2/*",
    "kubernetes_manifest.*elector",
    "kubernetes_manifest.*.emptyDir",
    "kubernetes:*elector",
    "kubernetes:*.emptyDir",
)
"""Globs likewise: objects that say something by being there, though empty: `{"Allow": {}}` against `{"Block": {}}` (AWS
WAF), a selector that selects everything (Kubernetes)."""

EXACT_TEXTS: tuple[str, ...] = (
    "aws_sfn_state_machine.definition",
    "AWS::StepFunctions::StateMachine.Definition*",
    "aws_cloudwatch_event_rule.event_pattern",
    "AWS::Events::Rule.EventPattern",
    "aws_pipes_pipe.*pattern",
)
"""Globs likewise: JSON texts in a language where null, an empty text and nothing at all differ: `"ResultPath": null`
throws a result away (Amazon States Language), `[""]` and `[null]` match different events (EventBridge)."""

USER_NAMED = re.compile(
    r"(?:^|\.)(?:tags|tags_all|tagsAll|(?:[a-z]+_)?labels|annotations|environment|variables|app_settings|metadata|"
    r"parameters|triggers)[.\[]"
)
"""Where people name the members as they like: a tag called `hostname` is any text, and its case counts."""

_SETS = glob_pattern(*SETS)
_PRESENCE = glob_pattern(*PRESENCE)
_EXACT_TEXTS = glob_pattern(*EXACT_TEXTS)


def is_set(provider_type: str, path: str) -> bool:
    """Say whether a list's order means nothing.

    Args:
        provider_type: `aws_security_group`.
        path: The attribute's path without indices: `root.rule`.
    """
    return _fits(_SETS, provider_type, path)


def says_by_presence(provider_type: str, path: str) -> bool:
    """Say whether an object means something by being there, though empty.

    Args:
        provider_type: As in `is_set`.
        path: As in `is_set`.
    """
    return _fits(_PRESENCE, provider_type, path)


def is_exact_text(provider_type: str, path: str) -> bool:
    """Say whether in a JSON text null, what is empty and what is not there differ.

    Args:
        provider_type: As in `is_set`.
        path: As in `is_set`.
    """
    return _fits(_EXACT_TEXTS, provider_type, path)


def host_name(text: str) -> str:
    """Spell a host name without its trailing dot, in lower case.

    Args:
        text: Any text.
    """
    return text.rstrip(".").lower()


_SPELLINGS: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (glob_pattern(*HOST_NAMES), host_name),
    (glob_pattern(*NETWORKS), network),
    (glob_pattern(*ADDRESSES), address),
    (glob_pattern(*DURATIONS), duration),
    (glob_pattern(*AZURE_IDS), azure_id),
    (glob_pattern(*GOOGLE_LINKS), google_link),
)


_MAX_REMEMBERED = 200
"""Characters of a path up to which what it holds is remembered: there are few paths, and hostile ones are long."""


def spelling_of(provider_type: str, path: str) -> Callable[[str], str] | None:
    """Return what gives an attribute's texts their one spelling, None where each text has only its own.

    Args:
        provider_type: As in `is_set`.
        path: As in `is_set`.
    """
    look_up = _remembered if len(path) + len(provider_type) <= _MAX_REMEMBERED else _spelling_of
    return look_up(provider_type, path)


def _spelling_of(provider_type: str, path: str) -> Callable[[str], str] | None:
    if USER_NAMED.search(path):
        return None
    return next((spell for pattern, spell in _SPELLINGS if _fits(pattern, provider_type, path)), None)


_remembered = lru_cache(maxsize=8192)(_spelling_of)


def _fits(pattern: re.Pattern[str], provider_type: str, path: str) -> bool:
    if pattern.fullmatch(path) is not None or pattern.fullmatch(f"{provider_type}.{path}") is not None:
        return True
    bridged = terraform_name(provider_type)
    if bridged == provider_type:
        return False
    spelt = snake_case(path)  # Pulumi's bridged providers have Terraform's attributes in camelCase
    return pattern.fullmatch(spelt) is not None or pattern.fullmatch(f"{bridged}.{spelt}") is not None
