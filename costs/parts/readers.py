"""Which reader takes which type apart. Another type is priced by its reader here and its figures in `price_tables/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from costs.attributes import Attributes, NothingToPrice
from costs.parts.caches import cluster, replication_group
from costs.parts.counting import Counted, Place
from costs.parts.databases import db_instance
from costs.parts.instances import group, instance
from costs.parts.network import (
    address,
    classic_load_balancer,
    load_balancer,
    load_balancer_of_stated_type,
    nat_gateway,
)
from costs.parts.volumes import ebs_volume
from costs.prices import PriceBook

READERS: Mapping[str, Callable[[Place, Attributes], Iterator[Counted]]] = {
    "aws_instance": instance,
    "AWS::EC2::Instance": instance,
    "aws:ec2/instance:Instance": instance,
    "aws_autoscaling_group": group,
    "AWS::AutoScaling::AutoScalingGroup": group,
    "aws:autoscaling/group:Group": group,
    "aws_ebs_volume": ebs_volume,
    "AWS::EC2::Volume": ebs_volume,
    "aws:ebs/volume:Volume": ebs_volume,
    "aws_db_instance": db_instance,
    "aws_rds_cluster_instance": db_instance,
    "AWS::RDS::DBInstance": db_instance,
    "aws:rds/instance:Instance": db_instance,
    "aws:rds/clusterInstance:ClusterInstance": db_instance,
    "aws_elasticache_cluster": cluster,
    "AWS::ElastiCache::CacheCluster": cluster,
    "aws:elasticache/cluster:Cluster": cluster,
    "aws_elasticache_replication_group": replication_group,
    "AWS::ElastiCache::ReplicationGroup": replication_group,
    "aws:elasticache/replicationGroup:ReplicationGroup": replication_group,
    "aws_nat_gateway": nat_gateway,
    "AWS::EC2::NatGateway": nat_gateway,
    "aws:ec2/natGateway:NatGateway": nat_gateway,
    "aws_lb": load_balancer,
    "aws_alb": load_balancer,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": load_balancer,
    "aws:lb/loadBalancer:LoadBalancer": load_balancer,
    "aws:alb/loadBalancer:LoadBalancer": load_balancer,
    "aws_elb": classic_load_balancer,
    "AWS::ElasticLoadBalancing::LoadBalancer": classic_load_balancer,
    "aws:elb/loadBalancer:LoadBalancer": classic_load_balancer,
    "aws_eip": address,
    "AWS::EC2::EIP": address,
    "aws:ec2/eip:Eip": address,
    "EC2": instance,
    "EBS": ebs_volume,
    "RDS": db_instance,
    "ELASTICACHE": cluster,
    "LOAD_BALANCER": load_balancer_of_stated_type,
}
"""The types that can be priced, in the spellings of Terraform, CloudFormation and Pulumi, and the families that a drift
made over the API may name instead; what of a family is something else states no type of instance and has no price."""


def parts_of(provider_type: str, region: str, values: Mapping[str, object], book: PriceBook) -> list[Counted]:
    """Take a resource apart into what it costs.

    Args:
        provider_type: `aws_instance`, `AWS::EC2::Instance`, …
        region: The provider's region code.
        values: One side of a drift, as stored.
        book: The prices that are known.

    Raises:
        NothingToPrice: The type is none that can be priced, it has no values, or one that bears a price cannot be read.
    """
    reader = READERS.get(provider_type)
    if reader is None:
        raise NothingToPrice(f"There are no prices for the type {provider_type[:80]}.")
    if not values:
        raise NothingToPrice("The source of the drift tells no values of the resource.")
    return [counted for counted in reader(Place(region, book), Attributes(values)) if counted.quantity]
