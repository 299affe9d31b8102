"""Messages that have waited put on their way: their channel was enabled again, or their job was lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q
from procrastinate.contrib.django.models import ProcrastinateJob

from alerts.actions.delivery_queue import defer_deliveries, lock_of
from alerts.models import Channel, Delivery
from audit.journal import Writer

MOST = 500
"""Put on their way at once; the others follow minute by minute."""
RESTED = Q(next_try_at__gt=F("due_at"))
"""Put off after it was due: its channel rested. What waits for quiet hours to end is due when they do."""


def release(w: Writer, channel: Channel) -> None:
    """Have what waits for a channel sent from now on, for a whole day again; what waits for quiet hours to end does so.

    Args:
        w: The open journal.
        channel: The channel, locked and enabled.
    """
    waiting = Delivery.objects.pending().filter(channel_id=channel.pk, leased_until=None)
    held = waiting.filter(Q(next_try_at__lte=w.now) | Q(tries__gt=0) | RESTED)
    held.update(due_at=w.now, next_try_at=w.now, tries=0)
    defer_waiting(list(waiting.filter(next_try_at__lte=w.now).order_by("id")[:MOST]), now=w.now)


def release_rested(w: Writer, channel_id: UUID) -> None:
    """Have what has waited for a channel's rest to end sent now. What was tried in vain keeps its own time.

    Args:
        w: The open journal.
        channel_id: The channel, locked.
    """
    waiting = Delivery.objects.pending().filter(channel_id=channel_id, channel__is_enabled=True, leased_until=None)
    rested = waiting.filter(RESTED, tries=0, next_try_at__gt=w.now).select_for_update(skip_locked=True, of=("self",))
    if Delivery.objects.filter(pk__in=rested.values("pk")).update(next_try_at=w.now):
        defer_waiting(list(waiting.filter(next_try_at=w.now).order_by("id")[:MOST]), now=w.now)


def defer_waiting(deliveries: Sequence[Delivery], *, now: datetime) -> int:
    """Put jobs for deliveries into the queue, but for those that have one waiting there.

    Args:
        deliveries: Those to send.
        now: The time.

    Returns:
        How many.
    """
    locks = {lock_of(one): one for one in deliveries}
    there = ProcrastinateJob.objects.filter(status="todo", queueing_lock__in=list(locks))
    for lock in there.values_list("queueing_lock", flat=True):
        del locks[lock]
    return defer_deliveries(locks.values(), now=now)
