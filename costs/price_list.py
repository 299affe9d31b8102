"""What of the AWS Price List is read, and how one of its products becomes a figure. Pure.

The list has a product for every way of buying a thing. `WANTED` names the plain ones: on demand, in a region (no
outpost, no local zone), Linux on shared or dedicated machines, databases of one zone. What is tiered by use, free, or
priced twice under one name is left out: a figure that could be another is none.

Source: the AWS Price List Query API, GetProducts, and the attributes that it answers with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

MOST = Decimal(1000)
"""USD a unit; nothing that is read here costs so much."""
ITEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_PREFIX = r"(?:(?!TS-)[A-Z0-9]{2,5}-)?"
"""A region's short code before a usage type; us-east-1 has none. `TS-` is another product."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One price as the package's tables have it."""

    family: str
    unit: str
    item: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Wanted:
    """Some products of a service, and what they are called here."""

    service: str
    """The code of the service: AmazonEC2, …"""
    filters: Mapping[str, str]
    """What the API is asked for, beside the region: the product's family and attributes."""
    family: str
    """Our table."""
    units: Mapping[str, tuple[str, int]]
    """The list's unit → ours, and how many of ours it holds."""
    usage: re.Pattern[str]
    """The usage types that are meant; a group `item`, if it has one, says what is priced."""
    item: Callable[[str], str] = str
    """What the list calls it → what we do."""
    attribute: str = ""
    """The attribute that says what is priced, where the usage type does not."""


HOURS = {"Hrs": ("hour", 1), "hours": ("hour", 1)}
GB = {"GB-Mo": ("GB-month", 1)}
IOPS = {"IOPS-Mo": ("IOPS-month", 1)}
THROUGHPUT = {"GiBps-mo": ("MBps-month", 1024), "MiBps-mo": ("MBps-month", 1), "MBPS-Mo": ("MBps-month", 1)}

LINUX = {
    "productFamily": "Compute Instance",
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}
RDS_ENGINES = {
    "MySQL": "rds_mysql",
    "PostgreSQL": "rds_postgres",
    "MariaDB": "rds_mariadb",
    "Aurora MySQL": "rds_aurora-mysql",
    "Aurora PostgreSQL": "rds_aurora-postgresql",
}
CACHE_ENGINES = {"Redis": "elasticache", "Memcached": "elasticache", "Valkey": "elasticache_valkey"}
BALANCERS = {
    "Load Balancer-Application": "application",
    "Load Balancer-Network": "network",
    "Load Balancer-Gateway": "gateway",
    "Load Balancer": "classic",
}
RDS_STORAGE = {"GP2-Storage": "gp2", "GP3-Storage": "gp3", "PIOPS-Storage": "io1", "StorageUsage": "standard"}
RDS_SPEED = {"PIOPS": "io1", "GP3-PIOPS": "gp3", "GP3-Throughput": "gp3"}
SINGLE = {"deploymentOption": "Single-AZ"}


def _usage(words: str) -> re.Pattern[str]:
    return re.compile(_PREFIX + words)


def _always(item: str) -> Callable[[str], str]:
    return lambda _: item


def _io1(item: str) -> str:
    return {"piops": "io1"}.get(item, item)


WANTED: tuple[Wanted, ...] = (
    Wanted("AmazonEC2", {**LINUX, "tenancy": "Shared"}, "ec2", HOURS, _usage(r"BoxUsage:(?P<item>.+)")),
    Wanted(
        "AmazonEC2", {**LINUX, "tenancy": "Dedicated"}, "ec2_dedicated", HOURS, _usage(r"DedicatedUsage:(?P<item>.+)")
    ),
    Wanted(
        "AmazonEC2",
        {"productFamily": "Storage"},
        "ebs",
        GB,
        _usage(r"EBS:VolumeUsage(\.\w+)?"),
        attribute="volumeApiName",
    ),
    Wanted(
        "AmazonEC2",
        {"productFamily": "System Operation"},
        "ebs",
        IOPS,
        _usage(r"EBS:VolumeP-IOPS\.(?P<item>[\w.]+)"),
        item=_io1,
    ),
    Wanted(
        "AmazonEC2",
        {"productFamily": "Provisioned Throughput"},
        "ebs",
        THROUGHPUT,
        _usage(r"EBS:VolumeP-Throughput\.(?P<item>\w+)"),
    ),
    Wanted(
        "AmazonEC2",
        {"productFamily": "NAT Gateway"},
        "nat_gateway",
        HOURS,
        _usage("NatGateway-Hours"),
        item=_always("zonal"),
    ),
    *(
        Wanted(
            "AmazonVPC",
            {"group": "VPCPublicIPv4Address"},
            "public_ipv4",
            HOURS,
            _usage(f"PublicIPv4:{usage}"),
            item=_always(item),
        )
        for usage, item in (("IdleAddress", "idle"), ("InUseAddress", "in_use"))
    ),
    *(
        Wanted(
            "AWSELB", {"productFamily": kind}, "load_balancer", HOURS, _usage("LoadBalancerUsage"), item=_always(item)
        )
        for kind, item in BALANCERS.items()
    ),
    *(
        Wanted(
            "AmazonRDS",
            {"productFamily": "Database Instance", "databaseEngine": engine, **SINGLE},
            family,
            HOURS,
            _usage(r"InstanceUsage:(?P<item>db\..+)"),
        )
        for engine, family in RDS_ENGINES.items()
    ),
    *(
        Wanted(
            "AmazonRDS",
            {"productFamily": kind, "databaseEngine": engine, **SINGLE},
            "rds_storage",
            units,
            _usage(rf"RDS:(?P<item>{'|'.join(names)})"),
            item=names.__getitem__,
        )
        for engine in ("Any", "MySQL", "PostgreSQL", "MariaDB")
        for kind, names, units in (
            ("Database Storage", RDS_STORAGE, GB),
            ("Provisioned IOPS", RDS_SPEED, IOPS),
            ("Provisioned Throughput", RDS_SPEED, THROUGHPUT),
        )
    ),
    *(
        Wanted(
            "AmazonElastiCache",
            {"productFamily": "Cache Instance", "cacheEngine": engine},
            family,
            HOURS,
            _usage(r"NodeUsage:(?P<item>cache\..+)"),
        )
        for engine, family in CACHE_ENGINES.items()
    ),
)
"""All that is read, one query of the API a row."""

SERVICES: Mapping[str, str] = {
    "ec2": "AmazonEC2",
    "elasticache": "AmazonElastiCache",
    "elb": "AWSELB",
    "rds": "AmazonRDS",
    "vpc": "AmazonVPC",
}
"""What a person calls a service → its code in the list."""


@dataclass(slots=True)
class ListPrices:
    """The figures of a service in a region, as they are gathered."""

    _found: dict[tuple[str, str, str], set[Decimal]] = field(default_factory=dict)

    def add(self, figures: Iterable[Figure]) -> None:
        """Take figures in; one that is there already with another amount makes both unusable.

        Args:
            figures: Of this service and region.
        """
        for one in figures:
            self._found.setdefault((one.family, one.unit, one.item), set()).add(one.amount)

    @property
    def count(self) -> int:
        """How many prices there are."""
        return sum(len(amounts) == 1 for amounts in self._found.values())

    @property
    def ambiguous(self) -> int:
        """How many things the list has several prices of under one name, all left out."""
        return sum(len(amounts) > 1 for amounts in self._found.values())

    def as_json(self) -> dict[str, dict[str, dict[str, str]]]:
        """Family → unit → item → digits: what is stored."""
        plain: dict[str, dict[str, dict[str, str]]] = {}
        for (family, unit, item), amounts in sorted(self._found.items()):
            if len(amounts) == 1:
                (amount,) = amounts
                plain.setdefault(family, {}).setdefault(unit, {})[item] = _digits(amount)
        return plain


def figures_in(text: str, wanted: Wanted, region: str) -> list[Figure]:
    """Read one product of the list; what is not quite what was asked for has no figure.

    Args:
        text: A product as the API answers it: JSON.
        wanted: What was asked for.
        region: The region that was asked for.
    """
    try:
        data = json.loads(text)
        product, terms = data["product"], data["terms"]["OnDemand"]
        attributes = {**product["attributes"], "productFamily": product.get("productFamily", "")}
        dimensions = [one for term in terms.values() for one in term["priceDimensions"].values()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []
    item = _item(attributes, wanted, region)
    figure = _figure(item, dimensions[0], wanted) if item and len(dimensions) == 1 else None
    return [figure] if figure else []


def _item(attributes: Mapping[str, Any], wanted: Wanted, region: str) -> str:
    """What is priced, in our words; '' where the product is another one than was asked for."""
    asked = {**wanted.filters, "regionCode": region}
    if attributes.get("locationType", "AWS Region") != "AWS Region":
        return ""
    if any(str(attributes.get(name, "")) != value for name, value in asked.items()):
        return ""
    usage = wanted.usage.fullmatch(str(attributes.get("usagetype", "")))
    if usage is None:
        return ""
    named = attributes.get(wanted.attribute) if wanted.attribute else usage.groupdict().get("item", "")
    item = wanted.item(str(named or ""))
    return item if ITEM.fullmatch(item) else ""


def _figure(item: str, dimension: Any, wanted: Wanted) -> Figure | None:
    try:
        unit, holds = wanted.units[dimension["unit"]]
        amount = Decimal(dimension["pricePerUnit"]["USD"]) / holds
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return None
    return Figure(wanted.family, unit, item, amount) if amount.is_finite() and 0 < amount < MOST else None


def _digits(amount: Decimal) -> str:
    digits = f"{amount:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
