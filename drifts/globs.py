"""Globs over type names, addresses and attribute paths, where `*` is the only special sign, and one spelling of names.

`fnmatch` would read the brackets of `tags["a"]` and `rule[0]` as character classes; here they stand for themselves.
"""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=2048)
def glob_pattern(*globs: str) -> re.Pattern[str]:
    """Compile globs into one pattern for `fullmatch`.

    Args:
        globs: Texts in which `*` stands for any run of characters, dots included.
    """
    return re.compile("|".join(_expression(glob) for glob in globs), re.DOTALL)


def _expression(glob: str) -> str:
    """Spell one glob so that it never goes back: the first place where a part fits is as good as any later one.

    Each part is thus looked for once, and a glob of many stars takes no longer than one of few (CPython's own
    `fnmatch.translate` does the same).
    """
    first, *parts = (re.escape(part) for part in re.sub(r"\*+", "*", glob).split("*"))
    if not parts:
        return first
    *middle, last = parts
    return first + "".join(f"(?>.*?{part})" for part in middle) + ".*" + last


def glob_match(text: str, *globs: str) -> bool:
    """Say whether a text fits any of the globs as a whole."""
    return glob_pattern(*globs).fullmatch(text) is not None


_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """Spell `PubliclyAccessible`, `publiclyAccessible` and `publicly_accessible` alike, so one rule fits every tool."""
    return _HUMP.sub("_", name).lower()
