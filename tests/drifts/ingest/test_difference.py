"""What differs, attribute by attribute, and how its path reads."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from drifts.findings import JsonObject, Mask
from drifts.ingest.canonical import canonical
from drifts.ingest.difference import changes_between
from drifts.ingest.masking import mask_pair
from tests.drifts.ingest.plans import KEY
from tests.drifts.ingest.trees import STATES


def paths(expected: JsonObject, actual: JsonObject, *, unknown: Mask = False, provider_type: str = "x") -> list[str]:
    """The paths of what differs."""
    sides = mask_pair(expected, actual, False, key=KEY, provider_type=provider_type)
    found = changes_between(sides.expected, sides.actual, provider_type=provider_type, unknown=unknown)
    return [change.path for change in found]


@pytest.mark.parametrize(
    ("expected", "actual", "where"),
    [
        ({"a": 1}, {"a": 2}, ["a"]),
        ({"a": 1}, {}, ["a"]),
        ({}, {"a": 1}, ["a"]),
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, ["a", "b"]),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, ["a.b.c"]),
        ({"a": [{"b": 1}, {"b": 1}]}, {"a": [{"b": 1}, {"b": 2}]}, ["a[1].b"]),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, ["a"]),
        ({"tags": {"a.b": 1, "c d": 1, "e": 1}}, {"tags": {"e": 2}}, ["tags.e", 'tags["a.b"]', 'tags["c d"]']),
        ({"tags": {'q"\\': 1}}, {"tags": {}}, ['tags["q\\"\\\\"]']),
        ({"tags": {"a": 1}}, {"tags": None}, ["tags.a"]),
        ({"tags": None}, {"tags": {"a": 1}}, ["tags.a"]),
        ({"a": {"b": 1}}, {"a": [1]}, ["a"]),
        ({"a": "x"}, {"a": {"b": 1}}, ["a"]),
        ({"doc": '{"a":1}'}, {"doc": '{"a":2}'}, ["doc"]),
        ({"a": [{"b": {"c": "1"}}]}, {"a": [{"b": {"c": 1}}]}, []),
    ],
)
def test_a_path_leads_to_what_differs(expected: JsonObject, actual: JsonObject, where: list[str]) -> None:
    assert paths(expected, actual) == where


def test_a_set_is_named_as_a_whole() -> None:
    one: JsonObject = {"ingress": [{"from_port": 22}, {"from_port": 80}]}
    other: JsonObject = {"ingress": [{"from_port": 80}, {"from_port": 23}]}
    assert paths(one, other, provider_type="aws_security_group") == ["ingress"]


@pytest.mark.parametrize(
    ("unknown", "where"),
    [
        (True, []),
        ({"a": True}, ["b.c", "b.d", "e"]),
        ({"b": {"c": True}}, ["a", "b.d", "e"]),
        ({"e": [False, True]}, ["a", "b.c", "b.d"]),
        ({"b": {}, "e": []}, ["a", "b.c", "b.d", "e"]),
    ],
)
def test_what_cannot_be_known_yet_is_no_difference(unknown: Mask, where: list[str]) -> None:
    expected: JsonObject = {"b": {"d": 1}, "e": [1]}
    actual: JsonObject = {"a": 1, "b": {"c": 1, "d": 2}, "e": [1, 2]}
    assert paths(expected, actual, unknown=unknown) == where


@given(STATES)
def test_equal_sides_do_not_differ(state: JsonObject) -> None:
    assert paths(state, json.loads(json.dumps(state))) == []


@given(STATES, STATES)
def test_both_directions_name_the_same_paths(one: JsonObject, other: JsonObject) -> None:
    assert paths(one, other) == paths(other, one)


@given(STATES, STATES)
def test_sides_that_mean_something_else_differ_somewhere_and_others_nowhere(one: JsonObject, other: JsonObject) -> None:
    sides = mask_pair(one, other, False, key=KEY)
    assert bool(paths(one, other)) == (canonical(sides.expected, "x") != canonical(sides.actual, "x"))


@given(STATES, STATES)
def test_no_path_is_named_twice(one: JsonObject, other: JsonObject) -> None:
    found = paths(one, other)
    assert len(found) == len(set(found))
