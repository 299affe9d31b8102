"""A state behind an HTTPS address: resolved once, public addresses only, no redirects, size and time bounded."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping

import httpx

from drifts.detectors.base import DetectionError
from driftsentry.api.outgoing import CONNECT_SECONDS, READ_SECONDS, PublicOnly, Refused


def read_https(
    url: str, *, headers: Mapping[str, str], private_hosts: tuple[str, ...], largest: int, seconds: float
) -> bytes:
    """Fetch a state.

    Args:
        url: An `https://` address.
        headers: To send along; they are secrets and appear in no message.
        private_hosts: Names of hosts that may be on a private network.
        largest: Most bytes to take, after decompression.
        seconds: Most seconds for all of it.

    Raises:
        DetectionError: The address is not public, or does not answer with a state in time.
    """
    until = time.monotonic() + seconds
    times = httpx.Timeout(min(READ_SECONDS, max(seconds, 0.1)), connect=min(CONNECT_SECONDS, max(seconds, 0.1)))
    try:
        with (
            httpx.Client(
                transport=PublicOnly(private_hosts, seconds=max(seconds, CONNECT_SECONDS)),
                timeout=times,
                follow_redirects=False,
                trust_env=False,
            ) as client,
            client.stream("GET", url, headers={**headers, "accept-encoding": "identity"}) as answer,
        ):
            return _body(answer, largest, until)
    except Refused as refusal:
        raise DetectionError(f"The state cannot be fetched. {refusal}") from refusal
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
        raise DetectionError(f"The state cannot be fetched: {type(error).__name__}.") from error


def _body(answer: httpx.Response, largest: int, until: float) -> bytes:
    if answer.is_redirect:
        raise DetectionError("The state's address redirects elsewhere: name the final address.")
    if answer.status_code != httpx.codes.OK:
        raise DetectionError(f"The state's address answers with {answer.status_code}.")
    chunks: list[bytes] = []
    size = 0
    for chunk in answer.iter_bytes():
        size += len(chunk)
        if size > largest:
            raise DetectionError(f"The state is larger than {largest} bytes.")
        if time.monotonic() > until:
            raise DetectionError("The state took too long to arrive.")
        chunks.append(chunk)
    return b"".join(chunks)
