"""Requests to addresses that tenants name: resolved once, public addresses only, no redirects, size and time bounded.

Django-free, so that pure parts may use it. A host that the operator lists by name may have a private address.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import httpcore
import httpx

from driftsentry.api.addresses import Address, is_never, is_public

__all__ = ["Answer", "PublicOnly", "Refused", "Unanswered", "Unresolved", "is_host", "is_listed", "is_public", "post"]

CONNECT_SECONDS = 10.0
FRESH = 3600.0
"""For how many seconds the certificates of those whom TLS trusts are kept in memory."""
READ_SECONDS = 30.0
KEPT_HEADERS = ("retry-after", "date", "content-type")
_MAX_ADDRESSES = 4
_MAX_HEADER = 200
_HEAD_BYTES = 256 * 1024
"""What an answer's head, its framing and a last read may take beside its body."""
_SLICE = 4096
"""Bytes written at once: so few go out whole or not at all, hence in the time that is left."""


class Refused(Exception):
    """The host is not to be spoken to; the message is for a person."""


class Unresolved(Refused):
    """The host's name leads nowhere: it may do so later."""


class Unanswered(Exception):
    """No answer came, or none that was read whole; the message is for a person and holds no secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: The HTTP status.
        body: What it said, as far as it was taken.
        headers: Those of its headers in `KEPT_HEADERS` that came, by their names in lower case.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Budget:
    """What one exchange may still take.

    Attributes:
        until: When its time is over, by the monotonic clock; never when None.
        left: How many bytes may still come; any number when None.
    """

    until: float | None
    left: int | None

    def seconds(self, usual: float | None, over: type[httpcore.TimeoutException]) -> float | None:
        """How long to wait now.

        Args:
            usual: At most so long.
            over: What to raise when no time is left.
        """
        if self.until is None:
            return usual
        rest = self.until - time.monotonic()
        if rest <= 0:
            raise over("The time for all of it is over.")
        return rest if usual is None else min(usual, rest)

    def take(self, count: int) -> None:
        """Count bytes that came.

        Args:
            count: How many.

        Raises:
            httpcore.ReadError: They are more than may come.
        """
        if self.left is not None:
            self.left -= count
            if self.left < 0:
                raise httpcore.ReadError("The answer is too large.")


class _Timed(httpcore.NetworkStream):
    """A connection that lives as long, and takes as much, as its budget allows: trickled bytes win no time."""

    def __init__(self, inner: httpcore.NetworkStream, budget: _Budget) -> None:
        self._inner = inner
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        read = self._inner.read(max_bytes, self._budget.seconds(timeout, httpcore.ReadTimeout))
        self._budget.take(len(read))
        return read

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SLICE):
            left = self._budget.seconds(timeout, httpcore.WriteTimeout)
            self._inner.write(buffer[start : start + _SLICE], left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._budget.seconds(timeout, httpcore.ConnectTimeout)
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, left), self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Guarded(httpcore.NetworkBackend):
    """Connects to the very address that was looked at, so that a name cannot change between look and use."""

    def __init__(self, private_hosts: tuple[str, ...], budget: _Budget) -> None:
        self._private = private_hosts
        self._budget = budget
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = self._budget.seconds(timeout, httpcore.ConnectTimeout)
        found = _resolved(host, port, seconds, listed=is_listed(host, port, self._private))
        for place, address in enumerate(found, start=1):
            left = self._budget.seconds(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._inner.connect_tcp(str(address), port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(found):
                    raise
            else:
                return _Timed(stream, self._budget)
        raise Refused("Its host's name leads to no address.")

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        raise Refused("Sockets of this machine are not spoken to.")


@lru_cache(maxsize=4)
def _context(file: str | None, folder: str | None, age: float) -> ssl.SSLContext:
    """Whom TLS trusts: reading that takes a tenth of a second, so it is read anew when it may have changed."""
    del file, folder, age  # the cache's key
    return ssl.create_default_context()


class PublicOnly(httpx.BaseTransport):
    """Speaks to public addresses and to hosts that the operator lists; asks no proxy, checks certificates by name."""

    def __init__(
        self, private_hosts: tuple[str, ...], *, seconds: float | None = None, most: int | None = None
    ) -> None:
        """Make a transport of its own, for one exchange.

        Args:
            private_hosts: Hosts, in lower case, that may be on a private network: `name` or `name:port`.
            seconds: Most seconds for all of it.
            most: Most bytes to take for all of it.
        """
        until = None if seconds is None else time.monotonic() + seconds
        backend = _Guarded(private_hosts, _Budget(until, most))
        trusted = ssl.get_default_verify_paths()
        context = _context(trusted.cafile, trusted.capath, time.monotonic() // FRESH)
        self._pool = httpcore.ConnectionPool(ssl_context=context, max_connections=1, network_backend=backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, to the first of the host's addresses that takes the connection.

        Args:
            request: The request.

        Raises:
            Refused: Its host is not to be spoken to.
        """
        url = request.url
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": request.extensions.get("timeout", {})},
        )
        with _as_httpx():
            answer = self._pool.handle_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream))

    def close(self) -> None:
        """Close its connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._inner

    def close(self) -> None:
        self._inner.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """The errors of httpcore as httpx's, which have the same names."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
    ) as error:
        raise getattr(httpx, type(error).__name__, httpx.TransportError)(str(error)) from error


def is_host(url: str) -> bool:
    """Say whether an address names a host, and a name that is written in Punycode can be read (RFC 5891 section 5.4).

    Args:
        url: The address.
    """
    try:
        return bool(httpx.URL(url).host)
    except (httpx.InvalidURL, UnicodeError):
        return False


def is_listed(host: str, port: int, private_hosts: tuple[str, ...]) -> bool:
    """Say whether the operator lists a host, with any port or with this one.

    Args:
        host: Its name.
        port: The port that is meant.
        private_hosts: The list, in lower case: `name` or `name:port`.
    """
    name = host.lower()
    return name in private_hosts or f"{name}:{port}" in private_hosts


def _resolved(host: str, port: int, seconds: float | None, *, listed: bool) -> list[Address]:
    addresses = [ip_address(one.partition("%")[0]) for one in _looked_up(host, port, seconds)]
    if any(is_never(one) for one in addresses):
        raise Refused("Its host is not on the public internet, and its address is none to speak to.")
    if not addresses or not (listed or all(is_public(one) for one in addresses)):
        raise Refused("Its host is not on the public internet, and the operator does not allow it by name.")
    return list(dict.fromkeys(addresses))[:_MAX_ADDRESSES]


def _looked_up(host: str, port: int, seconds: float | None) -> list[str]:
    """A name's addresses. Resolvers know no time limit of ours, so another thread waits for them."""
    found: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError):  # a name that cannot be one is a ValueError
            found.put(None)
        else:
            found.put([str(one[4][0]) for one in told])

    threading.Thread(target=ask, name="look-up of a name", daemon=True).start()
    try:
        addresses = found.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout("Its host's name was not resolved in time.") from None
    if addresses is None:
        raise Unresolved("Its host's name cannot be resolved.")
    return addresses


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
        private_hosts: Hosts, in lower case, that may be on a private network: `name` or `name:port`.
        largest: Most bytes of the answer to take; the rest is left.
        seconds: Most seconds for all of it.

    Raises:
        Refused: The host is not to be spoken to.
        Unanswered: No answer came in time, or it was none.
    """
    times = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    sent = {**headers, "accept-encoding": "identity"}
    transport = PublicOnly(private_hosts, seconds=seconds, most=largest + _HEAD_BYTES)
    if not is_host(url):
        raise Refused("This is no address.")
    try:
        _look_at(httpx.URL(url), private_hosts)
        with (
            httpx.Client(transport=transport, timeout=times, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", url, content=content, headers=sent) as answer,
        ):
            kept = {name: answer.headers[name][:_MAX_HEADER] for name in KEPT_HEADERS if name in answer.headers}
            return Answer(answer.status_code, _head(answer, largest), kept)
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
        raise Unanswered(f"It did not answer: {type(error).__name__}.") from error


def _look_at(url: httpx.URL, private_hosts: tuple[str, ...]) -> None:
    if url.userinfo:
        raise Refused("An address with a user name or password is not spoken to.")
    if url.scheme != "https" and not is_listed(url.host, url.port or 80, private_hosts):
        raise Refused("Only https:// addresses are spoken to.")


def _head(answer: httpx.Response, largest: int) -> bytes:
    """As much as came, in time and before it broke off: by its status the answer is one already."""
    taken = b""
    with suppress(httpx.TransportError):
        for chunk in answer.iter_raw():
            taken += chunk[: largest - len(taken)]
            if len(taken) >= largest:
                break
    return taken
