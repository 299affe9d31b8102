"""The page on adding a format: what it shows is run, and is a format like the others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from drifts.findings import Kind
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.base import Format, ParseOptions
from drifts.ingest.formats.registry import FORMATS
from drifts.ingest.json_walk import first_document
from tests.drifts.ingest.plans import judged
from tests.drifts.ingest.trees import VALUES

PAGE = Path(__file__).parents[3] / "drifts" / "ingest" / "formats" / "README.md"
(CODE,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def the_format() -> Format:
    held: dict[str, Any] = {"__name__": "surveyor"}
    exec(compile(CODE, str(PAGE), "exec", dont_inherit=True), held)  # noqa: S102 - the page is ours, and running it is the point
    made: Format = held["FORMAT"]
    return made


SURVEYOR = the_format()
BODY = {
    "surveyor": "2.1",
    "seen": [
        {"name": "web", "kind": "aws_instance", "want": {"size": "s"}, "have": {"size": "l"}},
        {"name": "gone", "kind": "aws_instance", "want": {"size": "s"}},
        {"name": "new", "kind": "aws_instance", "have": {"size": "s"}},
        {"name": "same", "kind": "aws_instance", "want": {"size": "s"}, "have": {"size": "s"}},
    ],
    "failed": ["locked"],
}


def read(document: Any) -> Any:
    return SURVEYOR.parse(json.dumps(document).encode(), ParseOptions())


def test_the_example_reads_its_tools_output() -> None:
    said = read(BODY)
    assert {one.identity: one.kind for one in judged(said).observations} == {
        "web": Kind.MODIFIED,
        "gone": Kind.DELETED,
        "new": Kind.UNMANAGED,
    }
    assert (said.assessed_clean, said.absent_is_gone, said.tool_version) == ({"same"}, False, "2.1")
    assert [(one.name, one.reason) for one in said.not_assessed] == [("locked", "It could not be read.")]


def test_the_example_is_as_short_as_the_page_says() -> None:
    parse = CODE[CODE.index("class Seen") :]
    assert len([line for line in parse.splitlines() if line.strip()]) <= 30


def test_no_other_format_takes_it_for_its_own() -> None:
    members = first_document(json.dumps(BODY).encode())
    assert [one.name for one in (*FORMATS, SURVEYOR) if one.sniff(members)] == ["surveyor"]


@given(VALUES, VALUES, VALUES)
def test_the_example_refuses_what_it_cannot_read_and_nothing_else_comes_out(seen: Any, want: Any, have: Any) -> None:
    for one in (seen, [{"name": "a", "kind": "b", "want": want, "have": have}]):
        try:
            judged(read({"surveyor": "2.1", "seen": one}))
        except FormatError:
            continue
        assert one is None or isinstance(one, list)


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_every_format_is_named_and_says_which_command_writes_it(one: Format) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]*", one.name)
    assert one.title
