"""What a network pays by the hour: NAT gateways, load balancers, public addresses. Their traffic follows use."""

from __future__ import annotations

from collections.abc import Iterator

from costs.attributes import Attributes
from costs.parts.counting import Counted, Place, hourly, required, unknown

AMAZONS_POOL = "amazon"
"""The pool of addresses that Amazon charges for; those of a customer's own pool are free (Amazon VPC, pricing)."""

CLASSIC = "classic"


def nat_gateway(place: Place, values: Attributes) -> Iterator[Counted]:
    """A NAT gateway. A regional one is paid once for each of its zones, which its values do not number.

    Args:
        place: Where it is.
        values: Its values.
    """
    mode = values.text("availability_mode") or "zonal"
    price = place.find("nat_gateway", "hour", "zonal") if mode == "zonal" else None
    yield hourly("NAT gateway" if mode == "zonal" else f"NAT gateway, {mode}", price)


def load_balancer(place: Place, values: Attributes) -> Iterator[Counted]:
    """An application, network or gateway load balancer.

    Args:
        place: Where it is.
        values: Its values.
    """
    yield from _balancer(place, values.text("load_balancer_type", "type") or "application", values)


def load_balancer_of_stated_type(place: Place, values: Attributes) -> Iterator[Counted]:
    """Some load balancer that says itself which.

    Args:
        place: Where it is.
        values: Its values.
    """
    yield from _balancer(place, required(values, "load_balancer_type", "type"), values)


def classic_load_balancer(place: Place, values: Attributes) -> Iterator[Counted]:
    """A classic load balancer.

    Args:
        place: Where it is.
        values: Its values.
    """
    yield from _balancer(place, CLASSIC, values)


def address(place: Place, values: Attributes) -> Iterator[Counted]:
    """An elastic IP address: paid for whether something uses it or not, unless the customer brought it.

    Args:
        place: Where it is.
        values: Its values.
    """
    if (values.text("public_ipv4_pool") or AMAZONS_POOL) != AMAZONS_POOL:
        return
    if values.text("customer_owned_ipv4_pool") or values.text("ipam_pool_id"):
        yield hourly("Public IPv4 address of a pool", None)
        return
    used = values.text("association_id", "instance", "instance_id", "network_interface")
    item, words = ("in_use", "in use") if used else ("idle", "idle")
    yield hourly(f"Public IPv4 address, {words}", place.find("public_ipv4", "hour", item))


def _balancer(place: Place, kind: str, values: Attributes) -> Iterator[Counted]:
    yield hourly(f"{kind.capitalize()} load balancer", place.find("load_balancer", "hour", kind))
    if not _is_private(kind, values):
        yield unknown("Public IPv4 addresses of a load balancer, not stated")


def _is_private(kind: str, values: Attributes) -> bool:
    """Whether it has no public address to pay for, for all that its values say."""
    if kind == "gateway" or values.text("ip_address_type") == "dualstack-without-public-ipv4":
        return True
    return values.flag("internal") or values.text("scheme") == "internal"
