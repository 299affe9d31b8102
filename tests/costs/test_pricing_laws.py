"""What must be true of prices, whatever the states hold."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from costs.parts import READERS
from costs.pricing import Priced, price_drift
from tests.costs.states import State, price

TYPES = sorted(READERS)
KINDS = ["modified", "deleted", "unmanaged"]
NAMES = [
    *("instance_type", "InstanceType", "instance_class", "DBInstanceClass", "engine", "Engine", "multi_az", "MultiAZ"),
    *("allocated_storage", "storage_type", "iops", "throughput", "storage_throughput", "type", "VolumeType", "size"),
    *("volume_type", "volume_size", "root_block_device", "ebs_block_device", "BlockDeviceMappings", "Ebs", "tenancy"),
    *("monitoring", "ebs_optimized", "credit_specification", "cpu_credits", "delete_on_termination", "tags"),
]
PLAUSIBLE = [
    *("t3.large", "m5.4xlarge", "m3.large", "db.t3.large", "db.r5.large", "mysql", "postgres", "aurora", "gp2", "gp3"),
    *("io1", "io2", "standard", "true", "false", "100", "dedicated", "unlimited", "(sensitive)", "/dev/xvda"),
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
regions = st.sampled_from(["us-east-1", "eu-west-1", "ap-northeast-3", "mars-1"])
pairs = st.one_of(
    st.tuples(st.just("aws_instance"), instances, instances),
    st.tuples(st.just("aws_db_instance"), databases, databases),
    st.tuples(st.sampled_from(TYPES), any_state, any_state),
)


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
        assert not found.reason


@settings(deadline=None)
@given(pair=pairs, region=regions)
def test_swapped_sides_turn_the_sign(pair: tuple[str, State, State], region: str) -> None:
    provider_type, one, other = pair
    there = price(one, other, provider_type=provider_type, region=region)
    back = price(other, one, provider_type=provider_type, region=region)
    assert plain(there) == minus(back)


@settings(deadline=None)
@given(pair=st.one_of(st.tuples(st.just("aws_instance"), instances), st.tuples(st.just("aws_db_instance"), databases)))
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
