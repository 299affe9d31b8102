"""How the path of an attribute is spelt: `a.b[0].c`; a key with odd characters stands in brackets, `tags["a.b"]`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_STEP = re.compile(r'\.?(?P<plain>[^.\[\]"]+)|\[(?P<index>\d{1,9})\]|\["(?P<quoted>(?:[^"\\]|\\.)*)"\]', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def join(path: str, step: str | int) -> str:
    """Return the path of a member or an item.

    Args:
        path: The path of what holds it; '' for the resource itself.
        step: The member's name, or the item's place.
    """
    if isinstance(step, int):
        return f"{path}[{step}]"
    if not _PLAIN.fullmatch(step):
        escaped = step.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{escaped}"]'
    return f"{path}.{step}" if path else step


def spelt(steps: Iterable[str | int]) -> str:
    """Return the path that a list of steps names."""
    path = ""
    for step in steps:
        path = join(path, step)
    return path


def steps_of(path: str) -> tuple[str | int, ...]:
    """Return the steps of a path as tools write it; one step, the whole text, where it is no path.

    Args:
        path: `tags["a.b"]`, `x[0].y`.
    """
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            return (path,)
        if found["index"] is not None:
            steps.append(int(found["index"]))
        else:
            steps.append(found["plain"] if found["quoted"] is None else _ESCAPED.sub(r"\1", found["quoted"]))
        at = found.end()
    return tuple(steps)
