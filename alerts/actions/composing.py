"""Deliveries made of occasions: one each, or one of many. They are not saved yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alerts.digests import Digest, digest_of
from alerts.messages import digest_message, items_of, message_of
from alerts.models import Delivery
from alerts.occasions import Occasion
from alerts.sending.message import Message
from driftsentry.api.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where messages go, and how they are signed.

    Attributes:
        medium: How they travel.
        account: The tenant's name.
        happened: When what they tell happened.
        at: When they are sent.
        channel_id: The channel; or
        recipient_id: the user.
    """

    medium: str
    account: str
    happened: datetime
    at: datetime
    channel_id: UUID | None = None
    recipient_id: UUID | None = None


def compose(occasions: Sequence[Occasion], to: Address, *, above: int) -> list[Delivery]:
    """Make a message of each occasion, or one of all where they are more than some number.

    Args:
        occasions: What there is to tell.
        to: Where it goes.
        above: How many a receiver takes one by one.
    """
    if len(occasions) <= above:
        return [each(one, to) for one in occasions]
    scans = {one.scan_id for one in occasions}
    scan_id = scans.pop() if len(scans) == 1 else None
    return [digest_delivery(digest_of(occasions, items_of(occasions)), to, scan_id=scan_id)]


def each(one: Occasion, to: Address) -> Delivery:
    """Make a message of one occasion.

    Args:
        one: What there is to tell.
        to: Where it goes.
    """
    ident = new_id()
    message = message_of(one, ident, account=to.account, at=to.happened)
    about = {"entry_id": one.entry_id, "drift_id": one.drift_id, "scan_id": one.scan_id, "alert_id": one.alert_id}
    return Delivery(**_row(ident, message, to, one.key), **about)


def digest_delivery(digest: Digest, to: Address, *, scan_id: UUID | None = None) -> Delivery:
    """Make one message of many.

    Args:
        digest: What there is to tell.
        to: Where it goes.
        scan_id: The scan that gave reason for all of it.
    """
    ident = new_id()
    message = digest_message(digest, ident, account=to.account, at=to.happened)
    return Delivery(**_row(ident, message, to, f"digest:{ident}"), scan_id=scan_id)


def _row(ident: UUID, message: Message, to: Address, key: str) -> dict[str, Any]:
    return {
        "id": ident,
        "key": key,
        "type": message.type,
        "severity": message.severity,
        "message": message.stored(),
        "medium": to.medium,
        "channel_id": to.channel_id,
        "recipient_id": to.recipient_id,
        "next_try_at": to.at,
    }
