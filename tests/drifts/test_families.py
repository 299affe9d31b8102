"""The family of a resource, for people."""

from __future__ import annotations

import pytest

from drifts.families import FAMILIES, OTHER, family_of


@pytest.mark.parametrize(
    ("provider_type", "family"),
    [
        ("aws_instance", "EC2"),
        ("aws_ebs_volume", "EBS"),
        ("aws:ebs/volume:Volume", "EBS"),
        ("aws:ec2/instance:Instance", "EC2"),
        ("aws:ec2/securityGroup:SecurityGroup", "SECURITY_GROUP"),
        ("aws:rds/instance:Instance", "RDS"),
        ("aws:rds/cluster:Cluster", "RDS"),
        ("aws:s3/bucketV2:BucketV2", "S3"),
        ("aws:iam/role:Role", "IAM_ROLE"),
        ("aws:apigateway/restApi:RestApi", "API_GATEWAY"),
        ("aws:lb/loadBalancer:LoadBalancer", "LOAD_BALANCER"),
        ("azurerm_network_security_rule", "SECURITY_GROUP"),
        ("google_compute_firewall", "SECURITY_GROUP"),
        ("gcp:compute/firewall:Firewall", "SECURITY_GROUP"),
        ("gcp:storage/bucket:Bucket", "OTHER"),
        ("AWS::EC2::Volume", "EBS"),
        ("AWS::EC2::Instance", "EC2"),
        ("aws_security_group", "SECURITY_GROUP"),
        ("aws_vpc_security_group_ingress_rule", "SECURITY_GROUP"),
        ("AWS::EC2::SecurityGroupIngress", "SECURITY_GROUP"),
        ("aws_vpc", "VPC"),
        ("aws_vpc_endpoint", "VPC"),
        ("aws_route", "VPC"),
        ("aws_route53_record", "ROUTE53"),
        ("aws_db_instance", "RDS"),
        ("aws_s3_bucket_public_access_block", "S3"),
        ("aws_iam_role", "IAM_ROLE"),
        ("aws_iam_role_policy_attachment", "IAM_ROLE"),
        ("aws_iam_policy", "IAM_POLICY"),
        ("aws_iam_user", "IAM_USER"),
        ("aws_iam_openid_connect_provider", "IAM"),
        ("aws_lb_listener", "LOAD_BALANCER"),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LOAD_BALANCER"),
        ("terraform_data", OTHER),
        ("azurerm_virtual_network", OTHER),
        ("", OTHER),
        ("EC2", "EC2"),
        ("security_group", "SECURITY_GROUP"),
    ],
)
def test_a_type_belongs_to_its_family(provider_type: str, family: str) -> None:
    assert family_of(provider_type) == family


@pytest.mark.parametrize("family", [family for family, _ in FAMILIES])
def test_a_familys_own_name_is_of_that_family(family: str) -> None:
    assert family_of(family) == family_of(family.lower()) == family
