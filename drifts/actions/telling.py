"""Whom a recorded scan wakes: the alerts of drifts that are new, back, graver, or whose decision lapsed.

A drift is told of once, critical or not, when `DetectionSettings.alert_after_scans` scans in a row have shown it;
`Drift.alerted_at` keeps that it was. A lapsed decision and a drift that a client reports itself are told of at once, so
is one already told of that becomes critical. Where one scan gives reason for many alerts, the gravest are told of one
by one and all others in one alert more.

Channels hear of drifts of any severity (`drifts.actions.episodes`): of each once, when the number of scans in a row is
reached, which the scan's own data say, so that nothing is written of a million drifts of which nobody is to be told.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Protocol
from uuid import UUID

from alerts.actions import Notice, raise_alerts
from alerts.actions.announcing import leave
from alerts.models import Alert
from alerts.occasions import Occasion
from audit.journal import Writer
from drifts.actions.episodes import Place, covered_returns, opening, told_again, told_as
from drifts.actions.known import OnRecord
from drifts.detection_limits import ALERT_AFTER_SCANS
from drifts.findings import Severity
from drifts.ingest.lapse import Lapse
from drifts.models import DetectionSettings, Drift, Scan, Stack
from drifts.transitions import Status

MAX_ALERTS = 20
"""Alerts about single drifts of one scan; one more tells of the rest."""
GRAVE = frozenset({Severity.CRITICAL.value, Severity.HIGH.value})
DECISIONS: Mapping[Status, str] = {Status.APPROVED: "approval", Status.REJECTED: "rejection"}
"""A status that somebody decided on → what the decision is called."""


class Weighed(Protocol):
    """A drift, by what decides whether anybody is told of it."""

    @property
    def severity(self) -> str:
        """One of `Severity`."""

    @property
    def previous_id(self) -> UUID | None:
        """The drift of the same resource before it."""


def is_worth_telling(drift: Weighed) -> bool:
    """Say whether people are told of a drift that no decision preceded: critical ones, and grave ones that are back.

    Args:
        drift: The drift.
    """
    return drift.severity == Severity.CRITICAL or (drift.previous_id is not None and drift.severity in GRAVE)


def notice_of(drift: Drift, stack_name: str, settings: DetectionSettings) -> Notice:
    """What to tell of a drift that is worth it.

    Args:
        drift: The drift.
        stack_name: Its stack.
        settings: The account's.
    """
    if drift.previous_id is None:
        return critical(drift, stack_name, settings)
    where = _where(drift, stack_name)
    grave = drift.severity.capitalize()
    if drift.is_flapping:
        days = settings.flap_window_days
        words = (
            f"{drift.severity_reason} It keeps being gone and coming back within {days} {_plural(days, 'day')}. While "
            "that goes on, you are not told of each return, unless it is graver than before."
        )
        return _told(drift, Alert.Types.DRIFT_RECURRED, f"{grave} drift keeps coming back: {where}", words)
    words = f"{drift.severity_reason} It was resolved before and is back.{_in_a_row(drift, settings)}"
    return _told(drift, Alert.Types.DRIFT_RECURRED, f"{grave} drift is back: {where}", words)


def critical(drift: Drift, stack_name: str, settings: DetectionSettings) -> Notice:
    """What to tell of a drift that is, or has become, critical.

    Args:
        drift: The drift.
        stack_name: Its stack.
        settings: The account's.
    """
    words = f"{drift.severity_reason}{_in_a_row(drift, settings)}"
    return _told(drift, Alert.Types.DRIFT_DETECTED, f"Critical drift: {_where(drift, stack_name)}", words)


def lapse_notice(drift: Drift, stack_name: str, status: Status, lapse: Lapse) -> Notice:
    """What to tell of a drift that takes the place of a decided one.

    Args:
        drift: The new one.
        stack_name: Its stack.
        status: What the former one was decided as.
        lapse: Why that no longer stands.
    """
    words = f"The {DECISIONS[status]} of {drift.resource_id} lapsed: {lapse.reason}. {drift.severity_reason}"
    return _told(drift, Alert.Types.APPROVAL_NEEDED, f"Decision needed again: {_where(drift, stack_name)}", words)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToTell:
    """What a scan shows, by what people may have to be told of it.

    Attributes:
        made: Drifts that are new.
        changed: Drifts that differ otherwise than before, each with what was on record.
        again: Drifts that are as they were.
        lapses: Fingerprint of a new drift → what the one before was decided as, and why that no longer stands.
        snoozes: What is told of snoozes that lapsed.
    """

    made: Sequence[Drift]
    changed: Sequence[tuple[OnRecord, Drift]] = ()
    again: Sequence[OnRecord] = ()
    lapses: Mapping[bytes, tuple[Status, Lapse]]
    snoozes: Sequence[Notice] = ()


def tell(w: Writer, scan: Scan, settings: DetectionSettings, shown: ToTell) -> None:
    """Raise the alerts that a scan gives reason for, and keep that they were raised.

    Args:
        w: The open journal.
        scan: The scan, with its stack.
        settings: The account's.
        shown: What the scan shows.
    """
    stack_name = scan.stack.name
    opened = [
        *_of_new(shown, stack_name, settings),
        *_of_changed(shown, stack_name, settings),
        *(notice_of(drift, stack_name, settings) for drift in _now_due(shown.again, settings)),
    ]
    notices = [*shown.snoozes, *opened]
    heard = partial(_heard, scan, settings, shown, opened)
    if len(notices) > MAX_ALERTS:
        notices.sort(key=lambda one: Severity(one.severity).rank)
    rest = notices[MAX_ALERTS:]
    told = [*notices[:MAX_ALERTS], *([_of_the_rest(rest, scan, shown.snoozes)] if rest else [])]
    raise_notices(w, told, covered=[one.drift_id for one in rest if one.drift_id is not None], heard=heard)


def _heard(scan: Scan, settings: DetectionSettings, shown: ToTell, notices: Sequence[Notice]) -> Iterator[Occasion]:
    """What channels hear of: all that alerts tell, each for itself, and what is not grave enough for one."""
    place = Place.of(scan.stack, scan.pk)
    yield from told_again(shown.snoozes, place)
    yield from told_as(notices, place)
    told = {one.drift_id for one in notices} | covered_returns(shown.made)
    in_a_row = settings.alert_after_scans
    if in_a_row == 1:
        yield from (opening(drift, place) for drift in shown.made if drift.pk not in told)
    for before, drift in shown.changed:
        is_graver = Severity(drift.severity).rank < Severity(before.severity).rank and _is_old_enough(drift, settings)
        if drift.pk not in told and (is_graver or drift.occurrences == in_a_row):
            yield opening(drift, place)
    waited = _waited(scan, settings)
    for one in shown.again:
        if one.pk not in told and one.occurrences + 1 in waited:
            yield opening(one, place)


def _waited(scan: Scan, settings: DetectionSettings) -> range:
    """How many scans in a row a drift must have been shown by for channels to hear of it now.

    That is the number asked for; where fewer are asked for than at the scan before, all that were waiting are due.
    """
    before, asked = scan.stack.last_scan_at, settings.alert_after_scans
    is_new = before is not None and settings.updated_at is not None and settings.updated_at > before
    return range(asked, ALERT_AFTER_SCANS.most + 1) if is_new else range(asked, asked + 1)


def tell_of_reported(w: Writer, made: Sequence[Drift], stack: Stack, settings: DetectionSettings) -> None:
    """Tell of drifts that a client reports itself, at once.

    Args:
        w: The open journal.
        made: The drifts.
        stack: Their stack.
        settings: The account's.
    """
    notices = [notice_of(one, stack.name, settings) for one in made if is_worth_telling(one)]
    told, place = {one.drift_id for one in notices}, Place.of(stack)
    others = [one for one in made if one.pk not in told]
    raise_notices(w, notices, heard=lambda: chain(told_as(notices, place), (opening(one, place) for one in others)))


def _of_the_rest(rest: Sequence[Notice], scan: Scan, snoozes: Sequence[Notice]) -> Notice:
    """One alert about all drifts that get none of their own; the gravest of them comes first."""
    severities = Counter(one.severity for one in rest)
    counted = ", ".join(f"{severities[one]} {one}" for one in Severity if severities[one])
    kinds = {one.type for one in rest}
    lapsed = sum(one.type == Alert.Types.APPROVAL_NEEDED and one not in snoozes for one in rest)
    awake = sum(one in snoozes for one in rest)
    words = f"This scan shows more than can be told one by one. These are {counted}; the list of drifts has them all."
    if lapsed:
        words += f" Decisions on {lapsed} of them lapsed and are needed again."
    if awake:
        words += f" The snoozes of {awake} of them lapsed."
    return Notice(
        type=kinds.pop() if len(kinds) == 1 else Alert.Types.DRIFT_DETECTED,
        severity=rest[0].severity,
        title=f"{len(rest)} more {_plural(len(rest), 'drift')} to look at in {scan.stack.name}",
        message=words,
        scan_id=scan.pk,
    )


def raise_notices(
    w: Writer,
    notices: Sequence[Notice],
    *,
    covered: Iterable[UUID] = (),
    heard: Callable[[], Iterable[Occasion]] | None = None,
) -> None:
    """Raise alerts about drifts, and keep on these that it was done.

    Args:
        w: The open journal.
        notices: What to tell.
        covered: Drifts that the notices tell of without naming them.
        heard: Makes what channels hear of in place of the notices; none: these.
    """
    made = raise_alerts(w, notices)
    if heard is not None:
        leave(w, heard, instead_of=made)
    told = [*(one.drift_id for one in notices if one.drift_id is not None), *covered]
    if told:
        Drift.objects.filter(pk__in=told).update(alerted_at=w.now)


def _of_new(shown: ToTell, stack_name: str, settings: DetectionSettings) -> Iterator[Notice]:
    for drift in shown.made:
        lapsed = shown.lapses.get(bytes(drift.fingerprint))
        if lapsed is not None:
            yield lapse_notice(drift, stack_name, *lapsed)
        elif _is_due(drift, settings):
            yield notice_of(drift, stack_name, settings)


def _of_changed(shown: ToTell, stack_name: str, settings: DetectionSettings) -> Iterator[Notice]:
    for before, drift in shown.changed:
        is_worse = drift.severity == Severity.CRITICAL and before.severity != Severity.CRITICAL
        if is_worse and (drift.alerted_at or _is_old_enough(drift, settings)):
            yield critical(drift, stack_name, settings)
        elif _is_due(drift, settings):
            yield notice_of(drift, stack_name, settings)


def _now_due(again: Sequence[OnRecord], settings: DetectionSettings) -> list[Drift]:
    """The drifts that this scan has shown for long enough."""
    due = [
        one.pk
        for one in again
        if one.alerted_at is None and one.occurrences + 1 >= settings.alert_after_scans and is_worth_telling(one)
    ]
    return list(Drift.objects.filter(pk__in=due).order_by("fingerprint")) if due else []


def _is_due(drift: Drift, settings: DetectionSettings) -> bool:
    return drift.alerted_at is None and _is_old_enough(drift, settings) and is_worth_telling(drift)


def _is_old_enough(drift: Drift, settings: DetectionSettings) -> bool:
    return drift.occurrences >= settings.alert_after_scans


def _where(drift: Drift, stack_name: str) -> str:
    return f"{drift.resource_id} in {stack_name}"


def _in_a_row(drift: Drift, settings: DetectionSettings) -> str:
    waited = settings.alert_after_scans > 1 and drift.occurrences > 1
    return f" {drift.occurrences} scans in a row have shown it." if waited else ""


def _plural(number: int, word: str) -> str:
    return word if number == 1 else f"{word}s"


def _told(drift: Drift, kind: Alert.Types, title: str, message: str) -> Notice:
    return Notice(type=kind, severity=drift.severity, title=title, message=message, drift_id=drift.pk)
