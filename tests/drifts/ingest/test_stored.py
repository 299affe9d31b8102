"""What is stored of a state: plain JSON of a sane size, in which different values still read differently."""

from __future__ import annotations

import json

from drifts.findings import SENSITIVE, JsonObject
from drifts.ingest import stored
from drifts.ingest.masked import JsonText, Masked, MaskedJson, MaskedObject
from drifts.ingest.stored import MAX_STATE, MAX_TEXT, SHORTENED, plain, plain_change, plain_state


def test_a_hidden_value_is_its_placeholder_and_a_json_text_a_text_again() -> None:
    value: MaskedObject = {
        "a": Masked("00"),
        "b": JsonText('{ "x": 1 }', {"x": 1}),
        "c": JsonText("", {"x": Masked("00"), "y": [1]}),
    }
    assert plain(value) == {"a": SENSITIVE, "b": '{ "x": 1 }', "c": '{"x":"(sensitive)","y":[1]}'}


def test_a_long_text_keeps_its_beginning_its_length_and_its_digest() -> None:
    one, other = plain("a" * 10_000), plain("a" * 9_999 + "b")
    assert isinstance(one, str)
    assert one.startswith("a" * MAX_TEXT + "… (shortened: 10000 characters, sha256 ")
    assert one != other
    assert plain("a" * MAX_TEXT) == "a" * MAX_TEXT


def test_a_large_state_keeps_what_differs_and_what_says_which_resource_it_is() -> None:
    values: MaskedObject = {f"attribute_{number}": "x" * 4000 for number in range(100)}
    values.update({"id": "i-1", "changed": "y"})
    state = plain_state(values, {"changed", "attribute_7"})
    assert state.keys() == {"id", "changed", "attribute_7", SHORTENED}
    assert state[SHORTENED] == "99 attributes left out: the state is too large to keep."


def test_a_state_of_a_sane_size_is_kept_whole() -> None:
    values: MaskedObject = {"a": "x", "b": [1, {"c": None}]}
    assert plain_state(values, ()) == values


def test_no_state_is_ever_larger_than_the_limit() -> None:
    items: list[MaskedJson] = ["x" * 3000 for _ in range(200)]
    values: MaskedObject = {"one": [*items], "two": [*items], "id": "i-1"}
    state = plain_state(values, {"one", "two"})
    assert len(json.dumps(state)) < MAX_STATE + 1000
    assert state["id"] == "i-1"


def test_a_change_too_large_to_keep_still_reads_differently() -> None:
    items: list[MaskedJson] = ["x" * 3000 for _ in range(200)]
    change: JsonObject = plain_change([*items, "a"], [*items, "b"])
    assert len(json.dumps(change)) < MAX_STATE
    assert change["expected"] != change["actual"]


def test_a_key_too_long_to_keep_is_shortened_like_a_text() -> None:
    read = plain({"k" * 5000: 1})
    assert isinstance(read, dict)
    assert stored._short("k" * 5000) in read
