"""What an account may write as a severity rule, and that whatever passes can be asked of any drift."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.evidence import TESTS, Changed, Concern, Subject
from drifts.findings import Json, Kind, Severity
from drifts.own_severity import ARGUMENTS, MAX_VALUES, TEST_SCHEMA, OwnRule, complaints, rule_from, rules_from
from drifts.severity import built_in_rules, judge_severity
from tests.drifts.ingest.trees import VALUES

RULE: dict[str, Any] = {"severity": "low", "because": "Ours."}


def test_each_test_says_what_it_may_be_told() -> None:
    assert set(ARGUMENTS) == set(TESTS) == set(TEST_SCHEMA["properties"])


@pytest.mark.parametrize("rule", [rule for rule in built_in_rules() if rule.test], ids=lambda rule: rule.because)
def test_the_built_in_rules_keep_to_it_too(rule: Any) -> None:
    assert ARGUMENTS[rule.test].fits(rule.argument)
    assert all(ARGUMENTS[name].fits(told) for name, told in rule.unless)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"severity": "fatal"}, "severity"),
        ({"kinds": ["moved"]}, "kinds"),
        ({"kinds": ["deleted"] * 4}, "kinds"),
        ({"types": []}, "types"),
        ({"types": "x"}, "types"),
        ({"attributes": ["\n"]}, "attributes"),
        ({"environments": ["x"] * 51}, "environments"),
        ({"because": " "}, "because"),
        ({"because": "{ports}"}, "because"),
        ({"because": "two\nlines"}, "because"),
        ({"test": {"opens": ["any to internet"]}}, "test"),
        ({"test": {"becomes": "x"}}, "test"),
        ({"test": {"becomes": ["x"] * (MAX_VALUES + 1)}}, "test"),
        ({"test": {"gains": [1]}}, "test"),
        ({"test": {"falls": 1}}, "test"),
        ({"test": "falls"}, "test"),
        ({"test": {}}, "test"),
    ],
)
def test_what_no_rule_may_say_is_named(said: dict[str, Any], field: str) -> None:
    rule = OwnRule(**{**RULE, **said})
    assert set(complaints(rule)) == {field}
    assert rules_from([rule]) == ()


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"attributes": [""], "because": "{attribute}."},
        {"test": {"opens": "any to public"}, "because": "{ports}, {attribute}."},
        {"test": {"allows": "service"}, "because": "{actions}."},
        {"test": {"becomes": [None, True, -5, "0.5"]}},
        {"test": {"narrows": True}},
    ],
)
def test_what_a_rule_may_say(said: dict[str, Any]) -> None:
    assert complaints(OwnRule(**{**RULE, **said})) == {}


def test_attributes_and_environments_may_be_spelt_as_any_tool_spells_them() -> None:
    rule = rule_from(OwnRule(**RULE, attributes=["PubliclyAccessible", "tags.*"], environments=["Prod"]))
    assert (rule.attributes, rule.environments) == (("publicly_accessible", "tags.*"), ("prod",))


ARGUMENT = VALUES | st.sampled_from([True, "any to internet", "service", ["*"], [None], [False, "x"], [[]], [{}]])
TEST = st.none() | st.dictionaries(st.sampled_from([*TESTS, "other"]), ARGUMENT, max_size=2)


@given(TEST, VALUES, VALUES, st.sampled_from(Kind))
def test_a_rule_without_complaints_can_be_asked_of_anything(test: Json, old: Json, new: Json, kind: Kind) -> None:
    rule = OwnRule(**RULE, test=test)
    asked = rules_from([rule])
    assert bool(asked) is not bool(complaints(rule))
    changes = (Changed("a.b", "a.b", old, new),) if kind is Kind.MODIFIED else ()
    subject = Subject(Concern("aws_security_group", "SECURITY_GROUP", kind), {"a": old}, {"a": new}, changes)
    assert judge_severity(subject, own=asked).severity in Severity
