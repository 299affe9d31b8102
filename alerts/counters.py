"""What is counted of messages for Prometheus."""

from __future__ import annotations

import time
from dataclasses import dataclass

from prometheus_client import Counter, Gauge

DELIVERIES = Counter(
    "driftsentry_deliveries",
    "Messages by medium, and events to subscribers of the stream, by the way they went. failed: a try failed, or the "
    "subscriber had to be cut off; dead: the message was given up; cancelled: nobody was to be told any more.",
    ["channel", "outcome"],
)
DISABLED = Counter("driftsentry_channels_disabled", "Channels that disabled themselves, by medium.", ["channel"])
PENDING = Gauge("driftsentry_deliveries_pending", "Messages still to be sent, in whichever worker looked last.")
LATE = Gauge("driftsentry_deliveries_late_seconds", "For how long the oldest message that is due has been so.")
MEDIA = ("email", "slack", "teams", "pagerduty", "webhook")
FRESH_SECONDS = 150.0
"""A worker that looked longer ago says nothing: another one looks now."""

# They show from a process's start, so that `increase()` sees their first step.
for _medium in MEDIA:
    DISABLED.labels(channel=_medium)
    for _outcome in ("delivered", "failed", "dead", "cancelled"):
        DELIVERIES.labels(channel=_medium, outcome=_outcome)


@dataclass(slots=True)
class Seen:
    """What the worker that looks after the queue saw, for as long as it is fresh.

    Attributes:
        value: The number.
        at: When, by the monotonic clock.
    """

    value: float = 0.0
    at: float = 0.0

    def note(self, value: float) -> None:
        """Keep a number.

        Args:
            value: The number.
        """
        self.value, self.at = value, time.monotonic()

    def fresh(self) -> float:
        """The number, or 0 where it is old."""
        return self.value if time.monotonic() - self.at < FRESH_SECONDS else 0.0


pending, late = Seen(), Seen()
PENDING.set_function(pending.fresh)
LATE.set_function(late.fresh)
