"""What an account may set about detection: one table for the model, the API and the admin."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """A whole number within bounds."""

    least: int
    most: int
    default: int


ALERT_AFTER_SCANS = Limit(least=1, most=10, default=1)
"""How many scans in a row must show a drift before anybody is told of it."""

FLAP_WINDOW_DAYS = Limit(least=1, most=90, default=7)
"""Within how many days a drift that is gone and back counts as flapping."""

FLAP_RETURNS = 2
"""How often it must have been gone and back within them."""

MAX_FLAP_HISTORY = 20
"""How many earlier drifts of the same resource are shown."""
