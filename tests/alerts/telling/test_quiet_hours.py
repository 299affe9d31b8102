"""Quiet hours, by the clock of a place: when they are over, whatever that clock does."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.quiet_hours import DAYS, QuietHours, ends, parse

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT: dict[str, Any] = {"start": "22:00", "end": "07:00", "timezone": "Europe/Berlin"}
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")

clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))
quiets = st.builds(
    QuietHours,
    start=clocks,
    end=clocks,
    timezone=st.sampled_from(ZONES).map(ZoneInfo),
    days=st.frozensets(st.integers(0, 6), min_size=1),
).filter(lambda one: one.start != one.end or len(one.days) < 7)
moments = st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - as asked


def at(text: str, zone: ZoneInfo = BERLIN, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("now", "over"),
    [
        ("2026-01-14 21:59", None),
        ("2026-01-14 22:00", "2026-01-15 07:00"),
        ("2026-01-15 00:30", "2026-01-15 07:00"),
        ("2026-01-15 06:59", "2026-01-15 07:00"),
        ("2026-01-15 07:00", None),
    ],
)
def test_a_night_ends_in_the_morning(now: str, over: str | None) -> None:
    assert ends(parse(NIGHT), at(now)) == (at(over) if over else None)


def test_only_the_days_on_which_they_begin_count() -> None:
    friday = parse({**NIGHT, "days": ["fri"]})
    assert ends(friday, at("2026-01-16 23:00")) == at("2026-01-17 07:00")
    assert ends(friday, at("2026-01-17 03:00")) == at("2026-01-17 07:00")
    assert ends(friday, at("2026-01-16 03:00")) is None
    assert ends(friday, at("2026-01-17 23:00")) is None


def test_whole_days_that_follow_on_one_another_are_one() -> None:
    weekend = parse({"start": "00:00", "end": "00:00", "timezone": "Europe/Berlin", "days": ["sat", "sun"]})
    assert ends(weekend, at("2026-01-17 12:00")) == at("2026-01-19 00:00")
    assert ends(weekend, at("2026-01-16 23:59")) is None


def test_a_night_in_which_the_clock_is_put_forward_is_an_hour_shorter() -> None:
    over = ends(parse(NIGHT), at("2026-03-28 22:00"))
    assert over == at("2026-03-29 07:00")
    assert over - at("2026-03-28 22:00").astimezone(UTC) == timedelta(hours=8)


def test_a_night_in_which_it_is_put_back_is_an_hour_longer() -> None:
    over = ends(parse(NIGHT), at("2026-10-24 22:00"))
    assert over == at("2026-10-25 07:00")
    assert over - at("2026-10-24 22:00").astimezone(UTC) == timedelta(hours=10)


def test_a_time_that_the_clock_skips_is_read_by_the_offset_before() -> None:
    quiet = parse({**NIGHT, "end": "02:30"})
    assert ends(quiet, at("2026-03-29 01:59")) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_it_shows_twice_is_the_first() -> None:
    quiet = parse({**NIGHT, "end": "02:30"})
    assert ends(quiet, at("2026-10-25 02:10")) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert ends(quiet, at("2026-10-25 02:10", fold=1)) is None


@given(quiets, moments)
def test_their_end_is_later_and_not_quiet_itself(quiet: QuietHours, now: datetime) -> None:
    over = ends(quiet, now)
    if over is not None:
        assert now < over <= now + timedelta(days=9)
        assert ends(quiet, over) is None


@given(quiets, moments, st.floats(0, 1, exclude_max=True))
def test_whoever_asks_in_between_is_told_the_same(quiet: QuietHours, now: datetime, part: float) -> None:
    over = ends(quiet, now)
    if over is not None:
        between = now + (over - now) * part
        assert ends(quiet, between) in ({over} if between < over else {None})


@given(quiets, moments)
def test_where_the_clock_is_not_changed_it_alone_decides(quiet: QuietHours, now: datetime) -> None:
    here = now.astimezone(quiet.timezone)
    offsets = {(here + timedelta(hours=number)).utcoffset() for number in range(-72, 73, 1)}
    if len(offsets) > 1:
        return
    clock, today = here.time().replace(microsecond=0), here.weekday()
    began_today = today in quiet.days and clock >= quiet.start and (quiet.end <= quiet.start or clock < quiet.end)
    began_yesterday = (today - 1) % 7 in quiet.days and quiet.end <= quiet.start and clock < quiet.end
    assert (ends(quiet, now) is not None) == (began_today or began_yesterday)


@given(quiets)
def test_what_is_kept_is_read_again_as_it_was(quiet: QuietHours) -> None:
    assert parse(quiet.stored()) == quiet


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"start": "22:00"},
        {**NIGHT, "start": "24:00"},
        {**NIGHT, "end": "7:00"},
        {**NIGHT, "start": "٢٢:00"},
        {**NIGHT, "end": 7},
        {**NIGHT, "timezone": "Europe/Atlantis"},
        {**NIGHT, "timezone": "../../etc/passwd"},
        {**NIGHT, "timezone": None},
        {**NIGHT, "days": []},
        {**NIGHT, "days": ["Monday"]},
        {**NIGHT, "days": "mon"},
        {**NIGHT, "days": [["mon"]]},
        {**NIGHT, "exceptCritical": "yes"},
        {**NIGHT, "until": "07:00"},
        {"start": "07:00", "end": "07:00", "days": list(DAYS)},
    ],
)
def test_what_cannot_be_is_refused_in_words(value: object) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse(value)


def test_what_is_left_out_means_utc_every_day_and_not_what_is_critical() -> None:
    quiet = parse({"start": "22:00", "end": "07:00"})
    assert (quiet.timezone.key, quiet.days, quiet.except_critical) == ("UTC", frozenset(range(7)), True)
    assert quiet.start == time(22)
