"""Finding the places where a hidden text is spelt out again, in time that does not grow with the number of secrets."""

from __future__ import annotations

import base64
import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator

MIN_LENGTH = 6
"""Characters a text needs before its echoes are looked for: shorter ones ("true", "80") are everywhere."""

_COMPARED = 256
"""Characters of a hidden text that are compared: a text that repeats so many of them gives it away."""

_FEW = 64
"""Up to as many texts, looking for one after the other is quickest."""


class Echoes:
    """Knows hidden texts, and says whether another one gives any of them away."""

    def __init__(self, hidden: Iterable[str]) -> None:
        """Prepare for looking.

        Args:
            hidden: The texts to look for; those shorter than `MIN_LENGTH` are looked for by their digests only.
        """
        spelt = {one[:_COMPARED] for text in hidden for one in _spellings(text) if len(one) >= MIN_LENGTH}
        self._hidden = list(_free_of_prefixes(sorted(spelt)))
        self._shortest = min(map(len, self._hidden), default=MIN_LENGTH)
        self._beginnings = {one[:MIN_LENGTH] for one in self._hidden}

    def in_text(self, text: str) -> bool:
        """Say whether a text holds a hidden one."""
        if len(text) < self._shortest:
            return False
        if len(self._hidden) <= _FEW:
            return any(one in text for one in self._hidden)
        return any(self._begins_at(text, at) for at in range(len(text) - MIN_LENGTH + 1))

    def _begins_at(self, text: str, at: int) -> bool:
        """Say whether a hidden text begins here; as none begins another, only the next smaller one can."""
        if text[at : at + MIN_LENGTH] not in self._beginnings:
            return False
        rest = text[at : at + _COMPARED]
        place = bisect_right(self._hidden, rest) - 1
        return place >= 0 and rest.startswith(self._hidden[place])


def _spellings(text: str) -> Iterator[str]:
    """Yield a text, and what providers derive from one: `content_base64`, `content_md5`, `source_code_hash`."""
    yield text
    encoded = text.encode()
    yield base64.b64encode(encoded).decode().rstrip("=")
    for digest in (hashlib.sha256(encoded), hashlib.sha512(encoded)):
        yield digest.hexdigest()
        yield base64.b64encode(digest.digest()).decode()
    for algorithm in ("md5", "sha1"):
        yield hashlib.new(algorithm, encoded, usedforsecurity=False).hexdigest()


def _free_of_prefixes(texts: Iterable[str]) -> Iterator[str]:
    """Yield sorted texts but for those that begin with another one: finding the shorter one is enough."""
    kept: str | None = None
    for text in texts:
        if kept is None or not text.startswith(kept):
            kept = text
            yield text
