"""A test message, sent while somebody waits for what comes of it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.models import Account
from alerts.actions.channel_health import locked_channel
from alerts.actions.claiming import LEASE, claim_of
from alerts.actions.delivering import carry_out
from alerts.channel_facts import ChannelTested
from alerts.models import Delivery
from alerts.occasions import Type
from alerts.sending.message import Message
from audit import journal
from audit.actors import Actor
from audit.facts import iso
from audit.journal import Writer
from driftsentry.api.errors import NotFound
from driftsentry.api.ids import new_id

SECONDS = 10.0
"""Most seconds that somebody waits."""


def send_test(account_id: UUID, channel_id: UUID, *, by: Actor) -> Delivery:
    """Send a test message now, once, whether the channel is enabled or not; what comes of it is on the delivery.

    Args:
        account_id: The tenant.
        channel_id: The channel.
        by: Who does it.

    Returns:
        The delivery, over.

    Raises:
        NotFound: The tenant has no such channel.
    """
    with journal.writing(account_id, by=by) as w:
        channel = locked_channel(account_id, channel_id)
        if channel is None:
            raise NotFound
        delivery = Delivery(id=new_id(), account_id=account_id, channel=channel, medium=channel.kind, type=Type.TEST)
        delivery.key, delivery.message = f"test:{delivery.pk}", _message(w, delivery, channel.name).stored()
        delivery.created_at = delivery.due_at = w.now
        delivery.leased_until = delivery.next_try_at = w.now + LEASE
        delivery.tries = 1
        delivery.save(force_insert=True)
        w.record(ChannelTested(id=channel.pk, name=channel.name, delivery_id=delivery.pk))
    carry_out(claim_of(delivery, "", began=w.now), seconds=SECONDS)
    found = Delivery.objects.for_account(account_id).filter(pk=delivery.pk).first()
    if found is None:
        raise NotFound  # somebody has deleted the channel meanwhile
    return found


def _message(w: Writer, delivery: Delivery, name: str) -> Message:
    page = reverse("admin:alerts_channel_change", args=[delivery.channel_id])
    return Message(
        id=str(delivery.pk),
        type=Type.TEST,
        severity="",
        title=f"Test message to {name}",
        text="Somebody wanted to see whether messages arrive here. They do.",
        link=f"{settings.PUBLIC_URL}{page}",
        at=iso(w.now),
        account=Account.objects.get(pk=w.account_id).name,
        episode="",
        data={"channelId": str(delivery.channel_id)},
    )
