"""Building both sides of a resource from the paths that differ."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.ingest.errors import FormatError
from drifts.ingest.formats.limits import Budget
from drifts.ingest.formats.planting import MAX_INDEX, MAX_STEPS, plant


def planted(*paths: str, value: Any = 1) -> Any:
    """A side with a value at each path."""
    side: dict[str, Any] = {}
    for path in paths:
        plant(side, path.split("/"), value, Budget())
    return side


@pytest.mark.parametrize(
    ("paths", "side"),
    [
        (("a",), {"a": 1}),
        (("a/b", "a/c"), {"a": {"b": 1, "c": 1}}),
        (("a/0/b",), {"a": [{"b": 1}]}),
        (("a/2",), {"a": [None, None, 1]}),
        (("a/0", "a/1"), {"a": [1, 1]}),
        (("a/0", "a/name"), {"a": {"0": 1, "name": 1}}),
        (("a/name", "a/0"), {"a": {"name": 1, "0": 1}}),
        (("a", "a/b"), {"a": {"b": 1}}),
        (("a/01",), {"a": {"01": 1}}),
        ((f"a/{MAX_INDEX + 1}",), {"a": {str(MAX_INDEX + 1): 1}}),
        (("a//b",), {"a": {"": {"b": 1}}}),
    ],
    ids=str,
)
def test_steps_of_digits_make_lists_and_others_make_objects(paths: tuple[str, ...], side: Any) -> None:
    assert planted(*paths) == side


def test_the_order_of_two_paths_says_nothing_where_neither_is_within_the_other() -> None:
    assert planted("a/0/b", "a/1/c") == planted("a/1/c", "a/0/b")


@pytest.mark.parametrize("path", [[], ["a"] * (MAX_STEPS + 1)], ids=["empty", "absurd"])
def test_a_path_without_an_end_is_refused(path: list[str]) -> None:
    with pytest.raises(FormatError):
        plant({}, path, 1, Budget())


def test_what_is_made_on_the_way_is_paid_for() -> None:
    with pytest.raises(FormatError):
        plant({}, ["a", "500"], 1, Budget(left=400))


@given(st.lists(st.sampled_from(["a", "b", "0", "1", "7", ""]), min_size=1, max_size=6))
def test_what_was_planted_stands_where_it_was_planted(path: list[str]) -> None:
    at: Any = {}
    plant(at, path, "here", Budget())
    for step in path:
        at = at[int(step)] if isinstance(at, list) else at[step]
    assert at == "here"
