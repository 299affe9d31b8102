"""What waits for the end of a channel's quiet hours, or of a busy minute: few as they are, many as one that grows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from uuid import UUID

from alerts.actions.composing import Address, digest_delivery, each
from alerts.actions.delivery_ends import cancel
from alerts.digests import Digest, digest_in, digest_of
from alerts.messages import digest_message, items_of
from alerts.models import Channel, Delivery
from alerts.occasions import Occasion, Type
from alerts.sending.message import Message
from audit.journal import Writer

IN_A_DIGEST = "It is told in one message with others that waited with it."


def hold(w: Writer, channel: Channel, occasions: Sequence[Occasion], to: Address) -> list[Delivery]:
    """Keep what a channel is to be told when its quiet hours end; what waits there already may become part of a digest.

    Args:
        w: The open journal.
        channel: The channel.
        occasions: What there is to tell.
        to: Where it goes, and until when it waits.

    Returns:
        The deliveries that are new.
    """
    # Two that hold: one after the other. A channel that was removed meanwhile is left to the caller.
    Channel.objects.select_for_update(no_key=True).only("pk").filter(pk=channel.pk).first()
    rows = Delivery.objects.pending().filter(channel_id=channel.pk, next_try_at=to.at, tries=0, leased_until=None)
    waiting = list(rows.exclude(type=Type.TEST).select_for_update(skip_locked=True).order_by("id"))
    grown = next((one for one in waiting if one.type == Type.DIGEST), None)
    if grown is None and len(waiting) + len(occasions) <= channel.digest_above:
        return [each(one, to) for one in occasions]
    others = [one for one in waiting if one is not grown]
    parts = [_part(one) for one in ([grown] if grown else []) + others]
    whole = reduce(add, parts, Digest()) + digest_of(occasions, items_of(occasions))
    for one in others:
        cancel(w, one, IN_A_DIGEST)
    if grown is None:
        return [digest_delivery(whole, to)]
    _grow(grown, whole, to, grown.pk)
    return []


def _part(delivery: Delivery) -> Digest:
    message = Message.read(delivery.message)
    return digest_in(message, (message.data or {}).get("stack", ""))


def _grow(delivery: Delivery, whole: Digest, to: Address, ident: UUID) -> None:
    message = digest_message(whole, ident, account=to.account, at=to.happened)
    delivery.message, delivery.severity = message.stored(), message.severity
    delivery.save(update_fields=["message", "severity"])
