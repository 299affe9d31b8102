"""Receivers that are slow to answer leave places to others, and healthy ones are not held back."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from alerts.actions import places as module
from alerts.actions.delivering import deliver
from alerts.actions.places import LATELY, SLOW, Place, Places
from alerts.models import Delivery
from driftsentry.api import tenancy
from tests.accounts.mailbox import forget_jobs, jobs
from tests.alerts.deliveries.told import attempts, due, put, sent, told, unsent, webhook
from tests.alerts.receiver import Receiver, Reply
from tests.conftest import World

ACME, OTHER = uuid4(), uuid4()


@dataclass
class Worker:
    """A worker of eight places, whose clock a test moves."""

    now: float = 1000.0
    places: Places = field(init=False)
    held: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.places = Places(lambda: self.now)

    def begin(self, account_id: UUID, receiver: UUID | str) -> Place | None:
        """Begin to send; None where there is no place."""
        place = self.held.enter_context(self.places.one())
        return place if place.take(account_id, receiver) else None

    def many(self, count: int, account_id: UUID, receiver: UUID | str) -> int:
        """How many of so many begin."""
        return sum(self.begin(account_id, receiver) is not None for _ in range(count))

    def end(self) -> None:
        """All of them end."""
        self.held.close()


@pytest.fixture
def worker(settings: Any) -> Iterator[Worker]:
    settings.WORKER_CONCURRENCY = 8
    one = Worker()
    yield one
    one.end()


def test_a_receiver_that_answers_at_once_may_have_every_place(worker: Worker) -> None:
    hook = uuid4()
    for _ in range(3):
        assert worker.many(8, ACME, hook) == 8
        worker.now += SLOW / 2
        worker.end()


def test_one_that_was_slow_gets_half_of_them_although_its_messages_begin_together(worker: Worker) -> None:
    hook = uuid4()
    assert worker.many(8, ACME, hook) == 8  # nobody knew
    for _ in range(3):
        worker.now += 20
        worker.end()
        assert worker.many(8, ACME, hook) == 4


def test_the_slow_ones_of_several_accounts_share_one_half_and_healthy_ones_are_not_held_back(worker: Worker) -> None:
    slow, other = uuid4(), uuid4()
    worker.begin(ACME, slow), worker.begin(OTHER, other)
    worker.now += SLOW
    worker.end()
    assert (worker.many(8, ACME, slow), worker.many(8, OTHER, other)) == (4, 0)
    assert worker.many(4, OTHER, uuid4()) == 4


def test_an_account_that_has_half_of_the_places_for_slow_ones_begins_nothing_more(worker: Worker) -> None:
    assert sum(worker.many(1, ACME, uuid4()) for _ in range(4)) == 4
    worker.now += SLOW
    assert worker.many(4, ACME, uuid4()) == 0
    worker.end()
    assert worker.many(4, ACME, uuid4()) == 4


def test_after_a_while_it_is_forgotten_that_one_was_slow(worker: Worker) -> None:
    hook = uuid4()
    worker.begin(ACME, hook)
    worker.now += SLOW
    worker.end()
    worker.now += LATELY
    assert worker.many(8, ACME, hook) == 8


def test_a_worker_of_one_place_sends_to_slow_ones_too(worker: Worker, settings: Any) -> None:
    settings.WORKER_CONCURRENCY = 1
    hook = uuid4()
    for _ in range(3):
        assert worker.begin(ACME, hook) is not None
        worker.now += SLOW
        worker.end()


@dataclass
class Holding:
    """A receiver that answers when a test lets it, and those who wait for it."""

    receiver: Receiver
    may_answer: threading.Event = field(default_factory=threading.Event)
    senders: list[threading.Thread] = field(default_factory=list)

    def ask(self, delivery: Delivery) -> None:
        """Send from a thread, and wait until the receiver is asked."""
        before = len(self.receiver.asked)
        self.senders.append(threading.Thread(target=self._deliver, args=(delivery,)))
        self.senders[-1].start()
        self.receiver.wait_for(before + 1)

    def answer(self) -> None:
        """Let it answer all of them."""
        self.may_answer.set()
        for one in self.senders:
            one.join(30)

    def _deliver(self, delivery: Delivery) -> None:
        try:
            with tenancy.within(delivery.account_id):
                deliver(delivery.account_id, delivery.pk)
        finally:
            connection.close()


@pytest.fixture
def holding(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Holding]:
    settings.WORKER_CONCURRENCY = 2
    monkeypatch.setattr(module, "SLOW", 0.0)  # whatever is being sent is slow
    one = Holding(receiver)
    receiver.choose = _held(one.may_answer)
    yield one
    one.answer()


def _held(may_answer: threading.Event) -> Callable[[Any], Reply]:
    def choose(asked: Any) -> Reply:
        if asked.path == "/hook":
            may_answer.wait(30)
        return Reply(200)

    return choose


def test_what_finds_no_place_comes_again_by_itself_within_seconds_and_was_not_tried(
    world: World, holding: Holding
) -> None:
    hook = webhook(world.account.pk, holding.receiver.url)
    first, second = put(world.account.pk, [unsent(hook), unsent(hook)])
    holding.ask(first)
    forget_jobs()
    second = sent(second)
    assert (second.status, second.tries, attempts(second)) == ("pending", 0, [])
    assert second.next_try_at is not None
    assert second.next_try_at - timezone.now() <= timedelta(seconds=30)
    assert [job["args"]["delivery_id"] for job in jobs("alerts.tasks.deliver")] == [str(second.pk)]
    other = told(webhook(world.other_account.pk, f"{holding.receiver.url}/other"))
    assert sent(other).status == "delivered"
    holding.answer()
    assert sent(due(second, timezone.now())).status == "delivered"


def test_what_has_waited_long_for_a_place_is_looked_at_less_often(world: World, holding: Holding) -> None:
    hook = webhook(world.account.pk, holding.receiver.url)
    first, old = put(world.account.pk, [unsent(hook), unsent(hook)])
    holding.ask(first)
    Delivery.objects.filter(pk=old.pk).update(due_at=timezone.now() - timedelta(hours=2))
    old = sent(old)
    assert old.next_try_at is not None
    assert timedelta(minutes=4) < old.next_try_at - timezone.now() <= timedelta(minutes=5)
