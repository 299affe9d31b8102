"""What runners, shells and terminals do to a tool's output on its way: read all the same, whatever the format."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from drifts.findings import Assessment
from drifts.ingest.body import read_body
from drifts.ingest.formats.base import Mode
from tests.drifts.ingest.cases import READ, Case
from tests.drifts.ingest.plans import LIMIT, assessed

BEFORE = "[command]/usr/local/bin/terraform plan -json\n::debug::Terraform exited with code 2.\nplain {text}\n"
AFTER = "\n::debug::stderr: \n::debug::exitcode: 2\n::set-output name=exitcode::2\n"

WRAPPERS: dict[str, Callable[[str], bytes]] = {
    "a CI wrapper": lambda text: (BEFORE + text + AFTER).encode(),
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16, little end first": lambda text: text.encode("utf-16"),
    "UTF-16, big end first": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "UTF-16 of a CI wrapper": lambda text: (BEFORE + text + AFTER).encode("utf-16"),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "gzip of UTF-16": lambda text: gzip.compress(text.encode("utf-16")),
    "empty lines": lambda text: f"\n\n  \n{text}\n\n".encode(),
}
SAMPLES = [case for case in READ if case.file not in {"utf_16.jsonl", "coloured_and_prefixed.log"}]


def said(one: Assessment) -> object:
    return one.format, one.findings, one.complete, one.incomplete_reason, one.assessed_clean, one.still_pending


def text_of(case: Case) -> str:
    return read_body(case.body, limit=LIMIT).decode()


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_body_says_the_same_however_it_arrives(wrapper: str) -> None:
    differing = [
        case.name
        for case in SAMPLES
        if said(case.read()) != said(assessed(WRAPPERS[wrapper](text_of(case)), mode=Mode(case.mode)))
    ]
    assert differing == []
