"""From a provider's type name to the family a person thinks in: a table, first match wins."""

from __future__ import annotations

import re
from functools import lru_cache

from drifts.globs import glob_pattern, snake_case

OTHER = "OTHER"

FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("EBS", ("aws_ebs_*", "aws_volume_attachment", "AWS::EC2::Volume*", "AWS::EC2::Snapshot*")),
    (
        "SECURITY_GROUP",
        (
            "aws_security_group*",
            "aws_default_security_group",
            "aws_vpc_security_group_*",
            "AWS::EC2::SecurityGroup*",
            "azurerm_network_security_*",
            "google_compute_firewall",
        ),
    ),
    (
        "VPC",
        (
            "aws_vpc*",
            "aws_default_vpc*",
            "aws_subnet",
            "aws_default_subnet",
            "aws_route",
            "aws_route_table*",
            "aws_default_route_table",
            "aws_main_route_table_association",
            "aws_internet_gateway*",
            "aws_egress_only_internet_gateway",
            "aws_nat_gateway*",
            "aws_network_acl*",
            "aws_default_network_acl",
            "aws_flow_log",
            "AWS::EC2::VPC*",
            "AWS::EC2::Subnet*",
            "AWS::EC2::Route*",
            "AWS::EC2::InternetGateway",
            "AWS::EC2::NatGateway",
            "AWS::EC2::NetworkAcl*",
            "AWS::EC2::FlowLog",
        ),
    ),
    (
        "EC2",
        (
            "aws_instance",
            "aws_spot_*",
            "aws_launch_*",
            "aws_autoscaling_*",
            "aws_ami*",
            "aws_eip*",
            "aws_key_pair",
            "aws_network_interface*",
            "aws_placement_group",
            "AWS::EC2::*",
            "AWS::AutoScaling::*",
        ),
    ),
    ("RDS", ("aws_db_*", "aws_rds_*", "AWS::RDS::*", "aws_docdb_*", "AWS::DocDB::*", "aws_neptune_*")),
    ("S3", ("aws_s3_*", "aws_s3control_*", "AWS::S3::*")),
    (
        "IAM_ROLE",
        ("aws_iam_role*", "aws_iam_instance_profile", "AWS::IAM::Role*", "AWS::IAM::InstanceProfile"),
    ),
    ("IAM_POLICY", ("aws_iam_policy*", "AWS::IAM::*Policy")),
    ("IAM_USER", ("aws_iam_user*", "aws_iam_access_key", "aws_iam_group*", "AWS::IAM::User*", "AWS::IAM::Group*")),
    ("IAM", ("aws_iam_*", "AWS::IAM::*")),
    ("LAMBDA", ("aws_lambda_*", "AWS::Lambda::*", "AWS::Serverless::*")),
    ("DYNAMODB", ("aws_dynamodb_*", "AWS::DynamoDB::*", "aws_dax_*")),
    ("ELASTICACHE", ("aws_elasticache_*", "AWS::ElastiCache::*", "aws_memorydb_*")),
    ("EKS", ("aws_eks_*", "AWS::EKS::*")),
    ("ECS", ("aws_ecs_*", "aws_ecr_*", "AWS::ECS::*", "AWS::ECR::*")),
    (
        "LOAD_BALANCER",
        ("aws_lb*", "aws_alb*", "aws_elb*", "aws_proxy_protocol_policy", "AWS::ElasticLoadBalancing*::*"),
    ),
    ("CLOUDFRONT", ("aws_cloudfront_*", "AWS::CloudFront::*")),
    ("ROUTE53", ("aws_route53_*", "AWS::Route53*::*")),
    ("KMS", ("aws_kms_*", "AWS::KMS::*")),
    ("SECRET", ("aws_secretsmanager_*", "aws_ssm_parameter", "AWS::SecretsManager::*", "AWS::SSM::Parameter")),
    ("SQS", ("aws_sqs_*", "AWS::SQS::*")),
    ("SNS", ("aws_sns_*", "AWS::SNS::*")),
    ("CLOUDWATCH", ("aws_cloudwatch_*", "AWS::CloudWatch::*", "AWS::Logs::*", "AWS::Events::*")),
    ("CLOUDTRAIL", ("aws_cloudtrail*", "AWS::CloudTrail::*")),
    ("API_GATEWAY", ("aws_api_gateway_*", "aws_apigatewayv2_*", "AWS::ApiGateway*::*")),
    ("EFS", ("aws_efs_*", "AWS::EFS::*")),
    ("REDSHIFT", ("aws_redshift*", "AWS::Redshift*::*")),
    ("ACM", ("aws_acm*", "AWS::CertificateManager::*")),
)
"""Family → globs over the provider's type. Narrower families stand before wider ones (EBS before EC2)."""

_COMPILED: tuple[tuple[str, re.Pattern[str]], ...] = tuple((family, glob_pattern(*globs)) for family, globs in FAMILIES)


_NAMES = frozenset(family for family, _ in FAMILIES)


@lru_cache(maxsize=4096)
def family_of(provider_type: str) -> str:
    """Return the family of a provider's resource type, `OTHER` where none fits.

    Args:
        provider_type: `aws_instance`, `AWS::EC2::Instance`, …; a family's own name, as the API's clients may send, too.
    """
    if provider_type.upper() in _NAMES:
        return provider_type.upper()
    spelt = terraform_name(provider_type)
    for family, pattern in _COMPILED:
        if pattern.fullmatch(spelt):
            return family
    return OTHER


_PULUMI = re.compile(r"(?P<cloud>aws|azure|gcp):(?P<module>[a-z0-9]+)/[A-Za-z0-9]+:(?P<name>[A-Za-z0-9]+)")
_CLOUDS = {"aws": "aws", "azure": "azurerm", "gcp": "google"}
_MODULES = {"apigateway": "api_gateway_", "rds": "db_", "ec2": "", "network": ""}
"""Pulumi's module → what its types begin with in Terraform, where it is not the module."""
_RENAMED = {
    "aws_db_cluster": "aws_rds_cluster",
    "aws_db_cluster_instance": "aws_rds_cluster_instance",
    "aws_cloudtrail_trail": "aws_cloudtrail",
    "aws_lb_load_balancer": "aws_lb",
    "aws_alb_load_balancer": "aws_alb",
    "aws_s3_bucket_v2": "aws_s3_bucket",
}


@lru_cache(maxsize=4096)
def terraform_name(provider_type: str) -> str:
    """Return the name that Terraform has for a type of Pulumi's bridged providers; any other type as it is.

    Args:
        provider_type: `aws:ec2/securityGroup:SecurityGroup` becomes `aws_security_group`.
    """
    found = _PULUMI.fullmatch(provider_type)
    if found is None:
        return provider_type
    module = _MODULES.get(found["module"], f"{found['module']}_")
    name = f"{_CLOUDS[found['cloud']]}_{module}{snake_case(found['name'])}"
    return _RENAMED.get(name, name)
