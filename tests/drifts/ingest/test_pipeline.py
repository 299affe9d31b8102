"""The whole way in one call, and how a format is found."""

from __future__ import annotations

import gzip

import pytest

from drifts.ingest.errors import BodyTooLarge, FormatError, UnrecognisedFormat, UnsupportedEncoding
from drifts.ingest.formats.base import Mode, ParseOptions
from drifts.ingest.formats.registry import FORMATS
from drifts.ingest.pipeline import assess
from tests.drifts.ingest.plans import LIMIT, entry, plan

BODY = plan([entry(before={"a": 1}, after={"a": 2})], [])


@pytest.mark.parametrize("format_name", ["", "terraform-plan"])
def test_a_format_is_recognised_or_named(format_name: str) -> None:
    said = assess(BODY, limit=LIMIT, format_name=format_name)
    assert (said.format, len(said.findings)) == ("terraform-plan", 1)


def test_compressed_bodies_are_read() -> None:
    assert assess(gzip.compress(BODY), content_encoding="gzip", limit=LIMIT).findings


def test_what_the_sender_says_reaches_the_format() -> None:
    said = assess(plan([], [entry()]), limit=LIMIT, options=ParseOptions(mode=Mode.PLAN, complete=False))
    assert (len(said.findings), said.complete) == (1, False)


def test_an_unknown_format_is_refused_and_the_known_ones_are_listed() -> None:
    with pytest.raises(UnrecognisedFormat, match="no format 'driftctl2'") as refusal:
        assess(BODY, limit=LIMIT, format_name="driftctl2")
    assert all(one.name in refusal.value.hint for one in FORMATS)


def test_json_of_no_known_format_is_refused_and_the_known_ones_are_listed() -> None:
    with pytest.raises(UnrecognisedFormat) as refusal:
        assess(b'{"hello": "world"}', limit=LIMIT)
    assert all(one.title in refusal.value.hint for one in FORMATS)


def test_a_named_format_still_refuses_what_it_does_not_know() -> None:
    with pytest.raises(FormatError):
        assess(b'{"hello": "world"}', limit=LIMIT, format_name="terraform-plan")


def test_the_way_in_refuses_by_size_and_encoding() -> None:
    with pytest.raises(BodyTooLarge):
        assess(BODY, limit=10)
    with pytest.raises(UnsupportedEncoding):
        assess(BODY, content_encoding="br", limit=LIMIT)


def test_every_format_has_a_name_of_its_own() -> None:
    names = [one.name for one in FORMATS]
    assert len(names) == len(set(names))
