"""When a message is tried again: ever later, never all at once, for a day."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from alerts.retries import LONGEST_ASKED, LONGEST_REST, MOST_TRIES, PATIENCE, SHORTEST_REST, next_try, rest

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def tries(part: float) -> list[datetime]:
    """Every time at which a message is tried that nobody ever takes."""
    found = [NOON]
    while len(found) <= MOST_TRIES:
        at = next_try(tries=len(found), due_at=NOON, now=found[-1], part=part, asked=None)
        if at is None:
            return found
        found.append(at)
    raise AssertionError("it does not end")


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_a_message_is_tried_ever_later_and_for_the_last_time_after_a_day(part: float) -> None:
    found = tries(part)
    waits = [after - before for before, after in pairwise(found)]
    assert 10 < len(found) < MOST_TRIES
    assert waits[:-1] == sorted(waits[:-1])
    assert waits[0] <= timedelta(seconds=30)
    assert found[-1] - NOON == PATIENCE


def test_those_who_fail_together_do_not_come_back_together() -> None:
    soon, late = (next_try(tries=3, due_at=NOON, now=NOON, part=part, asked=None) for part in (0.0, 1.0))
    assert soon == NOON + timedelta(minutes=8)
    assert late == NOON + timedelta(minutes=10)


def test_what_a_receiver_asks_for_is_followed_within_bounds() -> None:
    def after(asked: timedelta) -> timedelta:
        at = next_try(tries=1, due_at=NOON, now=NOON, part=1.0, asked=asked)
        assert at is not None
        return at - NOON

    assert after(HOUR) == HOUR
    assert after(timedelta(seconds=1)) == timedelta(seconds=30)
    assert after(timedelta(days=300)) == LONGEST_ASKED
    assert after(-HOUR) == timedelta(seconds=30)


def test_one_whose_senders_end_again_and_again_is_given_up() -> None:
    assert next_try(tries=MOST_TRIES, due_at=NOON, now=NOON, part=1.0, asked=None) is None


def test_a_channel_rests_the_longer_the_longer_it_fails() -> None:
    def rested(failing: timedelta, asked: timedelta | None = None) -> timedelta:
        return rest(failing_since=NOON - failing, now=NOON, asked=asked) - NOON

    assert rested(timedelta()) == SHORTEST_REST
    assert rested(timedelta(minutes=20)) == timedelta(minutes=5)
    assert rested(10 * HOUR) == LONGEST_REST
    assert rested(timedelta(), HOUR) == HOUR
