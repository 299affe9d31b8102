"""HCP Terraform's assessments: taken in, never clean, and never drift."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drifts.findings import Gap
from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.formats.base import ParseOptions
from drifts.ingest.formats.hcp_assessment import FORMAT
from tests.drifts.ingest.plans import assessed, changed, plan

FIXTURES = Path(__file__).parents[2] / "fixtures" / "hcp-assessment"
TAKEN = sorted(
    path.name
    for path in FIXTURES.iterdir()
    if path.name not in {"expected.json", "of_a_run.json", "another_shape.json", "redacted_plan.json"}
)


@pytest.mark.parametrize("file", TAKEN)
@pytest.mark.parametrize("complete", [None, True, False])
def test_it_opens_and_closes_nothing_whoever_vouches_for_it(file: str, complete: bool | None) -> None:
    said = assessed((FIXTURES / file).read_bytes(), complete=complete)
    assert (said.format, said.findings, said.complete, said.absent_is_gone) == ("hcp-assessment", (), False, False)
    assert [gap.what for gap in said.not_assessed] == [Gap.ALL]
    assert said.incomplete_reason


@pytest.mark.parametrize("file", ["drifted.json", "api_answer.json", "check_failure.json"])
def test_it_says_what_to_send_instead(file: str) -> None:
    assert "json-output" in assessed((FIXTURES / file).read_bytes()).incomplete_reason


def test_the_resources_it_counts_are_counted() -> None:
    assert assessed((FIXTURES / "drifted.json").read_bytes()).resources_checked == 12


def test_the_json_output_itself_is_a_plan() -> None:
    assert assessed(plan([changed()], [])).format == "terraform-plan"


def test_a_notification_of_nothing_is_refused() -> None:
    body = json.dumps({"notification_configuration_id": "nc-1", "notifications": []}).encode()
    with pytest.raises(UnrecognisedFormat, match="tells of nothing"):
        assessed(body)


@pytest.mark.parametrize("document", [{"data": 5}, {"data": {"attributes": {"drifted": "yes"}}}])
def test_an_answer_of_another_shape_is_refused(document: object) -> None:
    with pytest.raises(FormatError, match="not what HCP Terraform sends"):
        FORMAT.parse(json.dumps(document).encode(), ParseOptions())
