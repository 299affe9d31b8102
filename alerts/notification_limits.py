"""What an account may set about when it is told: one table for the model, the API and the admin. Pure."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Hours:
    """A number of hours within bounds."""

    least: int
    most: int
    default: int


REMINDER_AFTER_HOURS = Hours(least=1, most=720, default=24)
"""How long a drift waits undecided before people are reminded of it."""

REMINDER_REPEAT_HOURS = Hours(least=1, most=720, default=24)
"""How long after a reminder the next one follows."""

LEAST_COST, MOST_COST = Decimal("0.01"), Decimal("999999999999.99")
"""What open drifts may cost a month before people are told: from, to; USD."""

MOST_REMINDERS = 7
"""Reminders of one drift: whoever did not hear seven will not hear the eighth."""


def default_severities() -> list[str]:
    """Of which drifts people are reminded where the account has not said."""
    return ["critical"]
