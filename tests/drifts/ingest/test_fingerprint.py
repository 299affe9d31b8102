"""Which resource, and which difference: two digests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Finding, Json, JsonObject
from drifts.ingest.fingerprint import fingerprint
from tests.drifts.ingest.plans import finding, judged_findings
from tests.drifts.ingest.trees import STATES

WORDS = {"account": "a", "stack": "s", "provider_type": "t", "identity": "i"}


def digest(one: Finding) -> bytes:
    return judged_findings(one).observations[0].difference_digest


def group(*ingress: dict[str, Json]) -> JsonObject:
    return {"ingress": list(ingress)}


def test_the_recipe_never_changes_within_a_version() -> None:
    """Changing this digest would make every known drift new: raise VERSION, name the old one in `Seen.former`."""
    assert fingerprint(**WORDS).hex() == "911ab6d06e7ac34d2f4e200a488e7bc1fc91012cff7415c0434ef0448fa49c22"


@pytest.mark.parametrize("word", WORDS)
def test_every_word_counts(word: str) -> None:
    assert fingerprint(**{**WORDS, word: "x"}) != fingerprint(**WORDS)


@given(
    st.lists(st.text("ab", max_size=3), min_size=4, max_size=4),
    st.lists(st.text("ab", max_size=3), min_size=4, max_size=4),
)
def test_no_two_lists_of_words_run_together(one: list[str], other: list[str]) -> None:
    assert (
        fingerprint(**dict(zip(WORDS, one, strict=True))) == fingerprint(**dict(zip(WORDS, other, strict=True)))
    ) == (one == other)


def test_values_and_severity_do_not_name_a_resource() -> None:
    one, other = (
        judged_findings(finding({"a": 1}, {"a": value}, resource_id=real), environment=environment).observations[0]
        for value, real, environment in ((2, "i-1", "prod"), (3, "i-2", "dev"))
    )
    assert one.fingerprint == other.fingerprint
    assert one.difference_digest != other.difference_digest


def test_a_deposed_object_is_another_resource() -> None:
    one, other = finding({"a": 1}, {"a": 2}), finding({"a": 1}, {"a": 2}, deposed="0ddba11f")
    found = judged_findings(one, other).observations
    assert found[0].fingerprint != found[1].fingerprint
    assert found[1].identity == "aws_instance.one (deposed object 0ddba11f)"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            finding(
                group({"from_port": 1}), group({"from_port": 2}, {"from_port": 3}), provider_type="aws_security_group"
            ),
            finding(
                group({"from_port": 1}), group({"from_port": "3"}, {"from_port": 2}), provider_type="aws_security_group"
            ),
        ),
        (finding({"a": 1, "b": 2}, {"a": 2, "b": 1}), finding({"b": "2", "a": "1"}, {"b": 1, "a": 2})),
        (finding({"a": 1, "etag": "x"}, {"a": 2, "etag": "y"}), finding({"a": 1, "etag": "p"}, {"a": 2, "etag": "q"})),
        (finding({"a": 1, "same": 1}, {"a": 2, "same": 1}), finding({"a": 1, "same": 2}, {"a": 2, "same": 2})),
        (finding({"a": 1}, None), finding({"a": 2}, None)),
        (finding(None, {"a": 1}), finding(None, {"a": 2})),
        (
            finding({"k": ["a", "b"]}, {"k": ["c"]}, provider_type="aws_x", sensitive=True),
            finding({"k": ["a", "b"]}, {"k": ["c"]}, provider_type="aws_x", sensitive={"k": True}),
        ),
    ],
)
def test_the_same_difference_has_one_digest_however_it_is_spelt(one: Finding, other: Finding) -> None:
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (finding({"a": 1}, {"a": 2}), finding({"a": 2}, {"a": 1})),
        (finding({"a": 1}, {"a": 2}), finding({"b": 1}, {"b": 2})),
        (finding({"a": 1}, {"a": 2}), finding({"a": 1}, None)),
        (finding({"a": 1}, None), finding(None, {"a": 1})),
        (finding({"password": "a"}, {"password": "b"}), finding({"password": "a"}, {"password": "c"})),
        (finding({"a": "x"}, {"a": "y"}, sensitive=True), finding({"a": "x"}, {"a": "z"}, sensitive=True)),
        (finding({"a": ["x", "y"]}, {"a": []}), finding({"a": ["y", "x"]}, {"a": []})),
    ],
)
def test_another_difference_has_another_digest(one: Finding, other: Finding) -> None:
    assert digest(one) != digest(other)


@given(STATES, STATES)
def test_judging_twice_gives_the_same_digests(expected: JsonObject, actual: JsonObject) -> None:
    one, other = (judged_findings(finding(expected, actual)) for _ in range(2))
    assert one == other
