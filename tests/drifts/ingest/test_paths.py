"""How attribute paths are spelt, and read as tools spell them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.ingest.paths import join, spelt, steps_of


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        (("a", "b", 0, "c"), "a.b[0].c"),
        (("tags", "a.b"), 'tags["a.b"]'),
        (("tags", 'say "hi"', "x\\y"), 'tags["say \\"hi\\""]["x\\\\y"]'),
        ((), ""),
    ],
)
def test_a_path_is_spelt_and_read_alike(steps: tuple[str | int, ...], path: str) -> None:
    assert spelt(steps) == path
    assert steps_of(path) == steps


@given(st.lists(st.text(min_size=1, max_size=8) | st.integers(0, 99), max_size=5))
def test_any_path_that_is_spelt_is_read_as_it_was(steps: list[str | int]) -> None:
    assert steps_of(spelt(steps)) == tuple(steps)


@pytest.mark.parametrize("path", ["a[", "a]b", 'x["open', "a[-1]"])
def test_what_is_no_path_is_one_step(path: str) -> None:
    assert steps_of(path) == (path,)


def test_a_step_may_begin_a_path() -> None:
    assert (join("", "a"), join("", 'a"'), join("a", 3)) == ("a", '["a\\""]', "a[3]")
