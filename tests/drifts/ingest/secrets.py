"""Trees of values whose every leaf can be told from all others, and which of them a mask covers."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from hypothesis import strategies as st

from drifts.findings import Json, JsonObject, Mask
from drifts.ingest.masks import covers_any
from tests.drifts.ingest.trees import MASKS, NAMES

FIRST = 1000
LEAVES = st.sampled_from(("text", "number", "json", "lines"))
SHAPES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inside: st.lists(inside, min_size=1, max_size=3) | st.dictionaries(NAMES, inside, min_size=1, max_size=3),
    max_leaves=8,
)
OBJECTS: st.SearchStrategy[Any] = st.dictionaries(NAMES, SHAPES, min_size=1, max_size=5)


def grown(shape: Any, numbers: count[int]) -> Json:
    """A tree in the shape of another, each leaf a value that stands nowhere else."""
    if isinstance(shape, dict):
        return {name: grown(one, numbers) for name, one in shape.items()}
    if isinstance(shape, list):
        return [grown(one, numbers) for one in shape]
    number = next(numbers)
    if shape == "number":
        return 730_000_000 + number
    if shape == "json":
        return json.dumps({"inside": f"leaf-{number}-json"})
    return f"leaf-{number}-text" if shape == "text" else f"leaf-{number}-line\nand more"


def covered(value: Json, mask: Mask) -> list[str]:
    """The spelling of each leaf that a mask covers; of all leaves where the mask belies the value's shape."""
    if mask is True:
        return _leaves(value)
    if isinstance(value, dict) and isinstance(mask, dict):
        return [leaf for name, one in value.items() for leaf in covered(one, mask.get(name, False))]
    if isinstance(value, list) and isinstance(mask, list):
        pairs = zip(value, mask, strict=False)
        return [leaf for one, inner in pairs for leaf in covered(one, inner)]
    return _leaves(value) if covers_any(mask) else []


def _leaves(value: Json) -> list[str]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in _leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one)]
    if isinstance(value, str) and value.startswith("{"):
        return [json.loads(value)["inside"]]
    return [str(value).split("\n")[0]]


@st.composite
def marked(draw: st.DrawFn, first: int = FIRST) -> tuple[JsonObject, JsonObject, Mask, Mask]:
    """Both sides of a resource, and a mask for each; its leaves are numbered from `first` on."""
    numbers = count(first)
    shape = draw(OBJECTS)
    other = draw(st.just(shape) | OBJECTS)
    before, after = grown(shape, numbers), grown(other, numbers)
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    return before, after, draw(MASKS), draw(MASKS)


def hidden(before: JsonObject, after: JsonObject, *masks: Mask) -> set[str]:
    """All that must not survive of both sides: each mask holds for both."""
    return {leaf for mask in masks for side in (before, after) for leaf in covered(side, mask)}
