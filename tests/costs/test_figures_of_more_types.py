"""Prices of caches, networks and groups, checked by hand against the sources of the tables; a month has 730 hours."""

from datetime import date
from decimal import Decimal

import pytest

from costs.prices import CURRENCY, PriceBook, PriceTable
from costs.pricing import Priced, price_drift
from tests.costs.states import State, instance, price, volume

D = Decimal
Told = tuple[Decimal | None, str, bool]
UNPRICED: Told = (None, "unpriced", False)


def exactly(amount: str) -> Told:
    return D(amount), "priced", False


def at_least(amount: str) -> Told:
    return D(amount), "priced", True


def told(priced: Priced) -> Told:
    return priced.impact_monthly, priced.basis, priced.at_least


def made(provider_type: str, state: State, region: str = "us-east-1") -> Told:
    """What it costs that a resource is there which should not be."""
    return told(price(None, state, provider_type=provider_type, region=region, kind="unmanaged"))


def gone(provider_type: str, state: State, region: str = "us-east-1") -> Told:
    """What it costs that a resource is missing."""
    return told(price(state, None, provider_type=provider_type, region=region, kind="deleted"))


def cache(kind: object = "cache.t3.micro", nodes: object = 1, **more: object) -> State:
    return {"node_type": kind, "num_cache_nodes": nodes, "engine": "redis", **more}


def group(count: object, kind: object = "m5.large", **more: object) -> State:
    policy = {
        "launch_template": [
            {
                "launch_template_specification": [{"launch_template_id": "lt-1", "version": "3"}],
                "override": [{"instance_type": kind}],
            }
        ],
        "instances_distribution": [more] if more else [],
    }
    return {"desired_capacity": count, "min_size": 1, "mixed_instances_policy": [policy]}


def by_template(count: object, version: str = "3") -> State:
    return {"desired_capacity": count, "launch_template": [{"id": "lt-1", "name": "web", "version": version}]}


@pytest.mark.parametrize(
    ("state", "amount"),
    [
        (cache(), "12.41"),  # 730 x 0.017
        (cache(nodes=3), "37.23"),  # 3 x 12.41
        (cache(nodes="2", engine="memcached"), "24.82"),
        (cache("cache.m6g.large"), "108.77"),  # 730 x 0.149
        (cache("cache.r6g.xlarge", nodes=2), "600.06"),  # 2 x 730 x 0.411
        (cache(nodes=None, replication_group_id="sessions", engine=None), "12.41"),
    ],
)
def test_a_cache_is_priced_by_its_nodes(state: State, amount: str) -> None:
    assert made("aws_elasticache_cluster", state) == exactly(amount)
    assert gone("aws_elasticache_cluster", state) == exactly(f"-{amount}")


def test_a_cache_grown_behind_the_codes_back_costs_more() -> None:
    # 730 x (0.149 - 0.017)
    grown = price(cache(), cache("cache.m6g.large"), provider_type="aws_elasticache_cluster")
    assert told(grown) == exactly("96.36")


def test_a_cache_has_the_price_of_its_own_region() -> None:
    assert made("aws_elasticache_cluster", cache("cache.m6g.large"), "eu-west-1") == exactly("119.72")  # 730 x 0.164
    assert made("aws_elasticache_cluster", cache("cache.m6g.large"), "mars-1") == UNPRICED


@pytest.mark.parametrize(
    "state",
    [
        cache(engine="valkey"),
        cache(engine=None),
        cache(nodes=None),
        cache(None),
        cache("(sensitive)"),
        cache("cache.z9.huge"),
        # The source's figure does not fit the other sizes of its family.
        cache("cache.m5.12xlarge"),
    ],
)
def test_a_cache_that_says_too_little_or_has_no_figure_has_no_price(state: State) -> None:
    assert made("aws_elasticache_cluster", state) == UNPRICED


@pytest.mark.parametrize(
    ("nodes", "count"),
    [
        ({"num_cache_clusters": 3}, 3),
        ({"number_cache_clusters": 2}, 2),
        ({"num_node_groups": 2, "replicas_per_node_group": 1}, 4),
        ({"num_node_groups": 3, "replicas_per_node_group": 0}, 3),
        ({"cluster_mode": [{"num_node_groups": 2, "replicas_per_node_group": 2}]}, 6),
    ],
)
def test_a_replication_group_is_priced_by_its_nodes(nodes: State, count: int) -> None:
    state = {"node_type": "cache.t3.micro", "engine": "redis", **nodes}
    amount = D("12.41") * count
    assert made("aws_elasticache_replication_group", state) == (amount, "priced", False)


def test_a_replication_group_that_does_not_say_how_large_it_is_has_no_price() -> None:
    assert made("aws_elasticache_replication_group", {"node_type": "cache.t3.micro"}) == UNPRICED


def test_a_nat_gateway_is_priced_by_its_hours() -> None:
    nat = {"subnet_id": "subnet-1", "connectivity_type": "public"}
    assert made("aws_nat_gateway", nat) == exactly("32.85")  # 730 x 0.045
    assert gone("aws_nat_gateway", nat) == exactly("-32.85")
    assert made("aws_nat_gateway", {**nat, "availability_mode": "zonal"}) == exactly("32.85")
    # One an availability zone, which its values do not number.
    assert made("aws_nat_gateway", {**nat, "availability_mode": "regional"}) == UNPRICED


@pytest.mark.parametrize(
    ("provider_type", "state", "amount"),
    [
        # 730 x 0.0225 = 16.425, half away from 0
        ("aws_lb", {"load_balancer_type": "application", "internal": True}, "16.43"),
        ("aws_lb", {"internal": True, "name": "unstated"}, "16.43"),
        ("aws_alb", {"load_balancer_type": "network", "internal": True}, "16.43"),
        ("aws_elb", {"name": "old", "internal": True}, "18.25"),  # 730 x 0.025
    ],
)
def test_a_load_balancer_within_is_priced_by_its_hours(provider_type: str, state: State, amount: str) -> None:
    assert made(provider_type, state) == exactly(amount)
    assert gone(provider_type, state) == exactly(f"-{amount}")


def test_a_load_balancer_to_the_internet_costs_its_hours_at_least() -> None:
    """It has public addresses too, which its values do not number."""
    assert made("aws_lb", {"load_balancer_type": "application", "internal": False}) == at_least("16.43")
    assert made("aws_elb", {"name": "old"}) == at_least("18.25")
    bare = {"load_balancer_type": "application", "ip_address_type": "dualstack-without-public-ipv4"}
    assert made("aws_lb", bare) == exactly("16.43")


def test_a_gateway_load_balancer_has_no_figure_in_the_package() -> None:
    assert made("aws_lb", {"load_balancer_type": "gateway"}) == UNPRICED


def test_a_setting_of_a_load_balancer_changes_nothing() -> None:
    one = {"load_balancer_type": "network", "internal": False, "idle_timeout": 60}
    assert told(price(one, {**one, "idle_timeout": 90}, provider_type="aws_lb")) == exactly("0.00")


def test_an_address_costs_the_same_idle_or_in_use() -> None:
    idle, used = {"domain": "vpc", "instance": ""}, {"domain": "vpc", "instance": "i-1", "association_id": "eipassoc-1"}
    assert made("aws_eip", idle) == exactly("3.65")  # 730 x 0.005
    assert gone("aws_eip", used) == exactly("-3.65")
    moved = price(used, idle, provider_type="aws_eip")
    assert told(moved) == exactly("0.00")
    assert {line.component for line in moved.breakdown} == {
        "Public IPv4 address, in use",
        "Public IPv4 address, idle",
    }
    assert made("aws_eip", idle, "eu-west-1") == exactly("3.65")


def test_an_address_that_the_customer_brought_costs_nothing() -> None:
    assert made("aws_eip", {"public_ipv4_pool": "ipv4pool-ec2-1"}) == exactly("0.00")
    assert made("aws_eip", {"public_ipv4_pool": "amazon"}) == exactly("3.65")
    assert made("aws_eip", {"public_ipv4_pool": "amazon", "ipam_pool_id": "ipam-pool-1"}) == UNPRICED


def test_a_group_grown_behind_the_codes_back_costs_more() -> None:
    # 3 x 730 x 0.096, and the volumes of three more instances, which the group does not state
    grown = price(group(2), group(5), provider_type="aws_autoscaling_group")
    assert told(grown) == at_least("210.24")
    shrunk = price(group("5"), group("2"), provider_type="aws_autoscaling_group")
    assert told(shrunk) == at_least("-210.24")
    # 2 x 730 x (0.192 - 0.096); the volumes are as many as before
    larger = price(group(2), group(2, "m5.xlarge"), provider_type="aws_autoscaling_group")
    assert told(larger) == exactly("140.16")


def test_a_group_whose_type_stands_in_its_template_has_no_price_and_says_so() -> None:
    grown = price(by_template(2), by_template(5), provider_type="aws_autoscaling_group")
    assert told(grown) == UNPRICED
    assert grown.reason == (
        "No price is known for: EC2 instances of launch template lt-1 web 3, whose type the group does not state."
    )
    same = price(by_template(2), {**by_template(2), "max_size": 9}, provider_type="aws_autoscaling_group")
    assert told(same) == exactly("0.00")


def test_another_version_of_a_template_may_be_of_another_type() -> None:
    changed = price(by_template(2, "3"), by_template(2, "4"), provider_type="aws_autoscaling_group")
    assert told(changed) == UNPRICED
    newest = price(by_template(2, "$Latest"), by_template(2, "$Latest"), provider_type="aws_autoscaling_group")
    assert told(newest) == exactly("0.00")


def test_a_group_that_buys_spot_or_weighs_or_mixes_has_no_price() -> None:
    spot = {"on_demand_percentage_above_base_capacity": 50}
    assert told(price(group(2, **spot), group(3, **spot), provider_type="aws_autoscaling_group")) == UNPRICED
    plain = {"on_demand_percentage_above_base_capacity": 100}
    assert told(price(group(2, **plain), group(3, **plain), provider_type="aws_autoscaling_group")) == at_least("70.08")
    for override in ({"instance_type": "m5.large", "weighted_capacity": "2"}, {"instance_type": "c5.large"}):
        few, many = group(2), group(3)
        for one in (few, many):
            one["mixed_instances_policy"][0]["launch_template"][0]["override"].append(override)
        assert told(price(few, many, provider_type="aws_autoscaling_group")) == UNPRICED
    assert made("aws_autoscaling_group", {"min_size": 3}) == UNPRICED


@pytest.mark.parametrize(
    ("provider_type", "state", "expected"),
    [
        ("AWS::EC2::NatGateway", {"SubnetId": "subnet-1"}, exactly("32.85")),
        ("AWS::EC2::EIP", {"Domain": "vpc", "InstanceId": "i-1"}, exactly("3.65")),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", {"Type": "network", "Scheme": "internal"}, exactly("16.43")),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internet-facing"}, at_least("16.43")),
        ("AWS::ElasticLoadBalancing::LoadBalancer", {"Scheme": "internal"}, exactly("18.25")),
        (
            "AWS::ElastiCache::CacheCluster",
            {"CacheNodeType": "cache.t3.micro", "Engine": "memcached", "NumCacheNodes": "2"},
            exactly("24.82"),
        ),
        (
            "AWS::ElastiCache::ReplicationGroup",
            {"CacheNodeType": "cache.t3.micro", "Engine": "redis", "NumNodeGroups": 2, "ReplicasPerNodeGroup": 1},
            exactly("49.64"),
        ),
        (
            "AWS::AutoScaling::AutoScalingGroup",
            {
                "DesiredCapacity": "2",
                "MixedInstancesPolicy": {"LaunchTemplate": {"Overrides": [{"InstanceType": "m5.large"}]}},
            },
            at_least("140.16"),
        ),
        ("aws:ec2/natGateway:NatGateway", {"subnetId": "subnet-1"}, exactly("32.85")),
        ("aws:ec2/eip:Eip", {"networkInterface": "eni-1"}, exactly("3.65")),
        ("aws:lb/loadBalancer:LoadBalancer", {"loadBalancerType": "network", "internal": True}, exactly("16.43")),
        ("aws:alb/loadBalancer:LoadBalancer", {"internal": True}, exactly("16.43")),
        ("aws:elb/loadBalancer:LoadBalancer", {"internal": True}, exactly("18.25")),
        (
            "aws:elasticache/cluster:Cluster",
            {"nodeType": "cache.t3.micro", "engine": "redis", "numCacheNodes": 1},
            exactly("12.41"),
        ),
        (
            "aws:elasticache/replicationGroup:ReplicationGroup",
            {"nodeType": "cache.t3.micro", "engine": "redis", "numCacheClusters": 2},
            exactly("24.82"),
        ),
        (
            "aws:autoscaling/group:Group",
            {
                "desiredCapacity": 2,
                "mixedInstancesPolicy": {"launchTemplate": {"overrides": [{"instanceType": "m5.large"}]}},
            },
            at_least("140.16"),
        ),
        # 730 x 0.171 + 20 x 0.115
        (
            "aws:rds/instance:Instance",
            {"instanceClass": "db.m5.large", "engine": "mysql", "storageType": "gp2", "allocatedStorage": 20},
            exactly("127.13"),
        ),
        ("aws:ebs/volume:Volume", {"type": "gp3", "size": 100, "iops": 4000}, exactly("13.00")),
        ("ELASTICACHE", {"node_type": "cache.t3.micro", "num_cache_nodes": 1, "engine": "redis"}, exactly("12.41")),
        ("LOAD_BALANCER", {"load_balancer_type": "network", "internal": True}, exactly("16.43")),
        ("LOAD_BALANCER", {"name": "some", "internal": True}, UNPRICED),
    ],
)
def test_every_tools_spelling_is_priced(provider_type: str, state: State, expected: Told) -> None:
    assert made(provider_type, state) == expected


def test_another_regions_figure_is_an_estimate_and_says_so() -> None:
    grown = price(instance("t3.large"), instance("m5.4xlarge"), region="eu-west-1")
    # 730 x (0.768 - 0.0832) x 1.104 = 551.891616
    assert told(grown) == exactly("551.89")
    assert grown.is_estimated
    assert grown.reason.startswith(
        "Estimated, for EC2 t3.large, EC2 m5.4xlarge: us-east-1's price times 1.104, the mean"
    )
    tagged = price(instance("t3.large"), instance("t3.large", tags={"a": "b"}), region="eu-west-1")
    assert told(tagged) == exactly("0.00")
    assert not tagged.is_estimated


def book(*rows: tuple[str, str, str, str], region: str = "us-east-1") -> PriceBook:
    """Newer prices: family, unit, item and amount of each."""
    tables = {}
    for family in {row[0] for row in rows}:
        units: dict[str, dict[str, Decimal]] = {}
        for _, unit, item, amount in (row for row in rows if row[0] == family):
            units.setdefault(unit, {})[item] = D(amount)
        tables[family, region] = PriceTable(family, "", "a list", "", date(2026, 6, 1), CURRENCY, {region: units})
    return PriceBook(tables)


def newly(provider_type: str, expected: State | None, actual: State, prices: PriceBook) -> Told:
    kind = "modified" if expected else "unmanaged"
    return told(
        price_drift(
            provider_type=provider_type, kind=kind, region="us-east-1", expected=expected, actual=actual, book=prices
        )
    )


def test_dedicated_machines_have_a_price_where_a_list_has_it() -> None:
    prices = book(("ec2_dedicated", "hour", "t3.large", "0.0915"), ("ec2_dedicated", "hour", "m5.4xlarge", "0.8448"))
    small, large = instance("t3.large", tenancy="dedicated"), instance("m5.4xlarge", tenancy="dedicated")
    assert newly("aws_instance", small, large, prices) == exactly("549.91")  # 730 x (0.8448 - 0.0915)
    # 730 x (0.0915 - 0.0832), and the region's fee, which its dedicated instances share
    assert newly("aws_instance", instance("t3.large"), small, prices) == at_least("6.06")
    host = instance("t3.large", tenancy="host")
    assert newly("aws_instance", None, host, prices) == UNPRICED


def test_the_later_tiers_of_io2_have_a_price_where_a_list_has_them() -> None:
    prices = book(("ebs", "IOPS-month", "io2.tier2", "0.0455"), ("ebs", "IOPS-month", "io2.tier3", "0.03185"))
    # 100 x 0.125 + 32,000 x 0.065 + 32,000 x 0.0455 + 6,000 x 0.03185
    fast = {"type": "io2", "size": 100, "iops": 70_000}
    assert newly("aws_ebs_volume", None, fast, prices) == exactly("3739.60")


def test_aurora_and_valkey_have_a_price_where_a_list_has_it() -> None:
    prices = book(
        ("rds_aurora-mysql", "hour", "db.r6g.large", "0.26"), ("elasticache_valkey", "hour", "cache.t3.micro", "0.0136")
    )
    member = {"instance_class": "db.r6g.large", "engine": "aurora-mysql"}
    assert newly("aws_rds_cluster_instance", None, member, prices) == at_least("189.80")  # 730 x 0.26
    assert newly("aws_elasticache_cluster", None, cache(engine="valkey"), prices) == exactly("9.93")  # 730 x 0.0136


def test_the_list_used_is_named_with_its_date() -> None:
    prices = book(("ec2", "hour", "t3.large", "0.09"))
    found = price_drift(
        provider_type="aws_instance", kind="deleted", region="us-east-1", expected=instance(), actual=None, book=prices
    )
    lines = {line.component: line for line in found.breakdown}
    assert (lines["EC2 t3.large"].source, lines["EC2 t3.large"].price_date) == ("a list", date(2026, 6, 1))
    assert lines["EBS gp3 storage"].price_date == date(2024, 1, 1)
    assert found.price_date == date(2024, 1, 1)
    assert found.impact_monthly == D("-66.34")  # 730 x 0.09 + 8 x 0.08
    assert told(price(instance("t3.large", volume()), None, kind="deleted")) == exactly("-61.38")
