"""RDS instances, a hundred a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drifts.detectors.aws.access import Access
from drifts.detectors.aws.attributes import DATABASE, spelt, tags_in, with_tags
from drifts.detectors.aws.outcome import Extra, Outcome, Placed, Seen
from drifts.findings import Json, JsonObject

_PAGE = 100
"""Most results of one page (RDS API reference)."""

_STACK = "aws:cloudformation:stack-id"


def read_databases(access: Access, region: str, placed: Sequence[Placed], *, unmanaged: bool) -> Outcome:
    """Look up a region's database instances: the complete listing, so that what it does not name is not there.

    Args:
        access: The way to AWS.
        region: Where.
        placed: The state's instances there.
        unmanaged: Whether to name others, too.

    Raises:
        CallFailed: The listing failed; nothing may be concluded.
        OutOfTime: The deadline has passed.
    """
    pages = access.pages("rds", region, "describe_db_instances", PaginationConfig={"PageSize": _PAGE})
    listed = [one for page in pages for one in page.get("DBInstances") or ()]
    by_name = {str(one["DBInstanceIdentifier"]): one for one in listed}
    by_id = {str(one.get("DbiResourceId", "")): one for one in listed}
    outcome = Outcome()
    known: set[str] = set()
    for one in placed:
        said = _same(one, by_name, by_id)
        if said is not None:
            known.add(str(said["DBInstanceIdentifier"]))
        outcome.seen.append(Seen(one, _actual(one.attributes, said) if said else None))
    if unmanaged:
        others = (said for name, said in sorted(by_name.items()) if name not in known)
        outcome.extras.extend(_extra(region, said) for said in others if not _is_owned(said))
    return outcome


def _same(placed: Placed, by_name: dict[str, Any], by_id: dict[str, Any]) -> Any:
    """Return what is listed of a database: known by its id where it was renamed, by its name where it was made anew."""
    named = by_name.get(placed.text("identifier") or placed.text("id"))
    own = placed.text("resource_id")
    if named is not None and named.get("DbiResourceId") == own:
        return named
    return (by_id.get(own) if own else None) or named


def _actual(expected: JsonObject, said: Any) -> JsonObject:
    """Return what is; a change that is already ordered for the next maintenance window counts as made."""
    now = spelt(DATABASE, said)
    ordered = spelt(DATABASE, {**said, **(said.get("PendingModifiedValues") or {})})
    actual = {name: ordered[name] if ordered[name] == expected.get(name) else value for name, value in now.items()}
    actual["engine_version"] = _version(expected.get("engine_version"), actual["engine_version"])
    actual["allocated_storage"] = _storage(expected.get("allocated_storage"), actual)
    if said.get("MultiAZ"):
        del actual["availability_zone"]  # it changes with every failover
    return with_tags(actual, expected, tags_in(said.get("TagList")))


def _version(expected: Json, actual: Json) -> Json:
    """Return the version as the code spells it, where that is a prefix: `14` is met by `14.7`."""
    met = isinstance(expected, str) and isinstance(actual, str) and actual.startswith(f"{expected}.")
    return expected if met else actual


def _storage(expected: Json, actual: JsonObject) -> Json:
    """Return the storage; what it has grown by itself, where it may, counts as not grown."""
    now = actual["allocated_storage"]
    grown = isinstance(expected, int) and isinstance(now, int) and now > expected
    return expected if grown and actual["max_allocated_storage"] else now


def _is_owned(said: Any) -> bool:
    return bool(said.get("DBClusterIdentifier")) or any(one["Key"] == _STACK for one in said.get("TagList", ()))


def _extra(region: str, said: Any) -> Extra:
    actual = with_tags(spelt(DATABASE, said), {}, tags_in(said.get("TagList")))
    return Extra("aws_db_instance", str(said["DBInstanceIdentifier"]), actual, region)
