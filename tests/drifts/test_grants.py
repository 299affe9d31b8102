"""What policies give away."""

from __future__ import annotations

import pytest

from drifts.findings import Json
from drifts.grants import ANYONE, EVERYTHING, SERVICE, grants_of

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
