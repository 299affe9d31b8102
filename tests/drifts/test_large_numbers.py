"""A number beyond 64 bits in a state is kept as its digits; it never takes a list down."""

from typing import Any

import pytest

from driftsentry.api.envelope import dumps

BODY = {"resourceId": "r", "resourceType": "aws_x", "region": "us-east-1", "expectedState": {"a": 1}}


@pytest.mark.parametrize(
    ("number", "digits"),
    [(2e45, "2" + "0" * 45), (10**30, "1" + "0" * 30), (-(10**100), "-1" + "0" * 100), (1e300, "1" + "0" * 300)],
)
def test_a_huge_number_reads_back_as_its_digits(world: Any, number: float, digits: str) -> None:
    client = world.client(world.engineer)
    made = client.post("/api/v1/drifts", {**BODY, "actualState": {"a": number}}, format="json")
    assert made.status_code == 201
    (listed,) = client.get("/api/v1/drifts").json()["data"]["items"]
    assert listed["actualState"] == {"a": digits}


def test_the_envelope_survives_what_a_row_may_hold() -> None:
    assert dumps({"a": [10**45], "b": -(2**63), "c": 2**64 - 1, "d": True}) == (
        b'{"a":["1' + b"0" * 45 + b'"],"b":-9223372036854775808,"c":18446744073709551615,"d":true}'
    )
