"""A security group's rule, as Terraform's state has it, as EC2's API takes it (`IpPermission`)."""

from __future__ import annotations

from drifts.findings import Json, JsonObject

_SOURCES: tuple[tuple[str, str, str], ...] = (
    ("cidr_blocks", "IpRanges", "CidrIp"),
    ("ipv6_cidr_blocks", "Ipv6Ranges", "CidrIpv6"),
    ("prefix_list_ids", "PrefixListIds", "PrefixListId"),
    ("security_groups", "UserIdGroupPairs", "GroupId"),
)
"""A rule's own list, the API's list, and the member that names one of it."""


def permission_of(rule: JsonObject) -> JsonObject | None:
    """Return a rule as the API takes it; None where it names the group itself or nobody.

    Args:
        rule: One of a group's `ingress` or `egress`.
    """
    protocol = rule.get("protocol")
    if rule.get("self") or not isinstance(protocol, str) or not protocol:
        return None
    made: JsonObject = {"IpProtocol": protocol}
    if protocol != "-1":
        ports = [rule.get("from_port"), rule.get("to_port")]
        if not all(_is_port(port) for port in ports):
            return None
        made["FromPort"], made["ToPort"] = ports
    for ours, theirs, member in _SOURCES:
        named = rule.get(ours)
        if isinstance(named, list) and named:
            if not all(isinstance(one, str) for one in named):
                return None
            made[theirs] = [{member: one} for one in named]
    return made if len(made) > (1 if protocol == "-1" else 3) else None


def _is_port(port: Json) -> bool:
    return isinstance(port, int) and not isinstance(port, bool)
