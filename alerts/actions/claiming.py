"""Which worker sends a message: it takes the delivery for as long as that may take, and nobody else sends it then."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from alerts.actions.delivery_ends import Try, cancel, give_up, note_try
from alerts.actions.delivery_queue import again
from alerts.actions.places import Place
from alerts.models import Attempt, Channel, Delivery, Medium
from alerts.occasions import ENDS, Type
from alerts.retries import MOST_TRIES
from audit import journal
from audit.actors import Actor
from audit.journal import Writer

SENDER = Actor.system("notifications")
LEASE = timedelta(minutes=2)
"""How long a worker that sends a message keeps others from it; more than sending may take."""
EARLY = timedelta(seconds=30)
"""How much the clocks of two machines may differ: a job that comes a little too early does its work."""
SPREAD_SECONDS = 20.0
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(seconds=30)
"""Between two looks whether what an end ends was sent."""
LONGEST_WAIT = timedelta(minutes=5)
"""Between two looks whether slow receivers leave a place: what waits for one may be thousands."""
LOST = "Whoever sent it ended before the answer was noted; it may have arrived."
WANTING = {
    Medium.EMAIL.value: Q(email_notifications=True),
    Medium.SLACK.value: Q(slack_integration=True),
}
"""Who wants to be told by a medium; by another one nobody is told alone."""
_random = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A delivery that a worker has taken.

    Attributes:
        account_id: The tenant.
        delivery_id: The delivery.
        channel_id: Where it goes; none: to a user alone.
        medium: How it travels.
        message: What it says, as stored.
        recipient: The user's address; '' for a channel.
        leased_until: Until when it is this worker's.
        began: When it was taken.
        is_test: Whether it is a test: tried once, and nobody's trouble.
    """

    account_id: UUID
    delivery_id: UUID
    channel_id: UUID | None
    medium: str
    message: dict[str, object]
    recipient: str
    leased_until: datetime
    began: datetime
    is_test: bool


def claim_delivery(account_id: UUID, delivery_id: UUID, place: Place | None = None) -> Claim | None:
    """Take a delivery that is due, for as long as sending it may take.

    Args:
        account_id: The tenant.
        delivery_id: The delivery.
        place: Of the worker; where slow receivers leave none, the delivery comes again soon.

    Returns:
        None: there is nothing to be sent now.
    """
    with journal.writing(account_id, by=SENDER) as w:
        rows = Delivery.objects.for_account(account_id).pending().select_for_update(skip_locked=True)
        delivery = rows.filter(pk=delivery_id).first()
        if delivery is None or not _is_due(delivery, w.now):
            return None
        if delivery.leased_until is not None:
            note_try(delivery, Try(Attempt.Outcomes.LOST, LOST, at=delivery.leased_until - LEASE, took=LEASE))
            if delivery.tries >= MOST_TRIES:
                give_up(w, delivery, LOST)
                return None
        recipient = _open_to(w, delivery)
        if recipient is None:
            return None
        if place is not None and not place.take(account_id, delivery.channel_id or delivery.medium):
            _postpone(delivery, w.now + _pause(delivery, w.now, LONGEST_WAIT))
            again(delivery, now=w.now)
            return None
        delivery.tries += 1
        delivery.leased_until = delivery.next_try_at = w.now + LEASE
        delivery.save(update_fields=["tries", "leased_until", "next_try_at"])
        return claim_of(delivery, recipient, began=w.now)


def claim_of(delivery: Delivery, recipient: str, *, began: datetime) -> Claim:
    """What a worker knows of a delivery that it has leased.

    Args:
        delivery: The delivery, leased.
        recipient: The user's address; '' for a channel.
        began: The time.

    Raises:
        ValueError: It is not leased.
    """
    if delivery.leased_until is None:
        raise ValueError("Lease it first.")
    return Claim(
        account_id=delivery.account_id,
        delivery_id=delivery.pk,
        channel_id=delivery.channel_id,
        medium=delivery.medium,
        message=delivery.message,
        recipient=recipient,
        leased_until=delivery.leased_until,
        began=began,
        is_test=delivery.type == Type.TEST,
    )


def _is_due(delivery: Delivery, now: datetime) -> bool:
    if delivery.leased_until is not None and delivery.leased_until > now:
        return False
    # What was due when it was made is due, also by a clock that has gone back since.
    return delivery.next_try_at is not None and delivery.next_try_at <= max(now, delivery.created_at) + EARLY


def _open_to(w: Writer, delivery: Delivery) -> str | None:
    """The address of whom it is for, '' for a channel; None where it is not to be sent now, or no more."""
    if delivery.channel_id is None:
        taking = User.objects.filter(
            WANTING.get(delivery.medium, Q(pk__in=[])), account_id=w.account_id, is_active=True, erased_at=None
        )
        found = taking.filter(pk=str(delivery.recipient_id)).values_list("email", flat=True).first()
        if found is None:
            cancel(w, delivery, "The user wants no such messages any more.")
        return found
    channel = Channel.objects.for_account(w.account_id).defer("secrets").get(pk=delivery.channel_id)
    if not channel.is_enabled and delivery.type != Type.TEST:
        return None  # it waits until somebody enables the channel again
    rest = _rest_of(channel, delivery, w.now)
    wait = rest or _begins_first(channel, delivery, w.now)
    if wait is None:
        return ""
    _postpone(delivery, wait)
    if rest is None:  # what waits for its channel is many, and is put on its way minute by minute
        again(delivery, now=w.now)
    return None


def _postpone(delivery: Delivery, until: datetime) -> None:
    delivery.next_try_at, delivery.leased_until = until, None
    delivery.save(update_fields=["next_try_at", "leased_until"])


def _pause(delivery: Delivery, now: datetime, longest: timedelta) -> timedelta:
    """Often it goes on in no time, and after a long wait a little longer is no matter."""
    return min(max((now - delivery.due_at) / 2, SHORTEST_PAUSE), longest)


def _begins_first(channel: Channel, delivery: Delivery, now: datetime) -> datetime | None:
    """Until when an end waits, as long as what it ends is still to be sent: a pager would open what it had closed."""
    about = {"drift_id": delivery.drift_id} if delivery.drift_id else {"alert_id": delivery.alert_id}
    if delivery.type not in ENDS or not any(about.values()):
        return None
    before = Delivery.objects.pending().filter(channel=channel, pk__lt=delivery.pk, **about)
    first = before.order_by("next_try_at").values_list("next_try_at", "leased_until").first()
    if first is None:
        return None
    begins, leased_until = first
    is_on_its_way = leased_until is not None and leased_until > now
    begun = now if is_on_its_way or begins is None else max(begins, now)
    return begun + _pause(delivery, now, LONGEST_PAUSE)


def _rest_of(channel: Channel, delivery: Delivery, now: datetime) -> datetime | None:
    """Until when a channel that fails is left alone; then one message after the other tries it, until one arrives."""
    if channel.resting_until is not None and channel.resting_until > now:
        return channel.resting_until + timedelta(seconds=_random.uniform(0, SPREAD_SECONDS))
    if channel.failing_since is None:
        return None
    others = Delivery.objects.pending().filter(channel_id=channel.pk, leased_until__gt=now).exclude(pk=delivery.pk)
    return now + timedelta(seconds=SPREAD_SECONDS) if others.exists() else None
