"""One spelling for texts that stand for a length of time or a network. Which attributes hold such: see `sameness`."""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal

_MAX_TEXT = 80
"""Characters beyond which a text is no duration and no network."""

_UNITS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
"""Of Go's time.ParseDuration, and the days that Google's APIs take beside them."""

_GO = re.compile(r"(?:\d+(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h|d))+")
_GO_PART = re.compile(r"(\d+(?:\.\d{1,9})?)(ns|us|µs|ms|s|m|h|d)")
_ISO = re.compile(
    r"P(?=.)(?:(?P<w>\d{1,9})W|(?:(?P<d>\d{1,9})D)?(?:T(?=.)(?:(?P<h>\d{1,9})H)?(?:(?P<m>\d{1,9})M)?"
    r"(?:(?P<s>\d{1,9}(?:\.\d{1,9})?)S)?)?)"
)
_ISO_SECONDS = {"w": Decimal(604800), "d": Decimal(86400), "h": Decimal(3600), "m": Decimal(60), "s": Decimal(1)}


def duration(text: str) -> str:
    """Spell a length of time in seconds: `1h`, `60m`, `3600s`, `PT1H` are one.

    A number without a unit, and an ISO 8601 duration with months or years, which have no one length, stay as they are.

    Args:
        text: Any text.
    """
    if len(text) > _MAX_TEXT:
        return text
    seconds = _go_seconds(text) if text[:1].isdigit() else _iso_seconds(text)
    return text if seconds is None else f"{seconds.normalize():f}s"


def _go_seconds(text: str) -> Decimal | None:
    if not _GO.fullmatch(text):
        return None
    return sum((Decimal(number) * _UNITS[unit] for number, unit in _GO_PART.findall(text)), Decimal(0))


def _iso_seconds(text: str) -> Decimal | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    parts = {name: part for name, part in found.groupdict().items() if part}
    return sum((Decimal(part) * _ISO_SECONDS[name] for name, part in parts.items()), Decimal(0))


def network(text: str) -> str:
    """Spell a network by its first address: `10.0.0.7/24` and `10.0.0.0/24`, `2001:DB8:0::/48` and `2001:db8::/48`.

    An address alone is the network of it alone. What is no network stays as it is.

    Args:
        text: Any text.
    """
    if len(text) > _MAX_TEXT or not ("." in text or ":" in text):
        return text
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text


_LINK = re.compile(r"https://(?:www|compute)\.googleapis\.com/compute/(?:v1|beta|alpha|staging_v1)/(?=projects/)")


def google_link(text: str) -> str:
    """Spell a link to an object of Compute Engine without the API's address and version: `projects/p/zones/z`.

    Args:
        text: Any text.
    """
    return _LINK.sub("", text, count=1) if text.startswith("https://") else text


def azure_id(text: str) -> str:
    """Spell an id of Azure Resource Manager in lower case. What is no such id stays as it is.

    Args:
        text: Any text.
    """
    lowered = text.lower()
    return lowered if lowered.startswith(("/subscriptions/", "/providers/microsoft.")) else text


def address(text: str) -> str:
    """Spell an address, with or without the length of its network, which it keeps: it is one place within it.

    Args:
        text: Any text.
    """
    if len(text) > _MAX_TEXT or not ("." in text or ":" in text):
        return text
    try:
        spelt = ipaddress.ip_interface(text)
    except ValueError:
        return text
    return str(spelt) if "/" in text else str(spelt.ip)
