"""An alert's snooze: nobody is bothered with it for a while, or until its drift differs otherwise; pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

LONGEST = timedelta(days=365)
"""How far ahead a snooze may end."""
NOT_SNOOZED: Mapping[str, Any] = MappingProxyType(
    {"snoozed_at": None, "snoozed_until": None, "snoozed_by_id": None, "snooze_reason": "", "snooze_digests": {}}
)
"""The columns of an alert that is not snoozed."""
BY_HAND, TIME_OVER = "by hand", "its time was over"
"""Why a snooze ended; beside these: what was decided of its drift, or how that differs now."""


def lasting(until: datetime | None) -> str:
    """How long a snooze lasts, in words.

    Args:
        until: Until when; None: until the alert's drift differs otherwise.
    """
    return "until its drift differs otherwise" if until is None else f"until {until:%Y-%m-%d %H:%M} UTC"
