"""Requests to the provider: bounded in time, size and number; no redirects, no settings of the machine."""

import io
import time
from typing import Any

import requests
from urllib3.exceptions import HTTPError

CONNECT_SECONDS = 2.0
READ_SECONDS = 3.0
TOTAL_SECONDS = 5.0
LARGEST = 256 * 1024
PIECE = 16 * 1024


class TooLarge(requests.RequestException):
    """The answer is larger than any that is wanted."""


class BoundedSession(requests.Session):
    """A session whose every answer is read here and now, within bounds.

    No try is begun, and no more of an answer awaited, once the total time is over.
    """

    def __init__(self) -> None:
        """Trust nothing of the machine: no proxies, no `.netrc`."""
        super().__init__()
        self.trust_env = False
        self.headers["Accept-Encoding"] = "identity"  # what is measured is what is read

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Ask, once more where a question without effect got no answer.

        Args:
            method: The method.
            url: The address.
            *args: As those of requests.
            **kwargs: As those of requests.

        Raises:
            requests.RequestException: No answer, or none within bounds.
        """
        until = time.monotonic() + TOTAL_SECONDS
        kwargs |= {"timeout": (CONNECT_SECONDS, READ_SECONDS), "stream": True, "allow_redirects": False}
        try:
            response = super().request(method, url, *args, **kwargs)
        except requests.ConnectionError:
            if str(method).upper() != "GET" or time.monotonic() + CONNECT_SECONDS > until:
                raise
            response = super().request(method, url, *args, **kwargs)
        response.raw = io.BytesIO(_read(response, until))
        response.headers.setdefault("Content-Type", "application/json")  # allauth asks for it unconditionally
        return response


def _read(response: requests.Response, until: float) -> bytes:
    try:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise TooLarge("The answer is compressed although that was not asked for.")
        return b"".join(_pieces(response.raw, until))
    except requests.RequestException:
        raise
    except (OSError, HTTPError) as error:
        raise requests.ConnectionError("The answer broke off.") from error
    finally:
        response.raw.close()


def _pieces(raw: Any, until: float) -> list[bytes]:
    pieces, size = [], 0
    while piece := raw.read1(PIECE, decode_content=False):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise TooLarge(f"The answer is larger than {LARGEST} bytes.")
        if time.monotonic() > until:
            raise requests.Timeout("The answer did not end in time.")
    return pieces
