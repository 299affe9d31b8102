"""What must be true of prices, whatever the states hold."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from costs.breakdown import MOST_LINES, breakdown_of
from costs.parts import READERS
from costs.pricing import Priced, price_drift, to_cents
from tests.costs.states import State, price

TYPES = sorted(READERS)
KINDS = ["modified", "deleted", "unmanaged"]
NAMES = [
    *("instance_type", "InstanceType", "instance_class", "DBInstanceClass", "engine", "Engine", "multi_az", "MultiAZ"),
    *("allocated_storage", "storage_type", "iops", "throughput", "storage_throughput", "type", "VolumeType", "size"),
    *("volume_type", "volume_size", "root_block_device", "ebs_block_device", "BlockDeviceMappings", "Ebs", "tenancy"),
    *("monitoring", "ebs_optimized", "credit_specification", "cpu_credits", "delete_on_termination", "tags"),
    *("node_type", "num_cache_nodes", "num_cache_clusters", "desired_capacity", "mixed_instances_policy", "override"),
    *("launch_template", "load_balancer_type", "internal", "scheme", "public_ipv4_pool", "association_id"),
]
PLAUSIBLE = [
    *("t3.large", "m5.4xlarge", "m3.large", "db.t3.large", "db.r5.large", "mysql", "postgres", "aurora", "gp2", "gp3"),
    *("io1", "io2", "standard", "true", "false", "100", "dedicated", "unlimited", "(sensitive)", "/dev/xvda"),
    *("cache.t3.micro", "redis", "network", "gateway", "internet-facing", "amazon", "eipassoc-1"),
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(PLAUSIBLE),
    st.integers(0, 20_000),
)
json = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=10)), inner, max_size=6),
    ),
    max_leaves=25,
)
any_state = st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=10)), json, max_size=8)

volumes = st.fixed_dictionaries(
    {"volume_type": st.sampled_from(["gp2", "gp3", "io1", "io2", "st1", "gp9"]), "volume_size": st.integers(1, 16_000)},
    optional={"iops": st.integers(0, 64_000), "throughput": st.integers(0, 1000)},
)
instances = st.fixed_dictionaries(
    {"instance_type": st.sampled_from(["t3.micro", "t3.large", "m5.large", "m3.large", "p5.48xlarge", "z9.huge"])},
    optional={
        "root_block_device": st.lists(volumes, min_size=1, max_size=1),
        "ebs_block_device": st.lists(volumes, max_size=3),
        "monitoring": st.booleans(),
        "tenancy": st.sampled_from(["default", "dedicated"]),
        "ebs_optimized": st.booleans(),
    },
)
databases = st.fixed_dictionaries(
    {
        "instance_class": st.sampled_from(["db.t3.micro", "db.r5.large", "db.m5.24xlarge", "db.z9.huge"]),
        "engine": st.sampled_from(["mysql", "postgres", "mariadb", "aurora-mysql"]),
    },
    optional={
        "multi_az": st.booleans(),
        "storage_type": st.sampled_from(["gp2", "gp3", "io1", "io9"]),
        "allocated_storage": st.integers(20, 65_536),
        "iops": st.integers(0, 64_000),
    },
)
caches = st.fixed_dictionaries(
    {
        "node_type": st.sampled_from(["cache.t3.micro", "cache.m6g.large", "cache.z9.huge"]),
        "engine": st.sampled_from(["redis", "memcached", "valkey"]),
        "num_cache_nodes": st.integers(1, 40),
    }
)
balancers = st.fixed_dictionaries(
    {"load_balancer_type": st.sampled_from(["application", "network", "gateway"]), "internal": st.booleans()}
)
groups = st.fixed_dictionaries(
    {"desired_capacity": st.integers(0, 500), "launch_template": st.just([{"id": "lt-1", "version": "1"}])},
    optional={
        "mixed_instances_policy": st.sampled_from(["t3.large", "m5.large"]).map(
            lambda kind: [{"launch_template": [{"override": [{"instance_type": kind}]}]}]
        )
    },
)
addresses = st.fixed_dictionaries({"id": st.just("eipalloc-1")}, optional={"association_id": st.just("eipassoc-1")})
regions = st.sampled_from(["us-east-1", "eu-west-1", "ap-northeast-3", "mars-1"])
pairs = st.one_of(
    st.tuples(st.just("aws_elasticache_cluster"), caches, caches),
    st.tuples(st.just("aws_lb"), balancers, balancers),
    st.tuples(st.just("aws_autoscaling_group"), groups, groups),
    st.tuples(st.just("aws_eip"), addresses, addresses),
    st.tuples(st.just("aws_instance"), instances, instances),
    st.tuples(st.just("aws_db_instance"), databases, databases),
    st.tuples(st.sampled_from(TYPES), any_state, any_state),
)


WHOLE = [
    ("aws_instance", instances),
    ("aws_db_instance", databases),
    ("aws_elasticache_cluster", caches),
    ("aws_lb", balancers),
    ("aws_autoscaling_group", groups.filter(lambda state: bool(state["desired_capacity"]))),
    ("aws_eip", addresses),
]


def minus(priced: Priced) -> tuple[Decimal | None, str, bool]:
    impact = priced.impact_monthly
    return (None if impact is None else -impact), priced.basis, priced.at_least


def plain(priced: Priced) -> tuple[Decimal | None, str, bool]:
    return priced.impact_monthly, priced.basis, priced.at_least


@settings(deadline=None, max_examples=400)
@given(
    provider_type=st.one_of(st.sampled_from(TYPES), st.text(max_size=20)),
    kind=st.one_of(st.sampled_from(KINDS), st.text(max_size=10)),
    region=st.one_of(regions, st.text(max_size=10)),
    expected=st.one_of(st.none(), any_state, instances, databases),
    actual=st.one_of(st.none(), any_state, instances, databases),
)
def test_any_json_is_priced_or_unpriced_and_never_an_error(
    provider_type: str, kind: str, region: str, expected: Any, actual: Any
) -> None:
    found = price_drift(provider_type=provider_type, kind=kind, region=region, expected=expected, actual=actual)
    if found.basis == "unpriced":
        assert found.impact_monthly is None
        assert found.reason
        assert not found.at_least
    else:
        assert found.impact_monthly is not None
        assert found.impact_monthly.as_tuple().exponent == -2
        assert abs(found.impact_monthly) <= 10**9
        assert bool(found.reason) == (found.at_least or found.is_estimated)


@settings(deadline=None)
@given(pair=pairs, region=regions)
def test_swapped_sides_turn_the_sign(pair: tuple[str, State, State], region: str) -> None:
    provider_type, one, other = pair
    there = price(one, other, provider_type=provider_type, region=region)
    back = price(other, one, provider_type=provider_type, region=region)
    assert plain(there) == minus(back)


@settings(deadline=None)
@given(pair=st.sampled_from(WHOLE).flatmap(lambda one: st.tuples(st.just(one[0]), one[1])))
def test_a_deletion_saves_what_the_unmanaged_costs(pair: tuple[str, State]) -> None:
    provider_type, state = pair
    gone = price(state, None, provider_type=provider_type, kind="deleted")
    found = price(None, state, provider_type=provider_type, kind="unmanaged")
    assert plain(gone) == minus(found)
    if found.impact_monthly is not None:
        assert found.impact_monthly > 0


@settings(deadline=None)
@given(pair=pairs, region=regions)
def test_equal_sides_cost_nothing(pair: tuple[str, State, State], region: str) -> None:
    provider_type, state, _ = pair
    found = price(state, state, provider_type=provider_type, region=region)
    assert plain(found) in ((Decimal("0.00"), "priced", False), (None, "unpriced", False))


@settings(deadline=None)
@given(one=instances, other=instances, tags=st.dictionaries(st.text(max_size=5), st.text(max_size=5)), region=regions)
def test_what_bears_no_price_does_not_matter(one: State, other: State, tags: State, region: str) -> None:
    without = price(one, other, region=region)
    assert plain(price({**one, "tags": {}}, {**other, "tags": tags, "ami": "ami-1"}, region=region)) == plain(without)


@settings(deadline=None)
@given(first=instances, second=instances, third=instances)
def test_two_steps_cost_what_one_does(first: State, second: State, third: State) -> None:
    steps = [price(first, second), price(second, third)]
    whole = price(first, third)
    if all(step.impact_monthly is not None and not step.at_least for step in steps):
        assert whole.impact_monthly is not None
        total = sum(step.impact_monthly for step in steps if step.impact_monthly is not None)
        assert abs(whole.impact_monthly - total) <= Decimal("0.01")


@settings(deadline=None)
@given(state=volumes, more=st.integers(1, 1000))
def test_a_larger_volume_costs_more(state: State, more: int) -> None:
    found = price(state, {**state, "volume_size": state["volume_size"] + more}, provider_type="aws_ebs_volume")
    assert (found.basis == "unpriced") == (state["volume_type"] == "gp9")
    if found.impact_monthly is not None:
        assert found.impact_monthly > 0


@settings(deadline=None)
@given(first=volumes, second=volumes, third=volumes, seed=st.randoms(use_true_random=False), region=regions)
def test_the_order_of_volumes_and_of_names_does_not_matter(
    first: State, second: State, third: State, seed: Any, region: str
) -> None:
    listed = [first, second, third]
    state = {"instance_type": "t3.large", "root_block_device": [{}], "ebs_block_device": listed}
    mixed = [dict(seed.sample(sorted(one.items()), len(one))) for one in seed.sample(listed, 3)]
    other = {"ebs_block_device": mixed, "root_block_device": [{}], "instance_type": "t3.large"}
    assert price(state, other, region=region).impact_monthly == Decimal("0.00")
    alone = price(None, state, kind="unmanaged", region=region)
    assert plain(price(None, other, kind="unmanaged", region=region)) == plain(alone)


@settings(deadline=None)
@given(pair=pairs, region=regions)
def test_a_breakdown_explains_its_figure(pair: tuple[str, State, State], region: str) -> None:
    provider_type, one, other = pair
    found = price(one, other, provider_type=provider_type, region=region)
    shown = breakdown_of(found)
    assert shown["atLeast"] == found.at_least
    known = [line for line in shown["lines"] if line["unitPrice"] is not None]
    added = sum(
        Decimal(line["unitPrice"]) * (Decimal(line["actualQuantity"]) - Decimal(line["expectedQuantity"]))
        for line in known
    )
    if found.impact_monthly is not None and len(shown["lines"]) < MOST_LINES:
        assert to_cents(Decimal(added)) == found.impact_monthly
    for line in known:
        assert line["priceDate"]
        assert line["source"]
