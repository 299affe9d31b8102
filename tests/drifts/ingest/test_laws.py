"""What holds for whatever a tool writes: secrets survive nowhere, reading again says the same, noise gives nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drifts.findings import SENSITIVE, JsonObject, Judged, Mask
from tests.drifts.ingest.plans import assessed, entry, judged, plan
from tests.drifts.ingest.secrets import hidden, marked
from tests.drifts.ingest.trees import STATES

Marked = tuple[JsonObject, JsonObject, Mask, Mask]


def everything(found: Judged) -> str:
    """All that goes on from here, to tables, answers, events and logs."""
    return json.dumps(asdict(found), default=str) + repr(found)


def read(before: JsonObject | None, after: JsonObject | None, **more: Any) -> Judged:
    """What a plan with one changed resource gives."""
    actions = ("update",) if after is not None else ("delete",)
    return judged(assessed(plan([entry("aws_x_thing.one", actions=actions, before=before, after=after, **more)])))


def body_of(one: Marked, address: str = "aws_x_thing.one") -> dict[str, Any]:
    """An entry of a plan whose two sides and masks are given."""
    before, after, before_mask, after_mask = one
    masks: dict[str, Any] = {"before_sensitive": before_mask, "after_sensitive": after_mask}
    return entry(address, before=before, after=after, **masks)


@settings(max_examples=50)
@given(marked())
def test_no_value_that_a_plan_masks_survives(one: Marked) -> None:
    kept = everything(judged(assessed(plan([body_of(one)]))))
    assert [leaf for leaf in hidden(*one) if leaf in kept] == []


@settings(max_examples=50)
@given(marked())
def test_no_value_that_a_plan_masks_survives_of_what_was_deleted(one: Marked) -> None:
    before, _, before_mask, after_mask = one
    kept = everything(read(before, None, before_sensitive=before_mask, after_sensitive=after_mask))
    assert [leaf for leaf in hidden(before, {}, before_mask, after_mask) if leaf in kept] == []


@settings(max_examples=50)
@given(marked())
def test_a_mask_hides_nothing_but_what_it_covers(one: Marked) -> None:
    before, after, *_ = one
    kept = everything(read(before, after))
    shown = (
        hidden(before, after, True)
        if judged(assessed(plan([body_of((before, after, False, False))]))).observations
        else set()
    )
    assert [leaf for leaf in shown if leaf not in kept] == []


@settings(max_examples=50)
@given(STATES, STATES)
def test_what_was_recorded_reads_the_same_when_it_is_sent_again(expected: JsonObject, actual: JsonObject) -> None:
    first = read(expected, actual).observations
    assume(SENSITIVE not in repr(first))
    again = [new for one in first for new in read(one.expected_state, one.actual_state).observations]
    assert [(one.difference, one.difference_digest, one.attribute_digests) for one in again] == [
        (one.difference, one.difference_digest, one.attribute_digests) for one in first
    ]
    assert [(one.severity, one.severity_reason) for one in again] == [
        (one.severity, one.severity_reason) for one in first
    ]


@st.composite
def respelt(draw: st.DrawFn, value: Any) -> Any:
    """The same value as another tool, or another day, would write it."""
    if isinstance(value, dict):
        order = draw(st.permutations(sorted(value)))
        kept = {name: draw(respelt(value[name])) for name in order}
        return {name: one for name, one in kept.items() if one is not None or draw(st.booleans())}
    if isinstance(value, list):
        return [draw(respelt(one)) for one in value]
    if value is None:
        return draw(st.sampled_from((None, {}, [])))
    if isinstance(value, int) and not isinstance(value, bool):
        return draw(st.sampled_from((value, str(value))))
    return value


@settings(max_examples=50)
@given(STATES, st.data())
def test_the_same_values_spelt_otherwise_are_noise(state: JsonObject, data: st.DataObject) -> None:
    other = data.draw(respelt(state)) or {"x": None}
    found = read(state, other)
    assert found.observations == ()
    assert list(found.noise) == ([] if json.dumps(state) == json.dumps(other) else ["aws_x_thing.one"])
