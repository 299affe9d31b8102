"""Whom a recorded scan wakes: the alerts of drifts that are new, back, graver, or whose decision lapsed.

A drift is told of once, critical or not, when `DetectionSettings.alert_after_scans` scans in a row have shown it;
`Drift.alerted_at` keeps that it was. A lapsed decision and a drift that a client reports itself are told of at once, so
is one already told of that becomes critical. Where one scan gives reason for many alerts, the gravest are told of one
by one and all others in one alert more.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from alerts.actions import Notice, raise_alerts
from alerts.models import Alert
from audit.journal import Writer
from drifts.actions.known import OnRecord
from drifts.findings import Severity
from drifts.ingest.lapse import Lapse
from drifts.models import DetectionSettings, Drift, Scan
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
    notices = [
        *shown.snoozes,
        *_of_new(shown, stack_name, settings),
        *_of_changed(shown, stack_name, settings),
        *(notice_of(drift, stack_name, settings) for drift in _now_due(shown.again, settings)),
    ]
    if len(notices) > MAX_ALERTS:
        notices.sort(key=lambda one: Severity(one.severity).rank)
    rest = notices[MAX_ALERTS:]
    told = [*notices[:MAX_ALERTS], *([_of_the_rest(rest, scan, shown.snoozes)] if rest else [])]
    raise_notices(w, told, covered=[one.drift_id for one in rest if one.drift_id is not None])


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


def raise_notices(w: Writer, notices: Sequence[Notice], *, covered: Iterable[UUID] = ()) -> None:
    """Raise alerts about drifts, and keep on these that it was done.

    Args:
        w: The open journal.
        notices: What to tell.
        covered: Drifts that the notices tell of without naming them.
    """
    raise_alerts(w, notices)
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
