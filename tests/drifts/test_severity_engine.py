"""How severity rules are asked: own rules before the table, exceptions, sources without values, unmanaged resources."""

from __future__ import annotations

from drifts.evidence import Changed, Concern, Subject
from drifts.findings import JsonObject, Kind, Severity
from drifts.severity import judge_severity, rule_of


def subject(*changes: Changed) -> Subject:
    return Subject(Concern("aws_instance", "EC2", Kind.MODIFIED), changes=changes)


def test_of_the_accounts_own_rules_the_first_that_fits_counts_and_then_the_table() -> None:
    own = [
        rule_of({"severity": "low", "because": "Ours.", "attributes": ["size"], "environments": ["dev*"]}),
        rule_of({"severity": "critical", "because": "Grave.", "attributes": ["size", "colour"]}),
    ]
    table = [rule_of({"severity": "high", "because": "Built in."})]

    def judged(environment: str, *changes: Changed) -> str:
        asked = Subject(Concern("aws_instance", "EC2", Kind.MODIFIED, environment), changes=changes)
        return judge_severity(asked, table, own=own).reason

    size, colour, other = (Changed(name, name, 1, 2) for name in ("size", "colour", "other"))
    assert judged("dev-1", size) == "Ours."
    assert judged("production", size) == "Grave."
    assert judged("dev-1", size, colour) == "Grave."
    assert judged("dev-1", size, other) == "Built in."


def test_a_rule_may_ask_whether_the_source_says_how_it_differs() -> None:
    rules = [rule_of({"severity": "low", "because": "Unknown.", "values": False})]
    assert judge_severity(subject(), rules).reason == "Unknown."
    assert judge_severity(subject(Changed("a", "a", 1, 2)), rules).severity is Severity.MEDIUM


def test_a_rule_does_not_fit_where_what_it_excepts_is_found() -> None:
    entry: JsonObject = {"severity": "high", "because": "Less.", "unless": {"added": True, "becomes": [9]}}
    rules = [rule_of(entry)]
    assert judge_severity(subject(Changed("a", "a", 3, 2)), rules).severity is Severity.HIGH
    for expected, actual in ((None, 2), (3, 9)):
        assert judge_severity(subject(Changed("a", "a", expected, actual)), rules).severity is Severity.MEDIUM


def test_an_unmanaged_resource_is_judged_attribute_by_attribute_within_bounds() -> None:
    rules = [rule_of({"severity": "critical", "because": "Red.", "attributes": ["a.b"], "test": {"becomes": ["red"]}})]

    def judged(actual: JsonObject) -> Severity:
        return judge_severity(Subject(Concern("x", "OTHER", Kind.UNMANAGED), actual=actual), rules).severity

    assert judged({"a": [{"b": "red"}]}) is Severity.CRITICAL
    assert judged({"a": {"b": "blue"}}) is Severity.MEDIUM
    assert judged({**{f"0{number}": number for number in range(10_000)}, "a": {"b": "red"}}) is Severity.MEDIUM
