"""EC2 security groups and their rules, hundreds a call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from drifts.detectors.aws.access import Access, CallFailed
from drifts.detectors.aws.attributes import GROUP, spelt, tags_in, with_tags
from drifts.detectors.aws.batches import PAGE, filtered
from drifts.detectors.aws.group_rules import (
    Atom,
    Key,
    as_they_are,
    atom_of_rule,
    atoms_of_permissions,
    without,
)
from drifts.detectors.aws.outcome import Extra, Outcome, Placed, Seen, Unseen
from drifts.detectors.aws.rule_resources import keys_in_state, rule_id, seen_rule
from drifts.findings import JsonObject

_DIRECTIONS = (("ingress", "IpPermissions", False), ("egress", "IpPermissionsEgress", True))
_STACK = "aws:cloudformation:stack-id"
_DEFAULT = "default"
"""The name of the group that AWS makes with every network and that cannot be deleted."""


@dataclass(slots=True)
class _Rules:
    """The rules of some groups, as DescribeSecurityGroupRules tells them."""

    by_id: dict[str, Any] = field(default_factory=dict)
    by_group: dict[str, list[Atom]] = field(default_factory=lambda: defaultdict(list))
    failure: str = ""


def read_groups(
    access: Access, region: str, placed: Sequence[Placed], owners: Sequence[Placed], *, unmanaged: bool
) -> Outcome:
    """Look up a region's groups and rules.

    Args:
        access: The way to AWS.
        region: Where.
        placed: The state's groups and rules there that are asked for.
        owners: All rules of the state that are resources of their own, asked for or not.
        unmanaged: Whether to name other groups, too.

    Raises:
        OutOfTime: The deadline has passed.
    """
    rules = _rules(access, region, owners)
    outcome = Outcome()
    _look_up_groups(access, region, placed, _owned_keys(owners, rules), outcome, unmanaged=unmanaged)
    for one in placed:
        if one.provider_type == "aws_security_group":
            continue
        if rules.failure:
            outcome.unseen.append(Unseen(one, rules.failure))
        else:
            outcome.seen.append(seen_rule(one, rules.by_id, rules.by_group[one.text("security_group_id")]))
    return outcome


def _rules(access: Access, region: str, owners: Sequence[Placed]) -> _Rules:
    rules = _Rules()
    groups = {one.text("security_group_id") for one in owners if one.region == region} - {""}
    try:
        for page in filtered(access, region, "describe_security_group_rules", "group-id", groups):
            for one in page.get("SecurityGroupRules") or ():
                rules.by_id[str(one["SecurityGroupRuleId"])] = one
                rules.by_group[str(one["GroupId"])].append(atom_of_rule(one))
    except CallFailed as failure:
        rules.failure = failure.reason
    return rules


def _owned_keys(owners: Sequence[Placed], rules: _Rules) -> dict[str, frozenset[Key]]:
    """Return by group what rules of their own stand for: as the state has them, and as they are now."""
    owned: dict[str, set[Key]] = defaultdict(set)
    for one in owners:
        owned[one.text("security_group_id")] |= keys_in_state(one)
        live = rules.by_id.get(rule_id(one))
        if live is not None:
            owned[str(live["GroupId"])].add(atom_of_rule(live).key)
    return {name: frozenset(keys) for name, keys in owned.items()}


def _look_up_groups(
    access: Access,
    region: str,
    placed: Sequence[Placed],
    owned: dict[str, frozenset[Key]],
    outcome: Outcome,
    *,
    unmanaged: bool,
) -> None:
    managed = {one.text("id"): one for one in placed if one.provider_type == "aws_security_group"}
    try:
        found = _described(access, region, [*managed], unmanaged=unmanaged)
    except CallFailed as failure:
        outcome.unseen.extend(Unseen(one, failure.reason) for one in managed.values())
        if unmanaged:
            outcome.unlisted["aws_security_group"] = failure.reason
        return
    for name, one in managed.items():
        said = found.get(name)
        outcome.seen.append(_seen(one, said, owned.get(name, frozenset())) if said else Seen(one, None))
    if unmanaged:
        others = (said for name, said in sorted(found.items()) if name not in managed and name not in owned)
        outcome.extras.extend(_extra(region, said) for said in others if not _is_owned(said))


def _described(access: Access, region: str, ids: Sequence[str], *, unmanaged: bool) -> dict[str, Any]:
    if unmanaged:
        pages = access.pages("ec2", region, "describe_security_groups", PaginationConfig={"PageSize": PAGE})
    else:
        pages = filtered(access, region, "describe_security_groups", "group-id", ids)
    return {str(one["GroupId"]): one for page in pages for one in page.get("SecurityGroups") or ()}


def _seen(placed: Placed, said: Any, owned: frozenset[Key]) -> Seen:
    group = str(said["GroupId"])
    actual = with_tags(spelt(GROUP, said), placed.attributes, tags_in(said.get("Tags")))
    expected: JsonObject = dict(placed.attributes)
    for name, listed, egress in _DIRECTIONS:
        if name in expected:
            own = without(expected[name], owned, egress=egress, group=group)
            atoms = atoms_of_permissions(said.get(listed) or (), egress=egress, group=group)
            live = [atom for atom in atoms if atom.key not in owned]
            expected[name] = [*own]
            actual[name] = [*as_they_are(own, live, egress=egress, group=group)]
    return Seen(placed, actual, expected)


def _is_owned(said: Any) -> bool:
    return said.get("GroupName") == _DEFAULT or any(one["Key"] == _STACK for one in said.get("Tags") or ())


def _extra(region: str, said: Any) -> Extra:
    group = str(said["GroupId"])
    actual = with_tags(spelt(GROUP, said), {}, tags_in(said.get("Tags")))
    for name, listed, egress in _DIRECTIONS:
        atoms = atoms_of_permissions(said.get(listed) or (), egress=egress, group=group)
        actual[name] = [*as_they_are([], atoms, egress=egress, group=group)]
    return Extra("aws_security_group", group, actual, region)
