"""Products of the AWS Price List become figures as the package's tables have them, or none."""

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costs.price_list import SERVICES, WANTED, Figure, ListPrices, figures_in
from tests.costs.products import LIST, Product, database, machine, node, product, text

D = Decimal
READ = {
    ("ec2", "hour", "t3.large"): "0.084",
    ("ec2", "hour", "m5.large"): "0.097",
    ("ec2_dedicated", "hour", "t3.large"): "0.0924",
    ("ebs", "GB-month", "gp3"): "0.081",
    ("ebs", "GB-month", "standard"): "0.05",
    ("ebs", "IOPS-month", "io1"): "0.066",
    ("ebs", "IOPS-month", "io2.tier2"): "0.0455",
    ("ebs", "MBps-month", "gp3"): "0.04",  # 40.96 a GB a second of 1024
    ("nat_gateway", "hour", "zonal"): "0.046",
    ("public_ipv4", "hour", "idle"): "0.005",
    ("public_ipv4", "hour", "in_use"): "0.005",
    ("load_balancer", "hour", "application"): "0.0225",
    ("load_balancer", "hour", "network"): "0.0225",
    ("load_balancer", "hour", "gateway"): "0.0125",
    ("load_balancer", "hour", "classic"): "0.025",
    ("rds_mysql", "hour", "db.t3.large"): "0.137",
    ("rds_postgres", "hour", "db.t3.large"): "0.146",
    ("rds_aurora-mysql", "hour", "db.r6g.large"): "0.26",
    ("rds_storage", "GB-month", "gp3"): "0.115",
    ("rds_storage", "GB-month", "io1"): "0.125",
    ("rds_storage", "IOPS-month", "gp3"): "0.02",
    ("elasticache", "hour", "cache.t3.micro"): "0.017",
    ("elasticache_valkey", "hour", "cache.t3.micro"): "0.0136",
}


def read(*products: Product, region: str = "us-east-1") -> list[Figure]:
    """What all the rules together make of some products."""
    found = [figure for one in products for wanted in WANTED for figure in figures_in(text(one), wanted, region)]
    return sorted(set(found), key=lambda figure: (figure.family, figure.unit, figure.item))


def flat(prices: ListPrices) -> dict[tuple[str, str, str], str]:
    plain = prices.as_json()
    return {
        (family, unit, item): digits
        for family, units in plain.items()
        for unit, items in units.items()
        for item, digits in items.items()
    }


def test_what_is_wanted_is_read_and_nothing_else() -> None:
    prices = ListPrices()
    prices.add(read(*LIST))
    assert flat(prices) == READ
    assert (prices.count, prices.ambiguous) == (len(READ), 0)


@pytest.mark.parametrize("prefix", ["EU-", "USW2-", "APN1-", "UGW1-"])
def test_a_regions_short_code_before_the_usage_is_no_other_usage(prefix: str) -> None:
    there = machine("t3.large", "0.0912", prefix=prefix, regionCode="eu-west-1")
    assert read(there, region="eu-west-1") == [Figure("ec2", "hour", "t3.large", D("0.0912"))]
    assert read(there) == []


def changed(one: Product, **attributes: str) -> Product:
    other = copy.deepcopy(one)
    other["product"]["attributes"].update(attributes)
    return other


@pytest.mark.parametrize(
    "other",
    [
        machine("t3.large", "0.1", preInstalledSw="SQL Std"),
        machine("t3.large", "0.1", locationType="AWS Outposts"),
        machine("t3.large", "0.1", tenancy="Host"),
        machine("t3.large", "0.1", prefix="USE1-Outposts-"),
        machine("t3.large", "0.0000000000"),
        machine("t3.large", "-1"),
        machine("t3.large", "NaN"),
        machine("t3.large", "1e9"),
        machine("two words", "0.1"),
        database("db.t3.large", "SQL Server", "0.3"),
        database("db.t3.large", "MySQL", "0.3", option="Multi-AZ (readable standbys)"),
        product("AmazonRDS", "Database Storage", "RDS:Multi-AZ-GP3-Storage", "GB-Mo", "0.23", databaseEngine="Any"),
        product("AmazonEC2", "Storage", "EBS:VolumeUsage.gp3", "GB-Hours", "0.1", volumeApiName="gp3"),
    ],
)
def test_what_is_nearly_what_is_wanted_has_no_figure(other: Product) -> None:
    assert read(other) == []


def test_what_is_tiered_by_use_has_no_figure() -> None:
    tiered = machine("t3.large", "0.1")
    dimensions = tiered["terms"]["OnDemand"]["ABC.JRTCKXETXF"]["priceDimensions"]
    dimensions["another"] = {**dimensions["ABC.JRTCKXETXF.6YS6EN2CT7"], "beginRange": "100"}
    assert read(tiered) == []


def test_what_is_listed_at_two_prices_has_none() -> None:
    prices = ListPrices()
    prices.add(read(machine("t3.large", "0.0832"), machine("t3.large", "0.0840"), machine("m5.large", "0.096")))
    assert flat(prices) == {("ec2", "hour", "m5.large"): "0.096"}
    assert (prices.count, prices.ambiguous) == (1, 1)


def test_redis_and_memcached_at_two_prices_have_none() -> None:
    prices = ListPrices()
    prices.add(read(node("cache.m5.large", "Redis", "0.156"), node("cache.m5.large", "Memcached", "0.155")))
    assert prices.as_json() == {}


@pytest.mark.parametrize(
    "broken", ["", "null", "[]", "{", '{"product": {}}', '{"product": 1, "terms": {"OnDemand": {}}}', "[" * 100_000]
)
def test_what_is_no_product_has_no_figure(broken: str) -> None:
    assert [figure for wanted in WANTED for figure in figures_in(broken, wanted, "us-east-1")] == []


paths = st.sampled_from(
    [
        ("product",),
        ("terms",),
        ("product", "attributes"),
        ("product", "attributes", "usagetype"),
        ("terms", "OnDemand"),
        ("terms", "OnDemand", "ABC.JRTCKXETXF"),
        ("terms", "OnDemand", "ABC.JRTCKXETXF", "priceDimensions"),
        ("terms", "OnDemand", "ABC.JRTCKXETXF", "priceDimensions", "ABC.JRTCKXETXF.6YS6EN2CT7"),
        ("terms", "OnDemand", "ABC.JRTCKXETXF", "priceDimensions", "ABC.JRTCKXETXF.6YS6EN2CT7", "pricePerUnit"),
    ]
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=5), inner, max_size=2)),
    max_leaves=5,
)


@given(one=st.sampled_from(LIST), path=paths, value=anything)
def test_a_damaged_product_is_never_an_error(one: Product, path: tuple[str, ...], value: Any) -> None:
    damaged = copy.deepcopy(one)
    place = damaged
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    for wanted in WANTED:
        assert figures_in(json.dumps(damaged), wanted, "us-east-1") == []


def test_every_service_is_asked_for_something() -> None:
    assert {wanted.service for wanted in WANTED} == set(SERVICES.values())
    assert all(wanted.filters for wanted in WANTED)
