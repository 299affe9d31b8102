"""What channels were told of that is not over: it is told to each once, and its end to those who heard of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from alerts.models import Channel, Delivery, Medium, Told
from alerts.models.notification_settings import ToldQuerySet
from alerts.occasions import ENDS, Occasion, Type
from alerts.routing import severity_rank
from audit.journal import Writer

CLOSING = frozenset({Medium.PAGERDUTY.value})
"""Media at whose end an incident stays open until it is closed: no digest may swallow what closes it."""
TELL = """
INSERT INTO alerts_told (id, account_id, channel_id, drift_id, severity_rank, told_at)
SELECT gen_random_uuid(), %s, %s, found.drift, found.severity, %s
FROM unnest(%s::uuid[], %s::smallint[]) AS found(drift, severity)
ON CONFLICT (drift_id, channel_id, account_id) DO UPDATE SET severity_rank = EXCLUDED.severity_rank
WHERE EXCLUDED.severity_rank = 0 AND alerts_told.severity_rank > 0
RETURNING drift_id
"""
"""Returns the drifts of which the channel had not been told, or only as of something less than critical."""
END = """
DELETE FROM alerts_told
WHERE account_id = %s AND (drift_id = ANY(%s::uuid[]) OR alert_id = ANY(%s::uuid[]))
RETURNING channel_id, COALESCE(drift_id, alert_id)
"""


def about(one: Occasion | Delivery | Told) -> UUID | None:
    """What it belongs to, the same of the beginning as of the end: a drift, or else what an alert told.

    Args:
        one: What there is to tell, or its message, or that a channel was told of it.
    """
    return one.drift_id or one.alert_id


def tell_of_drifts(w: Writer, channel: Channel, drifts: Mapping[UUID, Occasion]) -> set[UUID]:
    """Keep that a channel is told of drifts.

    Args:
        w: The open journal.
        channel: The channel.
        drifts: Drift → what it is told.

    Returns:
        Those of which it had not been told, or only as of something less than critical.
    """
    if not drifts:
        return set()
    ranks = [severity_rank(one.severity) for one in drifts.values()]
    with connection.cursor() as cursor:
        cursor.execute(TELL, [w.account_id, channel.pk, w.now, list(drifts), ranks])
        return {ident for (ident,) in cursor.fetchall()}


def tell_of_scans(w: Writer, channel: Channel, heard: Sequence[Occasion]) -> None:
    """Keep that a channel is told of scans that fail or are missing: an alert of its own says so each time.

    Args:
        w: The open journal.
        channel: The channel.
        heard: What it is told, of whatever type.
    """
    rows = [
        Told(
            account_id=w.account_id,
            channel=channel,
            alert_id=one.alert_id,
            severity_rank=severity_rank(one.severity),
            told_at=w.now,
        )
        for one in heard
        if one.type == Type.SCAN_FAILED and one.alert_id
    ]
    if rows:
        Told.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def forget_ended(w: Writer, occasions: Sequence[Occasion]) -> dict[UUID, frozenset[UUID]]:
    """Say who was told of what is over, and forget it.

    Args:
        w: The open journal.
        occasions: What there is to tell; some of them are ends.

    Returns:
        Channel → the drifts and alerts among them of which it was told.
    """
    over = [one for one in occasions if one.resolves]
    if not over:
        return {}
    drifts = [one.drift_id for one in over if one.drift_id]
    alerts = [one.alert_id for one in over if not one.drift_id and one.alert_id]
    told: dict[UUID, set[UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(END, [w.account_id, drifts, alerts])
        for channel_id, begun in cursor.fetchall():
            told.setdefault(channel_id, set()).add(begun)
    return {channel: frozenset(begun) for channel, begun in told.items()}


def begins(delivery: Delivery) -> bool:
    """Whether a message tells a channel of something that comes to an end of which it is told, too.

    Args:
        delivery: The message.
    """
    lasts = delivery.drift_id is not None or (delivery.type == Type.SCAN_FAILED and delivery.alert_id is not None)
    return lasts and delivery.channel_id is not None and delivery.type not in ENDS


def opened() -> Q:
    """The condition under which a message may have opened an incident that is not over yet."""
    here = Told.objects.filter(channel_id=OuterRef("channel_id"))
    lasts = Exists(here.filter(drift_id=OuterRef("drift_id"))) | Exists(here.filter(alert_id=OuterRef("alert_id")))
    return Q(medium__in=CLOSING) & ~Q(type__in=ENDS) & Q(lasts)


def told_by(deliveries: Sequence[Delivery]) -> ToldQuerySet:
    """That channels were told of what messages tell of, as long as it is not over.

    Args:
        deliveries: The messages; those that begin nothing make no difference.
    """
    began = [one for one in deliveries if begins(one)]
    belongs = [about(one) for one in began]
    channels = {one.channel_id for one in began if one.channel_id}
    return Told.objects.filter(Q(drift_id__in=belongs) | Q(alert_id__in=belongs), channel_id__in=channels)
