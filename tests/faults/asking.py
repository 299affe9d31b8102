"""Asking again, with the same words, until an answer comes that settles it."""

import time
from collections import Counter
from collections.abc import Callable

import httpx

PATIENCE_SECONDS = 180.0
PAUSE_SECONDS = 0.3
AGAIN = frozenset({401, 429, 500, 502, 503, 504})
"""Answers after which the same request is sent again; after a 401 with a fresh token."""
IN_WORK = "still being answered"


class Unanswered(Exception):
    """No answer came within our patience."""


def insist(
    send: Callable[[], httpx.Response],
    *,
    seen: Callable[[httpx.Response | None], object] = lambda answer: None,  # noqa: ARG005 - nobody wants to know
) -> httpx.Response:
    """Send a request, the same one again wherever its answer is lost or says to come again.

    Args:
        send: Sends it.
        seen: Told of each answer, and of None where it was lost.

    Raises:
        Unanswered: Our patience is over.
    """
    until, came = time.monotonic() + PATIENCE_SECONDS, Counter[str]()
    while time.monotonic() < until:
        answer = _answer_of(send)
        seen(answer)
        if answer is not None and not _says_again(answer):
            return answer
        came[str(answer.status_code) if answer is not None else "lost"] += 1
        time.sleep(PAUSE_SECONDS)
    raise Unanswered(f"Only {dict(came)} in {PATIENCE_SECONDS:.0f} seconds.")


def _answer_of(send: Callable[[], httpx.Response]) -> httpx.Response | None:
    try:
        return send()
    except httpx.TransportError:
        return None


def _says_again(answer: httpx.Response) -> bool:
    return answer.status_code in AGAIN or (answer.status_code == httpx.codes.CONFLICT and IN_WORK in answer.text)
