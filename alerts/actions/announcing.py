"""Who is told of what, when, and once: rows in the transaction that is the cause, which workers send.

Whatever a transaction gives reason to tell is announced at its end, all at once (`drifts.notifying`), so that a channel
gets one digest of it where it would get many messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q

from accounts.models import Account
from alerts import quiet_hours
from alerts.actions import holding, told
from alerts.actions.composing import Address, compose, each
from alerts.actions.delivery_ends import cancel
from alerts.actions.delivery_queue import enqueue
from alerts.actions.recipients import Letter, recipients_of
from alerts.actions.told import CLOSING
from alerts.models import Alert, Attempt, Channel, Delivery, Told
from alerts.occasions import ENDS, Occasion, Type
from alerts.routing import Rules, hears_end, matches
from audit.journal import Writer

logger = structlog.get_logger(__name__)

OVER = "What it was to tell of was over before it was sent."
PACE = timedelta(minutes=1)
USER_DIGEST_ABOVE = 5
"""More than so many messages of one transaction become one for a user."""
STAY = "SELECT id FROM alerts_channel WHERE id = ANY(%s::uuid[]) ORDER BY id FOR KEY SHARE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What channels hear of in a transaction, beside its alerts or in place of some.

    Attributes:
        occasions: Makes them, if there is a channel at all.
        letters: What users are told beside alerts.
        instead_of: The alerts that say less of the same.
    """

    occasions: Callable[[], Iterable[Occasion]]
    letters: Sequence[Letter] = ()
    instead_of: frozenset[UUID] = field(default_factory=frozenset)


def leave(
    w: Writer,
    occasions: Callable[[], Iterable[Occasion]],
    *,
    letters: Sequence[Letter] = (),
    instead_of: Iterable[Alert] = (),
) -> None:
    """Leave what is to be told to be announced at the end of the transaction.

    Args:
        w: The open journal.
        occasions: Makes what channels hear of; called only where there are channels.
        letters: What users are told.
        instead_of: Alerts of this transaction that say less of the same: channels do not hear of these.
    """
    covered = frozenset(alert.pk for alert in instead_of)
    w.asides.append(Aside(occasions=occasions, letters=letters, instead_of=covered))


def can_tell(account_id: UUID) -> bool:
    """Whether there is any way to tell an account's people of something.

    Args:
        account_id: The tenant.
    """
    return settings.MAIL_CAN_BE_SENT or Channel.objects.for_account(account_id).enabled().exists()


def announce(w: Writer, occasions: Iterable[Occasion], letters: Sequence[Letter] = ()) -> list[Delivery]:
    """Put messages to channels and users on their way, in the writer's transaction; to be called once in it.

    Args:
        w: The open journal.
        occasions: What channels hear of; not looked at where the account has none.
        letters: What users are told.

    Returns:
        The deliveries that were made.
    """
    channels = list(Channel.objects.for_account(w.account_id).defer("secrets").order_by("created_at", "id"))
    found = list(occasions) if channels else []
    people = recipients_of(w.account_id, letters, channels)
    if not found and not people:
        return []
    account = Account.objects.values_list("name", flat=True).get(pk=w.account_id)
    ended = told.forget_ended(w, found)
    made = []
    for channel in channels:
        heard = _heard_by(channel, found)
        if heard:
            made += _to_channel(w, channel, heard, ended.get(channel.pk, frozenset()), account)
    for person, medium, heard in people:
        to = Address(medium=medium, account=account, happened=w.now, at=w.now, recipient_id=person)
        made += compose(heard, to, above=USER_DIGEST_ABOVE)
    gone = _gone(w, [channel.pk for channel in channels])
    return enqueue(w, [one for one in made if one.channel_id not in gone])


def _gone(w: Writer, channel_ids: Sequence[UUID]) -> set[UUID]:
    """The channels that somebody has removed meanwhile; the others stay until the transaction ends.

    What causes a message must not fail since nobody wants to hear of it any more.
    """
    with connection.cursor() as cursor:
        cursor.execute(STAY, [list(channel_ids)])
        gone = set(channel_ids) - {ident for (ident,) in cursor.fetchall()}
    if gone:
        Told.objects.for_account(w.account_id).filter(channel_id__in=gone).delete()
    return gone


def _heard_by(channel: Channel, occasions: Sequence[Occasion]) -> Sequence[Occasion]:
    """All, where it is enabled; a pager that has disabled itself closes its incidents once it is enabled again."""
    if channel.is_enabled:
        return occasions
    waits = channel.kind in CLOSING and channel.disabled_at is not None
    return [one for one in occasions if one.resolves] if waits else ()


def _to_channel(
    w: Writer, channel: Channel, occasions: Sequence[Occasion], ended: frozenset[UUID], account: str
) -> list[Delivery]:
    """Make what a channel is told: at once, or at the end of its quiet hours."""
    rules = rules_of(channel)
    to = Address(medium=channel.kind, account=account, happened=w.now, at=w.now, channel_id=channel.pk)
    news = _news(w, channel, [one for one in occasions if not one.resolves and matches(rules, one)])
    ends = _ends(w, channel, rules, occasions, ended)
    if channel.kind in CLOSING:
        closing, rest = [each(one, to) for one in ends], news
    else:
        closing, rest = [], [*news, *ends]
    at_once, later, until = _by_quiet_hours(channel, rest, w.now)
    made = _paced(w, channel, at_once, to)
    held = holding.hold(w, channel, later, replace(to, at=until)) if later and until is not None else []
    return [*closing, *made, *held]


def _paced(w: Writer, channel: Channel, heard: Sequence[Occasion], to: Address) -> list[Delivery]:
    """Make what a channel is told now; a digest that follows another of the same minute waits for its end, and grows.

    So thirty stacks that are scanned at once are two digests, and not thirty.
    """
    minute = w.now.replace(second=0, microsecond=0)
    if len(heard) > channel.digest_above:
        since = UUID(int=int(minute.timestamp() * 1000) << 80)  # ids begin with their time: an index knows these
        recent = Delivery.objects.filter(channel=channel, pk__gte=since, created_at__gte=minute, type=Type.DIGEST)
        if recent.exists():
            return holding.hold(w, channel, heard, replace(to, at=minute + PACE))
    return compose(heard, to, above=channel.digest_above)


def rules_of(channel: Channel) -> Rules:
    """What a channel hears of.

    Args:
        channel: The channel.
    """
    return Rules(
        severities=tuple(channel.severities),
        types=tuple(channel.types),
        stacks=tuple(channel.stacks),
        environments=tuple(channel.environments),
    )


def _news(w: Writer, channel: Channel, heard: Sequence[Occasion]) -> list[Occasion]:
    """Leave out the drifts of which the channel was told before, and keep what it is told of as long as that lasts."""
    once = {one.drift_id: one for one in heard if one.once and one.drift_id}
    beside = {one.drift_id: one for one in heard if not one.once and one.drift_id}
    new = told.tell_of_drifts(w, channel, once)
    told.tell_of_drifts(w, channel, {drift: one for drift, one in beside.items() if drift not in once})
    told.tell_of_scans(w, channel, heard)
    return [one for one in heard if not one.once or not one.drift_id or one.drift_id in new]


def _ends(
    w: Writer, channel: Channel, rules: Rules, occasions: Sequence[Occasion], ended: frozenset[UUID]
) -> list[Occasion]:
    """The ends of which a channel is told: of what it was told of, at media that close each by a message of its own."""
    closes = channel.kind in CLOSING
    if not ended:
        return []
    mine = [
        one
        for one in occasions
        if one.resolves
        and told.about(one) in ended
        and (closes or not one.closes_only)
        and hears_end(rules, one.type, closes=closes)
    ]
    return _opened(w, channel, mine) if closes and mine else mine


def _opened(w: Writer, channel: Channel, ends: Sequence[Occasion]) -> list[Occasion]:
    """Of ends, those of incidents that were opened each for itself; one that was never tried is opened no more."""
    drifts = [one.drift_id for one in ends if one.drift_id]
    alerts = [one.alert_id for one in ends if not one.drift_id]
    began = Delivery.objects.filter(Q(drift_id__in=drifts) | Q(alert_id__in=alerts), channel=channel)
    began = began.exclude(type__in=ENDS)
    tried = Exists(Attempt.objects.filter(delivery_id=OuterRef("pk")))
    held = began.pending().filter(~tried, tries=0, leased_until=None, next_try_at__gt=w.now)
    for one in held.select_for_update(skip_locked=True).order_by("id"):
        cancel(w, one, OVER)
    sent = began.filter(tried | ~Q(status=Delivery.Statuses.CANCELLED)).only("drift_id", "alert_id")
    opened = {told.about(one) for one in sent}
    return [one for one in ends if told.about(one) in opened]


def _by_quiet_hours(
    channel: Channel, occasions: Sequence[Occasion], now: datetime
) -> tuple[list[Occasion], list[Occasion], datetime | None]:
    """What a channel is told at once, what at the end of its quiet hours, and when that is."""
    quiet = quiet_hours_of(channel)
    until = quiet_hours.ends(quiet, now) if quiet else None
    if quiet is None or until is None:
        return list(occasions), [], None
    passes = quiet.except_critical
    at_once = [one for one in occasions if passes and one.severity == "critical" and not one.resolves]
    spared = {id(one) for one in at_once}
    return at_once, [one for one in occasions if id(one) not in spared], until


def quiet_hours_of(channel: Channel) -> quiet_hours.QuietHours | None:
    """When a channel is left in peace; None: never.

    Args:
        channel: The channel.
    """
    if not channel.quiet_hours:
        return None
    try:
        return quiet_hours.parse(channel.quiet_hours)
    except ValueError:  # a time zone that the system's tables no longer have: late is worse than loud
        logger.warning("quiet_hours_unusable", channel=str(channel.pk))
        return None
