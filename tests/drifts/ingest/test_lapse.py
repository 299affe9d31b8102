"""When a decision stands, and in which words it lapses."""

from __future__ import annotations

import pytest

from drifts.ingest.lapse import MAX_PATHS, Cause, Lapse, moved

DECIDED = {"ingress": "1", "tags.owner": "1"}


@pytest.mark.parametrize("now", [DECIDED, {"ingress": "1"}, {"tags.owner": "1"}])
def test_it_stands_for_what_was_decided_and_any_part_of_it(now: dict[str, str]) -> None:
    assert moved(DECIDED, now) is None


@pytest.mark.parametrize(
    ("now", "paths", "reason"),
    [
        ({"ingress": "2", "tags.owner": "1"}, ("ingress",), "ingress changed again"),
        ({**DECIDED, "name": "1"}, ("name",), "name differs too"),
        ({"ingress": "2", "name": "1"}, ("ingress", "name"), "ingress changed again; name differs too"),
        ({"tags.owner": "2", "ingress": "2"}, ("ingress", "tags.owner"), "ingress, tags.owner changed again"),
        ({}, (), "it differs otherwise than what was decided"),
    ],
)
def test_it_lapses_with_just_the_attributes_that_moved(
    now: dict[str, str], paths: tuple[str, ...], reason: str
) -> None:
    lapse = moved(DECIDED, now)
    assert lapse is not None
    assert (lapse.cause, lapse.paths, lapse.reason) == (Cause.DIFFERENCE, paths, reason)


def test_a_decision_without_digests_holds_for_nothing() -> None:
    assert moved({}, DECIDED) == Lapse(Cause.DIFFERENCE, (), ("ingress", "tags.owner"))


def test_many_attributes_are_counted_and_bounded() -> None:
    lapse = moved({}, {f"tags.t{number:03}": "1" for number in range(MAX_PATHS + 20)})
    assert lapse is not None
    assert len(lapse.paths) == MAX_PATHS
    assert lapse.reason == f"tags.t000, tags.t001, tags.t002, tags.t003, tags.t004 and {MAX_PATHS + 15} more differ too"


def test_a_long_path_is_cut_in_words() -> None:
    lapse = moved({}, {"x" * 5000: "1"})
    assert lapse is not None
    assert len(lapse.reason) < 300
