"""The price tables say where each figure comes from, and hold nothing that is no price."""

import json
import re
import statistics
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from costs.prices import CURRENCY, FACTORS, FOLDER, PACKAGED, PriceBook, PriceTable, price_tables, region_factors

D = Decimal
FILES = sorted(FOLDER.glob("*.json"))
FAMILIES = {
    *("ebs", "ec2", "ec2_monitoring", "elasticache", "load_balancer", "nat_gateway", "public_ipv4"),
    *("rds_mariadb", "rds_mysql", "rds_postgres", "rds_storage"),
}
ITEMS = {
    "ec2": r"[a-z0-9-]+\.[a-z0-9-]+",
    "elasticache": r"cache\.[a-z0-9]+\.[a-z0-9]+",
    "public_ipv4": r"idle|in_use",
    "rds_mariadb": r"db\.[a-z0-9]+\.[a-z0-9]+",
    "rds_mysql": r"db\.[a-z0-9]+\.[a-z0-9]+",
    "rds_postgres": r"db\.[a-z0-9]+\.[a-z0-9]+",
}
SIZES = {"micro": D("0.25"), "small": D("0.5"), "medium": D(1), "large": D(2), "xlarge": D(4)} | {
    f"{number}xlarge": D(4 * number) for number in (2, 4, 8, 10, 12, 16, 24)
}
REGION = re.compile(r"[a-z]{2}(-gov)?-[a-z]+-\d")


def test_each_family_has_a_file() -> None:
    assert {path.stem for path in FILES} == FAMILIES == set(price_tables())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_names_its_source_licence_and_date(path: Path) -> None:
    table = price_tables()[path.stem]
    assert "/" in table.source
    assert table.licence in {"Apache-2.0", "MIT"}
    assert 2020 < table.date.year < 2030
    assert table.what
    assert table.currency == CURRENCY == "USD"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_figure_is_a_plain_positive_decimal_of_a_known_item(path: Path) -> None:
    figures = json.loads(path.read_text(encoding="utf-8"))["figures"]
    item_pattern = re.compile(ITEMS.get(path.stem, r"[a-z0-9]+"))
    count = 0
    for region, units in figures.items():
        assert REGION.fullmatch(region)
        for unit, items in units.items():
            assert unit in {"hour", "GB-month", "IOPS-month", "MBps-month", "metric-month"}
            for item, amount in items.items():
                assert item_pattern.fullmatch(item), item
                assert re.fullmatch(r"\d+(\.\d+)?", amount), (item, amount)
                assert 0 < Decimal(amount) < 1000
                count += 1
    assert count


@pytest.mark.parametrize("engine", ["mariadb", "mysql", "postgres"])
def test_the_sizes_of_a_database_family_cost_in_proportion(engine: str) -> None:
    """The source has figures seven times too high; they must not come in again."""
    sizes = {"large": 1, "xlarge": 2, "2xlarge": 4, "4xlarge": 8, "8xlarge": 16, "12xlarge": 24, "16xlarge": 32}
    for region, units in price_tables()[f"rds_{engine}"].figures.items():
        for item, amount in units["hour"].items():
            family, size = item.rsplit(".", 1)
            one = units["hour"].get(f"{family}.large")
            if one and size in sizes:
                assert one * sizes[size] == pytest.approx(amount, rel=Decimal("0.1")), (region, item)


@pytest.mark.parametrize("family", ["m4", "m5", "m6g", "r4", "r5", "r6g", "t3"])
def test_the_sizes_of_a_cache_family_cost_in_proportion(family: str) -> None:
    """The source has figures of another offer in between; they must not come in."""
    for region, units in price_tables()["elasticache"].figures.items():
        ones = [
            amount / SIZES[item.rsplit(".", 1)[1]]
            for item, amount in units["hour"].items()
            if item.startswith(f"cache.{family}.")
        ]
        if ones:
            assert max(ones) <= min(ones) * Decimal("1.1"), (region, ones)


def test_what_no_table_has_has_no_price() -> None:
    assert PACKAGED.listed("ec2", "us-east-1", "hour", "t3.large") is not None
    assert PACKAGED.listed("ec2", "eu-west-1", "hour", "t3.large") is None
    assert PACKAGED.find("ec2", "us-east-1", "hour", "z9.huge") is None
    assert PACKAGED.find("ec2", "eu-west-1", "hour", "z9.huge") is None
    assert PACKAGED.find("ec2", "us-east-1", "month", "t3.large") is None
    assert PACKAGED.find("rds_oracle", "us-east-1", "hour", "db.t3.large") is None
    assert PACKAGED.find("load_balancer", "us-east-1", "hour", "gateway") is None


def test_a_region_without_figures_of_its_own_is_estimated_and_says_how() -> None:
    found = PACKAGED.find("ec2", "eu-west-1", "hour", "t3.large")
    assert found is not None
    assert found.amount == Decimal("0.0832") * Decimal("1.104")
    assert found.on == date(2021, 8, 3)  # the older of the two lists that it rests on
    assert "us-east-1's price times 1.104" in found.estimate
    assert "RDS for MySQL" in found.estimate


@pytest.mark.parametrize("region", ["sa-east-1", "ap-south-1", "mars-1", ""])
def test_a_region_whose_factor_is_not_sure_has_no_estimate(region: str) -> None:
    assert PACKAGED.find("ec2", region, "hour", "t3.large") is None


@pytest.mark.parametrize("family", ["rds_mysql", "elasticache", "public_ipv4"])
def test_a_family_that_has_figures_of_all_regions_is_never_estimated(family: str) -> None:
    assert family not in region_factors().families
    item = {"rds_mysql": "db.m1.small", "elasticache": "cache.c1.xlarge", "public_ipv4": "idle"}[family]
    assert PACKAGED.find(family, "us-gov-east-1", "hour", item) is None


def test_the_factors_are_the_means_of_two_services_that_agree() -> None:
    data = json.loads(FACTORS.read_text(encoding="utf-8"))
    assert data["licence"] == "MIT"
    assert set(data["families"]) <= FAMILIES
    for region, entry in data["factors"].items():
        assert REGION.fullmatch(region)
        ratios = [statistics.median(ratios_of(family, region)) for family in ("elasticache", "rds_mysql")]
        assert [Decimal(entry["elasticache"]), Decimal(entry["rds"])] == pytest.approx(ratios, abs=Decimal("0.0006"))
        assert max(ratios) <= min(ratios) * Decimal("1.05")
        assert Decimal(entry["factor"]) == pytest.approx(sum(ratios) / 2, abs=Decimal("0.0006"))


def ratios_of(family: str, region: str) -> list[Decimal]:
    figures = price_tables()[family].figures
    base = figures["us-east-1"]["hour"]
    return [amount / base[item] for item, amount in figures[region]["hour"].items() if item in base]


def newer(family: str, region: str, item: str, amount: str) -> PriceBook:
    figures = {region: {"hour": {item: Decimal(amount)}}}
    table = PriceTable(family, "newer", "elsewhere", "", date(2026, 6, 1), CURRENCY, figures)
    return PriceBook({(family, region): table})


def test_a_newer_list_goes_before_the_packages_and_the_package_fills_its_gaps() -> None:
    book = newer("ec2", "us-east-1", "t3.large", "0.09")
    found = book.find("ec2", "us-east-1", "hour", "t3.large")
    assert found is not None
    assert (found.amount, found.on, found.source) == (Decimal("0.09"), date(2026, 6, 1), "elsewhere")
    other = book.find("ec2", "us-east-1", "hour", "m5.large")
    assert other is not None
    assert other.amount == Decimal("0.096")


def test_a_newer_list_of_a_region_goes_before_an_estimate() -> None:
    found = newer("ec2", "eu-west-1", "t3.large", "0.0912").find("ec2", "eu-west-1", "hour", "t3.large")
    assert found is not None
    assert (found.amount, found.estimate) == (Decimal("0.0912"), "")


def test_the_files_are_read_once() -> None:
    assert price_tables() is price_tables()
