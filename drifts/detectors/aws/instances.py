"""EC2 instances and their volumes, hundreds a call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from drifts.detectors.aws.access import Access, CallFailed
from drifts.detectors.aws.attributes import INSTANCE, VOLUME, spelt, tags_in, with_tags
from drifts.detectors.aws.batches import PAGE, filtered
from drifts.detectors.aws.outcome import Extra, Outcome, Placed, Seen
from drifts.findings import JsonObject

GONE = frozenset({"terminated", "shutting-down"})
"""States of an instance that is no more; EC2 names it for about an hour."""

_OWNED_BY_OTHERS = ("aws:autoscaling:groupName", "aws:cloudformation:stack-id", "aws:ec2spot:fleet-request-id")
"""Tags of instances that something other than a person made: their group or stack is what is managed."""

_BLOCKS = ("root_block_device", "ebs_block_device")


def read_instances(access: Access, region: str, placed: Sequence[Placed], *, unmanaged: bool) -> Outcome:
    """Look up a region's instances.

    Args:
        access: The way to AWS.
        region: Where.
        placed: The state's instances there.
        unmanaged: Whether to look for others, too.

    Raises:
        CallFailed: The instances could not be described; nothing may be concluded.
        OutOfTime: The deadline has passed.
    """
    found = {str(one["InstanceId"]): one for one in _described(access, region, placed, unmanaged=unmanaged)}
    alive = {name: one for name, one in found.items() if one["State"]["Name"] not in GONE}
    wanted = {name for one in placed if (name := one.text("id")) in alive and _has_blocks(one)}
    volumes, unread = _volumes(access, region, wanted)
    outcome = Outcome()
    for one in placed:
        said = alive.get(one.text("id"))
        parts = (unread,) if unread and said and _has_blocks(one) else ()
        outcome.seen.append(Seen(one, _actual(one.attributes, said, volumes) if said else None, unread=parts))
    if unmanaged:
        known = {one.text("id") for one in placed}
        others = (said for name, said in sorted(alive.items()) if name not in known)
        outcome.extras.extend(_extra(region, said) for said in others if not _is_owned(said))
    return outcome


def _described(access: Access, region: str, placed: Sequence[Placed], *, unmanaged: bool) -> Iterator[Any]:
    if unmanaged:
        pages = access.pages("ec2", region, "describe_instances", PaginationConfig={"PageSize": PAGE})
    else:
        ids = (name for one in placed if (name := one.text("id")))
        pages = filtered(access, region, "describe_instances", "instance-id", ids)
    for page in pages:
        for reservation in page.get("Reservations") or ():
            yield from reservation["Instances"]


def _has_blocks(placed: Placed) -> bool:
    return any(placed.attributes.get(name) for name in _BLOCKS)


def _volumes(access: Access, region: str, instances: set[str]) -> tuple[dict[str, Any], str]:
    """Return the volumes by id, and why they could not be read, '' where they could."""
    try:
        pages = list(filtered(access, region, "describe_volumes", "attachment.instance-id", instances))
    except CallFailed as failure:
        return {}, f"Its volumes were not read: {failure.reason}"
    return {str(one["VolumeId"]): one for page in pages for one in page.get("Volumes") or ()}, ""


def _actual(expected: JsonObject, said: Any, volumes: dict[str, Any]) -> JsonObject:
    actual = with_tags(spelt(INSTANCE, said), expected, tags_in(said.get("Tags")))
    mapped = {str(one["DeviceName"]): one["Ebs"] for one in said.get("BlockDeviceMappings", ()) if "Ebs" in one}
    for name in _BLOCKS:
        blocks = expected.get(name)
        if isinstance(blocks, list) and blocks and (volumes or not mapped):
            there = (_block(one, str(said.get("RootDeviceName", "")), mapped, volumes) for one in blocks)
            actual[name] = [one for one in there if one]
    return actual


def _block(block: object, root: str, mapped: dict[str, Any], volumes: dict[str, Any]) -> JsonObject:
    """Return the volume behind a block of the state; {} where it is no longer attached."""
    told: JsonObject = block if isinstance(block, dict) else {}
    device = str(told.get("device_name") or root)
    mapping = mapped.get(device)
    volume = volumes.get(str(mapping["VolumeId"])) if mapping else None
    if mapping is None or volume is None:
        return {}
    known = {name: one for name, one in spelt(VOLUME, volume).items() if one is not None}
    return {**known, "device_name": device, "delete_on_termination": bool(mapping.get("DeleteOnTermination"))}


def _is_owned(said: Any) -> bool:
    keys = {str(one["Key"]) for one in said.get("Tags", ())}
    return not keys.isdisjoint(_OWNED_BY_OTHERS)


def _extra(region: str, said: Any) -> Extra:
    actual = with_tags(spelt(INSTANCE, said), {}, tags_in(said.get("Tags")))
    return Extra("aws_instance", str(said["InstanceId"]), actual, region)
