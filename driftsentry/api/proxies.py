"""Who is asking, and over what: proxies are believed when they are named, everybody else is taken as they are seen."""

import re
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNIX = "unix"
FOR = "HTTP_X_FORWARDED_FOR"
PROTO = "HTTP_X_FORWARDED_PROTO"
SCHEMES = frozenset({"http", "https"})
CLAIMS = re.compile(
    r"\AHTTP_(X_FORWARDED.*|FORWARDED.*|VIA|X_REAL_IP|X_(CLUSTER_)?CLIENT_IP|CLIENT_IP|TRUE_CLIENT_IP"
    r"|[A-Z]+_(CONNECTING|CLIENT)_IP|X_ORIGINAL_.*|X_REWRITE_URL|X_HOST|X_SCHEME|X_URL_SCHEME|FRONT_END_HTTPS)\Z"
)
"""Headers that say something of the client, the scheme, the host or the path that only a proxy could know."""
HOP = re.compile(r'\A"?(?:\[([^\]]+)\](?::\d{1,5})?|([0-9.]+)(?::\d{1,5})?|([0-9A-Fa-f:.]+))"?\Z')
"""An address as proxies write it: bare, with a port, in brackets, in quotes."""


class Proxies:
    """The proxies that are believed."""

    def __init__(self, named: Iterable[str]) -> None:
        """Read their names.

        Args:
            named: Addresses and networks, and `unix` for peers without an address.
        """
        items = frozenset(named)
        self._unix = UNIX in items
        self._networks: tuple[Network, ...] = tuple(ip_network(item) for item in sorted(items - {UNIX}))

    def trust(self, address: Address | None) -> bool:
        """Is this one of them?

        Args:
            address: The peer's; none when it has none, as over a Unix socket.
        """
        if address is None:
            return self._unix
        return any(address in network for network in self._networks)

    def client_of(self, peer: Address, forwarded: str) -> Address:
        """The client's address: the nearest hop that is not one of ours.

        Args:
            peer: The last hop, a trusted one.
            forwarded: `X-Forwarded-For`, to which each proxy has added the address that it saw.

        Returns:
            The last hop that could be believed, when what stands before it is no address.
        """
        found = peer
        for text in reversed(forwarded.split(",")):
            hop = address_of(text.strip())
            if hop is None or not self.trust(found):
                break
            found = hop
        return found


def address_of(text: str) -> Address | None:
    """Read an address, with or without a port; one of IPv4 inside IPv6 is one of IPv4.

    Args:
        text: As a peer's address or a proxy's header has it.

    Returns:
        None when it is none.
    """
    match = HOP.match(text.partition("%")[0])
    if match is None:
        return None
    try:
        found = ip_address(next(group for group in match.groups() if group))
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


@lru_cache(maxsize=8)
def _proxies(named: tuple[str, ...]) -> Proxies:
    return Proxies(named)


def _judge(request: HttpRequest) -> None:
    """Leave nothing in the request but what is true of it."""
    meta = request.META
    claims = {name: str(meta.pop(name)) for name in [name for name in meta if CLAIMS.match(name)]}
    proxies = _proxies(tuple(settings.TRUSTED_PROXIES))
    given = str(meta.get("REMOTE_ADDR") or "")
    peer = address_of(given)
    if proxies.trust(peer) and (peer is not None or given == ""):
        scheme = claims.get(PROTO, "").rpartition(",")[2].strip().lower()
        if scheme in SCHEMES:
            meta[PROTO] = scheme
        peer = _client(proxies, peer, claims.get(FOR, ""))
    meta["REMOTE_ADDR"] = str(peer or "")
    structlog.contextvars.bind_contextvars(ip=meta["REMOTE_ADDR"])


def _client(proxies: Proxies, peer: Address | None, forwarded: str) -> Address | None:
    """A peer without an address is known by the one that it has added, if it has."""
    if peer is not None:
        return proxies.client_of(peer, forwarded)
    before, _, last = forwarded.rpartition(",")
    nearest = address_of(last.strip())
    return None if nearest is None else proxies.client_of(nearest, before)


@sync_and_async_middleware
def TrustedProxiesMiddleware(  # noqa: N802 - named as Django's other middlewares are in the settings
    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]],
) -> Callable[[HttpRequest], Any]:
    """Set `REMOTE_ADDR` and the scheme from a trusted proxy's headers; take everybody else's such headers away.

    Args:
        get_response: The rest of the chain.
    """
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponse:
            _judge(request)
            response: HttpResponse = await get_response(request)
            return response

        markcoroutinefunction(asynchronous)
        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponse:
        _judge(request)
        return get_response(request)  # type: ignore[return-value]

    return synchronous
