"""Many stacks that are scanned at once are not as many digests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from tests.alerts.telling.channels import channel, message, told
from tests.drifts.scans import drifted, ingest, instance

NOON = datetime(2026, 3, 4, 12, 0, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def scanned(world: Any, number: int, drifts: int = 3) -> None:
    """A stack of its own is scanned, and has some drifts."""
    body = drifted(*(instance(f"aws_instance.n{number}x{one}") for one in range(drifts)))
    ingest(world, body, stack=f"stack-{number}")


def test_a_digest_that_follows_another_waits_for_the_minutes_end_and_grows(world: Any) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        team = channel(world, digest_above=2)
        for number in range(5):
            scanned(world, number)
        first, second = told(team)
        assert [message(one).title for one in (first, second)] == ["3 drifts in stack-0", "12 drifts in 4 stacks"]
        assert [one.next_try_at for one in (first, second)] == [NOON, NOON.replace(second=0) + MINUTE]
        clock.move_to(NOON + MINUTE)
        scanned(world, 5)
        *_, third = told(team)
        assert (message(third).title, third.next_try_at) == ("3 drifts in stack-5", NOON + MINUTE)


def test_what_is_told_one_by_one_never_waits(world: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        team = channel(world, digest_above=2)
        scanned(world, 0)
        scanned(world, 1, drifts=1)
        assert [one.next_try_at for one in told(team)] == [NOON, NOON]
