"""The Terraform plan: what is one, what is none, and how it arrives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from drifts.ingest.errors import FormatError, UnrecognisedFormat, UnsupportedVersion
from drifts.ingest.formats import terraform_plan
from drifts.ingest.formats.base import ParseOptions
from drifts.ingest.formats.terraform_plan import FORMAT
from tests.drifts.ingest.plans import assessed, changed, no_op, plan

WEB = "aws_instance.web"


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.2", "1.99"])
def test_format_versions_of_a_known_major_are_read(version: str) -> None:
    assert assessed(plan([changed()], [], format_version=version)).findings


@pytest.mark.parametrize("version", ["2.0", "10.1", "x", "-1.0"])
def test_another_major_version_is_refused_by_name(version: str) -> None:
    with pytest.raises(UnsupportedVersion, match=version):
        assessed(plan([changed()], format_version=version))


def test_a_redacted_plan_without_a_format_version_is_refused() -> None:
    body = json.dumps({"plan_format_version": "1.2", "resource_changes": [], "resource_drift": []}).encode()
    with pytest.raises(UnsupportedVersion, match="no format_version"):
        assessed(body)


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ({"meta": {}, "encrypted_data": "x", "encryption_version": "v0"}, "encrypted"),
        ({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "resources": []}, "state file"),
        (
            {"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": {}}},
            "JSON of a Terraform state",
        ),
        ({"format_version": "1.0", "provider_schemas": {}}, "provider schemas"),
        ({"hello": "world"}, "No parser"),
    ],
)
def test_what_people_send_by_mistake_is_named(document: dict[str, Any], what: str) -> None:
    body = json.dumps(document).encode()
    with pytest.raises(UnrecognisedFormat, match=what) as refusal:
        assessed(body)
    assert "terraform" in refusal.value.hint


@pytest.mark.parametrize(
    "more",
    [
        {"resource_drift": {}},
        {"resource_drift": [1]},
        {"resource_drift": [{}]},
        {"resource_drift": [{"change": None}]},
        {"resource_drift": [changed(actions=("update",), before=[1])]},
        {"resource_drift": [changed(before="x")]},
        {"resource_drift": [{**changed(), "change": {"actions": 5}}]},
        {"resource_drift": [{**changed(), "change": {"actions": ["update", 1]}}]},
        {"resource_changes": [{**changed(), "change": {"actions": {"update": True}}}]},
        {"resource_changes": [changed(actions=("update",) * 1000)]},
        {"resource_drift": [{**changed(), "address": 5}]},
        {"resource_changes": "x"},
        {"configuration": []},
        {"configuration": {"provider_config": []}},
        {"configuration": {"provider_config": {"aws": 1}}, "resource_drift": [changed()]},
        {"prior_state": 1},
        {"prior_state": {"values": {"root_module": {"resources": [7]}}}},
        {"prior_state": {"values": {"root_module": {"child_modules": [7]}}}},
        {"deferred_changes": [{}], "resource_changes": []},
        {"variables": [], "resource_drift": [changed()]},
        {"errored": "yes"},
        {"terraform_version": 1},
        {"format_version": 1},
    ],
)
def test_a_plan_of_another_shape_is_refused(more: dict[str, Any]) -> None:
    body = json.dumps({"format_version": "1.2", "planned_values": {}, **more}).encode()
    with pytest.raises(FormatError):
        assessed(body)


@pytest.mark.parametrize(
    "more", [{"resource_drift": None}, {"resource_changes": None}, {"configuration": None}, {"prior_state": None}]
)
def test_null_stands_for_nothing(more: dict[str, Any]) -> None:
    assert assessed(json.dumps({"format_version": "1.2", "planned_values": {}, **more}).encode()).findings == ()


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ({"version": 4, "serial": 1, "lineage": "x"}, "state file"),
        ({"@level": "info", "@message": "x", "type": "version"}, "log of terraform plan -json"),
    ],
)
def test_a_format_that_is_named_says_what_else_the_body_is(document: dict[str, Any], what: str) -> None:
    with pytest.raises(UnrecognisedFormat, match=what):
        FORMAT.parse(json.dumps(document).encode(), ParseOptions())


def test_a_body_that_nobody_checked_for_utf_8_is_refused_all_the_same() -> None:
    body = plan([changed(before={"a": "x"})]).replace(b'"x"', b'"\xff"')
    with pytest.raises(FormatError, match="UTF-8"):
        FORMAT.parse(body, ParseOptions())


def test_drifts_that_do_not_fit_into_memory_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform_plan, "_MAX_VALUES", 20)
    assert len(assessed(plan([changed(), changed("aws_x.y")])).findings) == 2
    with pytest.raises(FormatError, match="more than 20 values"):
        assessed(plan([changed(f"aws_x.y[{number}]") for number in range(6)]))


@pytest.mark.parametrize("address", ["aws_instance.a\0b", "aws_instance." + "a" * 5000])
def test_an_address_that_cannot_be_stored_is_refused(address: str) -> None:
    with pytest.raises(FormatError, match="The name of a resource"):
        assessed(plan([changed(address)]))


def test_a_long_tool_version_is_cut() -> None:
    assert assessed(plan([], terraform_version="1.9.5-" + "x" * 100)).tool_version == "1.9.5-" + "x" * 54


def test_utf_16_with_a_byte_order_mark_is_read() -> None:
    assert len(assessed(plan([changed()]).decode().encode("utf-16")).findings) == 1


def test_lines_of_a_wrapper_are_stepped_over() -> None:
    body = b"[command]/usr/bin/terraform show -json p\n" + plan([changed()]) + b"\n::set-output name=exitcode::0\n"
    assert len(assessed(body).findings) == 1


def test_several_plans_in_one_body_are_one_scan_that_does_not_close_anything_by_itself() -> None:
    body = plan([changed()], [no_op(WEB)]) + b"\n" + plan([], [no_op("aws_x.y")])
    said = assessed(body)
    assert [one.address for one in said.findings] == [WEB]
    assert said.assessed_clean == {WEB, "aws_x.y"}
    assert (said.complete, said.resources_checked) == (False, 2)
    assert assessed(body, complete=True).complete


def test_an_address_that_several_plans_hold_is_told_apart_by_the_real_id_or_the_place() -> None:
    def unit(real: str | None) -> bytes:
        return plan(
            [changed(before={"id": real, "size": "s"}, after={"id": real, "size": "l"})],
            [no_op("aws_x.z", {"id": real})],
        )

    said = assessed(unit("i-1") + b"\n" + unit("i-2") + b"\n" + unit(None))
    assert [one.address for one in said.findings] == [f"{WEB} [i-1]", f"{WEB} [i-2]", f"{WEB} [plan 3]"]
    assert said.assessed_clean == {"aws_x.z [i-1]", "aws_x.z [i-2]", "aws_x.z [plan 3]"}


def test_one_incomplete_plan_makes_the_whole_body_incomplete() -> None:
    body = plan([], []) + b"\n" + plan([], [], errored=True)
    assert assessed(body, complete=True).incomplete_reason == "The plan ended with an error."
