"""What a resource is made of, as far as it costs money: parts that are counted and have a price, or none known.

One reader a resource type. To price another type, add its reader here and its figures to `price_tables/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from costs.attributes import Attributes, NothingToPrice
from costs.prices import Price, find_price

HOURS_A_MONTH = Decimal(730)
"""365 days of 24 hours, over 12."""

ONE = Decimal(1)
NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """Something that costs money."""

    component: str
    """For people, and what makes two parts the same: `EC2 t3.large`."""
    unit: str
    """What is counted: `hour`, `GB-month`, …"""
    price: Price | None
    """USD a unit; None where no table has it."""
    is_main: bool = False
    """Whether it is the resource itself: without its price the resource has none."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A part and how much of it a month."""

    part: Part
    quantity: Decimal
    outlives: bool = False
    """Whether it stays when the resource is deleted: a volume not deleted with its instance."""


@dataclass(frozen=True, slots=True)
class Included:
    """What the price of a volume's storage includes; None where it is not charged apart at all."""

    iops: Decimal | None = None
    throughput: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume's values that bear a price."""

    kind: str
    """`gp3`, `io1`, …"""
    size: Decimal
    """GB."""
    iops: Decimal | None
    throughput: Decimal | None
    """MB a second."""


EBS_INCLUDED: Mapping[str, Included] = {
    "gp2": Included(),
    "gp3": Included(iops=Decimal(3000), throughput=Decimal(125)),
    "io1": Included(iops=NONE),
    "io2": Included(iops=NONE),
    "sc1": Included(),
    "st1": Included(),
    "standard": Included(),
}
"""Amazon EBS User Guide, volume types. `standard` also charges its requests, which follow use."""

RDS_INCLUDED: Mapping[str, Included] = {"gp2": Included(), "io1": Included(iops=NONE), "standard": Included()}
RDS_GP3 = Included(iops=Decimal(3000), throughput=Decimal(125))
RDS_GP3_STRIPED = Included(iops=Decimal(12_000), throughput=Decimal(500))
RDS_STRIPED_FROM = Decimal(400)
"""GB from which MySQL, MariaDB and PostgreSQL stripe gp3 storage (Amazon RDS User Guide, DB instance storage)."""

UNKNOWN_KIND = Included(iops=NONE, throughput=NONE)

IO2_FIRST_TIER = Decimal(32_000)
"""IOPS from which io2 has a lower price, which the table lacks."""

RDS_ENGINES = frozenset({"mariadb", "mysql", "postgres"})

MULTI_AZ_COPIES = Decimal(2)
"""A Multi-AZ instance is one and its standby, both with storage. The price list has it at twice the Single-AZ price,
within its own rounding of a tenth of a cent an hour (in the source of `rds_storage.json`: db.t3.large MySQL 0.272 and
2 x 0.136, storage 0.23 and 2 x 0.115, gp3 IOPS 0.04 and 2 x 0.02); the RDS User Guide counts it as twice the units."""

CHARGED_FOR_EBS_OPTIMISATION = frozenset({"c1", "c3", "g2", "i2", "m1", "m2", "m3", "r3"})
"""Older families; the later ones include it (Amazon EC2 User Guide, EBS-optimised instance types)."""

MONITORING_METRICS = Decimal(7)
"""Metrics of an instance under detailed monitoring."""

ROOT_DEVICES = frozenset({"/dev/sda1", "/dev/xvda"})


def parts_of(provider_type: str, region: str, values: Mapping[str, object]) -> list[Counted]:
    """Take a resource apart into what it costs.

    Args:
        provider_type: `aws_instance`, `AWS::EC2::Instance`, …
        region: The provider's region code.
        values: One side of a drift, as stored.

    Raises:
        NothingToPrice: The type is none that can be priced, or a value that bears a price cannot be read.
    """
    reader = READERS.get(provider_type)
    if reader is None:
        raise NothingToPrice(f"There are no prices for the type {provider_type[:80]}.")
    return [counted for counted in reader(region, Attributes(values)) if counted.quantity]


def _instance(region: str, values: Attributes) -> Iterator[Counted]:
    """An EC2 instance, taken to run Linux: states do not say what its image runs."""
    kind = _required(values, "instance_type")
    plan = _purchase(values)
    price = None if plan else find_price("ec2", region, "hour", kind)
    yield Counted(Part(f"EC2 {kind}{plan}", "hour", price, is_main=True), HOURS_A_MONTH)
    if values.flag("monitoring"):
        price = find_price("ec2_monitoring", region, "metric-month", "metric")
        yield Counted(Part("EC2 detailed monitoring", "metric-month", price), MONITORING_METRICS)
    if values.flag("ebs_optimized") and kind.split(".")[0] in CHARGED_FOR_EBS_OPTIMISATION:
        yield Counted(Part(f"EBS optimisation of {kind}", "hour", None), HOURS_A_MONTH)
    if any(block.text("cpu_credits") == "unlimited" for block in values.blocks("credit_specification") or []):
        yield Counted(Part("EC2 unlimited CPU credits", "month", None), ONE)
    yield from _instance_volumes(region, values)


def _purchase(values: Attributes) -> str:
    """How the instance is bought, where that is not on demand and shared."""
    tenancy = values.text("tenancy") or "default"
    if tenancy != "default":
        return f", {tenancy} tenancy"
    market = [block.text("market_type") for block in values.blocks("instance_market_options") or []]
    found = [values.text("instance_lifecycle"), *market, "spot" if values.text("spot_instance_request_id") else ""]
    return next((f", {plan}" for plan in found if plan not in {"", "on-demand"}), "")


def _instance_volumes(region: str, values: Attributes) -> Iterator[Counted]:
    root = values.blocks("root_block_device")
    mappings = values.blocks("block_device_mappings") or []
    listed = [*(root or []), *(values.blocks("ebs_block_device") or [])]
    listed += [block for mapping in mappings for block in mapping.blocks("ebs") or []]
    if root is None and not any(mapping.text("device_name") in ROOT_DEVICES for mapping in mappings):
        yield Counted(Part("EBS root volume, not stated", "month", None), ONE)
    for block in listed:
        outlives = not block.flag("delete_on_termination", unset=True)
        volume = _volume(block)
        if volume is None:
            yield Counted(Part("EBS volume of unstated type or size", "month", None), ONE, outlives)
        else:
            yield from (replace(one, outlives=outlives) for one in _ebs(region, volume, is_main=False))


def _ebs_volume(region: str, values: Attributes) -> Iterator[Counted]:
    volume = _volume(values)
    if volume is None:
        raise NothingToPrice("The type or the size of the volume is not stated.")
    yield from _ebs(region, volume, is_main=True)


def _volume(values: Attributes) -> Volume | None:
    kind, size = values.text("volume_type", "type"), values.count("volume_size", "size")
    if not kind or not size:
        return None
    return Volume(kind, size, values.count("iops"), values.count("throughput"))


def _ebs(region: str, volume: Volume, *, is_main: bool) -> Iterator[Counted]:
    prices = _Prices("EBS", "ebs", region)
    price = prices.find("GB-month", volume.kind)
    yield Counted(Part(f"EBS {volume.kind} storage", "GB-month", price, is_main), volume.size)
    yield from _performance(prices, volume, EBS_INCLUDED.get(volume.kind, UNKNOWN_KIND))


def _db_instance(region: str, values: Attributes) -> Iterator[Counted]:
    """An RDS instance of an engine that is not Aurora, whose price depends on its cluster."""
    kind = _required(values, "instance_class", "db_instance_class")
    engine = values.text("engine") or "of unstated engine"
    copies = MULTI_AZ_COPIES if values.flag("multi_az") else ONE
    price = find_price(f"rds_{engine}", region, "hour", kind) if engine in RDS_ENGINES else None
    yield Counted(Part(f"RDS {kind} {engine}", "hour", price, is_main=True), HOURS_A_MONTH * copies)
    if values.flag("dedicated_log_volume"):
        yield Counted(Part("RDS dedicated log volume", "month", None), copies)
    for one in _db_storage(region, engine, values):
        yield replace(one, quantity=one.quantity * copies)


def _db_storage(region: str, engine: str, values: Attributes) -> Iterator[Counted]:
    kind, size = values.text("storage_type"), values.count("allocated_storage")
    if not kind or not size:
        yield Counted(Part(f"RDS {kind or 'storage of unstated type'}, GB", "GB-month", None), size or ONE)
        return
    volume = Volume(kind, size, values.count("iops"), values.count("storage_throughput"))
    # What gp3 includes for the other engines is not known here, so nothing of their storage is priced.
    prices = _Prices("RDS", "rds_storage" if engine in RDS_ENGINES else "", region)
    yield Counted(Part(f"RDS {kind} storage", "GB-month", prices.find("GB-month", kind)), size)
    yield from _performance(prices, volume, _rds_included(volume))


def _rds_included(volume: Volume) -> Included:
    if volume.kind == "gp3":
        return RDS_GP3 if volume.size < RDS_STRIPED_FROM else RDS_GP3_STRIPED
    return RDS_INCLUDED.get(volume.kind, UNKNOWN_KIND)


@dataclass(frozen=True, slots=True)
class _Prices:
    """The storage prices of a service in a region."""

    service: str
    family: str
    region: str

    def find(self, unit: str, kind: str) -> Price | None:
        return find_price(self.family, self.region, unit, kind)


def _performance(prices: _Prices, volume: Volume, included: Included) -> Iterator[Counted]:
    """What a volume pays for speed beyond what its storage includes."""
    label = f"{prices.service} {volume.kind}"
    if included.iops is not None:
        if volume.iops is None and not included.iops:
            yield Counted(Part(f"{label} IOPS, not stated", "IOPS-month", None), ONE)
        paid = max(NONE, (volume.iops or NONE) - included.iops)
        first = min(paid, IO2_FIRST_TIER) if volume.kind == "io2" else paid
        yield Counted(Part(f"{label} IOPS", "IOPS-month", prices.find("IOPS-month", volume.kind)), first)
        yield Counted(Part(f"{label} IOPS above {IO2_FIRST_TIER:,}", "IOPS-month", None), paid - first)
    if included.throughput is not None:
        paid = max(NONE, (volume.throughput or NONE) - included.throughput)
        price = prices.find("MBps-month", volume.kind)
        yield Counted(Part(f"{label} throughput", "MBps-month", price), paid)


def _required(values: Attributes, *names: str) -> str:
    found = values.text(*names)
    if not found:
        raise NothingToPrice(f"The resource states no {names[0]}.")
    return found


READERS: Mapping[str, Callable[[str, Attributes], Iterator[Counted]]] = {
    "aws_instance": _instance,
    "AWS::EC2::Instance": _instance,
    "aws:ec2/instance:Instance": _instance,
    "aws_ebs_volume": _ebs_volume,
    "AWS::EC2::Volume": _ebs_volume,
    "aws:ebs/volume:Volume": _ebs_volume,
    "aws_db_instance": _db_instance,
    "AWS::RDS::DBInstance": _db_instance,
    "aws:rds/instance:Instance": _db_instance,
    "EC2": _instance,
    "EBS": _ebs_volume,
    "RDS": _db_instance,
}
"""The types that can be priced, in the spellings of Terraform, CloudFormation and Pulumi, and the families that a drift
made over the API may name instead; what of a family is something else states no type of instance and has no price."""
