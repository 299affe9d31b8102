"""Who may newly come in: the ports that a security group's rules open, and to which addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from drifts.findings import JsonObject
from drifts.ingress import LAST_PORT, Network, Ports, openings

SENSITIVE_PORTS: dict[int, str] = {
    20: "FTP",
    21: "FTP",
    22: "SSH",
    23: "Telnet",
    111: "rpcbind",
    135: "Windows RPC",
    139: "NetBIOS",
    389: "LDAP",
    445: "SMB",
    873: "rsync",
    1433: "SQL Server",
    1521: "Oracle",
    2049: "NFS",
    2375: "Docker",
    2376: "Docker",
    2379: "etcd",
    2380: "etcd",
    3306: "MySQL",
    3389: "RDP",
    5432: "PostgreSQL",
    5439: "Redshift",
    5601: "Kibana",
    5672: "AMQP",
    5900: "VNC",
    5984: "CouchDB",
    5985: "WinRM",
    5986: "WinRM",
    6379: "Redis",
    6443: "Kubernetes",
    7000: "Cassandra",
    7001: "WebLogic",
    8020: "HDFS",
    9042: "Cassandra",
    9092: "Kafka",
    9200: "Elasticsearch",
    9300: "Elasticsearch",
    10250: "kubelet",
    11211: "memcached",
    15672: "RabbitMQ",
    27017: "MongoDB",
    27018: "MongoDB",
    50070: "HDFS",
}
"""Ports behind which administration and data stand."""

_INTERNET_BITS = 4
"""A network with as few fixed bits as this is the whole internet: 0.0.0.0/0, but also 128.0.0.0/1 and 2000::/3."""


@dataclass(frozen=True, slots=True)
class OpenPorts:
    """Ranges of ports, by who may reach them."""

    internet: tuple[Ports, ...]
    """Open to the whole internet."""
    public: tuple[Ports, ...]
    """Open to some public addresses, not to all."""

    def chosen(self, which: str) -> tuple[Ports, ...]:
        """Return the ranges a rule asks for.

        Args:
            which: `any to internet`, `sensitive to internet`, `any to public`, `sensitive to public`.

        Raises:
            KeyError: There is no such choice.
        """
        sort, _, whom = which.partition(" to ")
        ranges = {"internet": self.internet, "public": self.public}[whom]
        return {"any": ranges, "sensitive": tuple(one for one in ranges if _sensitive_in(one))}[sort]


def opened_ports(provider_type: str, *, expected: JsonObject, actual: JsonObject) -> OpenPorts:
    """Return what the actual rules open and the expected ones do not.

    Args:
        provider_type: The resource's type.
        expected: All that should be, masked.
        actual: All that is, masked.
    """
    before = _openings(provider_type, expected)
    now = _openings(provider_type, actual)
    internet: list[Ports] = []
    public: list[Ports] = []
    for (protocol, network), ranges in now.items():
        held = [one for wider in _supernets(network) for one in before.get((protocol, wider), ())]
        new = _without(_merged(ranges), _merged(held))
        if network.prefixlen <= _INTERNET_BITS:
            internet.extend(new)
        elif network.is_global:
            public.extend(new)
    return OpenPorts(tuple(_merged(internet)), tuple(_merged(public)))


def _openings(provider_type: str, state: JsonObject) -> dict[tuple[str, Network], list[Ports]]:
    found: dict[tuple[str, Network], list[Ports]] = defaultdict(list)
    for opening in openings(provider_type, state):
        found[opening.protocol, opening.network].append(opening.ports)
    return found


@lru_cache(maxsize=1024)
def _supernets(network: Network) -> tuple[Network, ...]:
    """Return a network and all that hold it."""
    return tuple(network.supernet(new_prefix=bits) for bits in range(network.prefixlen, -1, -1))


def _merged(ranges: Iterable[Ports]) -> list[Ports]:
    """Join ranges that overlap or touch, sorted."""
    merged: list[Ports] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _without(ranges: Iterable[Ports], held: Iterable[Ports]) -> Iterator[Ports]:
    """Yield what is left of ranges when those held already are cut out; both sorted."""
    for first, last in ranges:
        start = first
        for held_first, held_last in held:
            if held_last < start or held_first > last:
                continue
            if held_first > start:
                yield start, held_first - 1
            start = held_last + 1
        if start <= last:
            yield start, last


def _sensitive_in(ports: Ports) -> list[int]:
    return [port for port in SENSITIVE_PORTS if ports[0] <= port <= ports[1]]


def ports_in_words(ranges: Iterable[Ports]) -> str:
    """Name ranges of ports for a person: `port 22 (SSH)`, `ports 80 and 443`, `all ports`."""
    listed = list(ranges)
    if any(first <= 1 and last >= LAST_PORT for first, last in listed):
        return "all ports"
    words = [_range_in_words(one) for one in listed]
    many = len(words) > 1 or any(first != last for first, last in listed)
    shown = words[:5] + ([f"{len(words) - 5} more ranges"] if len(words) > 5 else [])
    return ("ports " if many else "port ") + _joined(shown)


def _range_in_words(ports: Ports) -> str:
    first, last = ports
    named = [
        SENSITIVE_PORTS[port] if first == last else f"{port} {SENSITIVE_PORTS[port]}" for port in _sensitive_in(ports)
    ]
    spelt = str(first) if first == last else f"{first} to {last}"
    return f"{spelt} ({', '.join(named[:3])}{', …' if len(named) > 3 else ''})" if named else spelt


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
