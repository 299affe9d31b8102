"""The Terraform plan: every trap that its JSON lays, one test each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from drifts.findings import SENSITIVE, Kind
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.base import Mode
from tests.drifts.ingest.plans import assessed, changed, entry, judged, no_op, plan

WEB = "aws_instance.web"


def test_in_resource_drift_before_is_expected_and_after_is_actual() -> None:
    found = assessed(plan([changed()])).findings[0]
    assert (found.kind, found.expected, found.actual) == (
        Kind.MODIFIED,
        {"id": "i-1", "size": "s"},
        {"id": "i-1", "size": "l"},
    )
    assert (found.address, found.provider_type, found.resource_id) == (WEB, "aws_instance", "i-1")


def test_a_deleted_resource_has_nothing_actual() -> None:
    found = assessed(plan([entry(actions=("delete",), after=None)])).findings[0]
    assert (found.kind, found.expected, found.actual) == (Kind.DELETED, {"id": "i-1"}, None)


def test_resource_changes_is_no_drift_unless_the_sender_says_so() -> None:
    assert assessed(plan([], [changed()])).findings == ()


def test_in_mode_plan_after_is_expected_and_before_is_actual() -> None:
    found = assessed(plan([], [changed()]), mode=Mode.PLAN).findings[0]
    assert (found.expected, found.actual) == ({"id": "i-1", "size": "l"}, {"id": "i-1", "size": "s"})


@pytest.mark.parametrize(
    ("actions", "kind"),
    [
        (("update",), Kind.MODIFIED),
        (("delete", "create"), Kind.MODIFIED),
        (("create", "delete"), Kind.MODIFIED),
        (("create", "forget"), Kind.MODIFIED),
        (("create",), Kind.DELETED),
        (("delete",), Kind.UNMANAGED),
    ],
)
def test_what_a_pending_change_says_of_reality(actions: tuple[str, ...], kind: Kind) -> None:
    change = changed(actions=actions)
    if actions == ("create",):
        change["change"]["before"] = None
    if actions == ("delete",):
        change["change"]["after"] = None
    found = assessed(plan([], [change]), mode=Mode.PLAN).findings
    assert [(one.kind, one.expected is None, one.actual is None) for one in found] == [
        (kind, kind is Kind.UNMANAGED, kind is Kind.DELETED)
    ]


@pytest.mark.parametrize("actions", [("no-op",), ("read",), ("forget",), ()])
def test_other_actions_are_no_drift_in_either_mode(actions: tuple[str, ...]) -> None:
    for mode in Mode:
        assert assessed(plan([changed(actions=actions)], [changed(actions=actions)]), mode=mode).findings == ()


def test_in_mode_plan_the_two_readings_of_a_resource_never_mix() -> None:
    drift = changed(before={"size": "s"}, after={"size": "l"})
    pending = changed(before={"size": "l"}, after={"size": "m"})
    other = changed("aws_instance.other", before={"size": "1"}, after={"size": "2"})
    found = assessed(plan([drift, other], [pending, no_op("aws_instance.other")]), mode=Mode.PLAN).findings
    assert {one.address: (one.expected, one.actual) for one in found} == {
        WEB: ({"size": "m"}, {"size": "l"}),
        "aws_instance.other": ({"size": "1"}, {"size": "2"}),
    }


def test_unknown_values_of_a_pending_change_are_no_difference() -> None:
    pending = changed(
        before={"id": "i-1", "arn": "arn:x", "size": "l", "nested": [{"a": 1, "b": 2}]},
        after={"size": "s", "nested": [{"a": 1}]},
        after_unknown={"id": True, "arn": True, "nested": [{"b": True}]},
    )
    one = judged(assessed(plan([], [pending]), mode=Mode.PLAN)).observations[0]
    assert list(one.difference) == ["size"]


def test_data_sources_are_never_drift() -> None:
    for mode in Mode:
        read = changed("data.aws_ami.ubuntu", mode="data")
        said = assessed(plan([read], [read]), mode=mode)
        assert (said.findings, said.assessed_clean, said.still_pending) == ((), frozenset(), frozenset())


@pytest.mark.parametrize("actions", [("no-op",), ("update",)])
def test_a_mere_move_is_no_drift(actions: tuple[str, ...]) -> None:
    moved = entry(actions=actions, previous_address="aws_instance.old")
    assert judged(assessed(plan([moved]))).observations == ()


def test_a_move_that_also_changed_is_drift_at_its_new_address() -> None:
    assert [one.address for one in assessed(plan([changed(previous_address="aws_instance.old")])).findings] == [WEB]


def test_phantom_updates_are_no_drift() -> None:
    same = {"id": "i-1", "tags": {"a": "b"}}
    phantom = entry(before=same, after=same)
    assert assessed(plan([phantom])).findings == ()


def test_terraform_1_0_lists_everything_and_leaves_addresses_out() -> None:
    def bare(name: str, module: str = "", **more: Any) -> dict[str, Any]:
        one = changed(f"aws_instance.{name}", **more)
        del one["address"]
        return {**one, "module_address": module} if module else one

    drift = [
        bare("a"),
        bare("b", index=0),
        bare("b", index="x.y"),
        bare("b", index='q"\\${n}\n'),
        bare("c", module='module.m["k.1"]'),
        bare("same", before={"id": "i-2"}, after={"id": "i-2"}),
    ]
    assert [one.address for one in assessed(plan(drift, terraform_version="1.0.0")).findings] == [
        "aws_instance.a",
        "aws_instance.b[0]",
        'aws_instance.b["x.y"]',
        'aws_instance.b["q\\"\\\\$${n}\\n"]',
        'module.m["k.1"].aws_instance.c',
    ]


def test_an_entry_without_any_name_is_refused() -> None:
    nameless = changed()
    nameless.update(address="", type="", name="")
    with pytest.raises(FormatError, match="neither an address nor a type"):
        assessed(plan([nameless]))


def test_addresses_with_dots_and_quotes_stay_whole() -> None:
    address = 'module.a["x.y"].module.b[0].aws_s3_bucket.c["k\\"1.z"]'
    assert assessed(plan([changed(address, type="aws_s3_bucket")])).findings[0].address == address


@pytest.mark.parametrize(("deposed", "key"), [("0ddba11f", "0ddba11f"), (True, None), ("", None), (None, None)])
def test_a_deposed_object_keeps_its_key(deposed: Any, key: str | None) -> None:
    found = assessed(plan([changed(deposed=deposed)])).findings[0]
    assert found.deposed == key
    assert found.identity == (f"{WEB} (deposed object {key})" if key else WEB)


def test_a_deposed_object_and_the_current_one_are_two() -> None:
    said = assessed(plan([changed(), changed(deposed="0ddba11f")], [no_op(WEB)]))
    assert len({one.identity for one in said.findings}) == 2


@pytest.mark.parametrize(
    ("before_mask", "after_mask"),
    [
        ({"password": True}, {}),
        ({}, {"password": True}),
        (False, {"password": True}),
        (True, False),
        ({"password": True, "list": [False, True]}, {"list": []}),
    ],
)
def test_the_masks_of_both_sides_hide_on_both_sides(before_mask: Any, after_mask: Any) -> None:
    one = judged(
        assessed(
            plan(
                [
                    entry(
                        before={"password": "old-value", "x": 1},
                        after={"password": "new-value", "x": 1},
                        before_sensitive=before_mask,
                        after_sensitive=after_mask,
                    )
                ]
            )
        )
    ).observations[0]
    assert one.difference == {"password": {"expected": SENSITIVE, "actual": SENSITIVE}}
    assert "-value" not in json.dumps([one.expected_state, one.actual_state])


def test_masks_are_applied_by_position_before_a_set_is_sorted() -> None:
    def rules(*descriptions: str) -> list[dict[str, Any]]:
        return [{"description": text, "from_port": 22} for text in descriptions]

    one = judged(
        assessed(
            plan(
                [
                    entry(
                        "aws_security_group.a",
                        before={"ingress": rules("zz-hidden", "aa-plain")},
                        after={"ingress": rules("aa-plain", "zz-hidden", "mm-new")},
                        before_sensitive={"ingress": [{"description": True}, {}]},
                        after_sensitive={"ingress": [{}, {"description": True}, {}]},
                    )
                ]
            )
        )
    ).observations[0]
    assert "zz-hidden" not in json.dumps([one.expected_state, one.actual_state, one.difference])
    assert "mm-new" in json.dumps(one.difference)


def test_a_64_bit_number_keeps_every_digit() -> None:
    body = plan([changed(before={"id": "BEFORE"}, after={"id": "AFTER"})]).replace(b'"BEFORE"', b"9007199254740993")
    found = judged(assessed(body.replace(b'"AFTER"', b"9007199254740992"))).observations[0]
    assert found.difference == {"id": {"expected": "9007199254740993", "actual": "9007199254740992"}}


def test_relevant_attributes_never_drop_a_drift() -> None:
    body = plan([changed()], relevant_attributes=[{"resource": "aws_instance.other", "attribute": ["id"]}])
    assert len(assessed(body).findings) == 1


@pytest.mark.parametrize(
    ("values", "resource_id"),
    [
        ({"id": "i-1", "arn": "arn:a", "name": "n"}, "i-1"),
        ({"id": None, "arn": "arn:a", "name": "n"}, "arn:a"),
        ({"id": "", "bucket": "b", "name": "n"}, "b"),
        ({"name": "n"}, "n"),
        ({"id": 5}, WEB),
        ({"id": "x" * 3000, "name": ""}, WEB),
        ({}, WEB),
    ],
)
def test_the_real_id_comes_from_the_known_side(values: dict[str, Any], resource_id: str) -> None:
    gone = entry(actions=("delete",), before={**values, "x": 1}, after=None)
    assert assessed(plan([gone])).findings[0].resource_id == resource_id


def test_no_id_is_taken_from_a_secret() -> None:
    hidden = changed(
        before={"id": "sk", "name": "n", "a": 1}, after={"id": "sk", "name": "n"}, after_sensitive={"id": True}
    )
    assert assessed(plan([hidden])).findings[0].resource_id == "n"


CONFIGURATION = {
    "provider_config": {
        "aws": {
            "name": "aws",
            "full_name": "registry.terraform.io/hashicorp/aws",
            "expressions": {"region": {"references": ["var.region"]}},
        }
    },
    "root_module": {},
}


@pytest.mark.parametrize(
    ("values", "region", "account"),
    [
        (
            {"region": "eu-west-1", "arn": "arn:aws:ec2:us-east-1:123456789012:instance/i-1"},
            "eu-west-1",
            "123456789012",
        ),
        ({"arn": "arn:aws:ec2:us-east-1:123456789012:instance/i-1"}, "us-east-1", "123456789012"),
        ({"arn": "arn:aws:iam::123456789012:role/x", "availability_zone": "eu-west-1b"}, "eu-west-1", "123456789012"),
        ({"arn": "arn:aws-us-gov:s3:::bucket"}, "ap-south-1", ""),
        ({"availability_zone": "us-gov-west-1a", "owner_id": "210987654321"}, "us-gov-west-1", "210987654321"),
        ({"availability_zone": "eu-west-1", "owner_id": "amazon"}, "ap-south-1", ""),
        ({"region": "x" * 100}, "ap-south-1", ""),
        ({}, "ap-south-1", ""),
    ],
)
def test_the_region_is_where_the_best_source_says(values: dict[str, Any], region: str, account: str) -> None:
    body = plan(
        [entry(before={**values, "x": 1}, after={**values, "x": 2})],
        configuration=CONFIGURATION,
        variables={"other": {"value": 1}, "region": {"value": "ap-south-1"}},
    )
    found = assessed(body).findings[0]
    assert (found.region, found.cloud_account) == (region, account)


@pytest.mark.parametrize(
    ("providers", "region"),
    [
        ({}, ""),
        ({"aws": {"expressions": {"region": {"constant_value": "eu-north-1"}}}}, "eu-north-1"),
        ({"aws": {"expressions": {}}}, ""),
        ({"aws": {"expressions": {"region": {"references": ["local.region"]}}}}, ""),
        ({"aws": {"expressions": {"region": {"references": ["var.missing", "var"]}}}}, ""),
        ({"aws": {"expressions": {"region": []}}}, ""),
        ({"aws": {"module_address": "module.a", "expressions": {"region": {"references": ["var.region"]}}}}, ""),
        (
            {
                "aws": {"expressions": {"region": {"constant_value": "eu-north-1"}}},
                "aws.other": {"expressions": {"region": {"constant_value": "eu-west-1"}}},
            },
            "",
        ),
    ],
)
def test_a_provider_configuration_gives_a_region_only_where_it_leaves_no_doubt(providers: Any, region: str) -> None:
    body = plan([changed()], configuration={"provider_config": providers}, variables={"region": {"value": "x"}})
    assert assessed(body).findings[0].region == region


def test_a_resource_that_names_no_region_is_global() -> None:
    assert judged(assessed(plan([changed()]))).observations[0].region == "global"
