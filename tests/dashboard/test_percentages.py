"""Shares of a whole, as people read them."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from driftsentry.dashboard.queries import percentages

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=8)


def test_thirds_add_up_to_a_hundred() -> None:
    assert percentages([1, 1, 1]) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


def test_the_largest_remainder_gets_what_is_left_over() -> None:
    assert percentages([1, 5]) == [Decimal("16.67"), Decimal("83.33")]


def test_nothing_is_no_share_of_nothing() -> None:
    assert percentages([0, 0]) == [Decimal("0.00"), Decimal("0.00")]


@given(COUNTS)
def test_they_add_up_and_are_near_the_truth(counts: list[int]) -> None:
    found = percentages(counts)
    assert sum(found) == (100 if any(counts) else 0)
    for count, share in zip(counts, found, strict=True):
        assert share == share.quantize(Decimal("0.01"))
        assert abs(share - Decimal(100 * count) / (sum(counts) or 1)) < Decimal("0.01")


@given(COUNTS)
def test_what_is_not_there_has_no_share(counts: list[int]) -> None:
    assert all(share == 0 for count, share in zip(counts, percentages(counts), strict=True) if count == 0)
