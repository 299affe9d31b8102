"""Real plans as people published them, each with what must be found in it.

The files are kept beside the checkout, not in it; where they are not there, this module skips by name.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drifts.findings import SENSITIVE, Finding, Observation
from drifts.ingest.errors import FormatError
from drifts.ingest.masks import covers_any
from tests.drifts.ingest.plans import assessed, judged

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
EXPECTED = CORPUS / "expected.json"

pytestmark = pytest.mark.skipif(not EXPECTED.exists(), reason="the corpus of real plans is not beside this checkout")


def _entries() -> list[dict[str, Any]]:
    if not EXPECTED.exists():
        return []
    listed: list[dict[str, Any]] = json.loads(EXPECTED.read_text("utf-8"))
    return [one for one in listed if one["format"] == "terraform-plan"]


REFUSED = [one for one in _entries() if one["parse"].startswith("invalid")]
READ = [one for one in _entries() if one not in REFUSED]


def name(one: dict[str, Any]) -> str:
    return Path(one["file"]).name


def described(one: Observation, finding: Finding) -> dict[str, Any]:
    """A drift in the words of expected.json."""
    marked = finding.sensitive if isinstance(finding.sensitive, dict) else {}
    return {
        "resource": one.identity,
        "type": one.provider_type,
        "kind": one.kind.value,
        "paths": sorted(one.difference),
        "sensitive_paths": sorted(name for name, mask in marked.items() if covers_any(mask)),
    }


@pytest.mark.parametrize("one", READ, ids=name)
def test_a_real_plan_gives_exactly_what_is_in_it(one: dict[str, Any]) -> None:
    said = assessed((CORPUS / one["file"]).read_bytes())
    found = judged(said)
    by_identity = {finding.identity: finding for finding in said.findings}
    drifts = [described(each, by_identity[each.identity]) for each in found.observations]
    wanted = [{**drift, "paths": sorted(drift["paths"] or [])} for drift in one["drifts"]]
    assert sorted(drifts, key=str) == sorted(wanted, key=str)
    assert sorted(found.noise) == sorted(noise["resource"] for noise in one["noise_only"])
    assert found.ignored == len(one["noise_only"])


@pytest.mark.parametrize("one", [one for one in READ if one["not_drift"]], ids=name)
def test_what_is_no_drift_by_the_tools_own_word_is_none(one: dict[str, Any]) -> None:
    shown = {finding.address for finding in assessed((CORPUS / one["file"]).read_bytes()).findings}
    assert shown.isdisjoint(entry["address"] for entry in one["not_drift"])


@pytest.mark.parametrize("one", [one for one in READ if any(d["sensitive_paths"] for d in one["drifts"])], ids=name)
def test_no_sensitive_value_survives(one: dict[str, Any]) -> None:
    said = assessed((CORPUS / one["file"]).read_bytes())
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
    everything = json.dumps(
        [[o.expected_state, o.actual_state, o.difference, o.resource_id] for o in found.observations]
    )
    assert [secret for secret in values.values() if secret and str(secret) in everything] == []


@pytest.mark.parametrize("one", REFUSED, ids=name)
def test_a_damaged_file_is_refused(one: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        assessed((CORPUS / one["file"]).read_bytes())


INCOMPLETE = {
    "infracost__large_nodrift__tf0.12.31.json": "does not report drift",
    "infracost__aws_plan_with_target_noise_only__tf1.0.11.json": "targeted",
    "terraform-json__deposed_true_boolean__tf0.12.0-dev.json": "does not report drift",
    "plan-comment__terragrunt_multiplan__tf1.13.5.jsonl": "several plans",
}


@pytest.mark.parametrize("one", READ, ids=name)
def test_only_a_whole_plan_may_close_what_it_does_not_show(one: dict[str, Any]) -> None:
    said = assessed((CORPUS / one["file"]).read_bytes())
    reason = INCOMPLETE.get(name(one), "")
    assert said.complete is (not reason)
    assert reason in said.incomplete_reason
