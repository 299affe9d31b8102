"""Eight workers at the same jobs: each message arrives once."""

import random
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from alerts.actions.delivering import deliver
from alerts.models import Attempt, Delivery
from driftsentry.api import tenancy
from tests.alerts.deliveries.told import put, unsent, webhook
from tests.alerts.receiver import Receiver
from tests.conftest import World

WORKERS = 8
MESSAGES = 120


def work_through(account_id: UUID, ids: Sequence[UUID], failures: list[BaseException]) -> None:
    """Do every job, in an order of one's own, as a worker does."""
    order = random.SystemRandom().sample(ids, len(ids))
    try:
        for ident in order:
            with tenancy.within(account_id):
                deliver(account_id, ident)
    except Exception as error:
        failures.append(error)
        raise
    finally:
        connection.close()


def test_each_message_arrives_once_whatever_worker_has_its_job(world: World, receiver: Receiver, settings: Any) -> None:
    settings.WORKER_CONCURRENCY = 2 * WORKERS  # a place for each, however slow the machine
    channels = [webhook(world.account.pk, receiver.url) for _ in range(3)]
    ids = [one.pk for one in put(world.account.pk, [unsent(channels[n % 3]) for n in range(MESSAGES)])]
    failures: list[BaseException] = []
    workers = [threading.Thread(target=work_through, args=(world.account.pk, ids, failures)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert failures == []
    assert not any(worker.is_alive() for worker in workers)
    assert Counter(one.headers["webhook-id"] for one in receiver.asked) == Counter(map(str, ids))
    assert set(Delivery.objects.values_list("status", "tries")) == {("delivered", 1)}
    assert Attempt.objects.count() == MESSAGES
