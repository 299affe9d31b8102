"""Hypothesis strategies for bodies: fixtures with parts exchanged, with bytes exchanged, and trees of known words."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from hypothesis import strategies as st

from drifts.ingest.errors import FormatError
from drifts.ingest.json_walk import documents
from tests.drifts.ingest.cases import READ, REFUSED

MAX_SEED = 60_000
"""Bytes a fixture may have to be played with."""

MAX_PLACES = 2000
"""Places of a fixture that are played with."""

ODD_NUMBERS = ("9007199254740993", "-0", "1e400", "-1e-400", "0.1e1", "1" * 1200, "1E999999999", "NaN", "-Infinity")
ODD_TEXTS = ("\u0000", "\ud800", "\uffff", "a" * 5000, "[" * 300, '{"a":' * 50, "null", "***", "\u202e", "${x}", '"]["')
MARK = "@@odd@@"


@cache
def seeds() -> dict[str, tuple[bytes, ...]]:
    """The fixtures' bodies by format; those that are refused under an empty name."""
    found: dict[str, list[bytes]] = {"": [case.body for case in REFUSED]}
    for case in READ:
        found.setdefault(case.read().format, []).append(case.body)
    return {name: tuple(body for body in bodies if len(body) <= MAX_SEED) for name, bodies in found.items()}


@cache
def words() -> tuple[str, ...]:
    """All names of members in all fixtures."""
    found: set[str] = set()
    for bodies in seeds().values():
        for body in bodies:
            for document in _decoded(body):
                found.update(_names(document))
    return tuple(sorted(found))


def _decoded(body: bytes) -> list[Any]:
    """The JSON documents of a body; none where it is not for reading."""
    try:
        return [{name: json.loads(bytes(raw)) for name, raw in members.items()} for members in documents(body)]
    except (FormatError, ValueError, RecursionError):
        return []


def _names(value: Any) -> Iterator[str]:
    level = [value]
    while level:
        one = level.pop()
        if isinstance(one, dict):
            yield from one
            level.extend(one.values())
        elif isinstance(one, list):
            level.extend(one)


def trees() -> st.SearchStrategy[Any]:
    """Any JSON, its members named as in the fixtures."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    leaves |= st.sampled_from(ODD_TEXTS) | st.sampled_from(words())
    return st.recursive(
        leaves,
        lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.sampled_from(words()), inside, max_size=5),
        max_leaves=12,
    )


@st.composite
def rearranged(draw: st.DrawFn, name: str) -> bytes:
    """A fixture's documents with some parts taken out, exchanged, repeated, wrapped or renamed."""
    found = draw(st.sampled_from(seeds()[name]))
    read = _decoded(found)
    if not read:
        return found
    for _ in range(draw(st.integers(1, 4))):
        _rearrange(draw, read)
    text = "\n".join(json.dumps(one) for one in read)
    return _oddly_numbered(draw, text).encode("utf-8", "surrogatepass")


Place = tuple[Any, Any]
"""What holds a value, and its name or index there."""


def _rearrange(draw: st.DrawFn, read: list[Any]) -> None:
    """Change one place of the documents."""
    places = _places(read)[:MAX_PLACES]
    place = draw(st.sampled_from(places))
    holder, key = place
    how = draw(st.sampled_from(tuple(CHANGES)))
    if how == "drop" and holder is not read:
        del holder[key]
    elif how == "rename" and isinstance(holder, dict):
        holder[draw(st.sampled_from(words()))] = holder.pop(key)
    elif how == "swap":
        other, at = draw(st.sampled_from(places))
        holder[key] = json.loads(json.dumps(other[at]))
    else:
        holder[key] = CHANGES[how](draw, holder[key])


CHANGES: dict[str, Callable[[st.DrawFn, Any], Any]] = {
    "drop": lambda _draw, _value: None,
    "rename": lambda _draw, value: [value],
    "swap": lambda _draw, value: value,
    "other": lambda draw, _value: draw(trees()),
    "odd": lambda draw, _value: draw(st.sampled_from(ODD_TEXTS) | st.just(MARK)),
    "wrap": lambda draw, value: draw(st.sampled_from(([value], {"a": value}, [value, value]))),
    "again": lambda draw, value: [value] * draw(st.integers(1, 30)),
    "text": lambda _draw, value: json.dumps(value),
    "deep": lambda draw, value: _deep(value, draw(st.sampled_from((80, 150, 400)))),
}
"""How a value is changed; the first three where the place does not allow what their name says."""


def _deep(value: Any, levels: int) -> Any:
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def _places(read: list[Any]) -> list[Place]:
    """Every place of some documents: what holds it, and its name or index there."""
    found: list[Place] = []
    level: list[Any] = [read]
    while level:
        one = level.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one))
        for key in keys:
            found.append((one, key))
            if isinstance(one[key], (dict, list)):
                level.append(one[key])
    return found


def _oddly_numbered(draw: st.DrawFn, text: str) -> str:
    while f'"{MARK}"' in text:
        text = text.replace(f'"{MARK}"', draw(st.sampled_from(ODD_NUMBERS)), 1)
    return text


@st.composite
def bytes_exchanged(draw: st.DrawFn, name: str) -> bytes:
    """A fixture with some bytes exchanged, taken out or put in, cut off, or compressed and then so treated."""
    body = draw(st.sampled_from(seeds()[name]))
    if draw(st.integers(0, 9)) == 0:
        body = gzip.compress(body, mtime=0)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body)))
        gone = draw(st.sampled_from((0, 0, 1, 1, 2, 7, 500)))
        new = draw(st.binary(max_size=4) | st.sampled_from((b"{", b"}", b"[", b"]", b'"', b",", b"\\u0000", b"\xff")))
        body = body[:at] + new + body[at + gone :]
    return body[: draw(st.integers(0, len(body)))] if draw(st.integers(0, 4)) == 0 else body


@st.composite
def of_known_words(draw: st.DrawFn) -> bytes:
    """Objects in a row whose members are named as in the fixtures and hold anything."""
    objects = draw(
        st.lists(st.dictionaries(st.sampled_from(words()), trees(), min_size=1, max_size=8), min_size=1, max_size=3)
    )
    return "\n".join(json.dumps(one) for one in objects).encode("utf-8", "surrogatepass")


def bodies(name: str) -> st.SearchStrategy[bytes]:
    """Bodies that a format's parser should be asked to read.

    Args:
        name: The format.
    """
    return st.one_of(rearranged(name), rearranged(name), rearranged(name), bytes_exchanged(name), of_known_words())
