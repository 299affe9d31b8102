"""The laws of grouping: what must hold for any open drifts.

Order does not matter; a drift that shares nothing changes no group; only open drifts are members; nobody is alone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from drifts.causes import LEAST, Cause, FirstShown, Group, OpenDrift, groups_of
from drifts.findings import Kind, Severity
from drifts.transitions import OPEN, Status

START = datetime(2026, 11, 1, tzinfo=UTC)
ACCOUNT = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
MINUTES = st.integers(0, 90).map(lambda minutes: START + timedelta(minutes=minutes))
PATHS = st.sampled_from(["tags.owner", "tags.team", "ingress[0].port", "ingress[1].port", "size"])
STEPS = [{}, {"aws": ("5.30.0", "5.31.0")}, {"aws": ("5.29.0", "5.31.0"), "google": ("1.0.0", "1.1.0")}]
FIRST = st.builds(
    FirstShown,
    at=MINUTES,
    version=st.sampled_from(["", "1.9", "1.10"]),
    version_before=st.sampled_from([None, "1.9"]),
    provider_steps=st.sampled_from(STEPS),
)


@st.composite
def drifts(draw: st.DrawFn) -> list[OpenDrift]:
    """Some drifts, of which many share something."""
    return [draw(one) for one in DRIFTS[: draw(st.integers(0, len(DRIFTS)))]]


def _drift(number: int) -> st.SearchStrategy[OpenDrift]:
    return st.builds(
        OpenDrift,
        id=st.just(UUID(int=number + 1)),
        stack_id=st.sampled_from([UUID(int=1001), UUID(int=1002)]),
        stack=st.just("a stack"),
        environment=st.just("prod"),
        provider_type=st.sampled_from(["aws_instance", "aws_s3_bucket"]),
        kind=st.sampled_from([Kind.MODIFIED, Kind.MODIFIED, Kind.DELETED]),
        status=st.sampled_from([Status.DETECTED, Status.APPROVED, Status.RESOLVED]),
        severity=st.just(Severity.LOW),
        cost=st.none(),
        detected_at=MINUTES,
        difference_digest=st.just(bytes(32)),
        attribute_digests=st.dictionaries(PATHS, st.sampled_from(["aa", "bb"]), max_size=3),
        first_shown=st.none() | FIRST,
        principal=st.sampled_from([None, "alice", "bob"]),
        changed_at=st.none() | MINUTES,
    )


DRIFTS = [_drift(number) for number in range(8)]


def stranger() -> OpenDrift:
    """A drift that shares nothing with any of them."""
    long_after = START + timedelta(days=300)
    return OpenDrift(
        id=UUID(int=10**9),
        stack_id=UUID(int=2000),
        stack="elsewhere",
        environment="prod",
        provider_type="aws_vpc",
        kind=Kind.MODIFIED,
        status=Status.DETECTED,
        severity=Severity.LOW,
        cost=None,
        detected_at=long_after,
        difference_digest=bytes(32),
        attribute_digests={"cidr_block": "cc"},
        first_shown=FirstShown(long_after, "2.0", "1.10", {"aws": ("5.30.0", "5.31.0")}),
        principal="mallory",
        changed_at=long_after,
    )


def told(groups: tuple[Group, ...]) -> list[tuple[UUID, list[UUID]]]:
    """Each group's id and its members."""
    return [(group.id_in(ACCOUNT), [one.id for one in group.members]) for group in groups]


@given(drifts(), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(some: list[OpenDrift], random: Random) -> None:
    mixed = some + some[:3]
    random.shuffle(mixed)
    assert told(groups_of(mixed)) == told(groups_of(some))


@given(drifts())
def test_a_drift_that_shares_nothing_changes_no_group(some: list[OpenDrift]) -> None:
    assert groups_of([*some, stranger()]) == groups_of(some)


@given(drifts())
def test_members_are_open_and_known_and_never_alone(some: list[OpenDrift]) -> None:
    known = {one.id: one for one in some}
    for group in groups_of(some):
        assert len(group.members) >= LEAST
        assert len({one.id for one in group.members}) == len(group.members)
        assert all(one.status in OPEN and known[one.id] == one for one in group.members)


@given(drifts())
def test_no_two_groups_have_one_id_or_the_very_same_members(some: list[OpenDrift]) -> None:
    found = told(groups_of(some))
    assert len({ident for ident, _ in found}) == len(found)
    assert len({tuple(members) for _, members in found}) == len(found)


@given(drifts())
def test_each_member_shares_the_cause(some: list[OpenDrift]) -> None:
    for group in groups_of(some):
        for one in group.members:
            if group.cause is Cause.PRINCIPAL:
                assert one.principal == group.about[0]
            elif group.cause is not Cause.TIME_WINDOW:
                paths = {path.replace("[0]", "").replace("[1]", "") for path in one.attribute_digests}
                assert one.kind is Kind.MODIFIED
                assert set(group.about[3:] if group.cause is Cause.VERSION_STEP else group.about) <= paths


@given(drifts())
def test_each_member_of_a_version_step_was_first_shown_by_that_version(some: list[OpenDrift]) -> None:
    for group in groups_of(some):
        if group.cause is Cause.VERSION_STEP:
            provider, version, provider_type, *_ = group.about
            for one in group.members:
                assert one.first_shown is not None
                assert one.provider_type == provider_type
                if provider:
                    assert provider_type.startswith(provider)
                    assert one.first_shown.provider_steps[provider][1] == version
                else:
                    assert one.first_shown.is_step
                    assert one.first_shown.version == version


@given(drifts(), st.data())
def test_a_group_keeps_its_id_when_a_member_is_over(some: list[OpenDrift], data: st.DataObject) -> None:
    """As long as as many remain that share what it is known by; a window of time is known by its first moment."""
    groups = [one for one in groups_of(some) if one.cause is Cause.PRINCIPAL and len(one.members) > LEAST]
    if not groups:
        return
    group = data.draw(st.sampled_from(groups))
    gone = data.draw(st.sampled_from(group.members))
    assert group.id_in(ACCOUNT) in {one.id_in(ACCOUNT) for one in groups_of([one for one in some if one.id != gone.id])}
