"""Where a resource lives: its cloud account and region, read off its own values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from drifts.findings import JsonObject

GLOBAL = "global"

_ARN = re.compile(r"arn:aws[a-z-]*:(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[0-9]{12})?:.+", re.DOTALL)
_ZONE = re.compile(r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)[a-z]")
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")

ACCOUNT_KEYS = ("owner_id", "account_id", "OwnerId", "AccountId")
REGION_KEYS = ("region", "Region")
ZONE_KEYS = ("availability_zone", "AvailabilityZone")
ID_KEYS = ("id", "arn", "bucket", "name")
"""Where the real id stands, best first."""

MAX_ID = 2048
"""Characters a real id may have, as an ARN may; a longer text under such a name is something else."""


def text_of(values: JsonObject, *keys: str) -> str:
    """Return the first of the named values that is a text with something in it, else ''."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def resource_id_of(values: JsonObject, *, otherwise: str) -> str:
    """Return the real id that a resource's own values name, or what stands for it where they name none."""
    named = text_of(values, *ID_KEYS)
    return named if 0 < len(named) <= MAX_ID else otherwise


def as_region(text: str) -> str:
    """Return a text that can be a region's name; '' for any other."""
    return text if _REGION.fullmatch(text) else ""


def region_of(values: JsonObject) -> str:
    """Return the region a resource's own values name: attribute, ARN, zone minus its letter; else ''."""
    if region := as_region(text_of(values, *REGION_KEYS)):
        return region
    for arn in _arns(values):
        if region := as_region(arn["region"]):
            return region
    zone = _ZONE.fullmatch(text_of(values, *ZONE_KEYS))
    return zone["region"] if zone else ""


def cloud_account_of(values: JsonObject) -> str:
    """Return the 12-digit account a resource's own values name: its ARN, else its owner; else ''."""
    for arn in _arns(values):
        if arn["account"]:
            return arn["account"]
    owner = text_of(values, *ACCOUNT_KEYS)
    return owner if _ACCOUNT.fullmatch(owner) else ""


def _arns(values: JsonObject) -> Iterator[re.Match[str]]:
    for key in ("arn", "Arn", "id"):
        found = _ARN.fullmatch(text_of(values, key))
        if found:
            yield found
