"""Real outputs of every tool as people published them, each with what must be found in it.

The files are kept beside the checkout, not in it; where they are not there, this module skips by name. `expected.json`
speaks each tool's own language: CloudFormation's paths are JSON pointers, driftctl's are joined by dots. Ours are one
language for all (`a.b[0]["x.y"]`) and may reach deeper, so both are compared step by step at the tool's own depth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from drifts.findings import SENSITIVE, Finding, Observation
from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.masks import covers_any
from drifts.ingest.pipeline import assess_states
from tests.drifts.ingest.plans import assessed, judged

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
EXPECTED = CORPUS / "expected.json"

pytestmark = pytest.mark.skipif(not EXPECTED.exists(), reason="the corpus of real outputs is not beside this checkout")

NOT_READ = {"terraform-state", "other"}
"""What holds no drift by itself: states, and single readings of another tool."""

Steps = tuple[str, ...]

STEP = re.compile(r'\.?(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|\[(?P<index>\d+)\]|\["(?P<odd>(?:[^"\\]|\\.)*)"\]')


def steps(path: str) -> Steps:
    """The steps of one of our own paths."""
    found = STEP.finditer(path)
    return tuple(
        re.sub(r"\\(.)", r"\1", one["odd"]) if one["odd"] is not None else one[0].strip(".[]") for one in found
    )


def pointer(path: str) -> Steps:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/"))


def dotted(path: str) -> Steps:
    return tuple(path.split("."))


LANGUAGES: dict[str, Callable[[str], Steps]] = {"cloudformation": pointer, "driftctl": dotted}


FORMATS = {"pulumi": {"pulumi-events", "pulumi-preview"}}
"""Where two of our formats are one of theirs."""


def _entries() -> list[dict[str, Any]]:
    if not EXPECTED.exists():
        return []
    listed: list[dict[str, Any]] = json.loads(EXPECTED.read_text("utf-8"))
    return listed


REFUSED = [one for one in _entries() if one["parse"].startswith("invalid")]
STATES = [one for one in _entries() if one["format"] == "terraform-state"]
OTHER = [one for one in _entries() if one["format"] == "other"]
READ = [one for one in _entries() if one["format"] not in NOT_READ and one not in REFUSED]


def name(one: dict[str, Any]) -> str:
    return Path(one["file"]).name


def body(one: dict[str, Any]) -> bytes:
    return (CORPUS / str(one["file"])).read_bytes()


def at_the_depth_of(wanted: set[Steps], found: Iterable[Steps]) -> set[Steps]:
    """Each path found, cut to the path of the tool that it lies under; one that lies under none stays itself."""
    return {next((one for one in wanted if path[: len(one)] == one), path) for path in found}


def described(one: Observation, finding: Finding, wanted: dict[str, Any], language: Callable[[str], Steps]) -> Any:
    """A drift in the words of expected.json: Pulumi's pending deletes share their URN, and it tells no more there."""
    is_pulumi = one.address.startswith("urn:pulumi:")
    marked = finding.sensitive if isinstance(finding.sensitive, dict) else {}
    theirs = {language(path) for path in wanted.get("paths") or []}
    return {
        "resource": one.address if is_pulumi else one.identity,
        "type": one.provider_type,
        "kind": one.kind.value,
        "paths": sorted(at_the_depth_of(theirs, map(steps, one.difference))),
        "sensitive_paths": sorted(name for name, mask in marked.items() if covers_any(mask)),
    }


@pytest.mark.parametrize("one", READ, ids=name)
def test_a_real_output_gives_exactly_what_is_in_it(one: dict[str, Any]) -> None:
    language = LANGUAGES.get(one["format"], steps)
    said = assessed(body(one))
    found = judged(said)
    by_identity = {finding.identity: finding for finding in said.findings}
    told = {(drift["resource"], drift["kind"]): drift for drift in one["drifts"]}
    drifts = [
        described(each, by_identity[each.identity], told.get((each.address, each.kind.value), {}), language)
        for each in found.observations
    ]
    wanted = [{**drift, "paths": sorted(map(language, drift["paths"] or []))} for drift in one["drifts"]]
    assert sorted(drifts, key=str) == sorted(wanted, key=str)
    assert sorted(found.noise) == sorted(noise["resource"] for noise in one["noise_only"])
    assert found.ignored == len(one["noise_only"])


@pytest.mark.parametrize("one", READ, ids=name)
def test_a_real_output_is_recognised_by_its_content(one: dict[str, Any]) -> None:
    assert assessed(body(one)).format in FORMATS.get(one["format"], {one["format"]})


@pytest.mark.parametrize("one", [one for one in READ if one["not_drift"]], ids=name)
def test_what_is_no_drift_by_the_tools_own_word_is_none(one: dict[str, Any]) -> None:
    shown = {(finding.address, finding.resource_id) for finding in assessed(body(one)).findings}
    for entry in one["not_drift"]:
        same = {(address, real) for address, real in shown if address == entry["address"]}
        assert not {real for _, real in same if real == entry.get("id", real)}


@pytest.mark.parametrize("one", [one for one in READ if any(d["sensitive_paths"] for d in one["drifts"])], ids=name)
def test_no_sensitive_value_survives(one: dict[str, Any]) -> None:
    said = assessed(body(one))
    found = judged(said)
    sensitive = {drift["resource"]: drift["sensitive_paths"] for drift in one["drifts"]}
    values = {
        (finding.address, path): (finding.expected or {}).get(path)
        for finding in said.findings
        for path in sensitive[finding.address]
    }
    kept = {each.address: each.expected_state for each in found.observations}
    assert {key: kept[key[0]].get(key[1]) for key in values} == {
        key: SENSITIVE if values[key] else None for key in values
    }
    everything = json.dumps(asdict(found), default=str)
    assert [secret for secret in values.values() if secret and str(secret) in everything] == []


@pytest.mark.parametrize("one", REFUSED, ids=name)
def test_a_damaged_file_is_refused(one: dict[str, Any]) -> None:
    with pytest.raises(FormatError) as refused:
        assessed(body(one))
    assert type(refused.value) is FormatError


@pytest.mark.parametrize("one", STATES, ids=name)
def test_a_state_is_refused_and_named_as_one(one: dict[str, Any]) -> None:
    with pytest.raises(UnrecognisedFormat, match="Terraform state") as refused:
        assessed(body(one))
    assert "terraform show -json PLAN" in refused.value.hint


@pytest.mark.parametrize("one", OTHER, ids=name)
def test_a_single_reading_of_another_tool_is_refused_and_named(one: dict[str, Any]) -> None:
    with pytest.raises(UnrecognisedFormat, match="cdk-real-drift") as refused:
        assessed(body(one))
    assert "POST /api/v1/drifts" in refused.value.hint


@pytest.mark.parametrize("one", OTHER, ids=name)
def test_both_sides_of_a_single_reading_compare_as_that_tool_says(one: dict[str, Any]) -> None:
    """Declared against live, as a client of `POST /drifts` would send it: declared and readable properties only."""
    reading = json.loads(body(one))
    resource = reading["resource"]
    declared = {key: v for key, v in resource["declared"].items() if key not in reading["schema"]["writeOnly"]}
    said = assess_states(
        resource_id=resource["logicalId"],
        resource_type=resource["resourceType"],
        region=reading["opts"]["region"],
        expected_state=declared,
        actual_state={key: reading["liveRaw"].get(key) for key in declared},
    )
    found = {steps(path)[0] for each in judged(said).observations for path in each.difference}
    wanted = {steps(path)[0] for drift in one["drifts"] for path in drift["paths"]}
    assert wanted <= found
    # What another stack has added to a list of ours is no drift to that tool, which knows of all stacks.
    assert found - wanted <= {steps(entry["path"])[0] for entry in one["not_drift"] if entry["reason"] == "undeclared"}


INCOMPLETE = {
    "infracost__large_nodrift__tf0.12.31.json": "does not report drift",
    "infracost__aws_plan_with_target_noise_only__tf1.0.11.json": "targeted",
    "terraform-json__deposed_true_boolean__tf0.12.0-dev.json": "does not report drift",
    "plan-comment__terragrunt_multiplan__tf1.13.5.jsonl": "several plans",
    "aws-cli__describe-stack-drift-detection-status_drifted.json": "1 resources have drifted",
    "driftctl__access_denied_aws_alert.json": "access was denied",
    "infracost-pulumi__preview_json_create_60__aws.json": "Nothing was refreshed",
    "pulumi-display__aws_webserver_userdata_replace.jsonl": "Nothing was refreshed",
    "retailnext-terraform__plan_error__tf1.14.6.jsonl": "ended with an error",
}


@pytest.mark.parametrize("one", READ, ids=name)
def test_only_a_whole_scan_may_close_what_it_does_not_show(one: dict[str, Any]) -> None:
    said = assessed(body(one))
    reason = INCOMPLETE.get(name(one), "")
    assert said.complete is (not reason), said.incomplete_reason
    assert reason in said.incomplete_reason
