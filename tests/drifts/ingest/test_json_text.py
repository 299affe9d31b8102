"""Decoding values that are kept: each means one thing and can be stored."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Json
from drifts.ingest import json_text
from drifts.ingest.errors import FormatError
from drifts.ingest.json_text import MAX_SAFE_INTEGER, check_storable, decode_exact, exact_number, values_in


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0.0", 0),
        ("1.0", 1),
        ("1e3", 1000),
        ("0.1", 0.1),
        ("1.50", 1.5),
        ("9007199254740991", 9007199254740991),
        ("9007199254740993", "9007199254740993"),
        ("-18446744073709551615", "-18446744073709551615"),
        ("9007199254740993.0", "9007199254740993"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("1e22", "10000000000000000000000"),
        ("1e400", "1E+400"),
    ],
)
def test_a_number_never_changes(text: str, value: Json) -> None:
    assert exact_number(text) == value
    assert type(exact_number(text)) is type(value)


@given(st.integers() | st.decimals(allow_nan=False, allow_infinity=False).map(lambda one: one.normalize()))
def test_any_number_keeps_its_exact_value(number: int | Decimal) -> None:
    text = str(number)
    if len(text) <= json_text.MAX_DIGITS:
        assert Decimal(str(exact_number(text))) == Decimal(number)


@given(st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER))
def test_an_integer_that_every_reader_keeps_stays_one(number: int) -> None:
    assert exact_number(str(number)) == number


@pytest.mark.parametrize("text", ["9" * 1001, "1e999999999999999999999", "0." + "1" * 1000])
def test_an_absurd_number_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        decode_exact(f'{{"a": {text}}}')


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", '{"a": NaN}'])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="no JSON number"):
        decode_exact(text)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "c": 2, "a": 3}}]', '{"a": 1, "\\u0061": 2}'])
def test_a_repeated_key_is_refused_at_any_depth(text: str) -> None:
    with pytest.raises(FormatError, match="repeats the key 'a'"):
        decode_exact(text)


@pytest.mark.parametrize("text", [r'"\u0000"', r'{"a": ["x\u0000y"]}', r'{"\u0000": 1}'])
def test_a_nul_character_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="NUL"):
        decode_exact(text)


@pytest.mark.parametrize("text", [r'"\ud800"', r'{"a": "\udc00x"}', r'{"\ud83d": 1}'])
def test_half_a_surrogate_pair_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="surrogate"):
        decode_exact(text)


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert decode_exact(r'"\ud83d\ude00"') == "😀"


@pytest.mark.parametrize("levels", [101, 990, 100_000])
def test_deep_nesting_is_refused(levels: int) -> None:
    with pytest.raises(FormatError, match="nested"):
        decode_exact("[" * levels + "1" + "]" * levels)


def test_a_hundred_levels_are_allowed() -> None:
    assert decode_exact("[" * 100 + "]" * 100)


@pytest.mark.parametrize("text", ["", "{", "[1,]", "tru", '{"a":}', "1 2", "'a'"])
def test_malformed_json_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="malformed"):
        decode_exact(text)


def test_a_value_of_too_many_parts_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "MAX_VALUES", 5)
    assert decode_exact("[1,2,3,4]") == [1, 2, 3, 4]
    with pytest.raises(FormatError, match="the state of x holds more than 5 values"):
        decode_exact("[1,2,3,4,5]", "the state of x")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside)
    )
)
def test_the_count_of_values_is_never_too_small(value: object) -> None:
    def count(one: object) -> int:
        inside = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        return 1 + sum(count(part) for part in inside)

    assert values_in(json.dumps(value)) >= count(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        lambda inside: st.lists(inside) | st.dictionaries(st.text("ab"), inside),
    )
)
def test_what_is_decoded_is_what_was_written(value: Json) -> None:
    assert decode_exact(msgspec.Raw(json.dumps(value).encode())) == value


def test_states_of_the_api_are_checked_alike() -> None:
    check_storable({"a": ["ä", {"b": None}]}, "it")
    with pytest.raises(FormatError, match="it holds a NUL"):
        check_storable({"a": ["\0"]}, "it")
