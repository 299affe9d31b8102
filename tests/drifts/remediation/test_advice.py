"""What to do about a drift, by the tool of its stack and the kind of the drift."""

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Kind
from drifts.remediation.advice import SHARED, TARGETS, UNMANAGED, Advice, advise
from drifts.remediation.subject import Subject
from tests.drifts.remediation.reading_hcl import body

KEYED = 'module.net["eu"].aws_instance.web["it\'s"]'
URN = "urn:pulumi:dev::shop::aws:ec2/instance:Instance::web"


def told(**more: Any) -> Advice:
    usual: dict[str, Any] = {
        "tool": "terraform",
        "kind": Kind.MODIFIED,
        "address": "aws_instance.web",
        "provider_type": "aws_instance",
        "resource_id": "i-1",
        "expected": {"instance_type": "t3.micro", "tags": {"Name": "web"}},
        "actual": {"instance_type": "t3.large", "tags": {"Name": "web", "By": "${hand}"}},
        "difference": {
            "instance_type": {"expected": "t3.micro", "actual": "t3.large"},
            "tags.By": {"expected": None, "actual": "${hand}"},
        },
    }
    return advise(Subject(**{**usual, **more}))


def commands(advice: Advice) -> list[list[str]]:
    return [shlex.split(text) for way in advice.to_restore for text in way.commands]


@pytest.mark.parametrize(
    ("tool", "binary"), [("terraform", "terraform"), ("opentofu", "tofu"), ("", "terraform"), ("hcp", "terraform")]
)
def test_putting_it_back_is_applying_the_code_to_it(tool: str, binary: str) -> None:
    advice = told(tool=tool, address=KEYED)
    assert commands(advice)[0] == [binary, "apply", f"-target={KEYED}"]
    assert TARGETS in advice.warnings


def test_keeping_the_change_is_writing_the_actual_values_into_the_code() -> None:
    ((block, members),) = body(told().to_keep.hcl)
    assert block == "resource aws_instance web"
    assert dict(members) == {"instance_type": "t3.large", "tags": {"Name": "web", "By": "${hand}"}}


def test_an_instance_of_several_says_that_the_code_is_shared() -> None:
    advice = told(address=KEYED)
    assert SHARED.format(index='["it\'s"]') in advice.warnings
    assert 'of module.net["eu"]' in advice.to_keep.note


def test_what_putting_it_back_would_do_comes_first() -> None:
    assert told(consequence="Putting it back would REPLACE it.").warnings[0] == "Putting it back would REPLACE it."


def test_a_sensitive_value_is_left_to_a_variable() -> None:
    hidden = {"password": {"expected": "(sensitive)", "actual": "(sensitive)"}}
    advice = told(difference=hidden, actual={"password": "(sensitive)"})
    assert "password = var.password # (sensitive)" in advice.to_keep.hcl
    assert any("variables" in text for text in advice.warnings)


def test_a_source_without_values_says_so() -> None:
    advice = told(difference={}, expected={}, actual={})
    assert advice.to_keep.hcl == ""
    assert "not how" in advice.to_keep.note


def test_a_deleted_one_is_applied_again_or_forgotten() -> None:
    advice = told(kind=Kind.DELETED)
    assert commands(advice)[0] == ["terraform", "apply", "-target=aws_instance.web"]
    assert advice.to_keep.commands == ("terraform state rm aws_instance.web",)
    assert body(advice.to_keep.hcl)[0][0] == "removed"
    assert told(kind=Kind.DELETED, address=KEYED).to_keep.hcl == ""


def test_an_unmanaged_one_is_imported_or_looked_at_by_a_person() -> None:
    advice = told(kind=Kind.UNMANAGED, address="aws_instance.i-1", resource_id="i-0a${b}")
    assert advice.to_restore == ()
    assert advice.warnings == (UNMANAGED,)
    ((block, members),) = body(advice.to_keep.hcl)
    assert (block, members) == ("import", [("to", "<aws_instance.i_0a_b>"), ("id", "i-0a${b}")])
    assert shlex.split(advice.to_keep.commands[1]) == ["terraform", "import", "aws_instance.i_0a_b", "i-0a${b}"]


def test_an_id_that_reads_as_an_option_is_imported_by_the_block_only() -> None:
    advice = told(kind=Kind.UNMANAGED, resource_id="-lock=false")
    assert [text.split()[1] for text in advice.to_keep.commands] == ["plan"]
    assert told(kind=Kind.UNMANAGED, resource_id="(sensitive)").to_keep.hcl == ""


def test_pulumi_is_told_the_urn() -> None:
    advice = told(tool="pulumi", address=URN)
    assert commands(advice)[0] == ["pulumi", "up", f"--target={URN}"]
    assert advice.to_keep.commands == (f"pulumi refresh --target={URN}",)


def test_cloudformation_has_no_command_and_says_why() -> None:
    advice = told(tool="cloudformation", provider_type="AWS::EC2::Instance", address="Web")
    assert advice.to_restore == ()
    assert "template" in advice.to_keep.note


def test_an_address_that_is_none_gets_no_command() -> None:
    for address in ("i-1", "x; rm -rf /", "aws_instance.web\n", 'aws_instance.web["\x1b[2J"]', "data.aws_ami.x", ""):
        assert commands(told(address=address, provider_type="x")) == [], address


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(["(sensitive)", "${x}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(list(Kind)),
    st.dictionaries(st.text(max_size=8), anything, max_size=4),
    st.text(max_size=30) | st.sampled_from([KEYED, "aws_instance.web"]),
    st.text(max_size=20),
)
def test_whatever_a_drift_holds_the_advice_can_be_read(
    kind: Kind, actual: dict[str, Any], address: str, resource_id: str
) -> None:
    difference = {name: {"expected": None, "actual": value} for name, value in actual.items()}
    advice = told(kind=kind, actual=actual, difference=difference, address=address, resource_id=resource_id)
    body(advice.to_keep.hcl)
    for text in (*advice.to_keep.commands, *(one for way in advice.to_restore for one in way.commands)):
        assert shlex.split(text)[0] in {"terraform", "aws"}
        assert text.isprintable()
        assert "(sensitive)" not in text
