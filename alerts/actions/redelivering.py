"""Messages sent once more: those that were given up or cancelled, and those that a person wants to see again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from alerts.actions.channel_health import locked_channel
from alerts.actions.delivery_queue import again
from alerts.actions.releasing import defer_waiting
from alerts.channel_facts import DeadRedelivered, DeliveryRedelivered
from alerts.models import Channel, Delivery
from audit import journal
from audit.actors import Actor
from driftsentry.api.errors import Conflict, NotFound

MOST = 500
"""Sent once more at once."""
DISABLED = "The channel is disabled: mend it, test it and enable it first."


@dataclass(frozen=True, slots=True)
class Redelivered:
    """What became of a channel's dead.

    Attributes:
        redelivered: How many are sent once more.
        left: How many are still dead.
    """

    redelivered: int
    left: int


def redeliver(account_id: UUID, delivery_id: UUID, *, by: Actor) -> Delivery:
    """Send a message once more, under the same id, for a day. One that is still to be sent stays as it is.

    Args:
        account_id: The tenant.
        delivery_id: The delivery.
        by: Who does it.

    Raises:
        NotFound: There is no such delivery, or it is somebody else's alone.
        Conflict: Its channel is disabled.
    """
    with journal.writing(account_id, by=by) as w:
        rows = Delivery.objects.seen_by(account_id, by.user_id)
        delivery = rows.select_for_update().filter(pk=delivery_id).first()
        if delivery is None:
            raise NotFound
        if delivery.status == Delivery.Statuses.PENDING:
            return delivery
        disabled = Channel.objects.for_account(account_id).filter(is_enabled=False)
        if delivery.channel_id is not None and disabled.filter(pk=delivery.channel_id).exists():
            raise Conflict(DISABLED)
        before, delivery.status = delivery.status, Delivery.Statuses.PENDING
        delivery.due_at = delivery.next_try_at = w.now
        delivery.tries, delivery.finished_at = 0, None
        delivery.save(update_fields=["status", "due_at", "next_try_at", "tries", "finished_at"])
        again(delivery, now=w.now)
        w.record(
            DeliveryRedelivered(id=delivery.pk, channel_id=delivery.channel_id, type=delivery.type, before=str(before))
        )
    return delivery


def redeliver_dead(account_id: UUID, channel_id: UUID, *, by: Actor) -> Redelivered:
    """Send once more what a channel had not taken, the oldest first, at most `MOST`.

    Args:
        account_id: The tenant.
        channel_id: The channel.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such channel.
        Conflict: It is disabled.
    """
    with journal.writing(account_id, by=by) as w:
        channel = locked_channel(account_id, channel_id)
        if channel is None:
            raise NotFound
        if not channel.is_enabled:
            raise Conflict(DISABLED)
        dead = Delivery.objects.for_account(account_id).filter(channel=channel, status=Delivery.Statuses.DEAD)
        some = list(dead.select_for_update().order_by("id")[:MOST])
        Delivery.objects.filter(pk__in=[one.pk for one in some]).update(
            status=Delivery.Statuses.PENDING, due_at=w.now, next_try_at=w.now, tries=0, finished_at=None
        )
        for one in some:
            one.next_try_at = w.now
        defer_waiting(some, now=w.now)
        if some:
            w.record(DeadRedelivered(id=channel.pk, name=channel.name, deliveries=len(some)))
        return Redelivered(redelivered=len(some), left=dead.count())
