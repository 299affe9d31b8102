"""EC2: instances with their volumes, and groups that hold a number of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from costs.attributes import Attributes, NothingToPrice
from costs.parts.counting import HOURS_A_MONTH, ONE, Counted, Part, Place, hourly, required, unknown
from costs.parts.volumes import ebs, volume_of

CHARGED_FOR_EBS_OPTIMISATION = frozenset({"c1", "c3", "g2", "i2", "m1", "m2", "m3", "r3"})
"""Older families; the later ones include it (Amazon EC2 User Guide, EBS-optimised instance types)."""

MONITORING_METRICS = ONE * 7
"""Metrics of an instance under detailed monitoring."""

ROOT_DEVICES = frozenset({"/dev/sda1", "/dev/xvda"})

AT_REST = frozenset({"shutting-down", "stopped", "stopping", "terminated"})
"""States in which an instance's hours are not paid, though its volumes are (Amazon EC2 User Guide, lifecycle)."""

ALL_ON_DEMAND = ONE * 100
"""Per cent of a group's instances, as a group's mixed policy has it where it says nothing (Auto Scaling API)."""


def instance(place: Place, values: Attributes) -> Iterator[Counted]:
    """An EC2 instance, taken to run Linux: states do not say what its image runs.

    Args:
        place: Where it is.
        values: Its values.
    """
    kind = required(values, "instance_type")
    if values.text("instance_state") not in AT_REST:
        yield from _hours(place, kind, values)
    if values.flag("monitoring"):
        price = place.find("ec2_monitoring", "metric-month", "metric")
        yield Counted(Part("EC2 detailed monitoring", "metric-month", price), MONITORING_METRICS)
    if values.flag("ebs_optimized") and kind.split(".")[0] in CHARGED_FOR_EBS_OPTIMISATION:
        yield hourly(f"EBS optimisation of {kind}", None, is_main=False)
    if any(block.text("cpu_credits") == "unlimited" for block in values.blocks("credit_specification") or []):
        yield unknown("EC2 unlimited CPU credits")
    yield from _volumes(place, values)


def group(place: Place, values: Attributes) -> Iterator[Counted]:
    """An Auto Scaling group: as many instances as it is to hold, of the type that its own values name.

    A group mostly names a launch template only, which is another resource; then the type is not known here, and a
    changed number has no price.

    Args:
        place: Where it is.
        values: Its values.

    Raises:
        NothingToPrice: It does not state how many instances it is to hold.
    """
    count = values.count("desired_capacity")
    if count is None:
        raise NothingToPrice("The group states no desired capacity.")
    policy = next(iter(values.blocks("mixed_instances_policy") or []), None)
    kind = _type_of(policy)
    if not kind:
        template = _template_of(values, policy)
        yield hourly(f"EC2 instances of {template}, whose type the group does not state", None, count)
        return
    spot = policy is not None and not _on_demand(policy)
    price = None if spot else place.find("ec2", "hour", kind)
    yield hourly(f"EC2 {kind}{', partly spot' if spot else ''}", price, count)
    yield Counted(Part("EBS volumes of a group's instance, not stated", "month", None), count)


def _hours(place: Place, kind: str, values: Attributes) -> Iterator[Counted]:
    tenancy = values.text("tenancy") or "default"
    market = [block.text("market_type") for block in values.blocks("instance_market_options") or []]
    stated = [values.text("instance_lifecycle"), *market, "spot" if values.text("spot_instance_request_id") else ""]
    bought = next((f", {plan}" for plan in stated if plan not in {"", "on-demand"}), "")
    if bought:
        yield hourly(f"EC2 {kind}{bought}", None)
    elif tenancy == "default":
        yield hourly(f"EC2 {kind}", place.find("ec2", "hour", kind))
    else:
        # A dedicated host is paid for itself, whatever runs on it: its instances have no price of their own.
        price = place.find("ec2_dedicated", "hour", kind) if tenancy == "dedicated" else None
        yield hourly(f"EC2 {kind}, {tenancy} tenancy", price)
        yield Counted(Part("EC2 hourly fee of a region with dedicated instances", "hour", None), HOURS_A_MONTH)


def _volumes(place: Place, values: Attributes) -> Iterator[Counted]:
    root = values.blocks("root_block_device")
    mappings = values.blocks("block_device_mappings") or []
    listed = [*(root or []), *(values.blocks("ebs_block_device") or [])]
    listed += [block for mapping in mappings for block in mapping.blocks("ebs") or []]
    if root is None and not any(mapping.text("device_name") in ROOT_DEVICES for mapping in mappings):
        yield unknown("EBS root volume, not stated")
    for block in listed:
        outlives = not block.flag("delete_on_termination", unset=True)
        volume = volume_of(block)
        if volume is None:
            yield unknown("EBS volume of unstated type or size", outlives=outlives)
        else:
            yield from (replace(one, outlives=outlives) for one in ebs(place, volume, is_main=False))


def _type_of(policy: Attributes | None) -> str:
    """The one type that a group's mixed policy names, counted by the instance; '' where that cannot be told."""
    if policy is None:
        return ""
    overrides = [
        override
        for template in policy.blocks("launch_template") or []
        for override in template.blocks("override", "overrides") or []
    ]
    kinds = {override.text("instance_type") for override in overrides}
    weighted = any(override.count("weighted_capacity") not in {None, ONE} for override in overrides)
    return kinds.pop() if len(kinds) == 1 and not weighted else ""


def _on_demand(policy: Attributes) -> bool:
    shares = [
        block.count("on_demand_percentage_above_base_capacity")
        for block in policy.blocks("instances_distribution") or []
    ]
    return all(share in {None, ALL_ON_DEMAND} for share in shares)


def _template_of(values: Attributes, policy: Attributes | None) -> str:
    """Which template it is, and its version: another one may be of another type."""
    holders = [values, *(policy.blocks("launch_template") or [] if policy else [])]
    found = [
        block for holder in holders for block in holder.blocks("launch_template", "launch_template_specification") or []
    ]
    words = [block.words("launch_template_id", "id", "launch_template_name", "name", "version") for block in found]
    named = " ".join([values.words("launch_configuration", "launch_configuration_name"), *words]).strip()
    return f"launch template {named}" if named else "a launch template"
