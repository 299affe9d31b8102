"""ElastiCache: nodes of a cluster or of a replication group."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from costs.attributes import Attributes, NothingToPrice
from costs.parts.counting import ONE, Counted, Place, hourly, required
from costs.prices import Price

LISTED_AS_ONE = frozenset({"memcached", "redis"})
"""Engines whose nodes have one price (in the source of `elasticache.json`, wherever both have a figure)."""
REPLICATED_ENGINE = "redis"
"""What a replication group runs that states no engine (ElastiCache API, CreateReplicationGroup)."""


def cluster(place: Place, values: Attributes) -> Iterator[Counted]:
    """A cache cluster; one that belongs to a replication group is one of its nodes.

    Args:
        place: Where it is.
        values: Its values.

    Raises:
        NothingToPrice: It does not state how many nodes it has.
    """
    kind = required(values, "node_type", "cache_node_type")
    member = bool(values.text("replication_group_id"))
    engine = values.text("engine") or (REPLICATED_ENGINE if member else "of unstated engine")
    nodes = values.count("num_cache_nodes")
    if nodes is None and not member:
        raise NothingToPrice("The cluster states no number of nodes.")
    yield hourly(f"ElastiCache {kind} {engine}", _price(place, engine, kind), ONE if nodes is None else nodes)


def replication_group(place: Place, values: Attributes) -> Iterator[Counted]:
    """A replication group: its primaries and their replicas.

    Args:
        place: Where it is.
        values: Its values.
    """
    kind = required(values, "node_type", "cache_node_type")
    engine = values.text("engine") or REPLICATED_ENGINE
    yield hourly(f"ElastiCache {kind} {engine}", _price(place, engine, kind), _nodes(values))


def _nodes(values: Attributes) -> Decimal:
    """How many nodes a group has: said as a number, or as node groups of a primary and its replicas each."""
    stated = values.count("num_cache_clusters", "number_cache_clusters")
    if stated is not None:
        return stated
    for holder in (values, *(values.blocks("cluster_mode") or [])):
        groups, replicas = holder.count("num_node_groups"), holder.count("replicas_per_node_group")
        if groups is not None and replicas is not None:
            return groups * (replicas + ONE)
    raise NothingToPrice("The replication group states no number of nodes.")


def _price(place: Place, engine: str, kind: str) -> Price | None:
    family = "elasticache" if engine in LISTED_AS_ONE else f"elasticache_{engine}"
    return place.find(family, "hour", kind)
