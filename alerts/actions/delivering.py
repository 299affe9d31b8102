"""Messages on their way: put into the queue by the transaction that is their cause, sent at least once.

A worker takes a delivery for as long as sending may take (its lease), sends it outside any transaction, and notes what
came of it. One that ends in between leaves a lease that runs out: then the message is sent again, under the same id.
"""

from __future__ import annotations

import random
import time
from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models import Q

from alerts.actions import channel_health
from alerts.actions.channel_secrets import read_secrets
from alerts.actions.claiming import SENDER, Claim, claim_delivery
from alerts.actions.delivery_ends import Try, finish, give_up, note_try
from alerts.actions.delivery_queue import again, enqueue
from alerts.actions.places import places
from alerts.actions.sending_out import SECONDS, Outcome, Parcel, send
from alerts.counters import DELIVERIES
from alerts.models import Attempt, Channel, Delivery, Medium
from alerts.retries import next_try
from alerts.sending.base import Meaning
from audit import journal
from audit.heads import signed_head
from audit.journal import Writer
from driftsentry.api import tenancy
from driftsentry.api.encryption import Undecipherable

__all__ = ["carry_out", "deliver", "enqueue"]

logger = structlog.get_logger(__name__)

UNREADABLE_SECRETS = "The channel's secrets cannot be read: they were written with a key that this server has no more."
NO_CHANNEL = "The channel by which it was to go is not there any more."
_random = random.SystemRandom()


def deliver(account_id: UUID, delivery_id: UUID) -> None:
    """Send a message. A second job for the same delivery finds it taken, or over.

    Args:
        account_id: The tenant.
        delivery_id: The delivery.
    """
    with places.one() as place:
        claim = claim_delivery(account_id, delivery_id, place)
        if claim is not None:
            carry_out(claim, seconds=SECONDS)


def carry_out(claim: Claim, *, seconds: float) -> Outcome:
    """Send what was taken, and note what came of it.

    Args:
        claim: The delivery.
        seconds: Most seconds for one request.

    Returns:
        What came of it.
    """
    began = time.monotonic()
    outcome = _sent(claim, seconds)
    took = timedelta(seconds=time.monotonic() - began)
    _note(claim, outcome, took)
    told = {"delivery": str(claim.delivery_id), "medium": claim.medium, "meaning": outcome.meaning.value}
    logger.info("delivery_tried", **told, status=outcome.status, reason=outcome.words, took=took.total_seconds())
    return outcome


def _sent(claim: Claim, seconds: float) -> Outcome:
    try:
        with tenancy.within(claim.account_id):
            channel = _by(claim)
            secrets = read_secrets(channel) if channel else {}
            head = signed_head(claim.account_id) if claim.medium == Medium.WEBHOOK else None
    except Undecipherable:
        return Outcome(Meaning.REFUSED, UNREADABLE_SECRETS)
    if channel is None and (claim.channel_id is not None or claim.medium == Medium.SLACK):
        return Outcome(Meaning.REFUSED, NO_CHANNEL)
    return send(
        Parcel(
            id=claim.delivery_id,
            medium=claim.medium,
            message=claim.message,
            config={"recipients": [claim.recipient]} if channel is None or claim.recipient else channel.config,
            secrets=secrets,
            person=claim.recipient,
            journal=head,
            seconds=seconds,
        )
    )


def _by(claim: Claim) -> Channel | None:
    """The channel by which it goes: its own, or for one user at Slack the first whose bot may write to people."""
    channels = Channel.objects.for_account(claim.account_id)
    if claim.channel_id is not None:
        return channels.filter(pk=claim.channel_id).first()
    if claim.medium != Medium.SLACK:
        return None
    bots = channels.enabled().filter(Q(("secret_hints__has_key", "token")), kind=Medium.SLACK)
    return bots.order_by("created_at", "id").first()


def _note(claim: Claim, outcome: Outcome, took: timedelta) -> None:
    arrived = outcome.meaning is Meaning.DELIVERED
    with journal.writing(claim.account_id, by=SENDER) as w:
        if claim.channel_id is not None and arrived:
            channel_health.note_success(w, claim.channel_id)
        elif claim.channel_id is not None and not claim.is_test:
            channel_health.note_failure(w, claim.channel_id, outcome, began=claim.began)
        delivery = (
            Delivery.objects.for_account(claim.account_id).select_for_update().filter(pk=claim.delivery_id).first()
        )
        if delivery is None:
            return  # it went with its channel or its user
        note_try(
            delivery,
            Try(Attempt.Outcomes(outcome.meaning.value), outcome.told, claim.began, took, status=outcome.status),
        )
        if delivery.status != Delivery.Statuses.PENDING:
            return
        delivery.last_status, delivery.last_answer = outcome.status, outcome.told
        if arrived:
            finish(w, delivery, Delivery.Statuses.DELIVERED)
        elif delivery.leased_until == claim.leased_until:  # else another worker has it, and decides
            _retry(w, claim, delivery, outcome)
    DELIVERIES.labels(channel=claim.medium, outcome="delivered" if arrived else "failed").inc()


def _retry(w: Writer, claim: Claim, delivery: Delivery, outcome: Outcome) -> None:
    """Try again later, where that may help."""
    at = None
    if outcome.meaning is Meaning.AGAIN and not claim.is_test:
        part = _random.random()
        at = next_try(tries=delivery.tries, due_at=delivery.due_at, now=w.now, part=part, asked=outcome.wait)
    if at is None:
        give_up(w, delivery, outcome.words)
        return
    delivery.next_try_at, delivery.leased_until = at, None
    delivery.save(update_fields=["next_try_at", "leased_until", "last_status", "last_answer"])
    again(delivery, now=w.now)
