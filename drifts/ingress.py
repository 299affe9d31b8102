"""Rules of who may come in, read in the spellings of every tool: which ports, by which protocol, from which network.

A group with its rules inside, or one rule as a resource of its own. Sources: Terraform's `aws_security_group`,
`aws_security_group_rule`, `aws_vpc_security_group_ingress_rule`, `azurerm_network_security_group` and
`google_compute_firewall`; CloudFormation's `AWS::EC2::SecurityGroup` and `AWS::EC2::SecurityGroupIngress`; Pulumi has
Terraform's names in camelCase.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from drifts.findings import Json, JsonObject
from drifts.globs import snake_case

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"
Ports: TypeAlias = tuple[int, int]
"""First and last of a range."""

LAST_PORT = 65535
_ALL: Ports = (0, LAST_PORT)
_ALL_PROTOCOLS = frozenset({"-1", "all", "any", "*"})
_PROTOCOL_NAMES = {"6": "tcp", "17": "udp"}
_PORTLESS = frozenset({"icmp", "icmpv6", "1", "58", "esp", "ah"})
"""Protocols whose port fields mean something else."""

_RULE_LISTS = ("ingress", "security_group_ingress", "ingress_rules", "inbound_rules", "security_rule", "security_rules")
_NETWORKS = (
    *("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6", "cidr_ip", "cidr", "source", "cidrs"),
    *("source_address_prefix", "source_address_prefixes", "source_ranges"),
)
_PROTOCOLS = ("protocol", "ip_protocol")
_PORT_LISTS = ("destination_port_range", "destination_port_ranges", "ports")
_ALLOWED = ("allow", "allows", "allowed")
"""Where a rule of Google's firewall keeps its protocols and ports."""

_ANYWHERE = {"*": ("0.0.0.0/0", "::/0"), "internet": ("0.0.0.0/0", "::/0"), "any": ("0.0.0.0/0", "::/0")}
_NUMBER = re.compile(r"-1|[0-9]{1,5}")
_AWAY = frozenset({"egress", "outbound"})


@dataclass(frozen=True, slots=True)
class Opening:
    """One range of ports that one network may reach."""

    protocol: str
    """`tcp`, `udp`, … in lower case."""
    network: Network
    ports: Ports


def openings(provider_type: str, state: JsonObject) -> Iterator[Opening]:
    """Yield what a resource lets in.

    Args:
        provider_type: The resource's type.
        state: One side of it, masked.
    """
    for rule in _rules(provider_type, state):
        networks = list(_networks(rule))
        for part in _parts(rule):
            ranges = list(_ranges(part))
            for protocol in _protocols(part):
                for network in networks:
                    yield from (Opening(protocol, network, ports) for ports in ranges)


def _rules(provider_type: str, state: JsonObject) -> Iterator[JsonObject]:
    """Yield the ingress rules of a group, or the one rule that the resource is, keys in snake_case."""
    own = _spelt(state)
    if "egress" in provider_type.lower() or not _lets_in(own):
        return
    if any(name in own for name in _NETWORKS):
        yield own
    for name in _RULE_LISTS:
        rules = own.get(name)
        for rule in rules if isinstance(rules, list) else [rules]:
            if isinstance(rule, dict) and _lets_in(spelt := _spelt(rule)):
                yield spelt


def _lets_in(rule: JsonObject) -> bool:
    """Say whether a rule is about coming in, in force, and allows it."""
    away = {str(rule.get(name)).lower() for name in ("type", "direction")} & _AWAY
    denies = str(rule.get("access")).lower() == "deny" or bool(rule.get("deny"))
    return not away and not denies and rule.get("disabled") is not True


def _spelt(state: JsonObject) -> JsonObject:
    return {snake_case(name): value for name, value in state.items()}


def _parts(rule: JsonObject) -> Iterator[JsonObject]:
    """Yield what holds protocols and ports: the rule itself, or each of what Google's rule allows."""
    inside = [one for name in _ALLOWED for one in _listed(rule.get(name)) if isinstance(one, dict)]
    yield from (_spelt(one) for one in inside)
    if not inside:
        yield rule


def _networks(rule: JsonObject) -> Iterator[Network]:
    for name in _NETWORKS:
        for text in _listed(rule.get(name)):
            if isinstance(text, str):
                found = (_network(one) for one in _ANYWHERE.get(text.lower(), (text,)))
                yield from (network for network in found if network is not None)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


@lru_cache(maxsize=1024)
def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _protocols(rule: JsonObject) -> tuple[str, ...]:
    value = next((rule[name] for name in _PROTOCOLS if rule.get(name) not in (None, "")), "tcp")
    name = str(value).lower()
    if name in _PORTLESS:
        return ()
    return ("tcp", "udp") if name in _ALL_PROTOCOLS else (_PROTOCOL_NAMES.get(name, name),)


def _ranges(rule: JsonObject) -> Iterator[Ports]:
    """Yield the ports of a rule: a list of `22` and `8000-8010`, or its first and last."""
    listed = [str(one) for name in _PORT_LISTS for one in _listed(rule.get(name)) if one not in (None, "", [])]
    yield from (_range(one) for one in listed)
    if not listed:
        yield _ports(rule)


def _range(text: str) -> Ports:
    first, dash, last = text.partition("-")
    return (_port(first, 0), _port(last if dash else first, LAST_PORT))


def _ports(rule: JsonObject) -> Ports:
    if any(str(rule.get(name)).lower() in _ALL_PROTOCOLS for name in _PROTOCOLS):
        return _ALL
    first = _port(rule.get("from_port", rule.get("port")), 0)
    last = _port(rule.get("to_port", rule.get("port")), LAST_PORT)
    return _ALL if first < 0 else (first, last)


def _port(value: Json, default: int) -> int:
    text = str(value).strip()
    return int(text) if _NUMBER.fullmatch(text) else default
