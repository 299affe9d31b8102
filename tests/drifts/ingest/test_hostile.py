"""Bodies that nobody should send: a clear error each, in bounded memory, and never anything but a FormatError."""

from __future__ import annotations

import gzip
import json
import secrets
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drifts.ingest.errors import BodyTooLarge, FormatError
from drifts.ingest.formats.base import Mode, ParseOptions
from drifts.ingest.pipeline import assess
from tests.drifts.ingest.plans import LIMIT, assessed, entry, judged, no_op, plan

PLAN = plan(
    [entry(before={"a": "é", "n": 1.5e3}, after={"a": "ü", "n": None}, after_sensitive={"a": True})],
    [no_op("aws_x.y"), entry("aws_x.z", actions=("create",), before=None)],
    configuration={"provider_config": {"aws": {"expressions": {"region": {"constant_value": "eu-west-1"}}}}},
    prior_state={"values": {"root_module": {"resources": [{"address": "aws_x.y", "mode": "managed"}]}}},
)


def read(body: bytes, **options: Any) -> bool:
    """Whether a body is read; a refusal is fine, anything else is not."""
    try:
        judged(assess(body, limit=LIMIT, options=ParseOptions(**options)))
    except FormatError:
        return False
    return True


def test_the_plan_that_the_others_are_made_of_is_read() -> None:
    assert read(PLAN)
    assert read(PLAN, mode=Mode.PLAN)


def test_a_plan_cut_off_anywhere_is_refused() -> None:
    assert [at for at in range(len(PLAN)) if read(PLAN[:at])] == []


def test_a_compressed_plan_cut_off_anywhere_is_refused() -> None:
    packed = gzip.compress(PLAN, mtime=0)
    assert [at for at in range(1, len(packed)) if read(packed[:at])] == []


@given(st.binary(max_size=300))
@example(b"\x1f\x8b")
@example(b"\xff\xfe{")
@example(b"{\0")
def test_garbage_is_refused(garbage: bytes) -> None:
    read(garbage)
    assert not read(b"\x1f\x8b" + garbage)


@given(st.integers(0, len(PLAN) - 1), st.binary(min_size=1, max_size=4))
def test_a_plan_with_a_few_bytes_changed_is_read_or_refused(at: int, other: bytes) -> None:
    read(PLAN[:at] + other + PLAN[at + len(other) :], mode=Mode.PLAN)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(["address", "change", "actions", "before", "after", "type", "resources"]), inside
        )
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["resource_drift", "resource_changes", "configuration", "prior_state", "variables", "errored", "complete"]
        ),
        JSON
        | st.lists(st.fixed_dictionaries({"type": st.just("a"), "name": st.just("b"), "change": JSON}), max_size=2),
    ),
    st.sampled_from(Mode),
)
def test_a_plan_that_holds_anything_anywhere_is_read_or_refused(document: dict[str, Any], mode: Mode) -> None:
    read(json.dumps({"format_version": "1.2", **document}).encode(), mode=mode)


@given(JSON, JSON, JSON, JSON)
def test_a_change_that_holds_anything_anywhere_is_read_or_refused(
    before: Any, after: Any, mask: Any, unknown: Any
) -> None:
    change = entry(before=before, after=after, before_sensitive=mask, after_sensitive=unknown, after_unknown=unknown)
    read(plan([change], [change]), mode=Mode.PLAN)
    read(plan([change]))


DEEP = 10_000
PLACES = ["planned_values", "configuration", "prior_state", "resource_drift", "variables", "unheard_of"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_ten_thousand_levels_are_refused_wherever_they_stand(place: str, opening: str, closing: str) -> None:
    deep = opening * DEEP + "1" + closing * DEEP
    assert not read(f'{{"format_version":"1.2","{place}":{deep}}}'.encode())


@pytest.mark.parametrize("side", ["before", "after", "after_unknown", "before_sensitive", "after_sensitive"])
@pytest.mark.parametrize("levels", [150, 900, DEEP])
def test_a_deep_value_is_refused(side: str, levels: int) -> None:
    change = entry(before={"a": 1}, after={"a": 2})
    change["change"][side] = {"x": "DEEP"}
    body = plan([change])
    assert not read(body.replace(b'"DEEP"', b"[" * levels + b"]" * levels))


def wrapped(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("mask", [False, {"a": True}])
def test_json_texts_within_json_texts_cannot_exhaust_the_stack(mask: Any) -> None:
    text: Any = "x"
    for _ in range(9):
        text = json.dumps(wrapped(text, 29))
    state = {"a": wrapped(text, 95)}
    assert read(plan([entry(before={**state, "b": 1}, after={**state, "b": 2}, after_sensitive=mask)]))


@pytest.mark.parametrize("text", [r"\u0000", r"\ud800", r"x\udfff"])
def test_texts_that_no_database_stores_are_refused(text: str) -> None:
    body = plan([entry(before={"a": "ODD"}, after={"a": "x"})]).replace(b"ODD", text.encode())
    assert not read(body)


@pytest.mark.parametrize("number", ["1" * 5000, "1e99999999999999999999", "-" + "9" * 1001, "0." + "3" * 2000])
def test_absurd_numbers_are_refused(number: str) -> None:
    assert not read(plan([entry(before={"a": 777}, after={"a": 2})]).replace(b"777", number.encode()))


@pytest.mark.parametrize(
    "body",
    [
        b'{"format_version":"1.2","resource_drift":[],"resource_drift":[]}',
        b'{"format_version":"1.2","format_version":"2.0","resource_drift":[]}',
        plan([entry(before={"a": 1}, after={"a": 2})]).replace(b'"a": 1', b'"a": 1, "a": 3'),
    ],
)
def test_a_repeated_key_is_refused(body: bytes) -> None:
    with pytest.raises(FormatError, match="repeats the key"):
        assessed(body)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_plan_in_another_encoding_cut_off_anywhere_is_refused(encoding: str) -> None:
    body = PLAN.decode().encode(encoding)
    assert read(body)
    assert [at for at in range(1, len(body) - 1, 7) if read(body[:at])] == []


def test_a_gzip_bomb_is_refused() -> None:
    with pytest.raises(BodyTooLarge):
        assessed(gzip.compress(bytes(256 << 20), 1))


def test_random_bytes_are_refused() -> None:
    assert [size for size in range(1, 400) if read(secrets.token_bytes(size))] == []
