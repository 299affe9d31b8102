"""Finding the objects of a log amid whatever a terminal or a runner writes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.ingest.errors import FormatError
from drifts.ingest.json_lines import objects_in

BEGINS = re.compile(rb'\{\s*"k"')


def read(body: bytes) -> list[tuple[bytes, bool]]:
    return [(found.text, found.is_whole) for found in objects_in(body, BEGINS)]


@pytest.mark.parametrize(
    "line",
    [
        b'{"k":1}',
        b'  {"k":1}\r',
        b'2026-03-01T09:00:00Z {"k":1}',
        b'[unit] tofu: \x1b[36m{"k":1}\x1b[0m',
        b'\x02{"k":1}\x03',
        b'a {banner} with {"other": 1} in front {"k":1}',
    ],
)
def test_an_object_is_found_wherever_it_stands_on_its_line(line: bytes) -> None:
    assert read(b"plain\n" + line + b"\nplain {\n") == [(b'{"k":1}', True)]


def test_colours_within_an_object_are_taken_out() -> None:
    assert read(b'{"k":\x1b[1m1\x1b[0m}') == [(b'{"k":1}', True)]


def test_two_objects_may_share_a_line() -> None:
    assert read(b'{"k":1}{"k":2}') == [(b'{"k":1}', True), (b'{"k":2}', True)]


def test_a_torn_object_is_told_and_the_one_that_runs_into_it_is_read() -> None:
    assert read(b'{"k":"a{"k":2}') == [(b'{"k":"a{"k":2}', False), (b'{"k":2}', True)]


def test_a_cut_end_is_told() -> None:
    assert read(b'{"k":1}\n{"k":') == [(b'{"k":1}', True), (b'{"k":', False)]


def test_a_log_without_such_an_object_has_none() -> None:
    assert read(b'{"other":1}\nplain') == []


@pytest.mark.parametrize("body", [b'{"k":' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"k":x' * 100, b'{"k":1}' * 2000])
def test_a_line_that_nobody_writes_is_refused(body: bytes) -> None:
    with pytest.raises(FormatError):
        read(body)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    found = read(noise.replace(b"{", b"(") + b'\n{"k":1}\n' + noise.replace(b"{", b"("))
    assert found == [(b'{"k":1}', True)]
