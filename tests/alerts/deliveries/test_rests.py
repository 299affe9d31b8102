"""What has waited for a channel's rest to end is sent once the channel is well again, the oldest first."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from procrastinate.contrib.django.models import ProcrastinateJob

from alerts.actions import delivering, releasing
from alerts.actions.channels import change_channel
from alerts.actions.sending_out import Outcome, Parcel
from alerts.actions.testing import send_test
from alerts.models import Channel, Delivery
from alerts.sending.base import Meaning
from tests.accounts.mailbox import forget_jobs, jobs
from tests.alerts.deliveries.told import SYSTEM, sent, told, webhook
from tests.conftest import World

URL = "https://hooks.example/in"
BUSY = Outcome(Meaning.AGAIN, "It answers with 429.", 429, wait=timedelta(hours=4))
WELL = Outcome(Meaning.DELIVERED, "It took it.", 200)
MINUTE = timedelta(minutes=1)


class Receiver:
    """Who is told.

    Attributes:
        outcome: What each try comes to.
        got: What it was sent, in order.
    """

    def __init__(self) -> None:
        self.outcome = BUSY
        self.got: list[Any] = []

    def send(self, parcel: Parcel) -> Outcome:
        """Take a message."""
        self.got.append(parcel.id)
        return self.outcome


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """Asks to be left alone for four hours."""
    one = Receiver()
    monkeypatch.setattr(delivering, "send", one.send)
    return one


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(datetime(2026, 3, 3, 12, tzinfo=UTC), tick=False) as one:
        yield one


@pytest.fixture
def resting(world: World, receiver: Receiver, clock: Any) -> Channel:
    """A channel that rests, with a message that was tried and two that wait; a minute later."""
    channel = webhook(world.account.pk, URL)
    sent(told(channel))
    sent(told(channel))
    sent(told(channel))
    assert {one.next_try_at - one.due_at >= timedelta(hours=4) for one in pending(channel)} == {True}
    receiver.got.clear()
    forget_jobs()
    clock.shift(MINUTE)
    return channel


def pending(channel: Channel) -> list[Any]:
    return list(Delivery.objects.pending().filter(channel=channel).order_by("id"))


def work_off() -> None:
    """Do the jobs that wait for no time, in their order."""
    for job in ProcrastinateJob.objects.filter(scheduled_at=None, task_name="alerts.tasks.deliver").order_by("id"):
        delivering.deliver(job.args["account_id"], job.args["delivery_id"])


@pytest.mark.parametrize(
    "changes",
    [[{"secrets": {"url": "https://hooks.example/mended"}}], [{"is_enabled": False}, {"is_enabled": True}]],
    ids=["mended", "enabled"],
)
def test_a_channel_that_is_mended_or_enabled_gets_all_that_has_waited_in_its_order(
    resting: Channel, receiver: Receiver, changes: list[dict[str, Any]]
) -> None:
    receiver.outcome = WELL
    waiting = [one.pk for one in pending(resting)]
    for change in changes:
        change_channel(resting.account_id, resting.pk, values=change, by=SYSTEM)
    work_off()
    assert (receiver.got, pending(resting)) == (waiting, [])


def test_a_success_ends_the_rest_of_what_was_not_tried_and_what_was_keeps_its_time(
    resting: Channel, receiver: Receiver
) -> None:
    receiver.outcome = WELL
    tried, *waiting = pending(resting)
    send_test(resting.account_id, resting.pk, by=SYSTEM)
    receiver.got.clear()
    work_off()
    assert receiver.got == [one.pk for one in waiting]
    assert pending(resting) == [tried]
    again = Delivery.objects.get(pk=tried.pk)
    assert (again.next_try_at, again.tries) == (tried.next_try_at, 1)


def test_what_waits_for_quiet_hours_to_end_does_so(resting: Channel, receiver: Receiver, clock: Any) -> None:
    receiver.outcome = WELL
    morning = datetime(2026, 3, 4, 7, tzinfo=UTC)
    held = told(resting, next_try_at=morning)
    forget_jobs()
    send_test(resting.account_id, resting.pk, by=SYSTEM)
    change_channel(resting.account_id, resting.pk, values={"secrets": {"url": "https://hooks.example/2"}}, by=SYSTEM)
    work_off()
    assert [(one.pk, one.next_try_at) for one in pending(resting)] == [(held.pk, morning)]


def test_few_are_put_on_their_way_at_once_and_the_others_are_due(
    resting: Channel, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releasing, "MOST", 1)
    receiver.outcome = WELL
    send_test(resting.account_id, resting.pk, by=SYSTEM)
    assert len(jobs("alerts.tasks.deliver")) == 1
    _, *waiting = pending(resting)
    assert {one.next_try_at - one.due_at for one in waiting} == {MINUTE}


def test_a_test_that_fails_is_no_try_that_keeps_a_channel_failing(world: World, receiver: Receiver, clock: Any) -> None:
    channel = webhook(world.account.pk, URL)
    receiver.outcome = Outcome(Meaning.REFUSED, "It answers with 413.", 413)
    assert sent(told(channel)).status == "dead"
    clock.shift(timedelta(days=3))
    receiver.outcome = Outcome(Meaning.AGAIN, "It answers with 503.", 503)
    send_test(world.account.pk, channel.pk, by=SYSTEM)
    clock.shift(MINUTE)
    assert sent(told(channel)).status == "pending"
    channel.refresh_from_db()
    assert channel.is_enabled
    assert channel.failing_since == datetime(2026, 3, 6, 12, 1, tzinfo=UTC)
