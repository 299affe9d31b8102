"""The rules of a security group as a set: one atom for each direction, protocol, port range and source. Pure.

Terraform writes many sources into one block, AWS keeps one rule for each, and a rule may stand in its group or be a
resource of its own. Taken apart into atoms, all of them compare.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from drifts.findings import Json, JsonObject

_PROTOCOLS = {"all": "-1", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "ipv6-icmp": "icmpv6"}
_WITH_PORTS = frozenset({"tcp", "udp", "icmp", "icmpv6"})

SOURCES = {
    "cidr_blocks": "cidr",
    "ipv6_cidr_blocks": "cidr",
    "prefix_list_ids": "prefix list",
    "security_groups": "group",
}
"""The lists of a block, and what sort of source each holds."""

SELF = "self"

Key = tuple[bool, str, int, int, str]
"""Egress or not, protocol, first port, last port, source: what makes a rule the same rule for AWS."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One rule with one source."""

    key: Key
    description: str = ""


def key_of(egress: bool, protocol: Json, ports: tuple[Json, Json], source: str) -> Key:
    """Spell a rule's key the one way.

    Args:
        egress: Whether it is about what goes out.
        protocol: Name or number.
        ports: First and last; None where there are none.
        source: As `source_of` spells it.
    """
    name = str(protocol).lower()
    name = _PROTOCOLS.get(name, name)
    first, last = (_port(one) for one in ports) if name in _WITH_PORTS else (0, 0)
    return egress, name, first, last, source


def _port(value: Json) -> int:
    return value if isinstance(value, int) else int(value) if isinstance(value, str) and value.isdecimal() else 0


def source_of(kind: str, value: str, group: str) -> str:
    """Spell a source the one way: networks canonically, groups without their account, the group itself as `self`.

    Args:
        kind: cidr, prefix list or group.
        value: As written.
        group: The id of the group that the rule belongs to.
    """
    if kind == "group":
        bare = value.rpartition("/")[2]
        return SELF if bare == group else f"group {bare}"
    if kind == "cidr":
        try:
            return f"cidr {ipaddress.ip_network(value, strict=False)}"
        except ValueError:
            return f"cidr {value}"
    return f"{kind} {value}"


def atoms_of_block(block: JsonObject, *, egress: bool, group: str) -> Iterator[Atom]:
    """Take a block of `ingress` or `egress` apart, or a rule that is spelt like one."""
    ports = (block.get("from_port"), block.get("to_port"))
    for source in _sources(block, group):
        yield Atom(key_of(egress, block.get("protocol"), ports, source), str(block.get("description") or ""))


def _sources(block: JsonObject, group: str) -> Iterator[str]:
    for name, kind in SOURCES.items():
        for one in texts(block.get(name)):
            yield source_of(kind, one, group)
    if block.get("self") is True:
        yield SELF


def texts(value: Json) -> list[str]:
    """Return the texts in a list, none for anything else."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def atoms_of_permissions(permissions: Iterable[Any], *, egress: bool, group: str) -> Iterator[Atom]:
    """Take apart what DescribeSecurityGroups says of one direction."""
    for one in permissions:
        ports = (one.get("FromPort"), one.get("ToPort"))
        for kind, listed, field in (
            ("cidr", "IpRanges", "CidrIp"),
            ("cidr", "Ipv6Ranges", "CidrIpv6"),
            ("prefix list", "PrefixListIds", "PrefixListId"),
            ("group", "UserIdGroupPairs", "GroupId"),
        ):
            for source in one.get(listed) or ():
                spelt = source_of(kind, str(source.get(field, "")), group)
                yield Atom(key_of(egress, one.get("IpProtocol"), ports, spelt), str(source.get("Description") or ""))


def atom_of_rule(rule: Any) -> Atom:
    """Read one rule of DescribeSecurityGroupRules."""
    group = str(rule.get("GroupId", ""))
    referenced = rule.get("ReferencedGroupInfo") or {}
    candidates = (
        ("cidr", rule.get("CidrIpv4")),
        ("cidr", rule.get("CidrIpv6")),
        ("prefix list", rule.get("PrefixListId")),
        ("group", referenced.get("GroupId")),
    )
    source = next((source_of(kind, str(value), group) for kind, value in candidates if value), "")
    ports = (rule.get("FromPort"), rule.get("ToPort"))
    return Atom(
        key_of(rule.get("IsEgress") is True, rule.get("IpProtocol"), ports, source), str(rule.get("Description") or "")
    )


def without(blocks: Json, owned: frozenset[Key], *, egress: bool, group: str) -> list[JsonObject]:
    """Return the blocks of a state without the sources that other resources own."""
    listed = [one for one in blocks if isinstance(one, dict)] if isinstance(blocks, list) else []
    kept = (_kept(one, lambda atom: atom.key not in owned, egress=egress, group=group) for one in listed)
    return [one for one in kept if one is not None]


def as_they_are(blocks: list[JsonObject], live: Iterable[Atom], *, egress: bool, group: str) -> list[JsonObject]:
    """Return the rules that are there in the state's spelling: its blocks without what is gone, then what is new.

    Args:
        blocks: The state's own, of one direction.
        live: What is there in that direction.
        egress: The direction.
        group: The group's id.
    """
    there = set(live)
    kept = (_kept(one, lambda atom: atom in there, egress=egress, group=group) for one in blocks)
    told = {atom for one in blocks for atom in atoms_of_block(one, egress=egress, group=group)}
    return [*(one for one in kept if one is not None), *_as_blocks(there - told)]


def _kept(block: JsonObject, keep: Callable[[Atom], bool], *, egress: bool, group: str) -> JsonObject | None:
    """Return a block with those sources only that are to be kept; None where none is left."""
    kept = dict(block)
    bare: JsonObject = {**block, **dict.fromkeys(SOURCES), SELF: False}
    left = 0
    for name in SOURCES:
        if isinstance(block.get(name), list):
            fit = [one for one in texts(block[name]) if _fits({**bare, name: [one]}, keep, egress=egress, group=group)]
            kept[name] = [*fit]
            left += len(fit)
    if block.get(SELF) is True:
        kept[SELF] = _fits({**bare, SELF: True}, keep, egress=egress, group=group)
        left += kept[SELF] is True
    return kept if left else None


def _fits(block: JsonObject, keep: Callable[[Atom], bool], *, egress: bool, group: str) -> bool:
    return all(keep(atom) for atom in atoms_of_block(block, egress=egress, group=group))


def _as_blocks(atoms: Iterable[Atom]) -> list[JsonObject]:
    """Write atoms as blocks, one for each protocol, port range and description, in a stable order."""
    together: dict[tuple[str, int, int, str], list[str]] = defaultdict(list)
    for atom in atoms:
        _, protocol, first, last, source = atom.key
        together[protocol, first, last, atom.description].append(source)
    return [
        {
            "protocol": protocol,
            "from_port": first,
            "to_port": last,
            "description": description,
            **sources_as_lists(sources),
        }
        for (protocol, first, last, description), sources in sorted(together.items())
    ]


def sources_as_lists(sources: Iterable[str]) -> JsonObject:
    """Write sources into the lists of a block."""
    ordered = sorted(sources)

    def of(kind: str) -> list[str]:
        return [one.removeprefix(f"{kind} ") for one in ordered if one.startswith(f"{kind} ")]

    networks = of("cidr")
    return {
        "cidr_blocks": [one for one in networks if ":" not in one],
        "ipv6_cidr_blocks": [one for one in networks if ":" in one],
        "prefix_list_ids": [*of("prefix list")],
        "security_groups": [*of("group")],
        SELF: SELF in ordered,
    }
