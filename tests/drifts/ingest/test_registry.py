"""Recognising a format by its content: one and only one, whatever stands before it."""

from __future__ import annotations

import json

import pytest

from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.formats.registry import FORMATS, detect
from tests.drifts.ingest.cases import FIXTURES, READ, Case, name
from tests.drifts.ingest.plans import assessed, changed, plan

NAMES = {one.name for one in FORMATS}


def test_every_format_has_a_name_a_title_and_a_folder_of_fixtures() -> None:
    assert len(NAMES) == len(FORMATS)
    assert [one.name for one in FORMATS if not one.title or not (FIXTURES / one.name).is_dir()] == []


@pytest.mark.parametrize("case", [case for case in READ if case.folder in NAMES], ids=name)
def test_a_file_is_recognised_as_what_its_folder_says(case: Case) -> None:
    assert case.read().format == case.folder


def test_a_name_that_the_sender_gives_outweighs_the_content() -> None:
    assert detect(b"no JSON at all", "terraform-plan").name == "terraform-plan"
    with pytest.raises(UnrecognisedFormat, match="no format 'x'"):
        detect(plan([changed()]), "x")


def test_objects_of_a_runner_may_stand_before_the_tools() -> None:
    noise = b"".join(json.dumps({"time": number, "msg": "x", "level": "info"}).encode() + b"\n" for number in range(10))
    assert detect(noise + plan([changed()])).name == "terraform-plan"


def test_a_log_is_recognised_although_something_damaged_stands_before_it() -> None:
    log = (FIXTURES / "terraform-plan-stream" / "drifted.jsonl").read_bytes()
    assert assessed(b'{"half": \n' + log).format == "terraform-plan-stream"
    assert assessed(b"prefix " + log.replace(b"\n", b"\nprefix ")).format == "terraform-plan-stream"


@pytest.mark.parametrize("body", [b"plain", b'{"resource_drift": [', b"{", b'prefix {"@level": "x", ', b"[1, 2]", b"5"])
def test_what_holds_no_whole_object_is_refused(body: bytes) -> None:
    with pytest.raises(FormatError):
        detect(body)
