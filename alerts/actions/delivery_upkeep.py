"""What keeps deliveries going, and their table small: each round takes a bounded part, and the next one the rest."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from alerts import counters
from alerts.actions import channel_secrets
from alerts.actions.channel_health import locked_channel
from alerts.actions.claiming import SENDER
from alerts.actions.delivery_ends import cancel
from alerts.actions.releasing import defer_waiting
from alerts.actions.told import opened
from alerts.models import Attempt, Channel, Delivery
from alerts.occasions import Type
from audit import journal
from driftsentry.api.encryption import Undecipherable

logger = structlog.get_logger(__name__)

SWEEP = 1000
REMOVED_AT_ONCE = 1000
ROUNDS = 20
HELD = timedelta(days=7)
"""How long messages wait for a disabled channel: news of last month would not help anybody."""
TOO_OLD = "Its channel was disabled, and nobody enabled it again within a week."


def sweep_deliveries() -> int:
    """Put jobs into the queue for what is due and has none: its job was lost, its worker ended, or its channel rested.

    Returns:
        How many.
    """
    now = timezone.now()
    open_ = Q(channel=None) | Q(type=Type.TEST) | Q(channel__is_enabled=True)
    rested = Q(channel__resting_until=None) | Q(channel__resting_until__lte=now)
    due = Delivery.objects.pending().filter(open_, rested, next_try_at__lte=now).order_by("next_try_at")
    found = list(due[:SWEEP])
    counters.pending.note(Delivery.objects.pending().count())
    counters.late.note((now - found[0].next_try_at).total_seconds() if found and found[0].next_try_at else 0)
    with transaction.atomic():
        return defer_waiting(found, now=now)


def cancel_held_too_long() -> int:
    """Cancel what has waited too long for a disabled channel.

    Returns:
        How many.
    """
    held = Delivery.objects.pending().filter(channel__is_enabled=False, due_at__lt=timezone.now() - HELD)
    by_account: dict[UUID, list[UUID]] = defaultdict(list)
    for account_id, ident in held.values_list("account_id", "pk")[:SWEEP]:
        by_account[account_id].append(ident)
    done = 0
    for account_id, ids in by_account.items():
        with journal.writing(account_id, by=SENDER) as w:
            rows = Delivery.objects.for_account(account_id).pending().filter(pk__in=ids)
            for delivery in rows.select_for_update(skip_locked=True):
                cancel(w, delivery, TOO_OLD)
                done += 1
    return done


def forget_former_secrets() -> int:
    """Remove the signing keys that have come to their end.

    Returns:
        How many channels had one.
    """
    ended = Channel.objects.filter(previous_secret_until__lte=timezone.now()).order_by("pk")
    found = list(ended.values_list("account_id", "pk")[:SWEEP])
    for account_id, channel_id in found:
        with journal.writing(account_id, by=SENDER) as w:
            channel = locked_channel(account_id, channel_id)
            if channel is None or channel.previous_secret_until is None or channel.previous_secret_until > w.now:
                continue
            try:
                secrets = channel_secrets.read_secrets(channel)
            except Undecipherable:  # what cannot be read signs nothing either
                channel.previous_secret_until = None
                channel.save(update_fields=["previous_secret_until"])
                continue
            left = channel_secrets.still_signing(secrets, w.now)
            channel_secrets.keep_secrets(channel, {**secrets, channel_secrets.SIGNING: left})
            channel.save(update_fields=["secrets", "secret_hints", "previous_secret_until"])
    return len(found)


def remove_old_deliveries() -> int:
    """Remove the deliveries that were over `DELIVERIES_KEPT_DAYS` ago, with their attempts.

    What opened an incident stays until the incident is over: without it nothing would close that.

    Returns:
        How many.
    """
    before = timezone.now() - timedelta(days=max(settings.DELIVERIES_KEPT_DAYS, 1))
    removed = 0
    for _ in range(ROUNDS):
        with transaction.atomic():
            old = Delivery.objects.filter(~opened(), finished_at__lt=before).order_by("finished_at")
            ids = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:REMOVED_AT_ONCE])
            if not ids:
                break
            Attempt.objects.filter(delivery__in=ids).delete()
            rows = Delivery.objects.filter(pk__in=ids)
            removed += rows._raw_delete(rows.db)  # noqa: SLF001 - `delete` would read every message first
        if len(ids) < REMOVED_AT_ONCE:
            break
    return removed
