"""HCL that is written means the values that it was written of, and never anything that Terraform would run."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.remediation import hcl
from tests.drifts.remediation.reading_hcl import body, expression, text_in

texts = st.text(st.characters(exclude_categories=["Cs"])) | st.text(alphabet='$%{}"\\ \n\r\ta~')
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(texts)
def test_a_quoted_text_means_itself(text: str) -> None:
    assert text_in(hcl.quoted(text)) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("${path.module}", '"$${path.module}"'),
        ("%{ if true }", '"%%{ if true }"'),
        ("$${a}", '"\\u0024\\u0024{a}"'),
        ("%${a}", '"\\u0025\\u0024{a}"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("a\nb\tc\x00", '"a\\nb\\tc\\u0000"'),
        ("$5 and 100%", '"$5 and 100%"'),
        ("\U0001f600\u2028", '"\U0001f600\\u2028"'),
    ],
)
def test_what_would_begin_a_template_does_not(text: str, written: str) -> None:
    assert hcl.quoted(text) == written


@given(values)
def test_an_expression_means_its_value(value: Any) -> None:
    read = expression(hcl.expression(value, depth=1))
    assert read == value


def test_json_in_a_text_is_written_for_people() -> None:
    written = hcl.expression('{"Version":"2012-10-17","Statement":[{"Action":"s3:*","Sid":"${aws:username}"}]}')
    assert written.startswith("jsonencode({\n")
    assert '"Sid" = "$${aws:username}"' in written
    assert '"Action": "s3:*"' in expression(written)


def test_json_with_a_number_that_would_change_stays_a_text() -> None:
    assert hcl.expression('{"a":1.10}') == '"{\\"a\\":1.10}"'


def test_deep_values_come_to_an_end() -> None:
    value: Any = "x"
    for _ in range(60):
        value = [value]
    assert expression(hcl.expression(value)) == value


def written(name: str, value: Any, other: Any = None) -> list[tuple[str, Any]]:
    return body("\n".join(hcl.argument(name, value, other)) + "\n")


def test_lists_of_objects_are_nested_blocks_and_what_is_not_set_is_left_out() -> None:
    rules = [{"from_port": 22, "cidr_blocks": ["0.0.0.0/0"], "description": "", "self": False, "prefix_list_ids": []}]
    assert (
        written("ingress", rules * 2)
        == [("ingress", [("from_port", 22), ("cidr_blocks", ["0.0.0.0/0"]), ("self", False)])] * 2
    )


def test_what_is_gone_is_to_be_removed() -> None:
    assert list(hcl.argument("kms_key_id", None)) == ["  # remove kms_key_id"]
    assert list(hcl.argument("ingress", [], [{"from_port": 22}])) == ["  # remove ingress"]
    assert list(hcl.argument("security_groups", [], ["sg-1"])) == ["  security_groups = []"]


@pytest.mark.parametrize("value", ["(sensitive)", {"a": "(sensitive)"}, ["x… (shortened: 9000 characters, sha256 1…)"]])
def test_what_is_hidden_or_cut_is_left_to_a_variable(value: Any) -> None:
    (line,) = hcl.argument("password", value)
    assert line.startswith("  password = var.password # (sensitive)")


def test_a_block_is_written_but_for_what_is_hidden_in_it() -> None:
    (block,) = written("setting", [{"name": "a", "value": "(sensitive)"}])
    assert block == ("setting", [("name", "a"), ("value", "<var.value>")])


@pytest.mark.parametrize("name", ["a b", 'x" = 1', "", "a\nb", "1a"])
def test_a_name_that_is_none_becomes_a_comment(name: str) -> None:
    (line,) = hcl.argument(name, "x")
    assert line.startswith("  # ")
    assert "\n" not in line


@given(st.text(), values)
def test_whatever_the_names_and_values_the_text_is_hcl(name: str, value: Any) -> None:
    written(name, value)
