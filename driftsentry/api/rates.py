"""The arithmetic of limits: whose address counts as one, and how long one over the limit waits. Pure."""

import ipaddress


def network_of(address: str) -> str:
    """What counts as one client's address: an IPv6 client holds a whole /64 and could take another at each request.

    Args:
        address: An address, or anything else that names where a request came from.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address or "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def seconds_to_wait(limit: int, period: float, before: tuple[int, float], now: tuple[int, float]) -> float:
    """How long until one more fits under a limit that is counted in two windows.

    The window before weighs as much as the part of it that still lies within the last period.

    Args:
        limit: Most in a period.
        period: Its length in seconds.
        before: The count of the window before, and the seconds for which it still weighs anything.
        now: The count of the present window, and the seconds until it weighs nothing: a period after its end.
    """
    old, old_left = before
    new, new_left = now
    if old * old_left / period + new < limit:
        return 0.0
    if new < limit:
        return max(0.0, old_left - (limit - new) * period / old)
    return max(0.0, new_left - limit * period / new)
