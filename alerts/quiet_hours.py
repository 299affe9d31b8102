"""Quiet hours: when a channel is left in peace. Pure.

They are told in the clock of a place. Where that clock is put forward or back, a time is read as RFC 5545 (3.3.5) has
it: one that the clock skips by the offset before the gap, one that it shows twice as the first of the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIELDS = frozenset({"start", "end", "timezone", "days", "exceptCritical"})
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When a channel is left in peace, every week.

    Attributes:
        start: When it begins, by the clock of `timezone`.
        end: When it ends; not later than `start` means on the day after, and equal to it a whole day.
        timezone: A name of the IANA's time zones.
        days: On which days it begins, 0 being Monday.
        except_critical: Whether what is critical is told all the same.
    """

    start: time
    end: time
    timezone: ZoneInfo
    days: frozenset[int] = frozenset(range(7))
    except_critical: bool = True

    def stored(self) -> dict[str, object]:
        """The quiet hours as a channel keeps them, and as `parse` reads them."""
        return {
            "start": f"{self.start:%H:%M}",
            "end": f"{self.end:%H:%M}",
            "timezone": self.timezone.key,
            "days": [DAYS[day] for day in sorted(self.days)],
            "exceptCritical": self.except_critical,
        }


def parse(value: object) -> QuietHours:
    """Read quiet hours as a client writes them.

    Args:
        value: `{"start": "22:00", "end": "07:00", "timezone": "Europe/Berlin", "days": ["mon", …], "exceptCritical":
            true}`; without `timezone` UTC, without `days` all of them.

    Raises:
        ValueError: They are none; its words say why.
    """
    if not isinstance(value, Mapping) or not set(value) <= FIELDS:
        raise ValueError("An object with start and end, and, if wanted, timezone, days and exceptCritical.")
    except_critical = value.get("exceptCritical", True)
    if not isinstance(except_critical, bool):
        raise ValueError("exceptCritical is true or false.")  # noqa: TRY004 - one class for whatever a client wrote
    start, end = _clock("start", value.get("start")), _clock("end", value.get("end"))
    days = _days(value.get("days", DAYS))
    if start == end and len(days) == len(DAYS):
        raise ValueError("That is all day, every day: switch the channel off instead.")
    zone = _zone(value.get("timezone", "UTC"))
    return QuietHours(start=start, end=end, timezone=zone, days=days, except_critical=except_critical)


def ends(quiet: QuietHours, at: datetime) -> datetime | None:
    """When the quiet hours that hold at a time are over; hours that follow on one another are one.

    Args:
        quiet: The quiet hours.
        at: An aware time.

    Returns:
        A time in UTC, later than `at`; None: none hold.
    """
    until = at.astimezone(UTC)
    first = until.astimezone(quiet.timezone).date() - 2 * _DAY
    for begins, over in _periods(quiet, first):
        if begins > until:
            break
        until = max(until, over)
    return until if until > at else None


def _periods(quiet: QuietHours, first: date) -> Iterator[tuple[datetime, datetime]]:
    """The quiet hours that begin on a day and in the two weeks after it, in UTC, in their order."""
    for number in range(2 * len(DAYS)):
        day = first + number * _DAY
        if day.weekday() in quiet.days:
            last = day if quiet.end > quiet.start else day + _DAY
            yield _moment(day, quiet.start, quiet.timezone), _moment(last, quiet.end, quiet.timezone)


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def _clock(name: str, value: object) -> time:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{name} is a time like 22:00.")
    return time(int(found[1]), int(found[2]))


def _zone(value: object) -> ZoneInfo:
    if not isinstance(value, str) or value not in available_timezones():
        raise ValueError("timezone is a name of the IANA's time zones, like Europe/Berlin.")
    return ZoneInfo(value)


def _days(value: object) -> frozenset[int]:
    if (
        not isinstance(value, list | tuple)
        or not value
        or not all(isinstance(day, str) and day in DAYS for day in value)
    ):
        raise ValueError(f"days is a list of at least one of {', '.join(DAYS)}.")
    return frozenset(DAYS.index(day) for day in value)
