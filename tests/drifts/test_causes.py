"""Which open drifts share a cause, and how it reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from drifts.cause_words import sentence_of
from drifts.causes import Cause, FirstShown, Group, OpenDrift, groups_of
from drifts.findings import Kind, Severity
from drifts.transitions import Status

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
OTHER_ACCOUNT = UUID("01890a5d-ac96-774b-bcce-b302099a8058")


def drift(number: int, *, stack: int = 1, **more: Any) -> OpenDrift:
    values: dict[str, Any] = {
        "id": UUID(int=number),
        "stack_id": UUID(int=1000 + stack),
        "stack": f"stack-{stack}",
        "environment": "prod",
        "provider_type": "aws_instance",
        "kind": Kind.MODIFIED,
        "status": Status.DETECTED,
        "severity": Severity.LOW,
        "cost": None,
        "detected_at": NOON + timedelta(minutes=number),
        "difference_digest": bytes(32),
    }
    return OpenDrift(**values | more)


def only(*some: OpenDrift) -> Group:
    (group,) = groups_of(some)
    return group


def said(*some: OpenDrift, after: timedelta = timedelta(days=3, hours=1)) -> str:
    return sentence_of(only(*some), now=NOON + after)


def test_the_same_change_of_resources_of_several_stacks_is_one_group() -> None:
    digests = {"tags.CostCenter": "aa"}
    some = [drift(number, stack=number % 4, attribute_digests=digests) for number in range(1, 32)]
    assert said(*some) == "31 drifts in 4 stacks: the same change of tags.CostCenter, first seen 3 days ago"


def test_two_drifts_of_one_stack_are_a_group_and_one_is_none() -> None:
    one, other = drift(1, attribute_digests={"size": "aa"}), drift(2, attribute_digests={"size": "aa"})
    assert said(one, other, after=timedelta(minutes=31)).startswith("2 drifts in 1 stack: the same change of size")
    assert groups_of([one]) == ()


def test_another_value_or_another_attribute_is_another_change() -> None:
    digests: list[dict[str, str]] = [{"size": "aa"}, {"size": "bb"}, {"weight": "aa"}]
    assert groups_of(drift(number, attribute_digests=one) for number, one in enumerate(digests, 1)) == ()


def test_where_in_a_list_it_stands_does_not_matter() -> None:
    one = drift(1, attribute_digests={"rule[0].port": "aa", "rule[4].port": "aa"})
    group = only(one, drift(2, attribute_digests={"rule[1].port": "aa"}))
    assert group.about == ("rule.port",)
    assert [member.id.int for member in group.members] == [1, 2]


def test_what_the_very_same_drifts_share_is_one_group_that_names_all_of_it() -> None:
    digests = dict.fromkeys(("tags.a", "tags.b", "tags.c", "tags.d", "tags_all.a"), "aa")
    some = [drift(number, attribute_digests=digests) for number in (1, 2)]
    assert "the same change of tags.a, tags.b, tags.c and 2 more," in said(*some)
    pair = [drift(number, attribute_digests={"tags.a": "aa", "tags_all.a": "aa"}) for number in (1, 2)]
    assert "the same change of tags.a and tags_all.a," in said(*pair)


@pytest.mark.parametrize("kind", [Kind.DELETED, Kind.UNMANAGED])
def test_what_is_gone_or_nobodys_has_no_change_in_common(kind: Kind) -> None:
    assert groups_of(drift(number, kind=kind, attribute_digests={"size": "aa"}) for number in (1, 2)) == ()


def test_a_drift_that_is_over_is_no_member() -> None:
    some = [drift(number, attribute_digests={"size": "aa"}) for number in (1, 2)]
    over = drift(3, status=Status.RESOLVED, attribute_digests={"size": "aa"})
    assert [one.id.int for one in only(*some, over).members] == [1, 2]


def test_one_principal_is_the_strongest_cause() -> None:
    role = "arn:aws:iam::123456789012:role/ops"
    some = [drift(number, stack=number, principal=role, attribute_digests={"size": "aa"}) for number in (1, 2)]
    group = only(*some)
    assert group.cause is Cause.PRINCIPAL
    assert said(*some) == f"2 drifts in 2 stacks: changed by {role}, first seen 3 days ago"


def test_a_drift_is_offered_in_every_group_that_it_belongs_to() -> None:
    some = [
        drift(1, principal="alice", attribute_digests={"size": "aa"}),
        drift(2, principal="alice", attribute_digests={"weight": "bb"}),
        drift(3, attribute_digests={"size": "aa"}),
    ]
    assert [(one.cause, [member.id.int for member in one.members]) for one in groups_of(some)] == [
        (Cause.PRINCIPAL, [1, 2]),
        (Cause.SAME_CHANGE, [1, 3]),
    ]


def test_a_version_step_brings_together_what_its_first_scan_showed_of_one_type() -> None:
    step = FirstShown(NOON, "1.9.0", "1.8.5")
    some = [
        drift(1, first_shown=step, attribute_digests={"ebs_optimized": "aa"}),
        drift(
            2,
            stack=2,
            first_shown=FirstShown(NOON + timedelta(days=1), "1.9.0", "1.7.0"),
            attribute_digests={"ebs_optimized": "bb"},
        ),
        drift(3, first_shown=FirstShown(NOON, "1.9.0", "1.9.0"), attribute_digests={"ebs_optimized": "cc"}),
        drift(4, first_shown=step, provider_type="aws_vpc", attribute_digests={"ebs_optimized": "dd"}),
        drift(5, first_shown=FirstShown(NOON, "1.9.0", None), attribute_digests={"ebs_optimized": "ee"}),
    ]
    assert said(*some) == (
        "2 drifts in 2 stacks: ebs_optimized of aws_instance, first shown when the tool's version changed to 1.9.0, "
        "first seen 3 days ago"
    )


def by_provider(day: int, before: str = "5.30.0", now: str = "5.31.0") -> FirstShown:
    return FirstShown(NOON + timedelta(days=day), "1.9.0", "1.9.0", {"aws": (before, now)})


def test_a_step_of_the_provider_brings_together_what_its_first_scan_showed_of_one_type() -> None:
    some = [
        drift(number, stack=number, first_shown=by_provider(number), attribute_digests={"ingress[0].port": digest})
        for number, digest in enumerate(("aa", "bb", "cc"), 1)
    ]
    others = [
        drift(4, first_shown=by_provider(4, "5.31.0", "5.32.0"), attribute_digests={"ingress[0].port": "dd"}),
        drift(5, first_shown=FirstShown(NOON, "1.9.0", "1.9.0"), attribute_digests={"ingress[0].port": "ee"}),
        drift(
            6,
            provider_type="google_compute_firewall",
            first_shown=by_provider(6),
            attribute_digests={"ingress[0].port": "ff"},
        ),
    ]
    assert said(*some, *others) == (
        "3 drifts in 3 stacks: ingress.port of aws_instance, first shown when the provider aws changed "
        "from 5.30.0 to 5.31.0, first seen 3 days ago"
    )


def test_where_stacks_come_from_several_versions_the_sentence_names_the_new_one_alone() -> None:
    some = [
        drift(
            number,
            stack=number,
            first_shown=by_provider(number, f"5.{number}.0"),
            attribute_digests={"size": str(number)},
        )
        for number in (1, 2)
    ]
    assert "size of aws_instance, first shown when the provider aws changed to 5.31.0, first seen" in said(*some)


def test_a_step_of_the_provider_is_told_before_one_of_the_tool() -> None:
    both = FirstShown(NOON, "1.9.0", "1.8.5", {"aws": ("5.30.0", "5.31.0")})
    some = [drift(number, first_shown=both, attribute_digests={"size": str(number)}) for number in (1, 2)]
    assert only(*some).about == ("aws", "5.31.0", "aws_instance", "size")


def test_three_drifts_of_two_stacks_that_were_changed_within_a_quarter_of_an_hour_are_a_group() -> None:
    moments = [0, 7, 15]
    some = [drift(one + 1, stack=one % 2, changed_at=NOON + timedelta(minutes=one)) for one in moments]
    assert "changed between 2026-11-01 12:00 and 12:15 UTC" in said(*some)


@pytest.mark.parametrize("minutes", [(0, 7, 16), (0, 7), (0, 30, 60)])
def test_what_lies_further_apart_or_is_fewer_is_none(minutes: tuple[int, ...]) -> None:
    some = [drift(one + 1, stack=one % 2, changed_at=NOON + timedelta(minutes=one)) for one in minutes]
    assert groups_of(some) == ()


def test_a_window_of_one_stack_is_just_a_scan() -> None:
    assert groups_of(drift(number, changed_at=NOON) for number in (1, 2, 3)) == ()


def test_where_nobody_knows_when_it_was_changed_the_sentence_says_so() -> None:
    shown = FirstShown(NOON, "", "")
    some = [drift(number, stack=number % 2, first_shown=shown) for number in (1, 2, 3)]
    assert "first shown by scans at 2026-11-01 12:00 UTC that earlier scans did not show" in said(*some)
    assert "when they were changed is not known" in said(*some)


def test_the_first_scans_of_stacks_say_nothing_of_when_it_was_changed() -> None:
    shown = FirstShown(NOON, "1.9.0", None)
    assert groups_of(drift(number, stack=number % 2, first_shown=shown) for number in (1, 2, 3)) == ()


def test_an_id_is_of_the_cause_and_the_account() -> None:
    some = [drift(number, attribute_digests={"size": "aa"}) for number in (1, 2, 3)]
    whole, part = only(*some), only(*some[1:])
    account = UUID(int=7)
    assert whole.id_in(account) == part.id_in(account)
    assert whole.id_in(account) != whole.id_in(OTHER_ACCOUNT)
    others = only(*(drift(number, attribute_digests={"size": "bb"}) for number in (1, 2)))
    assert others.id_in(account) != whole.id_in(account)


def test_the_digest_of_the_members_tells_another_member_and_another_difference() -> None:
    some = [drift(number, attribute_digests={"size": "aa"}) for number in (1, 2, 3)]
    moved = [*some[:2], drift(3, attribute_digests={"size": "aa"}, difference_digest=b"x" * 32)]
    assert len({only(*some).member_digest, only(*some[:2]).member_digest, only(*moved).member_digest}) == 3


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=70), "just now"),
        (timedelta(minutes=2), "1 minute ago"),
        (timedelta(hours=5), "4 hours ago"),
        (timedelta(days=1, minutes=1), "1 day ago"),
    ],
)
def test_its_age_is_told_in_the_largest_unit(age: timedelta, words: str) -> None:
    some = [drift(number, attribute_digests={"size": "aa"}) for number in (1, 2)]
    assert said(*some, after=age).endswith(f", first seen {words}")
