"""Storage: EBS volumes, and what of a volume is paid for its speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from costs.attributes import Attributes, NothingToPrice
from costs.parts.counting import NONE, ONE, Counted, Part, Place


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


@dataclass(frozen=True, slots=True)
class Storage:
    """A service's storage and its family of prices."""

    service: str
    family: str


EBS = Storage("EBS", "ebs")

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

UNKNOWN_KIND = Included(iops=NONE, throughput=NONE)

TIERS: Mapping[str, tuple[tuple[str, Decimal], ...]] = {
    "io2": (("io2", NONE), ("io2.tier2", Decimal(32_000)), ("io2.tier3", Decimal(64_000)))
}
"""Kinds whose IOPS get cheaper by the number: the items of the price list, and from how many IOPS on each holds. The
package's table has the first tier only."""


def ebs_volume(place: Place, values: Attributes) -> Iterator[Counted]:
    """A volume of its own.

    Args:
        place: Where it is.
        values: Its values.

    Raises:
        NothingToPrice: Its type or its size is not stated.
    """
    volume = volume_of(values)
    if volume is None:
        raise NothingToPrice("The type or the size of the volume is not stated.")
    yield from ebs(place, volume, is_main=True)


def volume_of(values: Attributes) -> Volume | None:
    """Read a volume's values; None where its type or its size is not stated.

    Args:
        values: A volume's values, or a block's within an instance.
    """
    kind, size = values.text("volume_type", "type"), values.count("volume_size", "size")
    if not kind or not size:
        return None
    return Volume(kind, size, values.count("iops"), values.count("throughput"))


def ebs(place: Place, volume: Volume, *, is_main: bool) -> Iterator[Counted]:
    """What an EBS volume is paid for.

    Args:
        place: Where it is.
        volume: The volume.
        is_main: Whether it is the resource itself.
    """
    price = place.find(EBS.family, "GB-month", volume.kind)
    yield Counted(Part(f"EBS {volume.kind} storage", "GB-month", price, is_main), volume.size)
    yield from performance(place, EBS, volume, EBS_INCLUDED.get(volume.kind, UNKNOWN_KIND))


def performance(place: Place, storage: Storage, volume: Volume, included: Included) -> Iterator[Counted]:
    """What a volume pays for speed beyond what its storage includes.

    Args:
        place: Where it is.
        storage: Whose storage it is.
        volume: The volume.
        included: What its storage includes.
    """
    label = f"{storage.service} {volume.kind}"
    if included.iops is not None:
        if volume.iops is None and not included.iops:
            yield Counted(Part(f"{label} IOPS, not stated", "IOPS-month", None), ONE)
        yield from _iops(place, storage, volume.kind, max(NONE, (volume.iops or NONE) - included.iops))
    if included.throughput is not None:
        paid = max(NONE, (volume.throughput or NONE) - included.throughput)
        price = place.find(storage.family, "MBps-month", volume.kind)
        yield Counted(Part(f"{label} throughput", "MBps-month", price), paid)


def _iops(place: Place, storage: Storage, kind: str, paid: Decimal) -> Iterator[Counted]:
    tiers = TIERS.get(kind, ((kind, NONE),))
    ends = [start for _, start in tiers[1:]]
    for (item, start), end in zip(tiers, [*ends, paid], strict=True):
        words = f" above {start:,}" if start else ""
        price = place.find(storage.family, "IOPS-month", item)
        part = Part(f"{storage.service} {kind} IOPS{words}", "IOPS-month", price)
        yield Counted(part, max(NONE, min(paid, end) - start))
