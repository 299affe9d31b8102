"""Secrets taken out of words: what a receiver answers may repeat what it was sent. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

MASK = "(sensitive)"
SHORTEST = 6
"""A shorter text is not looked for: it would blank half the words."""
LONG_WORD = 16
"""A word of a secret that is as long as this is looked for alone, too."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def mask(text: str, secrets: Mapping[str, Any], most: int) -> str:
    """Words on one line that repeat none of the secrets.

    Args:
        text: Any words.
        secrets: Texts by name, or lists and maps of texts.
        most: Characters that the words may have.
    """
    shown = _CONTROLS.sub(" ", text[: 16 * most])
    for secret in sorted(_spellings(secrets.values()), key=len, reverse=True):
        shown = shown.replace(secret, MASK)
    return " ".join(shown.split())[:most]


def hint(secret: str) -> str:
    """As much of a secret as may be shown, so that a person can tell which one it is.

    Args:
        secret: The secret.
    """
    return f"…{secret[-4:]}" if len(secret) >= 20 else "…"


def _spellings(values: Iterable[Any]) -> set[str]:
    """The secrets, and the telling parts of addresses, as they may be written: plain, in JSON, in a URL, in base64."""
    found: set[str] = set()
    for plain in {part.strip() for text in _texts(values) for part in _parts(text)}:
        found |= {
            *(plain, unquote(plain), quote(plain, safe=""), quote(plain), quote_plus(plain)),
            *(json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1].replace("/", "\\/")),
            base64.b64encode(plain.encode("utf-8", "replace")).decode(),
        }
    return {text for text in found if len(text) >= SHORTEST}


def _texts(values: Iterable[Any]) -> Iterator[str]:
    """The texts in secrets, however they are nested."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _texts(value.values())
        elif isinstance(value, list | tuple):
            yield from _texts(value)


def _parts(text: str) -> Iterator[str]:
    """A secret, and what of it tells as much: a key without its prefix, a token without its scheme, a path."""
    yield text
    yield text.partition("whsec_")[2]
    yield from (word for word in text.split() if len(word) >= LONG_WORD)
    if "://" in text:
        path = urlsplit(text).path if _is_address(text) else ""
        query = text.partition("?")[2]
        yield from (path, query, f"{path}?{query}")
        # The words of a path are the token: a receiver may repeat the last of them alone.
        yield from (one for one in (*path.split("/"), *re.split("[&=]", query)) if len(one) >= LONG_WORD)


def _is_address(text: str) -> bool:
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False
