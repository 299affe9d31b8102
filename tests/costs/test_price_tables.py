"""The price tables say where each figure comes from, and hold nothing that is no price."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from costs.prices import CURRENCY, FOLDER, find_price, price_tables

FILES = sorted(FOLDER.glob("*.json"))
FAMILIES = {"ebs", "ec2", "ec2_monitoring", "rds_mariadb", "rds_mysql", "rds_postgres", "rds_storage"}
ITEMS = {
    "ec2": r"[a-z0-9-]+\.[a-z0-9-]+",
    "rds_mariadb": r"db\.[a-z0-9]+\.[a-z0-9]+",
    "rds_mysql": r"db\.[a-z0-9]+\.[a-z0-9]+",
    "rds_postgres": r"db\.[a-z0-9]+\.[a-z0-9]+",
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


def test_what_no_table_has_has_no_price() -> None:
    assert find_price("ec2", "us-east-1", "hour", "t3.large") is not None
    assert find_price("ec2", "eu-west-1", "hour", "t3.large") is None
    assert find_price("ec2", "us-east-1", "hour", "z9.huge") is None
    assert find_price("ec2", "us-east-1", "month", "t3.large") is None
    assert find_price("rds_oracle", "us-east-1", "hour", "db.t3.large") is None


def test_the_files_are_read_once() -> None:
    assert price_tables() is price_tables()
