"""What a tool writes while it works: the last of it, without secrets."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable
from urllib.parse import quote

from drifts.findings import SENSITIVE
from drifts.ingest.secret_shapes import has_secret_shape

KEPT = 64 * 1024
"""Most characters of a transcript."""
LONGEST_LINE = 2000
"""Characters of a line that are shown."""
LEFT_OUT = "(a line was left out here: it looks as if it held a secret)"
LONGEST_KEY = 200
"""Lines of a private key; one that never ends must not hide all the rest."""
_SHORTEST_SECRET = 4
"""A shorter text under a secret's name is not looked for: it would blank half the words."""
_PRIVATE_KEY = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]{0,20}[ -/]{0,4}[@-~]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Masker:
    """Takes known secrets, and what is shaped like one, out of lines."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Learn the secrets.

        Args:
            secrets: Their texts; of one with several lines each line counts.
        """
        self._known = sorted(_spellings(secrets), key=len, reverse=True)
        self._lines_of_key = 0
        """How many lines more may belong to a private key that has begun."""

    def line(self, text: str) -> str:
        """One line, fit to be shown; lines come in their order, since a private key spans several.

        Args:
            text: As the tool wrote it, without its end.
        """
        mark = _PRIVATE_KEY.search(text)
        if mark:
            self._lines_of_key = LONGEST_KEY if mark[1] == "BEGIN" else 0
            return LEFT_OUT
        if self._lines_of_key:
            self._lines_of_key -= 1
            return LEFT_OUT
        shown = _CONTROLS.sub("", _ESCAPES.sub("", text))
        for secret in self._known:
            shown = shown.replace(secret, SENSITIVE)
        if has_secret_shape(shown):
            return LEFT_OUT
        return shown if len(shown) <= LONGEST_LINE else shown[:LONGEST_LINE] + " …"

    def words(self, text: str, most: int) -> str:
        """A message of several lines, fit to be shown.

        Args:
            text: The message.
            most: Characters it may have.
        """
        return "\n".join(self.line(line) for line in text[: 16 * most].splitlines())[:most]


class Transcript:
    """The last lines of what was said."""

    def __init__(self, masker: Masker, most: int = KEPT) -> None:
        """Begin empty.

        Args:
            masker: Takes the secrets out.
            most: Characters kept.
        """
        self._masker = masker
        self._most = most
        self._lines: deque[str] = deque()
        self._length = 0
        self.is_cut = False

    def add(self, text: str) -> None:
        """Take a line, or several; of two lines left out in a row one is told.

        Args:
            text: As it was said.
        """
        for one in text.splitlines() or [""]:
            line = self._masker.line(one)
            if line == LEFT_OUT and self._lines and self._lines[-1] == LEFT_OUT:
                continue
            self._lines.append(line)
            self._length += len(line) + 1
        while self._length > self._most:
            self._length -= len(self._lines.popleft()) + 1
            self.is_cut = True

    @property
    def text(self) -> str:
        """What is kept, one line after the other."""
        return "\n".join(self._lines)


def _spellings(secrets: Iterable[str]) -> set[str]:
    """The secrets as tools may write them: line by line, escaped for JSON, escaped for a URL."""
    found: set[str] = set()
    for secret in secrets:
        for line in (secret, *secret.splitlines()):
            plain = line.strip()
            found |= {
                plain,
                json.dumps(plain)[1:-1],
                json.dumps(plain, ensure_ascii=False)[1:-1],
                quote(plain, safe=""),
            }
    return {text for text in found if len(text) >= _SHORTEST_SECRET}
