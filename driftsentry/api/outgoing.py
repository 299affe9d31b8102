"""Requests to addresses that tenants name: resolved once, public addresses only, no redirects, size and time bounded.

Django-free, so that pure parts may use it. A host that the operator lists by name may have a private address.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import httpx

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
_MAX_ADDRESSES = 4

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"

_DISGUISES = tuple(ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
"""IPv6 networks that stand for IPv4 addresses: NAT64, 6to4, Teredo."""


class Refused(Exception):
    """The host is not to be spoken to; the message is for a person."""


class Unanswered(Exception):
    """No answer came, or none that was read whole; the message is for a person and holds no secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: The HTTP status.
        body: What it said, as far as it was taken.
    """

    status: int
    body: bytes


class PublicOnly(httpx.BaseTransport):
    """Connects to the very address that was looked at, so that a name cannot change between look and use."""

    def __init__(self, private_hosts: tuple[str, ...]) -> None:
        """Make a transport of its own.

        Args:
            private_hosts: Names of hosts, in lower case, that may be on a private network.
        """
        self._private = private_hosts
        self._inner = httpx.HTTPTransport(verify=ssl.create_default_context(), trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, to the first of the host's addresses that takes the connection.

        Args:
            request: The request.

        Raises:
            Refused: Its host is not to be spoken to.
        """
        host = request.url.host
        request.extensions = {**request.extensions, "sni_hostname": host}
        usual = 80 if request.url.scheme == "http" else 443
        found = _resolved(host, request.url.port or usual, private=host.lower() in self._private)
        for address in found[:-1]:
            request.url = request.url.copy_with(host=str(address))
            try:
                return self._inner.handle_request(request)
            except httpx.ConnectError:
                continue
        request.url = request.url.copy_with(host=str(found[-1]))
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close its connections."""
        self._inner.close()


def _resolved(host: str, port: int, *, private: bool) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused("Its host's name cannot be resolved.") from error
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    if not addresses or not (private or all(is_public(one) for one in addresses)):
        raise Refused("Its host is not on the public internet, and the operator does not allow it by name.")
    return list(dict.fromkeys(addresses))[:_MAX_ADDRESSES]


def is_public(address: Address) -> bool:
    """Say whether an address is one of the public internet's, also when it stands for another one.

    Args:
        address: The address.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in _DISGUISES):
            return False
    return address.is_global and not address.is_multicast


def post(
    url: str,
    content: bytes,
    *,
    headers: Mapping[str, str],
    private_hosts: tuple[str, ...],
    largest: int = 64 * 1024,
    seconds: float = READ_SECONDS,
) -> Answer:
    """Send a body and take the answer, whatever its status; a redirect is an answer and is not followed.

    Args:
        url: An `https://` address; `http://` for hosts that the operator lists only.
        content: The body.
        headers: To send along; they may be secrets and appear in no message.
        private_hosts: Names of hosts, in lower case, that may be on a private network.
        largest: Most bytes of the answer to take; the rest is left.
        seconds: Most seconds for all of it.

    Raises:
        Refused: The host is not to be spoken to.
        Unanswered: No answer came in time.
    """
    until = time.monotonic() + seconds
    times = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    sent = {**headers, "accept-encoding": "identity"}
    try:
        if httpx.URL(url).scheme != "https" and httpx.URL(url).host.lower() not in private_hosts:
            raise Refused("Only https:// addresses are spoken to.")
        with (
            httpx.Client(
                transport=PublicOnly(private_hosts), timeout=times, follow_redirects=False, trust_env=False
            ) as client,
            client.stream("POST", url, content=content, headers=sent) as answer,
        ):
            return Answer(answer.status_code, _head(answer, largest, until))
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
        raise Unanswered(f"It did not answer: {type(error).__name__}.") from error


def _head(answer: httpx.Response, largest: int, until: float) -> bytes:
    taken = b""
    for chunk in answer.iter_raw():
        taken += chunk[: largest - len(taken)]
        if len(taken) >= largest or time.monotonic() > until:
            break
    return taken
