"""Cutting JSON text into parts without building it."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.ingest import json_walk
from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.json_walk import documents, first_document, items_of, members_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_members_put_together_again_are_the_object(value: dict[str, object], indent: str, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    walked = {name: json.loads(bytes(raw)) for name, raw in members_of(msgspec.Raw(text), "it")}
    assert walked == value
    assert list(walked) == list(value)


@given(st.lists(JSON), st.sampled_from([None, 2]))
def test_items_put_together_again_are_the_list(value: list[object], indent: int | None) -> None:
    raw = msgspec.Raw(json.dumps(value, indent=indent).encode())
    assert [json.loads(bytes(item)) for item in items_of(raw, "it")] == value


def test_a_part_carries_no_spaces_around_it() -> None:
    raw = msgspec.Raw(b'{ "a" : null \n , "b" :\t[ 1 ] ' + b" " * 5000 + b"}")
    assert {name: bytes(part) for name, part in members_of(raw, "it")} == {"a": b"null", "b": b"[ 1 ]"}


@pytest.mark.parametrize("raw", [None, msgspec.Raw(b"null")])
def test_nothing_has_no_parts(raw: msgspec.Raw | None) -> None:
    assert (list(members_of(raw, "it")), list(items_of(raw, "it"))) == ([], [])


@pytest.mark.parametrize("text", [b"[]", b"1", b'"a"', b'{"a"}', b'{"a":1,}', b"{1:2}", b'{"a":1 "b":2}', b'{"a" 1}'])
def test_what_is_no_object_has_no_members(text: bytes) -> None:
    with pytest.raises(FormatError, match="it is malformed"):
        list(members_of(msgspec.Raw(text), "it"))


@pytest.mark.parametrize("text", [b"{}", b"1", b"[1,]", b"[1 2]", b"[,]", b"[1"])
def test_what_is_no_list_has_no_items(text: bytes) -> None:
    with pytest.raises(FormatError, match="it is malformed"):
        list(items_of(msgspec.Raw(text), "it"))


@pytest.mark.parametrize("body", [b'{"a":1,"a":1}', b'{"a":1,"b":2,"a":3}', b'{"a":1,"\\u0061":1}', b'{"":1, "":2}'])
def test_a_repeated_key_is_refused(body: bytes) -> None:
    with pytest.raises(FormatError, match="repeats the key"):
        first_document(body)


def test_too_many_members_items_or_documents_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_walk, "MAX_MEMBERS", 3)
    monkeypatch.setattr(json_walk, "MAX_ITEMS", 3)
    monkeypatch.setattr(json_walk, "MAX_DOCUMENTS", 3)
    assert len(first_document(b'{"a":1,"b":1,"c":1}')) == len(list(items_of(msgspec.Raw(b"[1,1,1]"), "it"))) == 3
    assert len(list(documents(b"{}\n{}\n{}"))) == 3
    with pytest.raises(FormatError, match="more than 3 members"):
        first_document(b'{"a":1,"b":1,"c":1,"d":1}')
    with pytest.raises(FormatError, match="more than 3 items"):
        list(items_of(msgspec.Raw(b"[1,1,1,1]"), "it"))
    with pytest.raises(FormatError, match="more than 3 JSON objects"):
        list(documents(b"{}\n{}\n{}\n{}"))


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (b'{"a":1}', [["a"]]),
        (b'  {"a":1}\r\n\r\n', [["a"]]),
        (b'{"a":1}\n{"b":2}\n{"c":3}', [["a"], ["b"], ["c"]]),
        (b'{"a":1}{"b":2} {"c":3}', [["a"], ["b"], ["c"]]),
        (b'{\n "a": 1\n}\n{\n "b": {"c": [2]}\n}\n', [["a"], ["b"]]),
        (b'[command]/bin/terraform show -json\n{"a":1}\n::debug::done\n', [["a"]]),
        (b'time=1 msg="running"\n{"a":1}\ntime=2 [x] ok\n{"b":2}', [["a"], ["b"]]),
        (b'{"a":1}%0A\n::set-output name=exitcode::0', [["a"]]),
    ],
)
def test_objects_are_found_between_other_lines(body: bytes, keys: list[list[str]]) -> None:
    assert [list(document) for document in documents(body)] == keys


@pytest.mark.parametrize("body", [b"[1, 2]", b' "text"', b"12", b"null", b"[]"])
def test_json_that_is_no_object_is_unrecognised(body: bytes) -> None:
    with pytest.raises(UnrecognisedFormat, match="no object"):
        first_document(body)


@pytest.mark.parametrize("body", [b"hello", b"<html>", b"[1,", b"}", b"\n\n-"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(FormatError, match="no JSON"):
        first_document(body)


@pytest.mark.parametrize("tail", [b"}", b', "b": 2}', b"\n]", b'\n  "b": 2\n}', b"1"])
def test_an_object_that_goes_on_after_its_end_is_refused(tail: bytes) -> None:
    with pytest.raises(FormatError, match="goes on after its end"):
        list(documents(b'{"a": 1}' + tail))


def test_an_error_names_the_byte_of_the_whole_body() -> None:
    with pytest.raises(FormatError, match=r"invalid character \(byte 9\)"):
        first_document(b'{"a": 1, x}'.replace(b"x", b"\x01"))


@pytest.mark.parametrize("levels", [2000, 100_000])
@pytest.mark.parametrize("sign", [b"[", b'{"a":'])
def test_absurd_nesting_is_refused(sign: bytes, levels: int) -> None:
    with pytest.raises(FormatError):
        first_document(b'{"x":' + sign * levels)
