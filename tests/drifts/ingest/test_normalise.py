"""Equal sides that are only spelt differently give nothing, however they are spelt."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Json, JsonObject, Kind, Mask
from drifts.ingest.noise import NOISE
from drifts.ingest.normalise import normalise
from tests.drifts.ingest.plans import KEY, finding, judged_findings, policy
from tests.drifts.ingest.trees import MASKS, SCALARS, STATES, TEXTS

UNSET: st.SearchStrategy[Json] = st.sampled_from([None, "", [], {}])


def respelt(value: Json, draw: Any, *, top: bool = False) -> Json:
    """The same value in another spelling."""
    if isinstance(value, dict):
        members = [(name, respelt(one, draw)) for name, one in value.items()]
        members += [(f"unset {name}", draw(UNSET)) for name in draw(st.lists(st.sampled_from("xyz"), unique=True))]
        turned = dict(draw(st.permutations(members)))
        return json.dumps(turned) if not top and turned and draw(st.booleans()) else turned
    if isinstance(value, list):
        return [respelt(one, draw) for one in value]
    if isinstance(value, bool):
        return "true" if value and draw(st.booleans()) else value
    if isinstance(value, int):
        return str(value) if draw(st.booleans()) else value
    unset: Json = draw(UNSET)
    return unset if value in {None, ""} else value


@given(STATES, st.data())
def test_a_state_spelt_differently_is_no_drift(state: JsonObject, data: st.DataObject) -> None:
    other = respelt(state, data.draw, top=True)
    assert isinstance(other, dict)
    assert judged_findings(finding(state, other)).observations == ()


@given(STATES, STATES, MASKS)
def test_a_finding_is_noise_exactly_when_nothing_is_left(expected: JsonObject, actual: JsonObject, mask: Any) -> None:
    left = normalise(finding(expected, actual, sensitive=mask), key=KEY)
    assert left.is_noise == (left.difference == {})
    assert {change.path for change in left.changes}.isdisjoint(ignored.path for ignored in left.ignored)


NOISY = st.dictionaries(
    st.sampled_from(
        sorted(
            one.replace("*", "x")
            for rule in NOISE
            if rule.types == ("*",)
            for one in rule.attributes
            if not one.startswith("*.")
        )
    ),
    SCALARS,
    min_size=1,
)


@given(NOISY, NOISY)
def test_noise_in_nothing_out(one: JsonObject, other: JsonObject) -> None:
    found = judged_findings(finding({"id": "i-1", **one}, {"id": "i-1", **other}))
    assert (found.observations, found.ignored) == ((), 1)


@given(st.lists(TEXTS, unique=True, min_size=1), st.data())
def test_a_set_in_another_order_is_no_drift(items: list[str], data: st.DataObject) -> None:
    def group(rules: list[str]) -> JsonObject:
        return {"id": "sg-1", "ingress": [{"from_port": 22, "cidr_blocks": [*rules]}, {"from_port": 80}]}

    one, other = group(items), group(data.draw(st.permutations(items)))
    ingress = other["ingress"]
    assert isinstance(ingress, list)
    other["ingress"] = [*reversed(ingress), *ingress]
    masks: list[Mask] = [False, {"ingress": True}]
    for sensitive in masks:
        assert (
            judged_findings(finding(one, other, provider_type="aws_security_group", sensitive=sensitive)).ignored == 1
        )


def test_a_policy_spelt_differently_is_no_drift_also_where_it_is_hidden() -> None:
    allow: dict[str, Json] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    one = {"policy": policy(allow)}
    other = {
        "policy": json.dumps({"Statement": {**allow, "Action": ["S3:getobject"]}, "Version": "2012-10-17"}, indent=2)
    }
    for sensitive in (False, True):
        assert judged_findings(finding({**one}, {**other}, sensitive=sensitive)).ignored == 1


def test_a_deleted_resource_is_drift_whatever_it_held() -> None:
    gone = finding({"etag": "a"}, None)
    assert gone.kind is Kind.DELETED
    assert not normalise(gone, key=KEY).is_noise
