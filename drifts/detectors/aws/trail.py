"""Asking CloudTrail what became of a resource: paced as AWS limits it, bounded in calls and time.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html (2 requests a second and
region; management events of the last 90 days).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drifts.attribution import TrailEvent, event_of
from drifts.detectors.aws.access import Access, CallFailed, OutOfTime, open_access
from drifts.detectors.aws.config import AwsConfig
from drifts.detectors.base import Detection

__all__ = ["CallFailed", "OutOfTime", "Trail", "Trailed", "open_trail"]

MAX_LOOK_UPS = 50
"""Requests of one reading, pages included."""
MAX_PAGES = 3
"""Of one resource: 150 events."""
PAUSE = 0.5
"""Seconds between two requests."""
KEPT = timedelta(days=90)
"""How far back the trail can be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailed:
    """What is asked."""

    name: str
    """By which the trail knows the resource."""
    region: str
    since: datetime
    until: datetime


@dataclass(slots=True)
class Trail:
    """One reading of an account's trail."""

    access: Access
    pause: float = PAUSE
    asked: int = 0
    _last: float = 0.0
    _wait: Callable[[float], None] = field(default=time.sleep)

    @property
    def is_used_up(self) -> bool:
        """Whether it has asked as often as it may."""
        return self.asked >= MAX_LOOK_UPS

    def events(self, one: Trailed) -> Iterator[TrailEvent]:
        """Yield the changes of a resource, newest first.

        Args:
            one: What is asked.

        Raises:
            CallFailed: AWS did not answer as asked: the permission is missing, or it throttles.
            OutOfTime: The deadline has passed.
        """
        token: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            if self.is_used_up:
                return
            self._pace()
            page = self.access.call(
                "cloudtrail",
                one.region,
                "lookup_events",
                LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": one.name}],
                StartTime=one.since,
                EndTime=one.until,
                MaxResults=50,
                **token,
            )
            yield from (event for record in page.get("Events", ()) if (event := event_of(record)) is not None)
            following = page.get("NextToken")
            if not following:
                return
            token = {"NextToken": following}

    def _pace(self) -> None:
        rest = self._last + self.pause - time.monotonic()
        if self.asked and rest > 0:
            self._wait(rest)
        self.asked, self._last = self.asked + 1, time.monotonic()


def open_trail(detection: Detection, config: AwsConfig) -> Trail:
    """Open an account's trail.

    Args:
        detection: Names the hosts that may be private, and for how long it may take.
        config: How the account is read.

    Raises:
        DetectionError: There are no credentials, they are not accepted, or the role may not be taken on.
    """
    return Trail(open_access(detection, config, deadline=time.monotonic() + detection.seconds))
