"""Whether whoever made a change is known to be a user."""

import pytest

from drifts.approvals import is_same_person, name_of

ALICE = "alice@acme.example"
DOMAINS = frozenset({"acme.example"})
SESSION = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123/"


@pytest.mark.parametrize(
    ("principal", "name"),
    [
        (f"{SESSION}alice@acme.example", "alice@acme.example"),
        (f"{SESSION}Alice", "alice"),
        ("arn:aws-us-gov:sts::123456789012:assumed-role/Deploy/i-0abc", "i-0abc"),
        ("arn:aws:iam::123456789012:user/alice", "alice"),
        ("arn:aws:iam::123456789012:user/staff/ops/alice", "alice"),
        ("arn:aws:sts::123456789012:federated-user/alice", "alice"),
        ("AROAEXAMPLE:alice@acme.example", "alice@acme.example"),
        ("alice", "alice"),
        ("arn:aws:iam::123456789012:root", ""),
        ("arn:aws:iam::123456789012:role/Admin", ""),
        ("arn:aws:sts::123456789012:assumed-role/Admin", ""),
        ("arn:", ""),
        ("", ""),
    ],
)
def test_the_name_within_a_principal(principal: str, name: str) -> None:
    assert name_of(principal) == name


@pytest.mark.parametrize(
    "principal",
    [
        f"{SESSION}alice@acme.example",
        f"{SESSION}ALICE@ACME.example",
        f"{SESSION}alice",
        "arn:aws:sts::123456789012:assumed-role/ops@acme/alice",
        "arn:aws:iam::123456789012:user/staff/Alice",
        "arn:aws:sts::123456789012:federated-user/alice",
        "AROAEXAMPLE:alice@acme.example",
        "alice@acme.example",
    ],
)
def test_the_person_is_known_by_their_email_or_its_local_part(principal: str) -> None:
    assert is_same_person(principal, ALICE, DOMAINS)
    assert is_same_person(principal, "Alice@Acme.Example", DOMAINS)


@pytest.mark.parametrize(
    "principal",
    [
        f"{SESSION}bob@acme.example",
        f"{SESSION}alice@rival.example",
        f"{SESSION}alice2",
        f"{SESSION}alic",
        "arn:aws:sts::123456789012:assumed-role/alice/i-0abc",
        "arn:aws:iam::123456789012:user/alice/robot",
        "arn:aws:iam::123456789012:root",
        "autoscaling.amazonaws.com",
        "unknown",
        "",
    ],
)
def test_who_is_not_recognised_is_somebody_else(principal: str) -> None:
    assert not is_same_person(principal, ALICE, DOMAINS)


def test_a_local_part_says_nothing_where_the_domain_is_not_the_accounts() -> None:
    assert not is_same_person(f"{SESSION}alice", ALICE)
    assert not is_same_person(f"{SESSION}alice", ALICE, {"rival.example"})
    assert is_same_person(f"{SESSION}alice@acme.example", ALICE)


def test_an_erased_user_is_nobody() -> None:
    assert not is_same_person("", "", DOMAINS)
    assert not is_same_person("arn:aws:iam::1:root", "", DOMAINS)
