"""Plans that a real Terraform wrote (see tests/fixtures/plans/README.md)."""

from __future__ import annotations

import json
from pathlib import Path

from drifts.findings import SENSITIVE, Assessment, Kind
from drifts.ingest.formats.base import Mode
from tests.drifts.ingest.plans import assessed, judged

PLANS = Path(__file__).parents[2] / "fixtures" / "plans"


def read(name: str, mode: Mode = Mode.DRIFT) -> Assessment:
    return assessed((PLANS / f"terraform_data_{name}.json").read_bytes(), mode=mode)


def test_a_clean_plan_is_clean_and_complete() -> None:
    said = read("clean")
    assert (said.findings, said.complete, said.absent_is_gone) == ((), True, True)
    assert said.assessed_clean == {
        "terraform_data.settings",
        "terraform_data.secret",
        'terraform_data.per["x.y"]',
        'terraform_data.per["k\\"1"]',
        "terraform_data.gone",
    }
    assert (said.still_pending, said.resources_checked, said.tool_version) == (frozenset(), 5, "1.11.4")


def test_a_targeted_plan_may_close_nothing() -> None:
    said = read("targeted")
    assert (said.findings, said.complete) == ((), False)
    assert said.assessed_clean == {"terraform_data.settings"}


def test_a_refresh_only_plan_does_not_know_what_has_gone() -> None:
    said = read("refresh_only_clean")
    assert (said.findings, said.complete, said.absent_is_gone, said.resources_checked) == ((), True, False, 5)


def test_a_move_is_no_drift() -> None:
    said = read("moved_refresh_only")
    assert (said.findings, said.complete, said.absent_is_gone) == ((), True, False)


def test_an_edited_state_shows_as_drift_in_mode_plan_only() -> None:
    said = read("edited_state")
    assert said.findings == ()
    assert said.still_pending == {
        "terraform_data.extra",
        "terraform_data.gone (deposed object 0ddba11f)",
        'terraform_data.per["x.y"]',
        "terraform_data.secret",
        "terraform_data.settings",
    }


def test_mode_plan_tells_what_is_and_what_should_be() -> None:
    found = {one.identity: one for one in judged(read("edited_state", Mode.PLAN)).observations}
    assert {name: one.kind for name, one in found.items()} == {
        "terraform_data.extra": Kind.UNMANAGED,
        "terraform_data.gone (deposed object 0ddba11f)": Kind.UNMANAGED,
        'terraform_data.per["x.y"]': Kind.DELETED,
        "terraform_data.secret": Kind.MODIFIED,
        "terraform_data.settings": Kind.MODIFIED,
    }
    assert found["terraform_data.settings"].difference == {
        "input.big": {"expected": "9007199254740993", "actual": "9007199254740992"},
        "input.size": {"expected": "small", "actual": "large"},
    }
    assert found["terraform_data.settings"].resource_id == "311c2664-6af5-1516-52b7-357a4b3129cc"


def test_the_secret_of_a_sensitive_variable_is_hidden_also_where_it_is_repeated() -> None:
    one = next(o for o in judged(read("edited_state", Mode.PLAN)).observations if o.address == "terraform_data.secret")
    assert one.difference == {"input.password": {"expected": SENSITIVE, "actual": SENSITIVE}}
    kept = json.dumps([one.expected_state, one.actual_state])
    assert "correct-horse-battery" not in kept
    assert "changed-behind-our-back" not in kept
    assert one.severity_reason == "A secret value changed: input.password."
