"""What putting a drifted resource back would do, read off the same plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drifts.findings import Consequence, Step
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.base import Mode
from drifts.ingest.formats.terraform_consequences import step_of
from drifts.ingest.formats.terraform_dependents import without_keys
from tests.drifts.ingest.plans import assessed, changed, entry, judged, plan

REAL = Path(__file__).parents[2] / "fixtures" / "plans" / "terraform_data_replacement.json"
WEB = "aws_instance.web"


def told(drift: list[dict[str, Any]], changes: list[dict[str, Any]] | None, **more: Any) -> list[Consequence | None]:
    return [one.consequence for one in assessed(plan(drift, changes, **more)).findings]


def planned(*actions: str, address: str = WEB, replace_paths: Any = None, **more: Any) -> dict[str, Any]:
    one = entry(address, actions=actions, **more)
    if replace_paths is not None:
        one["change"]["replace_paths"] = replace_paths
    return one


@pytest.mark.parametrize(
    ("actions", "step"),
    [
        (("update",), Step.UPDATE),
        (("create",), Step.CREATE),
        (("delete",), Step.DESTROY),
        (("forget",), Step.FORGET),
        (("no-op",), Step.NOTHING),
        (("read",), Step.NOTHING),
        (("delete", "create"), Step.REPLACE),
        (("create", "delete"), Step.REPLACE),
        (("create", "forget"), Step.REPLACE),
        (("forget", "create"), Step.REPLACE),
        (("update", "an action of tomorrow"), Step.UPDATE),
        (("an action of tomorrow",), Step.UNKNOWN),
        ((), Step.UNKNOWN),
    ],
)
def test_actions_come_to_a_step_in_whatever_order_and_company(actions: tuple[str, ...], step: Step) -> None:
    assert step_of(frozenset(actions)) is step


def test_a_replacement_names_what_forces_it_as_differences_spell_it() -> None:
    paths = [["ami"], ["ebs", 0, "a.b"], ["ami"], []]
    one = planned("delete", "create", replace_paths=paths, action_reason="replace_because_cannot_update")
    assert told([changed()], [one]) == [
        Consequence(Step.REPLACE, forced_by=("ami", 'ebs[0]["a.b"]'), reason="replace_because_cannot_update")
    ]


def test_only_a_replacement_is_forced() -> None:
    assert told([changed()], [planned("update", replace_paths=[["ami"]])]) == [Consequence(Step.UPDATE)]


def test_twenty_forcing_paths_are_named_at_most() -> None:
    one = told([changed()], [planned("delete", "create", replace_paths=[[f"a{n}"] for n in range(50)])])[0]
    assert one is not None
    assert len(one.forced_by) == 20


def test_what_the_plan_does_not_name_it_would_not_touch() -> None:
    assert told([changed()], []) == [Consequence(Step.NOTHING)]


@pytest.mark.parametrize("more", [{"errored": True}, {"complete": False}])
def test_a_partial_plan_tells_nothing_of_what_it_does_not_name(more: dict[str, Any]) -> None:
    assert told([changed()], [], **more) == [Consequence(Step.UNKNOWN)]


def test_a_refresh_only_plan_tells_nothing() -> None:
    assert told([changed()], None) == [Consequence(Step.UNKNOWN)]


def test_a_deposed_object_has_its_own() -> None:
    leftover = changed(deposed="0ddba11f", actions=("delete",), after=None)
    gone = planned("delete", deposed="0ddba11f")
    assert told([changed(), leftover], [planned("update"), gone]) == [
        Consequence(Step.UPDATE),
        Consequence(Step.DESTROY),
    ]


def test_pending_changes_that_count_as_drift_have_theirs() -> None:
    said = assessed(plan([], [planned("delete", "create", replace_paths=[["ami"]])]), mode=Mode.PLAN)
    assert [one.consequence for one in said.findings] == [Consequence(Step.REPLACE, forced_by=("ami",))]


def test_it_comes_along_to_what_is_recorded() -> None:
    found = judged(assessed(plan([changed()], [planned("update")]))).observations[0]
    assert found.consequence == Consequence(Step.UPDATE)


@pytest.mark.parametrize("paths", [5, [["a", {"b": 1}]], [5], ["a"]])
def test_odd_paths_are_refused_or_left_out(paths: Any) -> None:
    try:
        one = told([changed()], [planned("delete", "create", replace_paths=paths)])[0]
    except FormatError:
        return
    assert one is not None
    assert set(one.forced_by) <= {"a"}


def test_a_real_plan_tells_who_depends_on_what() -> None:
    """Made by Terraform 1.11.4; each resource is made to drift, since `terraform_data` never does by itself."""
    document = json.loads(REAL.read_text("utf-8"))
    document["resource_drift"] = [
        {**one, "change": {**one["change"], "actions": ["update"], "after": {**one["change"]["before"], "input": "x"}}}
        for one in document["resource_changes"]
    ]
    found = {one.address: one.consequence for one in assessed(json.dumps(document).encode()).findings}
    assert found["terraform_data.replaced"] == Consequence(
        Step.REPLACE,
        forced_by=("triggers_replace",),
        dependents=("module.inner.terraform_data.first", "terraform_data.per", "terraform_data.secret"),
        dependents_total=3,
        reason="replace_because_cannot_update",
    )
    assert found["terraform_data.settings"] == Consequence(
        Step.NOTHING, dependents=("terraform_data.replaced",), dependents_total=1
    )
    inner = found["module.inner.terraform_data.first"]
    assert inner is not None
    assert inner.dependents == ("module.inner.terraform_data.second",)


def resource(address: str, *references: str, mode: str = "managed", **more: Any) -> dict[str, Any]:
    expressions = {"a": [{"b": {"references": list(references)}}]} if references else {}
    return {"address": address, "mode": mode, "expressions": expressions, **more}


def dependents(root: dict[str, Any], address: str = WEB) -> tuple[str, ...]:
    body = plan([changed(address)], [planned("update", address=address)], configuration={"root_module": root})
    one = assessed(body).findings[0].consequence
    assert one is not None
    return one.dependents


def test_references_with_keys_and_depends_on_count() -> None:
    root = {
        "resources": [
            resource(WEB),
            resource("aws_eip.a", 'aws_instance.web["x.y"].id', 'aws_instance.web["x.y"]', "aws_instance.web"),
            resource("aws_eip.b", depends_on=[WEB]),
            resource("aws_eip.c", "aws_instance.web2.id", "aws_instance.web2"),
            resource("aws_eip.d", count_expression={"references": ["aws_instance.web[0].id"]}),
            resource("aws_eip.e", a={"constant_value": '"references": ["aws_instance.web"]'}),
        ]
    }
    assert dependents(root, "aws_instance.web[0]") == ("aws_eip.a", "aws_eip.b", "aws_eip.d")


def test_who_refers_to_it_through_a_data_source_depends_on_it() -> None:
    root = {
        "resources": [
            resource("aws_eip.a", "data.aws_x.found.id", "data.aws_x.found"),
            resource("data.aws_x.found", "aws_instance.web.id", "aws_instance.web", mode="data"),
        ]
    }
    assert dependents(root) == ("aws_eip.a",)


def test_who_depends_on_a_dependent_does_not_count() -> None:
    root = {"resources": [resource("aws_eip.a", WEB), resource("aws_eip.b", "aws_eip.a.id", "aws_eip.a")]}
    assert dependents(root) == ("aws_eip.a",)


def call(module: dict[str, Any], **expressions: list[str]) -> dict[str, Any]:
    return {"expressions": {name: {"references": one} for name, one in expressions.items()}, "module": module}


def test_inputs_lead_into_modules_and_outputs_out_of_them() -> None:
    deep = {"resources": [resource("aws_eip.deep", "var.given")]}
    first = {
        "resources": [resource("aws_eip.near", "var.base"), resource("aws_eip.other", "var.else")],
        "module_calls": {"deep": call(deep, given=["var.base"])},
    }
    root = {"resources": [resource(WEB)], "module_calls": {"first": call(first, base=[f"{WEB}.id", WEB])}}
    assert dependents(root) == ("module.first.aws_eip.near", "module.first.module.deep.aws_eip.deep")


def test_an_output_of_a_module_names_only_what_it_refers_to() -> None:
    child = {
        "resources": [resource(WEB), resource("aws_instance.other")],
        "outputs": {"id": {"expression": {"references": [f"{WEB}.id", WEB]}}, "other": {"expression": {}}},
    }
    root = {
        "resources": [
            resource("aws_eip.a", "module.app.id", "module.app"),
            resource("aws_eip.b", "module.app.other", "module.app"),
            resource("aws_eip.c", depends_on=["module.app"]),
        ],
        "module_calls": {"app": call(child)},
    }
    assert dependents(root, f'module.app["x.y"].{WEB}[0]') == ("aws_eip.a", "aws_eip.c")


def test_all_of_a_module_depends_on_what_its_call_waits_for() -> None:
    child = {"resources": [resource("aws_eip.a"), resource("data.aws_x.y", mode="data")]}
    root = {"resources": [resource(WEB)], "module_calls": {"app": {**call(child), "depends_on": [WEB]}}}
    assert dependents(root) == ("module.app.aws_eip.a",)
    root["module_calls"] = {"app": {**call(child), "for_each_expression": {"references": [f"{WEB}.ids", WEB]}}}
    assert dependents(root) == ("module.app.aws_eip.a",)


def test_twenty_are_named_and_all_are_counted() -> None:
    root = {"resources": [resource(f"aws_eip.a{number:02}", WEB) for number in range(45)]}
    body = plan([changed()], [planned("update")], configuration={"root_module": root})
    one = assessed(body).findings[0].consequence
    assert one is not None
    assert (len(one.dependents), one.dependents[0], one.dependents_total) == (20, "aws_eip.a00", 45)


@pytest.mark.parametrize("root", [5, {"resources": 5}, {"module_calls": {"a": 5}}, {"outputs": []}])
def test_a_configuration_of_another_shape_is_refused(root: Any) -> None:
    with pytest.raises(FormatError):
        assessed(plan([changed()], [], configuration={"root_module": root}))


@pytest.mark.parametrize("address", ["aws_eip.a\0b", "aws_eip." + "a" * 5000])
def test_a_dependent_that_cannot_be_stored_is_refused(address: str) -> None:
    with pytest.raises(FormatError, match="The name of a resource"):
        dependents({"resources": [resource(address, WEB)]})


def test_modules_within_modules_without_end_are_refused() -> None:
    root: dict[str, Any] = {"resources": []}
    for _ in range(40):
        root = {"module_calls": {"a": call(root)}}
    with pytest.raises(FormatError, match="levels deep"):
        dependents(root)


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        ('module.a["x.y"].aws_instance.web["k\\"]1"]', "module.a.aws_instance.web"),
        ("module.a[0].aws_instance.web[12]", "module.a.aws_instance.web"),
        ("aws_instance.web[each.key].id", "aws_instance.web.id"),
    ],
)
def test_instance_keys_are_taken_out_of_addresses(address: str, bare: str) -> None:
    assert without_keys(address) == bare
