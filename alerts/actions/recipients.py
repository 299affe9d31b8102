"""Which users are told of what: their own settings decide, and what their role lets them do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q

from accounts.deciders import DECIDING
from accounts.models import User
from alerts.models import Channel, Medium
from alerts.occasions import Occasion, Type

DECIDERS_ONLY = frozenset({Type.APPROVAL_NEEDED, Type.REVIEW_NEEDED, Type.DRIFT_REMINDER})
"""Types that are no use to whoever may not decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What users are told.

    Attributes:
        occasion: What there is to tell.
        only: Whom alone; none: everybody whom it concerns.
    """

    occasion: Occasion
    only: frozenset[UUID] | None = None


Told = tuple[UUID, str, list[Occasion]]
"""A user, the medium, and what they are told by it."""


def recipients_of(account_id: UUID, letters: Sequence[Letter], channels: Sequence[Channel]) -> list[Told]:
    """Say which users are told of what.

    Whoever is deactivated, erased, or invited and not yet there is told of nothing. Slack tells users where the account
    has a Slack channel whose bot may write to them.

    Args:
        account_id: The tenant.
        letters: What there is to tell users.
        channels: The tenant's channels.
    """
    mails, bot = settings.MAIL_CAN_BE_SENT, slack_bot(channels) is not None
    if not letters or not (mails or bot):
        return []
    wants = Q(email_notifications=True) if mails else Q()
    wants = wants | Q(slack_integration=True) if mails and bot else wants or Q(slack_integration=True)
    there = User.objects.filter(wants, account_id=account_id, is_active=True, erased_at=None)
    invited = Q(last_login=None, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    named = frozenset[UUID]().union(*(one.only for one in letters if one.only is not None))
    if all(one.only is not None for one in letters):
        there = there.filter(pk__in=named)
    people = there.exclude(invited).only("role", "email_notifications", "slack_integration", "critical_alerts_only")
    found = []
    for user in people.order_by("pk"):
        told = list(_told(user, letters))
        if told and mails and user.email_notifications:
            found.append((user.pk, Medium.EMAIL.value, told))
        if told and bot and user.slack_integration:
            found.append((user.pk, Medium.SLACK.value, told))
    return found


def slack_bot(channels: Sequence[Channel]) -> Channel | None:
    """The Slack channel whose bot may write to users; None: there is none.

    Args:
        channels: The tenant's channels, the oldest first.
    """
    bots = (one for one in channels if one.kind == Medium.SLACK and "token" in one.secret_hints)
    return next((one for one in bots if one.is_enabled), None)


def _told(user: User, letters: Sequence[Letter]) -> Iterator[Occasion]:
    for one in letters:
        if user.critical_alerts_only and one.occasion.severity != "critical":
            continue
        if one.only is not None:
            if user.pk in one.only:
                yield one.occasion
        elif user.role in DECIDING or one.occasion.type not in DECIDERS_ONLY:
            yield one.occasion
