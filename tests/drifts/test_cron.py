"""Schedules: five fields in UTC, and a spread that is always the same for a stack."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts import cron
from drifts.cron import BadSchedule

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SCHEDULES = ["* * * * *", "*/5 * * * *", "0 3 * * *", "30 4 * * 1-5", "0 0 1 * *", "15 2 29 2 *", "0 6 * * MON#1"]
STACKS = st.builds(lambda data: UUID(bytes=data), st.binary(min_size=16, max_size=16))
MOMENTS = st.integers(0, 1_000_000).map(
    lambda hours: NOON - timedelta(days=9000, hours=0.37) + timedelta(hours=hours % 700_000)
)


@pytest.mark.parametrize("given_as", ["0 3 * * *", " 0  3 * * *  ", "0\t3\t*\t*\t*"])
def test_a_schedule_is_kept_with_its_fields_one_space_apart(given_as: str) -> None:
    assert cron.normal(given_as) == "0 3 * * *"


@pytest.mark.parametrize("nothing", ["", "   "])
def test_no_schedule_is_none(nothing: str) -> None:
    assert cron.normal(nothing) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        "@daily",
        "0 3 * *",
        "0 0 3 * * *",
        "60 * * * *",
        "a b c d e",
        "*/0 * * * *",
        "0 0 30 2 *",
        "1- * * * *",
        "0 0 * * 9",
    ],
)
def test_what_is_no_schedule_or_never_due_is_refused(wrong: str) -> None:
    with pytest.raises(BadSchedule):
        cron.normal(wrong)


def test_it_is_due_in_utc_whatever_the_zone_of_the_moment() -> None:
    from zoneinfo import ZoneInfo

    assert cron.next_due("0 3 * * *", NOON.astimezone(ZoneInfo("Asia/Tokyo"))) == NOON + timedelta(hours=15)


@given(st.sampled_from(SCHEDULES), MOMENTS, STACKS)
def test_a_run_comes_after_its_moment_and_at_most_a_tenth_of_the_interval_late(
    schedule: str, after: datetime, stack: UUID
) -> None:
    due = cron.next_due(schedule, after)
    interval = cron.next_due(schedule, due) - due
    run = cron.next_run(schedule, after, stack)
    assert after < due <= run <= due + min(interval / 10, timedelta(minutes=5))


@given(st.sampled_from(SCHEDULES), MOMENTS, STACKS)
def test_after_a_run_that_was_in_time_comes_the_next_due_one(schedule: str, after: datetime, stack: UUID) -> None:
    first = cron.next_run(schedule, after, stack)
    second = cron.next_run(schedule, first, stack)
    due = cron.next_due(schedule, after)
    assert second >= cron.next_due(schedule, due)
    assert second - cron.jitter(stack, timedelta.max) <= cron.next_due(schedule, cron.next_due(schedule, due))


@given(st.sampled_from(SCHEDULES), MOMENTS, STACKS)
def test_a_run_that_came_with_the_next_tick_costs_none_of_the_runs_after_it(
    schedule: str, after: datetime, stack: UUID
) -> None:
    first = cron.next_run(schedule, after, stack)
    tick = first + timedelta(seconds=59)
    second = cron.run_after(schedule, first, tick, stack)
    assert second == cron.next_run(schedule, first, stack) or second > tick >= cron.next_run(schedule, first, stack)


def test_a_schedule_of_every_minute_is_kept_by_ticks_of_every_minute() -> None:
    for stack in (UUID(int=number << 96) for number in range(0, 2**32, 2**29)):
        set_for, runs = cron.next_run("* * * * *", NOON, stack), 0
        for minute in range(1, 61):
            tick = NOON + timedelta(minutes=minute, milliseconds=80)
            if set_for <= tick:
                set_for, runs = cron.run_after("* * * * *", set_for, tick, stack), runs + 1
        assert runs >= 59


def test_what_was_missed_for_days_is_not_made_up_run_by_run() -> None:
    stack, set_for = UUID(int=0), NOON - timedelta(days=3)
    assert cron.run_after("0 * * * *", set_for, NOON, stack) > NOON


def test_stacks_are_spread_and_each_keeps_its_place() -> None:
    hour = timedelta(hours=1)
    stacks = [uuid4() for _ in range(300)]
    late = [cron.jitter(stack, hour).total_seconds() for stack in stacks]
    assert [cron.jitter(stack, hour).total_seconds() for stack in stacks] == late
    assert 0 <= min(late) < 60
    assert 240 < max(late) <= 300
    assert len(set(late)) > 100


def test_two_runs_are_missed_at_the_second_due_time() -> None:
    assert cron.second_due("0 3 * * *", NOON) == NOON + timedelta(hours=39)
