"""RDS: database instances with their storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from costs.attributes import Attributes
from costs.parts.counting import NONE, ONE, Counted, Part, Place, hourly, required, unknown
from costs.parts.volumes import UNKNOWN_KIND, Included, Storage, Volume, performance

INCLUDED: Mapping[str, Included] = {"gp2": Included(), "io1": Included(iops=NONE), "standard": Included()}
GP3 = Included(iops=Decimal(3000), throughput=Decimal(125))
GP3_STRIPED = Included(iops=Decimal(12_000), throughput=Decimal(500))
STRIPED_FROM = Decimal(400)
"""GB from which MySQL, MariaDB and PostgreSQL stripe gp3 storage (Amazon RDS User Guide, DB instance storage)."""

ENGINES = frozenset({"mariadb", "mysql", "postgres"})
"""Engines whose instances and whose storage have one price each."""
CLUSTERED = frozenset({"aurora-mysql", "aurora-postgresql"})
"""Engines whose storage belongs to their cluster, and follows use."""

MULTI_AZ_COPIES = Decimal(2)
"""A Multi-AZ instance is one and its standby, both with storage. The price list has it at twice the Single-AZ price,
within its own rounding of a tenth of a cent an hour (in the source of `rds_storage.json`: db.t3.large MySQL 0.272 and
2 x 0.136, storage 0.23 and 2 x 0.115, gp3 IOPS 0.04 and 2 x 0.02); the RDS User Guide counts it as twice the units."""


def db_instance(place: Place, values: Attributes) -> Iterator[Counted]:
    """A database instance, of a cluster or of its own.

    Args:
        place: Where it is.
        values: Its values.
    """
    kind = required(values, "instance_class", "db_instance_class")
    engine = values.text("engine") or "of unstated engine"
    priced = engine in ENGINES or engine in CLUSTERED
    copies = MULTI_AZ_COPIES if values.flag("multi_az") and engine not in CLUSTERED else ONE
    price = place.find(f"rds_{engine}", "hour", kind) if priced else None
    yield hourly(f"RDS {kind} {engine}", price, copies)
    if engine in CLUSTERED:
        yield unknown("RDS surcharge of I/O-Optimized storage, where its cluster has that")
        return
    if values.flag("dedicated_log_volume"):
        yield Counted(Part("RDS dedicated log volume", "month", None), copies)
    for one in _storage(place, engine, values):
        yield replace(one, quantity=one.quantity * copies)


def _storage(place: Place, engine: str, values: Attributes) -> Iterator[Counted]:
    kind, size = values.text("storage_type"), values.count("allocated_storage")
    if not kind or not size:
        yield Counted(Part(f"RDS {kind or 'storage of unstated type'}, GB", "GB-month", None), size or ONE)
        return
    volume = Volume(kind, size, values.count("iops"), values.count("storage_throughput"))
    # What gp3 includes for the other engines is not known here, so nothing of their storage is priced.
    storage = Storage("RDS", "rds_storage" if engine in ENGINES else "")
    price = place.find(storage.family, "GB-month", kind)
    yield Counted(Part(f"RDS {kind} storage", "GB-month", price), size)
    yield from performance(place, storage, volume, _included(volume))


def _included(volume: Volume) -> Included:
    if volume.kind == "gp3":
        return GP3 if volume.size < STRIPED_FROM else GP3_STRIPED
    return INCLUDED.get(volume.kind, UNKNOWN_KIND)
