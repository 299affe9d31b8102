"""IAM policies are compared by what they say: any re-spelling is the same, any other effect or action is not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Json, JsonObject
from drifts.ingest.masking import mask_pair
from tests.drifts.ingest.plans import KEY, finding, judged_findings, policy
from tests.drifts.ingest.test_canonical import spelt

ALLOW: dict[str, Json] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST: dict[str, Json] = {"Effect": "Allow", "Action": "sts:AssumeRole"}
NUMBER, ROOT = "123456789012", "arn:aws:iam::123456789012:root"


def where(**conditions: Json) -> str:
    return policy({**ALLOW, "Condition": dict(conditions)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (json.dumps({"Statement": [ALLOW]}), json.dumps({"Statement": ALLOW, "Version": "2008-10-17"})),
        (where(StringLike={"aws:PrincipalTag/Team": "a"}), where(StringLike={"AWS:principaltag/TEAM": ["a"]})),
        (where(Bool={"aws:SecureTransport": True}), where(Bool={"aws:SecureTransport": "true"})),
        (where(NumericLessThan={"s3:max-keys": 10}), where(NumericLessThan={"s3:max-keys": ["10"]})),
        (where(StringEquals={"k": ["a", "b"]}), where(StringEquals={"k": ["b", "a", "b"]})),
        (where(IpAddress={"aws:SourceIp": "10.0.0.7"}), where(IpAddress={"aws:SourceIp": "10.0.0.7/32"})),
        (where(NotIpAddress={"k": "10.0.0.7/24"}), where(NotIpAddress={"k": "10.0.0.0/24"})),
        (where(IpAddressIfExists={"k": "2001:DB8::/32"}), where(IpAddressIfExists={"k": "2001:db8:0::/32"})),
        (where(StringEquals={}), policy(ALLOW)),
        (policy({**ALLOW, "Condition": {}}), policy(ALLOW)),
        (policy({**ALLOW, "Sid": ""}), policy(ALLOW)),
        (policy({**ALLOW, "Principal": {"AWS": [NUMBER, ROOT]}}), policy({**ALLOW, "Principal": {"AWS": ROOT}})),
        (policy({**ALLOW, "NotPrincipal": {"AWS": NUMBER}}), policy({**ALLOW, "NotPrincipal": {"AWS": [ROOT]}})),
        (
            policy({**ALLOW, "Principal": {"Service": "a", "AWS": "*"}}),
            policy({**ALLOW, "Principal": {"AWS": "*", "Service": ["a"]}}),
        ),
        (policy(ALLOW, ALLOW), policy(ALLOW)),
    ],
)
def test_policies_that_say_the_same(one: str, other: str) -> None:
    assert spelt(one) == spelt(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (json.dumps({"Statement": [ALLOW]}), policy(ALLOW)),
        (policy({**ALLOW, "Effect": "allow"}), policy(ALLOW)),
        (policy({**ALLOW, "Sid": "a"}), policy({**ALLOW, "Sid": "b"})),
        (policy(ALLOW, Id="a"), policy(ALLOW, Id="b")),
        (policy({**ALLOW, "Resource": NUMBER}), policy({**ALLOW, "Resource": ROOT})),
        (where(ArnEquals={"aws:PrincipalArn": ROOT}), where(ArnEquals={"aws:PrincipalArn": NUMBER})),
        (where(StringEquals={"k": "10.0.0.7"}), where(StringEquals={"k": "10.0.0.7/32"})),
        (where(IpAddress={"k": "10.0.0.0/24"}), where(IpAddress={"k": "10.0.0.0/25"})),
        (where(StringEquals={"k": "A"}), where(StringEquals={"k": "a"})),
        (where(StringEquals={"k": []}), policy(ALLOW)),
        (where(StringEquals={"k": ""}), where(StringEquals={"k": []})),
        (where(StringEquals={"k": "a"}), where(StringLike={"k": "a"})),
        (where(StringEquals={"k": "a", "K": "b"}), where(StringEquals={"k": "a"})),
        (where(Bool={"k": True}), where(Bool={"k": 1})),
        (policy({**TRUST, "Principal": "*"}), policy({**TRUST, "Principal": {"AWS": "*"}})),
        (
            policy({**ALLOW, "Effect": "Deny", "Principal": "*"}),
            policy({**ALLOW, "Effect": "Deny", "Principal": {"AWS": "*"}}),
        ),
        (policy({**ALLOW, "NotPrincipal": "*"}), policy({**ALLOW, "NotPrincipal": {"AWS": "*"}})),
        (policy({**ALLOW, "Principal": {"AWS": "AIDA1"}}), policy({**ALLOW, "Principal": {"AWS": "AIDA2"}})),
        (policy({**ALLOW, "Action": ["s3:*"]}), policy({**ALLOW, "Action": ["s3:*", "s3:GetObject"]})),
        (policy(ALLOW), policy({**ALLOW, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}})),
    ],
)
def test_policies_that_say_something_else(one: str, other: str) -> None:
    assert spelt(one) != spelt(other)


ACTIONS = st.lists(
    st.sampled_from(["s3:GetObject", "s3:PutObject", "ec2:Run*", "iam:PassRole"]), min_size=1, max_size=3
)
STATEMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(["Allow", "Deny"]),
            "Action": ACTIONS,
            "Resource": st.sampled_from(["*", "arn:aws:s3:::a"]),
        },
        optional={
            "Principal": st.sampled_from([{"AWS": [NUMBER]}, {"Service": ["lambda.amazonaws.com"]}]),
            "Condition": st.sampled_from([{"Bool": {"aws:SecureTransport": [True]}}, {"NumericEquals": {"s3:x": [7]}}]),
        },
    ),
    min_size=1,
    max_size=3,
)


def respelt(statement: dict[str, Any], draw: Any) -> dict[str, Any]:
    """The same statement in another spelling."""
    found = copy.deepcopy(statement)
    actions = draw(st.permutations([draw(st.sampled_from([one, one.upper(), one.lower()])) for one in found["Action"]]))
    found["Action"] = actions[0] if len(actions) == 1 and draw(st.booleans()) else [*actions, actions[0]]
    found["Resource"] = [found["Resource"]] if draw(st.booleans()) else found["Resource"]
    if "AWS" in found.get("Principal", {}):
        found["Principal"] = {"AWS": draw(st.sampled_from([ROOT, NUMBER, [ROOT], [NUMBER, ROOT]]))}
    text = json.dumps(found.get("Condition", {}))
    for number in ("true", "7"):
        text = text.replace(
            f"[{number}]", draw(st.sampled_from([f"[{number}]", f'["{number}"]', f'"{number}"', number]))
        )
    found["Condition"] = json.loads(text)
    return dict(draw(st.permutations(list(found.items()))))


@given(STATEMENTS, st.data())
def test_a_policy_in_any_spelling_is_no_drift(statements: list[dict[str, Any]], data: st.DataObject) -> None:
    other = [respelt(one, data.draw) for one in data.draw(st.permutations(statements))]
    sides = (
        policy(*statements),
        json.dumps({"Statement": other, "Version": "2012-10-17"}, indent=data.draw(st.sampled_from([None, 2]))),
    )
    assert judged_findings(finding({"policy": sides[0]}, {"policy": sides[1]})).observations == ()
    nested = {"PolicyDocument": json.loads(sides[0])}, {"PolicyDocument": json.loads(sides[1])}
    assert judged_findings(finding(*nested)).observations == ()


def said(statements: list[dict[str, Any]]) -> set[tuple[str, ...]]:
    """What a policy says, one effect and action at a time, read without the code that is tested."""
    return {
        (
            one["Effect"],
            action.lower(),
            one["Resource"],
            json.dumps(one.get("Principal")),
            json.dumps(one.get("Condition")),
        )
        for one in statements
        for action in one["Action"]
    }


@given(STATEMENTS, STATEMENTS)
def test_policies_that_say_something_else_are_always_drift(
    one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    found = judged_findings(finding({"policy": policy(*one)}, {"policy": policy(*other)})).observations
    assert found or said(one) == said(other)


@given(STATEMENTS, st.integers(0, 2), st.sampled_from(["effect", "action", "statement"]))
def test_a_turned_effect_or_an_added_action_is_always_seen(
    statements: list[dict[str, Any]], place: int, what: str
) -> None:
    other = copy.deepcopy(statements)
    one = other[place % len(other)]
    if what == "effect":
        one["Effect"] = "Deny" if one["Effect"] == "Allow" else "Allow"
    elif what == "action":
        one["Action"].append("kms:Decrypt")
    else:
        other.append({"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": "*"})
    found = judged_findings(finding({"policy": policy(*statements)}, {"policy": policy(*other)})).observations
    assert found or said(statements) == said(other)


def test_a_policy_as_an_object_is_compared_as_a_whole() -> None:
    deny: Json = {**ALLOW, "Effect": "Deny", "Action": "s3:PutObject"}
    wide: Json = {**ALLOW, "Action": ["s3:*"]}
    expected: JsonObject = {"PolicyDocument": {"Version": "2012-10-17", "Statement": [deny, ALLOW]}}
    actual: JsonObject = {"PolicyDocument": {"Version": "2012-10-17", "Statement": [wide, deny]}}
    found = judged_findings(finding(expected, actual, provider_type="AWS::IAM::ManagedPolicy")).observations[0]
    assert list(found.difference) == ["PolicyDocument.Statement"]


def test_a_hidden_policy_keeps_its_meaning() -> None:
    one, other = policy({**ALLOW, "Action": ["a:b", "c:d"]}), policy({**ALLOW, "Action": ["C:D", "a:b"]})
    hidden = [mask_pair({"policy": text}, None, True, key=KEY).expected for text in (one, other)]
    assert hidden[0] == hidden[1]
