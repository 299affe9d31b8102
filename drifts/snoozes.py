"""What a snooze is: nobody is told of an undecided drift for a while, or until it differs otherwise; pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

LONGEST = timedelta(days=365)
"""How far ahead a snooze may end."""
NOT_SNOOZED: Mapping[str, Any] = MappingProxyType(
    {"snoozed_at": None, "snoozed_until": None, "snoozed_by_id": None, "snooze_reason": "", "snooze_digests": {}}
)
"""The columns of a drift that is not snoozed."""


def is_snoozed(at: datetime | None, until: datetime | None, now: datetime) -> bool:
    """Say whether a snooze holds.

    Args:
        at: When the drift was snoozed; None: it was not.
        until: Until when; None: until it differs otherwise.
        now: The time.
    """
    return at is not None and (until is None or until > now)


def lasts_as_long(at: datetime | None, until: datetime | None, other: datetime | None) -> bool:
    """Say whether a snooze ends no earlier than another would.

    Args:
        at: When the drift was snoozed; None: it was not.
        until: Until when; None: until it differs otherwise.
        other: Until when the other would last; None: until the drift differs otherwise.
    """
    return at is not None and (until is None or (other is not None and until >= other))


def lasting(until: datetime | None) -> str:
    """How long a snooze lasts, in words.

    Args:
        until: Until when; None: until it differs otherwise.
    """
    return "until it differs otherwise" if until is None else f"until {until:%Y-%m-%d %H:%M} UTC"
