"""Trees that say where: joined and read, also where tools disagree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Json, Mask
from drifts.ingest.masks import as_mask, child, covers_any, union

MASKS: st.SearchStrategy[Mask] = st.recursive(
    st.booleans(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from("abc"), inside, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (True, True),
        (False, False),
        (None, False),
        ("true", False),
        (1, False),
        ({"a": True, "b": {}, "c": [False, True], "d": None}, {"a": True, "b": {}, "c": [False, True], "d": False}),
    ],
)
def test_only_a_true_says_something(said: Json, meant: Mask) -> None:
    assert as_mask(said) == meant


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (True, {"a": False}, True),
        ({"a": True}, {"b": True}, {"a": True, "b": True}),
        ([False], [False, True], [False, True]),
        ({"a": True}, [True], True),
        ({"a": True}, [False], {"a": True}),
        (False, {"a": True}, {"a": True}),
        ({}, [], {}),
    ],
)
def test_the_union_covers_what_either_covers(one: Mask, other: Mask, both: Mask) -> None:
    assert union(one, other) == both


@given(MASKS, MASKS)
def test_the_union_covers_something_where_either_does(one: Mask, other: Mask) -> None:
    assert covers_any(union(one, other)) == covers_any(union(other, one)) == (covers_any(one) or covers_any(other))


@given(MASKS, MASKS, st.sampled_from(["a", "b", 0, 1, 7]))
def test_the_union_covers_every_place_that_either_covers(one: Mask, other: Mask, at: str | int) -> None:
    if covers_any(child(one, at)) or covers_any(child(other, at)):
        assert covers_any(child(union(one, other), at))


def test_a_bare_true_covers_all_below_it() -> None:
    assert child(True, "a") is child(True, 3) is True
    assert child(False, "a") is child({}, "a") is child([], 0) is child({"a": True}, 0) is False
