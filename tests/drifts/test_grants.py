"""What policies give away."""

from __future__ import annotations

import pytest

from drifts.findings import Json
from drifts.grants import ANYONE, EVERYTHING, SERVICE, grants_of, holds_policy, is_narrower

ALLOW: dict[str, Json] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def given(*statements: Json, within: str = "") -> dict[str, str]:
    """Sort → what is given away."""
    policy: Json = {"Statement": [*statements]}
    found = grants_of({within: [policy]} if within else policy)
    return {sort: said for sort in (EVERYTHING, SERVICE, ANYONE) if (said := found.of(sort))}


@pytest.mark.parametrize(
    ("statement", "gives"),
    [
        (ALLOW, {}),
        ({**ALLOW, "Action": "*"}, {EVERYTHING: "*"}),
        ({**ALLOW, "Action": ["s3:Get*", "*:*"]}, {EVERYTHING: "*"}),
        ({**ALLOW, "Action": "S3:*"}, {SERVICE: "s3:*"}),
        ({**ALLOW, "Action": ["iam:*", "s3:*", "ec2:Describe*"]}, {SERVICE: "iam:*, s3:*"}),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, {EVERYTHING: "*"}),
        ({**ALLOW, "Effect": "Deny", "Action": "*", "Principal": "*"}, {}),
        ({**ALLOW, "Principal": "*"}, {ANYONE: "anyone"}),
        ({**ALLOW, "Principal": {"AWS": ["1", "*"]}}, {ANYONE: "anyone"}),
        ({**ALLOW, "Principal": {"AWS": "123456789012"}}, {}),
        ({**ALLOW, "Principal": {"Service": "*"}}, {}),
        ({**ALLOW, "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, {}),
        ({**ALLOW, "NotPrincipal": {"AWS": "1"}}, {ANYONE: "anyone"}),
        ("(sensitive)", {}),
        ({"Action": "*"}, {}),
        ({"Effect": "Allow", "Action": {"odd": 1}, "Principal": [1, None]}, {}),
    ],
)
def test_what_a_statement_gives_away(statement: Json, gives: dict[str, str]) -> None:
    assert given(statement) == gives
    assert given(ALLOW, statement, within="inline_policy") == gives


def test_only_what_is_new_counts() -> None:
    wide: Json = {"Statement": {**ALLOW, "Action": ["*", "s3:*"]}}
    narrow: Json = {"Statement": [{**ALLOW, "Action": "s3:*"}]}
    assert (grants_of(wide) - grants_of(narrow)).of(EVERYTHING) == "*"
    assert (grants_of(wide) - grants_of(narrow)).of(SERVICE) == ""
    assert (grants_of(narrow) - grants_of(wide)).of(SERVICE) == ""


def test_what_is_no_policy_gives_nothing_away() -> None:
    assert grants_of(None) == grants_of({"Statement": None}) == grants_of("*") == grants_of([1, {"Effect": "Allow"}])


DENY: dict[str, Json] = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
IF_MFA: dict[str, Json] = {**ALLOW, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}


@pytest.mark.parametrize(
    ("before", "now", "narrower"),
    [
        ([{**ALLOW, "Action": "*"}], [ALLOW], True),
        ([{**ALLOW, "Action": "S3:*"}], [ALLOW], True),
        ([{**ALLOW, "Action": ["s3:Get*", "s3:Put*"]}], [ALLOW], True),
        ([ALLOW], [{**ALLOW, "Action": "s3:*"}], False),
        ([ALLOW], [{**ALLOW, "Action": "s3:PutObject"}], False),
        ([ALLOW], [{**ALLOW, "Resource": "arn:aws:s3:::b/*"}], True),
        ([{**ALLOW, "Resource": "arn:aws:s3:::b/*"}], [ALLOW], False),
        ([ALLOW, {**ALLOW, "Action": "ec2:*"}], [ALLOW], True),
        ([ALLOW], [ALLOW, {**ALLOW, "Action": "ec2:*"}], False),
        ([ALLOW], [], True),
        ([], [ALLOW], False),
        ([ALLOW], [ALLOW, DENY], True),
        ([ALLOW, DENY], [ALLOW], False),
        ([ALLOW], [IF_MFA], True),
        ([IF_MFA], [ALLOW], False),
        ([{**ALLOW, "Principal": "*"}], [{**ALLOW, "Principal": {"AWS": "1"}}], True),
        ([{**ALLOW, "Principal": {"AWS": "1"}}], [{**ALLOW, "Principal": {"AWS": "2"}}], False),
        ([ALLOW], [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], False),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], [ALLOW], False),
        ([{**ALLOW, "Action": [1, None]}], [{**ALLOW, "Action": {"odd": 1}}], False),
        ([{**ALLOW, "Action": [f"s3:{n}" for n in range(500)]}], [ALLOW], False),
    ],
)
def test_a_policy_is_narrower_only_where_that_is_sure(before: list[Json], now: list[Json], narrower: bool) -> None:
    assert is_narrower({"Statement": before}, {"Statement": now}) is narrower


def test_what_holds_a_policy() -> None:
    assert holds_policy({"a": [{"Statement": ALLOW}]})
    assert not holds_policy({"a": ["Statement"]})
