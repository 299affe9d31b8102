"""What putting a resource back would do, in words."""

from __future__ import annotations

import pytest

from drifts.consequences import sentence_of, stored
from drifts.findings import Consequence, Json, Step


def in_words(consequence: Consequence) -> str:
    told = stored(consequence)
    assert told is not None
    return sentence_of(told)


def test_a_replacement_names_what_forces_it_and_counts_who_depends_on_it() -> None:
    one = Consequence(Step.REPLACE, forced_by=("ami",), dependents=("a.b", "a.c", "a.d"), dependents_total=3)
    assert in_words(one) == "Putting it back would REPLACE it, forced by ami; 3 resources depend on it."


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step.NOTHING, "Applying the code as it is would not touch it."),
        (Step.UPDATE, "Putting it back would update it in place."),
        (Step.CREATE, "Putting it back would create it anew."),
        (Step.REPLACE, "Putting it back would REPLACE it."),
        (Step.DESTROY, "Applying the code would DESTROY it."),
        (Step.FORGET, "Applying the code would make the tool forget it; the resource itself would stay."),
        (Step.UNKNOWN, "No scan has told what putting it back would do."),
    ],
)
def test_every_step_has_its_sentence(step: Step, words: str) -> None:
    assert in_words(Consequence(step)) == words


def test_one_dependent_is_one_and_many_attributes_are_counted() -> None:
    one = Consequence(Step.REPLACE, forced_by=("a", "b", "c", "d", "e"), dependents=("x.y",), dependents_total=1)
    assert in_words(one) == (
        "Putting it back would REPLACE it, forced by a, b, c and 2 more; 1 resource depends on it."
    )


def test_a_reason_that_is_known_is_told_and_another_is_not() -> None:
    assert in_words(Consequence(Step.DESTROY, reason="delete_because_no_resource_config")).endswith("Its code is gone.")
    assert in_words(Consequence(Step.UPDATE, reason="a_reason_of_tomorrow")) == in_words(Consequence(Step.UPDATE))


def test_nothing_is_stored_where_nothing_was_told() -> None:
    assert stored(None) is None
    told: dict[str, Json] = {}
    assert sentence_of(told) == in_words(Consequence(Step.UNKNOWN))
