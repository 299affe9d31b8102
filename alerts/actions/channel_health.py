"""Whether a channel takes what it is sent: one that fails is left alone for a while, and disables itself after a day.

A channel is always changed before its delivery: so two workers never wait for each other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from alerts.actions.alerts import warn_user
from alerts.actions.releasing import release_rested
from alerts.actions.sending_out import Outcome
from alerts.channel_facts import ChannelDisabled
from alerts.counters import DISABLED
from alerts.models import Alert, Attempt, Channel
from alerts.occasions import Type
from alerts.retries import PATIENCE, rest
from alerts.sending.base import Meaning
from audit.journal import Writer
from driftsentry.api.access import Role

FAILING_FOR = PATIENCE - timedelta(minutes=10)
"""A day, but for what the queue may have taken: the last try of a message comes a day after its first."""
STEADILY = timedelta(hours=6)
"""A channel that fails all day is tried more often than that: what fails to arrive is, every four hours."""
NOTED_EVERY = timedelta(minutes=1)
"""How often it is written down that a channel works: not with each message, which would make workers wait."""
MOST_WARNED = 50
ALL_DAY = "Nothing could be delivered there for a day."
GONE = "It says that nothing will be taken there any more."


def note_success(w: Writer, channel_id: UUID) -> None:
    """Note that a message was delivered to a channel; where that ends its rest, what has waited for that is sent.

    Args:
        w: The open journal.
        channel_id: The channel.
    """
    channel = Channel.objects.for_account(w.account_id).filter(pk=channel_id)
    failing = channel.exclude(failing_since=None)
    if failing.update(last_delivered_at=w.now, failing_since=None, resting_until=None):
        release_rested(w, channel_id)
        return
    old = Q(last_delivered_at=None) | Q(last_delivered_at__lt=w.now - NOTED_EVERY)
    channel.filter(old).update(last_delivered_at=w.now)


def note_failure(w: Writer, channel_id: UUID, outcome: Outcome, *, began: datetime) -> None:
    """Note that a channel did not take a message: it rests, or disables itself.

    Args:
        w: The open journal.
        channel_id: The channel.
        outcome: What the try came to.
        began: When it began.
    """
    channel = locked_channel(w.account_id, channel_id)
    if channel is None or not channel.is_enabled:
        return
    channel.failing_since = _failing_since(channel, began)
    if outcome.meaning is Meaning.GONE:
        disable(w, channel, f"{GONE} {outcome.words}")
    elif w.now - channel.failing_since >= FAILING_FOR:
        disable(w, channel, f"{ALL_DAY} {outcome.words}")
    elif outcome.meaning is Meaning.AGAIN:
        until = rest(failing_since=channel.failing_since, now=w.now, asked=outcome.wait)
        channel.resting_until = max(until, channel.resting_until or until)
    channel.save(update_fields=["failing_since", "resting_until"])


def _failing_since(channel: Channel, began: datetime) -> datetime:
    """Since when a channel fails; a failure long after the one before it, with no try in between, begins anew."""
    since = channel.failing_since or began
    if began - since < FAILING_FOR:
        return since
    tries = Attempt.objects.filter(account_id=channel.account_id, delivery__channel_id=channel.pk)
    counted = tries.exclude(delivery__type=Type.TEST)  # a test that fails is nobody's trouble
    return since if counted.filter(at__gte=began - STEADILY).exists() else began


def disable(w: Writer, channel: Channel, reason: str) -> None:
    """Have a channel disable itself, and tell the account's admins. What is still to be sent there waits.

    Args:
        w: The open journal.
        channel: The channel, locked.
        reason: Why, in words without a secret.
    """
    channel.is_enabled, channel.disabled_at = False, w.now
    channel.disabled_reason = reason[: Channel.MAX_REASON]
    channel.save(update_fields=["is_enabled", "disabled_at", "disabled_reason"])
    w.record(ChannelDisabled(id=channel.pk, name=channel.name, medium=channel.kind, reason=channel.disabled_reason))
    transaction.on_commit(lambda: DISABLED.labels(channel=channel.kind).inc())
    admins = User.objects.filter(account_id=w.account_id, role=Role.ADMIN, is_active=True, erased_at=None)
    for user_id in admins.order_by("pk").values_list("pk", flat=True)[:MOST_WARNED]:
        warn_user(
            w,
            user_id,
            type=Alert.Types.CHANNEL_DISABLED,
            severity=Alert.Severities.HIGH,
            title=f"The channel {channel.name} has disabled itself",
            message=f"Nobody is told anything by the channel {channel.name} ({channel.get_kind_display()}) any more. "
            f"{channel.disabled_reason} Mend it, test it and enable it again: what waits is sent then, and what was "
            "given up can be sent once more.",
        )


def locked_channel(account_id: UUID, channel_id: UUID) -> Channel | None:
    """A channel that nobody else changes until the transaction ends; without its secrets, which may be unreadable.

    Args:
        account_id: The tenant.
        channel_id: The channel.
    """
    rows = Channel.objects.for_account(account_id).select_for_update(no_key=True)
    return rows.defer("secrets").filter(pk=channel_id).first()
