"""Where each resource of a state is: its account and region, from its own attributes or from its provider's others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from drifts.detectors.aws.access import Caller
from drifts.detectors.aws.config import GROUPS, OWNERS
from drifts.detectors.aws.outcome import Placed, Unseen
from drifts.detectors.terraform_state import StateResource
from drifts.findings import JsonObject

_ARN = re.compile(r"arn:(?P<partition>[^:]*):[^:]*:(?P<region>[^:]*):(?P<account>[^:]*):.+", re.DOTALL)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_ACCOUNT = re.compile(r"\d{12}")

WITHOUT_REGION = frozenset(GROUPS["roles"]) | OWNERS
"""Types that are one for the whole account."""

ANYWHERE = frozenset(GROUPS["buckets"])
"""Types that can be asked for from any region and by name alone."""


@dataclass(frozen=True, slots=True)
class _Place:
    partition: str = ""
    region: str = ""
    account: str = ""


def place(resources: Iterable[StateResource], caller: Caller, regions: tuple[str, ...]) -> Iterator[Placed | Unseen]:
    """Say where each resource is, and which of them these credentials cannot speak of.

    Args:
        resources: Of types that are read.
        caller: Whose credentials they are.
        regions: As configured; the only one counts where a state says nothing.

    Raises:
        DetectionError: The state holds something that is no resource.
    """
    read = [(one, one.attributes()) for one in resources]
    own = [_own_place(attributes or {}) for _, attributes in read]
    siblings = _of_providers(zip((one.provider for one, _ in read), own, strict=True))
    fallback = regions[0] if len(regions) == 1 else ""
    for (resource, attributes), at in zip(read, own, strict=True):
        shared = siblings[resource.provider]
        region = "" if resource.provider_type in WITHOUT_REGION else at.region or shared.region or fallback
        placed = Placed(resource, attributes or {}, region, at.account or shared.account)
        reason = _why_not(placed, attributes, at, caller)
        yield Unseen(placed, reason) if reason else placed


def _why_not(placed: Placed, attributes: JsonObject | None, at: _Place, caller: Caller) -> str:
    if placed.resource.deposed is not None:
        return "It is the leftover of a replacement, which is not compared."
    if attributes is None:
        return "The state holds it in an older form: run terraform apply -refresh-only once."
    if at.partition and at.partition != caller.partition:
        return f"It is in the partition {at.partition[:20]}, the credentials in {caller.partition}."
    account = at.account if placed.provider_type in ANYWHERE else placed.account
    if account and account != caller.account:
        return f"It is in the account {account}, the credentials are of {caller.account}."
    if not placed.region and placed.provider_type not in WITHOUT_REGION | ANYWHERE:
        return "The state does not say its region: name one in regions."
    return ""


def _own_place(attributes: JsonObject) -> _Place:
    arn = _ARN.fullmatch(str(attributes.get("arn") or ""))
    named = (attributes.get("bucket_region"), attributes.get("region"), attributes.get("availability_zone"))
    regions = (match[0] for one in (*named, arn and arn["region"]) if (match := _REGION.match(str(one or ""))))
    account = str(attributes.get("owner_id") or (arn["account"] if arn else ""))
    return _Place(
        partition=arn["partition"] if arn else "",
        region=next(regions, ""),
        account=account if _ACCOUNT.fullmatch(account) else "",
    )


def _of_providers(places: Iterable[tuple[str, _Place]]) -> dict[str, _Place]:
    """Return what all objects of a provider's configuration agree on."""
    regions: dict[str, set[str]] = defaultdict(set)
    accounts: dict[str, set[str]] = defaultdict(set)
    for provider, at in places:
        regions[provider] |= {at.region} - {""}
        accounts[provider] |= {at.account} - {""}
    return {name: _Place("", _only(regions[name]), _only(accounts[name])) for name in regions}


def _only(found: set[str]) -> str:
    return next(iter(found)) if len(found) == 1 else ""
