"""The rules of voices: how many different people count, whatever the order in which they come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.approvals import (
    NO_POLICY,
    AppliesTo,
    Decision,
    Lapsed,
    Policy,
    Voice,
    counting,
    expiry_of,
    lapse_of,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SEEN, OTHER = b"seen", b"other"
PEOPLE = [UUID(int=number) for number in range(1, 7)]

policies = st.builds(
    Policy,
    needed=st.integers(1, 5),
    applies_to=st.sampled_from(AppliesTo),
    expires_hours=st.integers(1, 200),
    break_glass=st.booleans(),
    exclude_principal=st.booleans(),
)
voices = st.builds(
    Voice,
    by=st.sampled_from(PEOPLE),
    decision=st.sampled_from(Decision),
    digest=st.sampled_from([SEEN, OTHER]),
    expires_at=st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours)),
    is_eligible=st.booleans(),
    is_principal=st.booleans(),
)


def said(by: UUID = PEOPLE[0], decision: Decision = Decision.APPROVE) -> Voice:
    """A voice that counts."""
    return Voice(by=by, decision=decision, digest=SEEN, expires_at=NOW + timedelta(hours=1))


def who(some: list[Voice], decision: Decision, policy: Policy) -> frozenset[UUID]:
    return counting(some, decision, policy, digest=SEEN, now=NOW)


@given(st.lists(voices, max_size=12), st.sampled_from(Decision), policies)
def test_those_count_of_whom_one_voice_holds_and_each_once(
    some: list[Voice], decision: Decision, policy: Policy
) -> None:
    holds = {
        one.by
        for one in some
        if one.decision == decision
        and one.digest == SEEN
        and one.expires_at > NOW
        and one.is_eligible
        and not (one.is_principal and policy.excludes_principal(decision))
    }
    assert who(some, decision, policy) == holds


@given(st.lists(voices, max_size=5), st.sampled_from(Decision), policies)
def test_the_order_does_not_matter(some: list[Voice], decision: Decision, policy: Policy) -> None:
    assert len({who(list(order), decision, policy) for order in permutations(some)}) == 1


@given(st.lists(voices, max_size=12), st.sampled_from(Decision), policies)
def test_a_voice_said_twice_is_one(some: list[Voice], decision: Decision, policy: Policy) -> None:
    assert who(some + some, decision, policy) == who(some, decision, policy)


@given(st.lists(voices, max_size=30), st.sampled_from(Decision), policies, st.integers(1, 5))
def test_fewer_people_than_are_needed_never_decide_however_often_they_speak(
    some: list[Voice], decision: Decision, policy: Policy, number: int
) -> None:
    few = [one for one in some if one.by in PEOPLE[:number]]
    if number < policy.needs(decision):
        assert len(who(few, decision, policy)) < policy.needs(decision)


@given(st.lists(voices, max_size=12), policies)
def test_whoever_made_the_change_never_counts_where_it_takes_several(some: list[Voice], policy: Policy) -> None:
    made = [replace(one, is_principal=one.by == PEOPLE[0]) for one in some]
    for decision in Decision:
        if policy.needs(decision) > 1:
            assert PEOPLE[0] not in who(made, decision, policy)


@given(st.lists(voices, max_size=12), policies)
def test_one_decision_takes_nothing_from_the_other(some: list[Voice], policy: Policy) -> None:
    approving = [one for one in some if one.decision is Decision.APPROVE]
    assert who(some, Decision.APPROVE, policy) == who(approving, Decision.APPROVE, policy)


@pytest.mark.parametrize(
    ("applies_to", "to_approve", "to_reject"),
    [(AppliesTo.BOTH, 3, 3), (AppliesTo.APPROVE, 3, 1), (AppliesTo.REJECT, 1, 3)],
)
def test_a_policy_is_about_what_it_says(applies_to: AppliesTo, to_approve: int, to_reject: int) -> None:
    policy = Policy(needed=3, applies_to=applies_to)
    assert (policy.needs(Decision.APPROVE), policy.needs(Decision.REJECT)) == (to_approve, to_reject)


@pytest.mark.parametrize(
    ("policy", "excluded"),
    [
        (NO_POLICY, False),
        (Policy(needed=1), True),
        (Policy(needed=1, exclude_principal=False), False),
        (Policy(needed=2, exclude_principal=False), True),
        (Policy(needed=2, applies_to=AppliesTo.REJECT), False),
    ],
)
def test_when_whoever_made_the_change_may_not_approve(policy: Policy, excluded: bool) -> None:
    assert policy.excludes_principal(Decision.APPROVE) is excluded


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"digest": OTHER}, Lapsed.DIFFERENCE),
        ({"expires_at": NOW}, Lapsed.EXPIRED),
        ({"is_eligible": False}, Lapsed.ROLE),
        ({"is_principal": True}, Lapsed.PRINCIPAL),
    ],
)
def test_why_a_voice_does_not_count(change: dict[str, object], why: Lapsed | None) -> None:
    voice = replace(said(), **change)  # type: ignore[arg-type] # one field each
    assert lapse_of(voice, Policy(needed=2), digest=SEEN, now=NOW) is why


def test_a_voice_counts_until_its_hours_are_over() -> None:
    expires = expiry_of(Policy(needed=2, expires_hours=72), NOW)
    voice = replace(said(), expires_at=expires)
    last = timedelta(hours=72) - timedelta(microseconds=1)
    assert lapse_of(voice, Policy(needed=2), digest=SEEN, now=NOW + last) is None
    assert lapse_of(voice, Policy(needed=2), digest=SEEN, now=expires) is Lapsed.EXPIRED
