"""Words that are safe to show: whatever a tool or a tenant named, in one line, within a length. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

CUT = "…"
_BREAKS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_GAPS = re.compile(r"\n{3,}")
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f"  # control characters
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns text around
    "\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # what is not seen at all
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
"""The joiners U+200C and U+200D stay: they shape Persian words and emoji."""
_SURROGATES = re.compile("[\ud800-\udfff]")
_MOST_SPELLING = 16
"""What is cut was looked at so many times its length at most, however much of it is not seen."""


def clean(text: str) -> str:
    """Take out what is not seen or turns text around: control characters, overrides of direction, lone surrogates.

    Args:
        text: Whatever was given; its lines stay lines, and tabs become spaces.
    """
    broken = _BREAKS.sub("\n", text).replace("\t", " ")
    return _SURROGATES.sub("\ufffd", _UNSEEN.sub("", broken))


def line(text: str, most: int) -> str:
    """Make one line of a text.

    Args:
        text: Whatever was given.
        most: At most so many characters.
    """
    return cut(" ".join(clean(text[: most * _MOST_SPELLING]).split()), most)


def lines(text: str, most: int) -> str:
    """Keep a text's lines, without gaps of more than one.

    Args:
        text: Whatever was given.
        most: At most so many characters.
    """
    stripped = "\n".join(one.rstrip() for one in clean(text[: most * _MOST_SPELLING]).split("\n"))
    return cut(_GAPS.sub("\n\n", stripped).strip(), most)


def cut(text: str, most: int, *, spelled: Callable[[str], str] = str) -> str:
    """Cut a text so that what it is spelled as has a length; what is cut ends in an ellipsis.

    Args:
        text: The text.
        most: At most so many characters, once it is spelled.
        spelled: How a text is written, each character by itself, e.g. escaped.
    """
    if len(spelled(text)) <= most:
        return text
    room = most
    for place, character in enumerate(text):
        room -= len(spelled(character))
        if room < 0:
            return _within(text[:place], most - len(CUT), spelled) + CUT
    return text


def _within(text: str, most: int, spelled: Callable[[str], str]) -> str:
    length = sum(len(spelled(one)) for one in text)
    while text and length > most:
        length -= len(spelled(text[-1]))
        text = text[:-1]
    return text.rstrip().rstrip("\u200d")
