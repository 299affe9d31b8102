"""Messages sent once more: those that were given up or cancelled, and those that a person wants to see again.

What begins something that is over by now is not among them: it would open again what nothing closes any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from alerts.actions.channel_health import locked_channel
from alerts.actions.delivery_ends import cancel
from alerts.actions.delivery_queue import again
from alerts.actions.releasing import defer_waiting
from alerts.actions.told import about, begins, told_by
from alerts.channel_facts import DeadRedelivered, DeliveryRedelivered
from alerts.models import Channel, Delivery
from audit import journal
from audit.actors import Actor
from driftsentry.api.errors import Conflict, NotFound

MOST = 500
"""Sent once more at once."""
DISABLED = "The channel is disabled: mend it, test it and enable it first."
OVER = "What it tells of is over by now: sent once more, it would open that again."


@dataclass(frozen=True, slots=True)
class Redelivered:
    """What became of a channel's dead.

    Attributes:
        redelivered: How many are sent once more.
        over: How many were cancelled: what they tell of is over by now.
        left: How many are still dead.
    """

    redelivered: int
    over: int
    left: int


def redeliver(account_id: UUID, delivery_id: UUID, *, by: Actor) -> Delivery:
    """Send a message once more, under the same id, for a day. One that is still to be sent stays as it is.

    Args:
        account_id: The tenant.
        delivery_id: The delivery.
        by: Who does it.

    Raises:
        NotFound: There is no such delivery, or it is somebody else's alone.
        Conflict: Its channel is disabled, or it begins what is over by now: a drift, or scans that failed.
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
        if begins(delivery) and told_by([delivery]).select_for_update(no_key=True).first() is None:
            raise Conflict(OVER)
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
    """Send once more what a channel had not taken, the oldest first, at most `MOST`; tests are not among it.

    What begins something that is over by now is cancelled instead.

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
        dead = Delivery.objects.for_account(account_id).filter(channel=channel).given_up()
        lasting, over = _sorted(list(dead.select_for_update().order_by("id")[:MOST]))
        Delivery.objects.filter(pk__in=[one.pk for one in lasting]).update(
            status=Delivery.Statuses.PENDING, due_at=w.now, next_try_at=w.now, tries=0, finished_at=None
        )
        for one in lasting:
            one.next_try_at = w.now
        defer_waiting(lasting, now=w.now)
        for one in over:
            cancel(w, one, OVER)
        if lasting or over:
            w.record(DeadRedelivered(id=channel.pk, name=channel.name, deliveries=len(lasting), cancelled=len(over)))
        return Redelivered(redelivered=len(lasting), over=len(over), left=dead.count())


def _sorted(dead: Sequence[Delivery]) -> tuple[list[Delivery], list[Delivery]]:
    """Say which of a channel's messages may be sent once more, and which begin what is over by now.

    What somebody is just ending, or telling of again, is neither: it stays as it is.
    """
    told = told_by(dead)
    known = {about(one) for one in told}
    held = {about(one) for one in told.select_for_update(no_key=True, skip_locked=True)}
    lasting = [one for one in dead if not begins(one) or about(one) in held]
    return lasting, [one for one in dead if begins(one) and about(one) not in known]
