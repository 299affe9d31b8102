"""Which addresses are the public internet's: a table, since Python's `is_global` differs between its versions.

Sources: IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380
(Teredo), and the clouds' documentation of their metadata services.
"""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

NOT_PUBLIC: dict[str, str] = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by carriers; Alibaba's metadata",
    "127.0.0.0/8": "this machine",
    "168.63.129.16/32": "Azure's host, which tells machines their secrets",
    "169.254.0.0/16": "link-local; metadata of AWS, Azure, Google and others",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "protocol assignments; Oracle's metadata",
    "192.0.2.0/24": "documentation",
    "192.88.99.0/24": "relays of 6to4",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "benchmarks",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved, broadcast",
    "2001::/23": "protocol assignments; Teredo, which stands for an IPv4 address",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4, which stands for an IPv4 address",
    "3fff::/20": "documentation",
}
"""What is not public, and why. IPv6 beyond `PUBLIC_IPV6` is not, either: this machine (::1), link-local, private,
multicast, and what stands for an IPv4 address (::ffff:0:0/96, ::/96, 64:ff9b::/96)."""

PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")

NEVER: dict[str, str] = {
    "0.0.0.0/8": "this network",
    "100.100.100.200/32": "Alibaba's metadata",
    "168.63.129.16/32": "Azure's host",
    "169.254.0.0/16": "link-local; metadata",
    "192.0.0.192/32": "Oracle's metadata",
    "224.0.0.0/4": "multicast",
    "255.255.255.255/32": "broadcast",
    "::/128": "this network",
    "fd00:ec2::/32": "metadata of AWS",
    "fd20:ce::/32": "metadata of Google",
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
}
"""What is not spoken to under any name, even one that the operator lists."""

_NOT_PUBLIC: tuple[Network, ...] = tuple(ipaddress.ip_network(one) for one in NOT_PUBLIC)
_NEVER: tuple[Network, ...] = tuple(ipaddress.ip_network(one) for one in NEVER)


def is_public(address: Address) -> bool:
    """Say whether an address is one of the public internet's.

    Args:
        address: The address.
    """
    if isinstance(address, ipaddress.IPv6Address) and address not in PUBLIC_IPV6:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def is_never(address: Address) -> bool:
    """Say whether an address is not to be spoken to even where the operator lists its name.

    Args:
        address: The address; one that stands for an IPv4 address is judged as that.
    """
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any((mapped or address) in network for network in _NEVER)
