"""Which channel hears of which occasion, and which rules can be kept."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.occasions import Occasion, Type
from alerts.routing import CHOOSABLE, EVERYTHING, SEVERITIES, BadRules, Rules, check_rules, hears_end, matches

FOUND = Occasion(
    key="drift:1:opened",
    type=Type.DRIFT_DETECTED,
    severity="high",
    title="High drift",
    text="Because.",
    stack="prod/network",
    environment="production",
)
occasions = st.builds(
    Occasion,
    key=st.text(max_size=9),
    type=st.sampled_from(Type),
    severity=st.sampled_from([*SEVERITIES, ""]),
    title=st.text(max_size=9),
    text=st.text(max_size=9),
    stack=st.text(max_size=9),
    environment=st.text(max_size=9),
)


@given(occasions)
def test_no_rules_let_everything_pass(occasion: Occasion) -> None:
    assert matches(EVERYTHING, occasion)


@given(occasions)
def test_rules_that_name_what_it_is_let_it_pass_and_one_that_does_not_stops_it(occasion: Occasion) -> None:
    exact = Rules(severities=(occasion.severity,), types=(occasion.type.value,))
    assert matches(exact, occasion)
    others = tuple(one for one in SEVERITIES if one != occasion.severity)
    assert not matches(replace(exact, severities=others), occasion)


@pytest.mark.parametrize(
    ("globs", "fits"),
    [
        (("prod/network",), True),
        (("prod/*",), True),
        (("*",), True),
        (("*network",), True),
        (("p*d/*t*k",), True),
        (("staging/*", "prod/*"), True),
        (("prod",), False),
        (("prod/",), False),
        (("PROD/*",), False),
        (("prod/networ?",), False),
        (("prod/[n]etwork",), False),
    ],
)
def test_a_star_stands_for_any_run_of_characters_and_nothing_else_for_anything(globs: Any, fits: bool) -> None:
    assert matches(Rules(stacks=globs), FOUND) is fits
    assert matches(Rules(environments=globs), replace(FOUND, stack="", environment="prod/network")) is fits


def test_what_is_about_no_stack_is_not_about_one_of_these() -> None:
    at_large = replace(FOUND, stack="")
    assert not matches(Rules(stacks=("prod/*",)), at_large)
    assert matches(Rules(stacks=("*",)), at_large)


def test_many_stars_are_matched_without_going_back() -> None:
    assert not matches(Rules(stacks=("a*" * 90 + "b",)), replace(FOUND, stack="a" * 10_000))


@pytest.mark.parametrize(
    ("rules", "closes", "hears"),
    [
        (Rules(), False, True),
        (Rules(severities=("critical",)), False, True),
        (Rules(types=("drift_detected",)), False, False),
        (Rules(types=("drift_detected",)), True, True),
        (Rules(types=("drift_detected", "drift_resolved")), False, True),
    ],
)
def test_whoever_chose_types_and_not_ends_hears_of_none_but_where_they_close(
    rules: Rules, closes: bool, hears: bool
) -> None:
    assert hears_end(rules, Type.DRIFT_RESOLVED, closes=closes) is hears


def test_rules_are_kept_each_value_once_the_gravest_first() -> None:
    kept = check_rules(severities=["low", "critical", "low"], types=["scan_failed"], stacks=[" prod/* ", "prod/*"])
    assert kept == Rules(severities=("critical", "low"), types=("scan_failed",), stacks=("prod/*",))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("severities", ["grave"]),
        ("severities", "high"),
        ("severities", [["high"]]),
        ("types", ["digest"]),
        ("types", ["test"]),
        ("types", [7]),
        ("stacks", [""]),
        ("stacks", ["  "]),
        ("stacks", ["x" * 201]),
        ("stacks", [f"s{number}" for number in range(51)]),
        ("stacks", None),
        ("environments", ["a\x00b"]),
    ],
)
def test_rules_that_cannot_be_are_refused_by_their_name(field: str, value: Any) -> None:
    with pytest.raises(BadRules) as refused:
        check_rules(**{field: value})
    assert refused.value.field == field
    assert refused.value.message


def test_every_type_but_those_for_one_alone_may_be_chosen() -> None:
    left_out = {one.value for one in Type} - set(CHOOSABLE)
    assert left_out == {"digest", "assigned", "channel_disabled", "session_reused", "test"}
