"""What becomes of a message: each try is noted, and in the end it was delivered, given up or cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from alerts.channel_facts import DeliveryGivenUp
from alerts.counters import DELIVERIES
from alerts.models import Attempt, Delivery
from audit.journal import Writer

ENDED = ("status", "next_try_at", "leased_until", "finished_at", "last_status", "last_answer")


@dataclass(frozen=True, slots=True)
class Try:
    """One try.

    Attributes:
        outcome: What it came to.
        words: The same for a person; no secret.
        at: When it began.
        took: How long it took.
        status: The answer's HTTP status, if one came.
    """

    outcome: Attempt.Outcomes
    words: str
    at: datetime
    took: timedelta
    status: int | None = None


def note_try(delivery: Delivery, one: Try) -> Attempt:
    """Keep a try.

    Args:
        delivery: The delivery, locked.
        one: The try.
    """
    newest = Attempt.objects.filter(delivery=delivery).aggregate(newest=Max("number"))["newest"]
    return Attempt.objects.create(
        account_id=delivery.account_id,
        delivery=delivery,
        number=(newest or 0) + 1,
        at=one.at,
        took_ms=round(one.took.total_seconds() * 1000),
        outcome=one.outcome,
        status_code=one.status,
        answer=one.words,
    )


def finish(w: Writer, delivery: Delivery, status: Delivery.Statuses) -> None:
    """End a delivery.

    Args:
        w: The open journal.
        delivery: The delivery, locked.
        status: How.
    """
    delivery.status, delivery.finished_at = status, w.now
    delivery.next_try_at = delivery.leased_until = None
    delivery.save(update_fields=ENDED)


def give_up(w: Writer, delivery: Delivery, reason: str) -> None:
    """End a delivery that could not be made: it is dead, and people can see it and have it sent once more.

    Args:
        w: The open journal.
        delivery: The delivery, locked.
        reason: Why, in words without a secret.
    """
    delivery.last_answer = reason
    finish(w, delivery, Delivery.Statuses.DEAD)
    w.record(
        DeliveryGivenUp(
            id=delivery.pk,
            channel_id=delivery.channel_id,
            medium=delivery.medium,
            type=delivery.type,
            tries=delivery.tries,
            drift_id=delivery.drift_id,
            reason=reason,
        )
    )
    _count(delivery, "dead")


def cancel(w: Writer, delivery: Delivery, reason: str) -> None:
    """End a delivery that nobody is to be told of any more.

    Args:
        w: The open journal.
        delivery: The delivery, locked.
        reason: Why, in words.
    """
    delivery.last_answer = reason
    finish(w, delivery, Delivery.Statuses.CANCELLED)
    _count(delivery, "cancelled")


def _count(delivery: Delivery, outcome: str) -> None:
    transaction.on_commit(lambda: DELIVERIES.labels(channel=delivery.medium, outcome=outcome).inc())
