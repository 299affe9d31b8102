"""More guards for `test_severity_directions`: data, one row each, as described there."""

from __future__ import annotations

from typing import Any

WORLD, INSIDE = "0.0.0.0/0", "10.0.0.0/8"

WATCHES: list[tuple[str, str, str, Any, Any, str]] = [
    ("aws_guardduty_detector", "AWS::GuardDuty::Detector", "enable", True, False, "high"),
    ("aws_config_configuration_recorder_status", "", "is_enabled", True, False, "high"),
    ("aws_cloudwatch_metric_alarm", "AWS::CloudWatch::Alarm", "actions_enabled", True, False, "high"),
    ("azurerm_mssql_server_security_alert_policy", "", "state", "Enabled", "Disabled", "high"),
]
"""Who is told of what happens."""

DOORS: list[tuple[str, str, str, Any, Any, str]] = [
    ("aws_lambda_function_url", "", "authorization_type", "AWS_IAM", "NONE", "critical"),
    ("", "AWS::Lambda::Url", "AuthType", "AWS_IAM", "NONE", "critical"),
    ("aws_lambda_permission", "AWS::Lambda::Permission", "principal", "s3.amazonaws.com", "*", "critical"),
    ("aws_ami_launch_permission", "", "group", "", "all", "critical"),
    ("aws_db_snapshot", "", "shared_accounts", [], ["all"], "critical"),
    ("aws_wafv2_web_acl", "", "default_action", [{"block": [{"a": []}]}], [{"allow": [{"a": []}]}], "high"),
    ("aws_api_gateway_method", "", "authorization", "AWS_IAM", "NONE", "high"),
    ("aws_apigatewayv2_route", "AWS::ApiGatewayV2::Route", "authorization_type", "JWT", "NONE", "high"),
    ("aws_iam_access_key", "AWS::IAM::AccessKey", "status", "Inactive", "Active", "high"),
    (
        *("azurerm_storage_account", "", "network_rules"),
        *([{"default_action": "Deny"}], [{"default_action": "Allow"}], "high"),
    ),
    ("azurerm_key_vault", "", "network_acls", [{"default_action": "Deny"}], [{"default_action": "Allow"}], "high"),
    (
        *("google_container_cluster", "", "master_authorized_networks_config"),
        *([{"cidr_blocks": [{"cidr_block": INSIDE}]}], [{"cidr_blocks": [{"cidr_block": WORLD}]}], "high"),
    ),
    (
        *("azurerm_kubernetes_cluster", "", "api_server_access_profile"),
        *([{"authorized_ip_ranges": [INSIDE]}], [{"authorized_ip_ranges": [WORLD]}], "high"),
    ),
    (
        *("aws_opensearch_domain", "", "domain_endpoint_options"),
        *([{"enforce_https": True}], [{"enforce_https": False}], "high"),
    ),
]
"""Who gets in, and how."""
