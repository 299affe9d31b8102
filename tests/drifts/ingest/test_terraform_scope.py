"""The Terraform plan: what it may say of what it does not show."""

from __future__ import annotations

from typing import Any

import pytest

from drifts.ingest.errors import FormatError
from drifts.ingest.formats.base import Mode
from tests.drifts.ingest.plans import assessed, changed, entry, judged, no_op, plan

WEB = "aws_instance.web"


def test_a_full_plan_says_what_is_clean_what_is_pending_and_that_the_rest_is_gone() -> None:
    said = assessed(plan([changed()], [no_op(WEB), no_op("aws_x.clean"), changed("aws_x.pending")]))
    assert (said.complete, said.incomplete_reason, said.absent_is_gone) == (True, "", True)
    assert said.assessed_clean == {WEB, "aws_x.clean"}
    assert said.still_pending == {"aws_x.pending"}
    assert said.resources_checked == 3


def test_in_mode_plan_nothing_that_shows_as_drift_is_pending() -> None:
    said = assessed(
        plan([], [changed(), no_op("aws_x.clean"), changed("aws_x.f", actions=("forget",))]), mode=Mode.PLAN
    )
    assert said.still_pending == {"aws_x.f"}


def test_a_refresh_only_plan_does_not_know_what_has_left_the_code() -> None:
    state = {"values": {"root_module": {"resources": [{"address": WEB, "mode": "managed"}]}}}
    said = assessed(plan([], prior_state=state, configuration={"root_module": {}}))
    assert (said.complete, said.absent_is_gone, said.resources_checked) == (True, False, 1)


def test_without_code_and_state_everything_is_gone() -> None:
    assert assessed(plan([], configuration={"root_module": {}})).absent_is_gone
    assert not assessed(plan([], configuration={"root_module": {"resources": [{}]}})).absent_is_gone
    assert not assessed(plan([], configuration={"root_module": {"module_calls": {"a": {}}}})).absent_is_gone
    assert not assessed(plan([])).absent_is_gone


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"errored": True}, "ended with an error"),
        ({"complete": False}, "partial"),
        ({"errored": True, "complete": True}, "ended with an error"),
    ],
)
def test_a_failed_or_partial_plan_is_incomplete_whatever_the_sender_says(more: dict[str, Any], reason: str) -> None:
    for complete in (None, True, False):
        said = assessed(plan([changed()], [no_op(WEB)], **more), complete=complete)
        assert not said.complete
        assert said.incomplete_reason
    assert reason in assessed(plan([], [], **more), complete=True).incomplete_reason


def test_the_sender_may_say_that_a_plan_is_partial() -> None:
    said = assessed(plan([], []), complete=False)
    assert (said.complete, said.incomplete_reason) == (False, "The sender says that the scan is partial.")


@pytest.mark.parametrize(
    ("version", "complete"),
    [
        ("0.12.31", False),
        ("0.15.3", False),
        ("0.15.4", True),
        ("1.0.0", True),
        ("1.14.9-beta1", True),
        ("9" * 5000, True),
    ],
)
def test_a_tool_that_does_not_report_drift_is_incomplete_unless_the_sender_vouches(
    version: str, complete: bool
) -> None:
    body = plan(None, [no_op(WEB)], terraform_version=version)
    assert assessed(body).complete is complete
    assert assessed(body, complete=True).complete


def test_an_empty_resource_drift_is_an_answer_whatever_the_version() -> None:
    assert assessed(plan([], [], terraform_version="0.15.2")).complete


STATE = {
    "values": {
        "root_module": {
            "resources": [{"address": WEB, "mode": "managed"}, {"address": "data.aws_ami.x", "mode": "data"}],
            "child_modules": [{"resources": [{"address": "module.a.aws_x.y", "mode": "managed"}]}],
        }
    }
}


def test_a_plan_that_leaves_out_part_of_the_state_was_targeted() -> None:
    """OpenTofu and Terraform before 1.8 do not say so themselves."""
    targeted = plan([], [no_op(WEB)], prior_state=STATE)
    assert "targeted" in assessed(targeted).incomplete_reason
    assert not assessed(targeted, complete=True).complete
    assert assessed(plan([], [no_op(WEB), no_op("module.a.aws_x.y")], prior_state=STATE)).complete
    assert assessed(plan([], [no_op(WEB)], prior_state=STATE, complete=True)).complete


def test_modules_of_the_state_are_read_to_an_absurd_depth_and_no_further() -> None:
    def nested(levels: int) -> bytes:
        module: dict[str, Any] = {"resources": [{"address": "aws_x.deep", "mode": "managed"}]}
        for _ in range(levels):
            module = {"child_modules": [module]}
        return plan([], prior_state={"values": {"root_module": module}})

    assert assessed(nested(32)).resources_checked == 1
    with pytest.raises(FormatError, match="levels deep"):
        assessed(nested(33))


def test_deferred_changes_are_pending() -> None:
    said = assessed(plan([], [], deferred_changes=[{"reason": "x", "resource_change": changed("aws_x.later")}]))
    assert said.still_pending == {"aws_x.later"}


@pytest.mark.parametrize(
    "planned",
    [
        {"actions": ("update",), "before": {"id": "i-1", "a": 1}, "after": {"id": "i-1"}, "after_unknown": {"a": True}},
        {"actions": ("delete", "create"), "before": {"id": "i-1"}, "after": {}, "after_unknown": {"id": True}},
    ],
)
def test_what_is_planned_without_a_known_difference_is_not_over(planned: dict[str, Any]) -> None:
    found = judged(assessed(plan([], [entry(**planned)]), mode=Mode.PLAN))
    assert found.observations == ()
    assert found.assessment.still_pending == {"aws_instance.web"}
