"""The log of a plan: what it says, how far it speaks, and that a plan of the same resource is the same drift."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drifts.findings import Assessment, Consequence, Kind, Step
from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.formats import terraform_stream
from drifts.ingest.formats.base import ParseOptions
from tests.drifts.ingest.plans import assessed, changed, entry, judged, plan

FIXTURES = Path(__file__).parents[2] / "fixtures" / "terraform-plan-stream"
WEB = 'module.app.aws_instance.web["x.y"]'


def said_by(file: str, **options: Any) -> Assessment:
    return assessed((FIXTURES / file).read_bytes(), **options)


def log(*lines: dict[str, Any]) -> bytes:
    return b"".join(json.dumps({"@level": "info", "@message": "x", **line}).encode() + b"\n" for line in lines)


VERSION = {"type": "version", "terraform": "1.9.8"}
SUMMARY = {"type": "change_summary", "changes": {"operation": "plan"}}


def change(kind: str, address: str, action: str, **more: Any) -> dict[str, Any]:
    own = address.rpartition("module.")[2]
    resource = {"addr": address, "resource": own, "resource_type": own.split(".")[0], "implied_provider": "aws"}
    return {"type": kind, "change": {"resource": resource, "action": action, **more}}


def test_findings_carry_no_values_but_what_the_lines_tell() -> None:
    web, topic = said_by("drifted.jsonl").findings
    assert (web.address, web.provider_type, web.kind, web.expected, web.actual) == (
        WEB,
        "aws_instance",
        Kind.MODIFIED,
        None,
        None,
    )
    assert (web.resource_id, web.provider_name) == ("i-0abc", "aws")
    assert (topic.kind, topic.region, topic.cloud_account) == (Kind.DELETED, "eu-central-1", "123456789012")
    assert [one.carries_values for one in judged(said_by("drifted.jsonl")).observations] == [False, False]


def test_a_plan_of_the_same_resource_has_the_same_fingerprint() -> None:
    web = judged(said_by("drifted.jsonl")).observations[0]
    drift = changed(WEB, type="aws_instance", name="web", index="x.y", module_address="module.app")
    rich = judged(assessed(plan([drift], [entry(WEB)]))).observations[0]
    assert rich.fingerprint == web.fingerprint
    assert (rich.carries_values, rich.identity, rich.resource_type) == (True, web.identity, web.resource_type)


def test_what_is_planned_for_a_drifted_resource_is_what_putting_it_back_would_do() -> None:
    assert [one.consequence for one in said_by("drifted.jsonl").findings] == [
        Consequence(Step.UPDATE),
        Consequence(Step.CREATE),
    ]


@pytest.mark.parametrize(
    ("action", "step"),
    [
        ("replace", Step.REPLACE),
        ("delete", Step.DESTROY),
        ("remove", Step.FORGET),
        ("noop", Step.NOTHING),
        ("unheard-of", Step.UNKNOWN),
    ],
)
def test_every_action_has_its_step(action: str, step: Step) -> None:
    said = assessed(
        log(
            VERSION,
            change("resource_drift", "aws_eip.a", "update"),
            change("planned_change", "aws_eip.a", action, reason="tainted"),
            SUMMARY,
        )
    )
    assert [one.consequence for one in said.findings] == [Consequence(step, reason="tainted")]


def test_a_drift_with_nothing_planned_would_not_be_touched_unless_the_plan_may_be_refresh_only() -> None:
    drift, other = change("resource_drift", "aws_eip.a", "update"), change("planned_change", "aws_eip.b", "create")
    assert [one.consequence for one in assessed(log(VERSION, drift, other, SUMMARY)).findings] == [
        Consequence(Step.NOTHING)
    ]
    assert [one.consequence for one in assessed(log(VERSION, drift, SUMMARY)).findings] == [Consequence(Step.UNKNOWN)]


def test_pending_changes_may_not_be_reconciled() -> None:
    said = said_by("real_replacement.jsonl")
    assert "terraform_data.replaced" in said.still_pending
    assert said.still_pending.isdisjoint(one.address for one in said.findings)


def test_a_log_like_that_of_a_refresh_only_plan_closes_nothing_unless_the_sender_vouches_for_it() -> None:
    for file in ("real_clean.jsonl", "real_refresh_only.jsonl"):
        assert (said_by(file).complete, said_by(file).absent_is_gone) == (True, False)
        assert said_by(file, complete=True).absent_is_gone
    assert said_by("real_replacement.jsonl").absent_is_gone


def test_a_log_that_tells_of_no_reading_closes_nothing() -> None:
    body = log(VERSION, change("planned_change", "aws_eip.a", "update"), SUMMARY)
    assert not assessed(body).absent_is_gone


def test_the_sender_may_say_that_it_is_partial_and_not_that_a_failed_one_is_whole() -> None:
    assert not said_by("drifted.jsonl", complete=False).complete
    assert said_by("failed.jsonl", complete=True).incomplete_reason == "The plan ended with an error."


def test_an_unknown_action_is_neither_drift_nor_clean() -> None:
    said = said_by("an_action_of_tomorrow.jsonl")
    assert said.findings == ()
    assert "aws_eip.a" in said.still_pending


def test_the_resources_that_were_read_are_counted() -> None:
    assert (said_by("real_clean.jsonl").resources_checked, said_by("real_clean.jsonl").tool_version) == (7, "1.11.4")


def test_a_log_that_names_more_than_fits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform_stream, "_MAX_RESOURCES", 3)
    lines = [change("planned_change", f"aws_eip.a{number}", "update") for number in range(5)]
    with pytest.raises(FormatError, match="more than 3 resources"):
        assessed(log(VERSION, *lines, SUMMARY))


def test_another_body_under_this_name_is_refused() -> None:
    with pytest.raises(UnrecognisedFormat, match="no line of a plan's log"):
        terraform_stream.FORMAT.parse(plan([changed()]), ParseOptions())


@pytest.mark.parametrize("address", ["aws_instance." + "a" * 5000, ""])
def test_a_name_that_cannot_be_stored_is_refused(address: str) -> None:
    with pytest.raises(FormatError):
        assessed(log(VERSION, change("resource_drift", address, "update"), SUMMARY))


def test_a_plans_own_json_behind_a_runners_log_is_read_as_a_plan() -> None:
    said = assessed(b'{"level":"info","msg":"Terragrunt"}\n' + plan([changed()], []) + b"\n")
    assert (said.format, said.complete, len(said.findings)) == ("terraform-plan", True, 1)


def test_a_log_cut_off_anywhere_before_the_end_of_its_summary_is_never_whole() -> None:
    body = (FIXTURES / "drifted.jsonl").read_bytes().rstrip()
    for at in range(0, len(body), 7):
        try:
            said = assessed(body[:at])
        except FormatError:
            continue
        assert not said.complete, at
