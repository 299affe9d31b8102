"""Which ports a security group opens, and to whom."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.exposure import SENSITIVE_PORTS, opened_ports, ports_in_words
from drifts.findings import Json, JsonObject

WORLD = "0.0.0.0/0"
INSIDE = "10.0.0.0/8"

NSG: JsonObject = {
    "access": "Allow",
    "protocol": "Tcp",
    "source_address_prefix": WORLD,
    "destination_port_range": "22",
}
FIREWALL: JsonObject = {"source_ranges": [WORLD], "allow": [{"protocol": "tcp", "ports": ["22"]}]}


def rule(first: Json, last: Json = None, *networks: str, protocol: Json = "tcp", **more: Json) -> JsonObject:
    """One ingress rule of a group, as Terraform spells it."""
    cidrs: list[Json] = [*networks] or [WORLD]
    last = first if last is None else last
    return {"from_port": first, "to_port": last, "protocol": protocol, "cidr_blocks": cidrs, **more}


def opened(expected: Any, actual: Any, provider_type: str = "aws_security_group") -> tuple[Any, Any]:
    """What the internet, and what some public addresses, may newly reach."""
    found = opened_ports(provider_type, expected=expected, actual=actual)
    return list(found.internet), list(found.public)


def group(*rules: JsonObject) -> JsonObject:
    return {"ingress": [*rules]}


@pytest.mark.parametrize(
    ("before", "now", "internet"),
    [
        ([], [rule(22)], [(22, 22)]),
        ([rule(22)], [rule(22)], []),
        ([rule(22)], [], []),
        ([rule(22, 22, INSIDE)], [rule(22, 22, WORLD)], [(22, 22)]),
        ([rule(22)], [rule(20, 25)], [(20, 21), (23, 25)]),
        ([rule(20, 25)], [rule(22)], []),
        ([rule(0, 100), rule(90, 200)], [rule(50, 150)], []),
        ([rule(80), rule(443)], [rule(443), rule(80), rule(8080)], [(8080, 8080)]),
        ([], [rule(0, 0, protocol="-1")], [(0, 65535)]),
        ([rule(0, 0, protocol="-1")], [rule(22)], []),
        ([rule(22)], [rule(22, protocol="udp")], [(22, 22)]),
        ([rule(22)], [rule(22, protocol="6")], []),
        ([rule(22)], [rule(22, protocol=6)], []),
        ([], [rule("22", "22")], [(22, 22)]),
        ([], [rule(8, 0, protocol="icmp")], []),
        ([], [rule(22, 22, "::/0")], [(22, 22)]),
        ([], [rule(22, 22, "0.0.0.0/1", "128.0.0.0/1")], [(22, 22)]),
        ([], [rule(22, 22, "not a network", "")], []),
        ([], [rule(22, 22, INSIDE, ipv6_cidr_blocks=["::/0"])], [(22, 22)]),
        ([], [rule(22, 22, INSIDE)], []),
        ([], [{"from_port": 22, "to_port": 22, "protocol": "tcp", "security_groups": ["sg-1"]}], []),
    ],
)
def test_what_the_internet_may_newly_reach(before: list[JsonObject], now: list[JsonObject], internet: Any) -> None:
    assert opened(group(*before), group(*now))[0] == internet


@pytest.mark.parametrize(
    ("before", "now", "public"),
    [
        ([], [rule(22, 22, "203.0.114.7/32")], [(22, 22)]),
        ([rule(22, 22, "203.0.114.7/32")], [rule(22, 22, "203.0.115.7/32")], [(22, 22)]),
        ([rule(22, 22, "203.0.112.0/20")], [rule(22, 22, "203.0.114.7/32")], []),
        ([rule(22, 22, WORLD)], [rule(22, 22, "203.0.114.7/32")], []),
        ([], [rule(22, 22, INSIDE, "192.168.0.0/16", "fd00::/8", "127.0.0.1")], []),
    ],
)
def test_what_some_public_addresses_may_newly_reach(
    before: list[JsonObject], now: list[JsonObject], public: Any
) -> None:
    assert opened(group(*before), group(*now)) == ([], public)


@pytest.mark.parametrize(
    ("provider_type", "state"),
    [
        ("aws_security_group_rule", {"type": "ingress", **rule(22)}),
        (
            "aws_vpc_security_group_ingress_rule",
            {"cidr_ipv4": WORLD, "from_port": 22, "to_port": 22, "ip_protocol": "tcp"},
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            {"cidr_ipv6": "::/0", "from_port": 22, "to_port": 22, "ip_protocol": "tcp"},
        ),
        (
            "AWS::EC2::SecurityGroup",
            {"SecurityGroupIngress": [{"CidrIp": WORLD, "FromPort": 22, "ToPort": 22, "IpProtocol": "tcp"}]},
        ),
        ("AWS::EC2::SecurityGroupIngress", {"CidrIpv6": "::/0", "FromPort": "22", "ToPort": "22", "IpProtocol": "tcp"}),
        ("SECURITY_GROUP", {"ingress": [{"port": 22, "cidr": WORLD}]}),
        ("SECURITY_GROUP", {"inboundRules": {"port": 22, "source": WORLD, "protocol": "tcp"}}),
        ("aws:ec2/securityGroup:SecurityGroup", {"ingress": [{"fromPort": 22, "toPort": 22, "cidrBlocks": [WORLD]}]}),
        ("azurerm_network_security_rule", {"direction": "Inbound", **NSG}),
        ("azurerm_network_security_group", {"security_rule": [{"direction": "Inbound", **NSG}]}),
        ("azurerm_network_security_rule", {**NSG, "destination_port_range": "", "destination_port_ranges": ["22-22"]}),
        ("google_compute_firewall", FIREWALL),
        ("google_compute_firewall", {**FIREWALL, "direction": "INGRESS"}),
    ],
)
def test_rules_are_read_in_every_spelling(provider_type: str, state: JsonObject) -> None:
    assert opened({}, state, provider_type) == ([(22, 22)], [])


@pytest.mark.parametrize(
    ("provider_type", "state"),
    [
        ("aws_security_group_rule", {"type": "egress", **rule(22)}),
        ("aws_vpc_security_group_egress_rule", {"cidr_ipv4": WORLD, "from_port": 22, "to_port": 22}),
        ("aws_security_group", {"egress": [rule(22)]}),
        ("aws_security_group", {"ingress": "(sensitive)"}),
        ("azurerm_network_security_rule", {"direction": "Outbound", **NSG}),
        ("azurerm_network_security_rule", {**NSG, "access": "Deny"}),
        ("google_compute_firewall", {**FIREWALL, "direction": "EGRESS"}),
        ("google_compute_firewall", {**FIREWALL, "disabled": True}),
        ("google_compute_firewall", {"source_ranges": [WORLD], "deny": [{"protocol": "tcp"}]}),
        ("aws_security_group", {"ingress": [None, "x", {"cidr_blocks": None}]}),
    ],
)
def test_the_way_out_and_what_cannot_be_read_open_nothing(provider_type: str, state: JsonObject) -> None:
    assert opened({}, state, provider_type) == ([], [])


@pytest.mark.parametrize("port", ["", "x", "99999999999999999999", "-1", "--5", None, [], {"a": 1}, "²"])
def test_odd_ports_are_no_error(port: Json) -> None:
    assert opened({}, group(rule(port, port)))[0] == [(0, 65535)]


PORTS = st.integers(0, 65535)
RANGES = st.tuples(PORTS, PORTS).map(sorted)
RULES = st.lists(RANGES, max_size=6).map(lambda ranges: [rule(first, last) for first, last in ranges])


@given(RULES, RULES, PORTS)
def test_a_port_is_opened_when_it_is_open_now_and_was_not(before: list[Any], now: list[Any], port: int) -> None:
    def is_open(rules: list[Any]) -> bool:
        return any(one["from_port"] <= port <= one["to_port"] for one in rules)

    found = opened(group(*before), group(*now))[0]
    assert any(first <= port <= last for first, last in found) == (is_open(now) and not is_open(before))


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ([(22, 22)], "port 22 (SSH)"),
        ([(80, 80)], "port 80"),
        ([(80, 80), (443, 443)], "ports 80 and 443"),
        ([(20, 25)], "ports 20 to 25 (20 FTP, 21 FTP, 22 SSH, …)"),
        ([(0, 65535)], "all ports"),
        ([(1, 65535)], "all ports"),
        ([(8000, 8010), (9999, 9999)], "ports 8000 to 8010 and 9999"),
        ([(n, n) for n in range(1, 20, 2)], "ports 1, 3, 5, 7, 9 and 5 more ranges"),
    ],
)
def test_ports_read_well(ranges: list[tuple[int, int]], words: str) -> None:
    assert ports_in_words(ranges) == words


@pytest.mark.parametrize("port", [22, 3389, 3306, 5432, 6379, 27017, 9200])
def test_the_ports_of_administration_and_data_are_sensitive(port: int) -> None:
    found = opened_ports("aws_security_group", expected={}, actual=group(rule(port), rule(443)))
    assert found.chosen("sensitive to internet") == ((port, port),)
    assert (443, 443) in found.chosen("any to internet")
    assert port in SENSITIVE_PORTS
