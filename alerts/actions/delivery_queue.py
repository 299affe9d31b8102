"""The queue of messages, filled by the transaction that is their cause: none is lost, and none is about a rollback."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from alerts.models import Delivery
from audit.journal import Writer
from driftsentry.api.jobs import Errand, defer_all

DELIVER = "alerts.tasks.deliver"
BATCH = 500


def enqueue(w: Writer, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Keep deliveries and have workers send each at its `next_try_at`, in the writer's transaction.

    Whoever has been told of a delivery's `key` before is not told again: such a delivery is left out.

    Args:
        w: The open journal.
        deliveries: New ones, with `channel` or `recipient`, `medium`, `key`, `type`, `message` and `next_try_at`.

    Returns:
        Those that were kept.
    """
    if not deliveries:
        return []
    ordered = sorted(deliveries, key=lambda one: (one.key, str(one.channel_id or one.recipient_id)))
    for one in ordered:
        one.account_id, one.created_at = w.account_id, w.now
        one.due_at = one.next_try_at = one.next_try_at or w.now
    Delivery.objects.bulk_create(ordered, batch_size=BATCH, ignore_conflicts=True)
    ids = [one.pk for one in ordered]
    kept = set(Delivery.objects.for_account(w.account_id).filter(pk__in=ids).values_list("pk", flat=True))
    made = [one for one in ordered if one.pk in kept]
    defer_deliveries(made, now=w.now)
    return made


def defer_deliveries(deliveries: Iterable[Delivery], *, now: datetime) -> int:
    """Have workers send deliveries, each at its `next_try_at`.

    Args:
        deliveries: Those to send.
        now: The time.

    Returns:
        How many.

    Raises:
        AlreadyEnqueued: One of them waits for a worker already.
    """
    return defer_all(
        DELIVER,
        [
            Errand(
                args={"account_id": str(one.account_id), "delivery_id": str(one.pk)},
                queueing_lock=lock_of(one),
                at=one.next_try_at if one.next_try_at and one.next_try_at > now else None,
            )
            for one in deliveries
        ],
    )


def lock_of(delivery: Delivery) -> str:
    """What keeps a second job for the same try of a delivery out of the queue.

    Args:
        delivery: The delivery.
    """
    at = delivery.next_try_at
    return f"delivery {delivery.pk} {at.timestamp() if at else ''}"


def again(delivery: Delivery, *, now: datetime) -> None:
    """Have a worker send a delivery at its `next_try_at`, unless a job for it waits already.

    Args:
        delivery: The delivery.
        now: The time.
    """
    with suppress(AlreadyEnqueued), transaction.atomic():
        defer_deliveries([delivery], now=now)
