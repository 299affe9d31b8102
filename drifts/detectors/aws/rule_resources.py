"""Security group rules that are resources of their own, in both generations of the AWS provider. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drifts.detectors.aws.attributes import RULE, spelt, tags_in, with_tags
from drifts.detectors.aws.group_rules import (
    SOURCES,
    Atom,
    Key,
    atom_of_rule,
    atoms_of_block,
    key_of,
    source_of,
    sources_as_lists,
    texts,
)
from drifts.detectors.aws.outcome import Placed, Seen
from drifts.findings import JsonObject

CLASSIC = "aws_security_group_rule"
_ALL = "-1"
_AS_IN_STATE = ("type", "protocol", "from_port", "to_port", "self")
_NETWORKS = ("cidr_ipv4", "cidr_ipv6")


def rule_id(placed: Placed) -> str:
    """Return AWS's id of a rule (`sgr-…`), '' where the state does not have it."""
    return placed.text("security_group_rule_id") or ("" if placed.provider_type == CLASSIC else placed.text("id"))


def keys_in_state(placed: Placed) -> set[Key]:
    """Return what a rule stands for, as the state has it."""
    if placed.provider_type == CLASSIC:
        return {atom.key for atom in _classic_atoms(placed)}
    egress = placed.provider_type.endswith("_egress_rule")
    group = placed.text("security_group_id")
    ports = (placed.attributes.get("from_port"), placed.attributes.get("to_port"))
    sources = (
        ("cidr", placed.text("cidr_ipv4")),
        ("cidr", placed.text("cidr_ipv6")),
        ("prefix list", placed.text("prefix_list_id")),
        ("group", placed.text("referenced_security_group_id")),
    )
    protocol = placed.attributes.get("ip_protocol")
    return {key_of(egress, protocol, ports, source_of(kind, one, group)) for kind, one in sources if one}


def seen_rule(placed: Placed, by_id: Mapping[str, Any], in_group: Sequence[Atom]) -> Seen:
    """Compare a rule with those of its group.

    Args:
        placed: The rule.
        by_id: The live rules by AWS's id.
        in_group: The live rules of the rule's group.
    """
    live = by_id.get(rule_id(placed))
    if placed.provider_type == CLASSIC:
        return Seen(placed, _classic(placed, live, in_group))
    if live is None:
        return Seen(placed, None)
    actual = with_tags(spelt(RULE, live), placed.attributes, tags_in(live.get("Tags")))
    if actual["ip_protocol"] == _ALL:
        actual |= {"from_port": None, "to_port": None}
    if {atom_of_rule(live).key} == keys_in_state(placed):
        same = (*_NETWORKS, "ip_protocol", "from_port", "to_port", "referenced_security_group_id")
        actual |= {name: placed.attributes[name] for name in same if name in placed.attributes}
    return Seen(placed, actual)


def _as_block(placed: Placed) -> JsonObject:
    """Spell a classic rule like a block of a group."""
    block = {name: placed.attributes.get(name) for name in (*SOURCES, "protocol", "from_port", "to_port", "self")}
    source = placed.text("source_security_group_id")
    return {**block, "security_groups": [source] if source else [], "description": placed.text("description")}


def _classic_atoms(placed: Placed) -> list[Atom]:
    egress = placed.text("type") == "egress"
    return [*atoms_of_block(_as_block(placed), egress=egress, group=placed.text("security_group_id"))]


def _classic(placed: Placed, live: Any, in_group: Sequence[Atom]) -> JsonObject | None:
    """Return what a classic rule is; None where none of its sources is let in or out any more."""
    wanted = _classic_atoms(placed)
    described = {atom.key: atom.description for atom in in_group}
    there = [atom for atom in wanted if atom.key in described]
    if len(there) < len(wanted) and live is not None:
        return _from_live(placed, live)
    if not there:
        return None
    return {**_spelling(placed, there), "description": _description(there, described)}


def _description(there: Sequence[Atom], described: Mapping[Key, str]) -> str:
    """Return the description that the sources have; of several, the first that the code does not want."""
    others = sorted({described[atom.key] for atom in there} - {there[0].description})
    return others[0] if others else there[0].description


def _spelling(placed: Placed, there: Sequence[Atom]) -> JsonObject:
    """Return a rule as the state has it, with those sources only that are there."""
    keys = {atom.key for atom in there}
    group, egress = placed.text("security_group_id"), placed.text("type") == "egress"
    told = placed.attributes
    ports = (told.get("from_port"), told.get("to_port"))

    def has(kind: str, value: str) -> bool:
        return key_of(egress, told.get("protocol"), ports, source_of(kind, value, group)) in keys

    actual: JsonObject = {
        name: told[name] for name in ("type", "protocol", "from_port", "to_port", "self") if name in told
    }
    for name, kind in SOURCES.items():
        if isinstance(told.get(name), list):
            actual[name] = [one for one in texts(told[name]) if has(kind, one)]
    source = placed.text("source_security_group_id")
    if source:
        actual["source_security_group_id"] = source if has("group", source) else None
    return {**actual, "security_group_id": group}


def _from_live(placed: Placed, live: Any) -> JsonObject:
    """Return a rule as AWS has it under the id that the state knows."""
    atom = atom_of_rule(live)
    egress, protocol, first, last, source = atom.key
    lists = sources_as_lists([source])
    groups = texts(lists.pop("security_groups"))
    return {
        **lists,
        "type": "egress" if egress else "ingress",
        "protocol": protocol,
        "from_port": first,
        "to_port": last,
        "source_security_group_id": groups[0] if groups else None,
        "description": atom.description,
        "security_group_id": str(live.get("GroupId", "")),
        "security_group_rule_id": rule_id(placed),
    }
