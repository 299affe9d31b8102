"""Snoozes that a scan ends: a snooze holds for what was seen, attribute by attribute, and for nothing critical.

So do the snoozes of alerts, each by what differed when somebody snoozed that alert.
"""

from collections.abc import Iterator, Mapping, Sequence

from alerts.actions import Notice
from alerts.actions.snooze_ends import snoozed_alerts, wake_alerts
from alerts.models import Alert
from audit.journal import Writer
from drifts.actions.known import OnRecord
from drifts.findings import Severity
from drifts.ingest.lapse import Cause, Lapse, moved
from drifts.models import Drift
from drifts.snooze_facts import DriftSnoozeLapsed
from drifts.snoozes import NOT_SNOOZED
from drifts.transitions import Status

Changed = Sequence[tuple[OnRecord, Drift]]
CRITICAL = "it has become critical"
OTHERWISE = "it differs otherwise than when it was snoozed"
WORDS: Mapping[Cause, str] = {
    Cause.KIND: "something else has happened to the resource than when it was snoozed",
    Cause.BLIND: "it was snoozed before it was known what differs",
}
"""Why a snooze lapsed, where no attribute tells it."""


def end_lapsed_snoozes(w: Writer, stack_name: str, *, changed: Changed, rejudged: Changed) -> list[Notice]:
    """End the snoozes of drifts that differ otherwise than when they were snoozed, or that have become critical.

    A part that was put back, and its coming again, ends none.

    Args:
        w: The open journal.
        stack_name: The stack.
        changed: Drifts that differ otherwise than before, each as it was and as it is.
        rejudged: Drifts that differ as before and are judged otherwise.

    Returns:
        What to tell of them. Nothing else is to be told of drifts that were snoozed when the scan came.
    """
    _wake_alerts(w, changed, rejudged)
    lapsed = [
        *(
            (drift, _moved(known, drift, known.snooze_digests), _is_worse(known, drift))
            for known, drift in _asleep(w, changed)
        ),
        *((drift, None, _is_worse(known, drift)) for known, drift in _asleep(w, rejudged)),
    ]
    ended = [(drift, lapse, is_worse) for drift, lapse, is_worse in lapsed if lapse is not None or is_worse]
    if not ended:
        return []
    Drift.objects.filter(pk__in=[drift.pk for drift, _, _ in ended]).update(**NOT_SNOOZED)
    return [_told(w, drift, stack_name, lapse, is_worse=is_worse) for drift, lapse, is_worse in ended]


def awake(w: Writer, found: Changed) -> list[tuple[OnRecord, Drift]]:
    """Those that were not snoozed when the scan came.

    Args:
        w: The open journal.
        found: Drifts, each as it was and as it is.
    """
    return [(known, drift) for known, drift in found if not known.is_snoozed(w.now)]


def _asleep(w: Writer, found: Changed) -> Iterator[tuple[OnRecord, Drift]]:
    return ((known, drift) for known, drift in found if known.is_snoozed(w.now))


def _wake_alerts(w: Writer, changed: Changed, rejudged: Changed) -> None:
    """End the snoozes of alerts about drifts that differ otherwise than then, or that have become critical."""
    seen = [*changed, *((known, drift) for known, drift in rejudged if _is_worse(known, drift))]
    found = {drift.pk: (known, drift) for known, drift in seen}
    differs = {drift.pk for _, drift in changed}
    woken = []
    for alert in snoozed_alerts(w.account_id, found) if found else ():
        if alert.drift_id is None:
            continue
        known, drift = found[alert.drift_id]
        lapse = _moved(known, drift, alert.snooze_digests) if drift.pk in differs else None
        if lapse is not None or _is_worse(known, drift):
            woken.append((alert, _words(lapse, is_worse=_is_worse(known, drift))))
    wake_alerts(w, woken)


def _words(lapse: Lapse | None, *, is_worse: bool) -> str:
    return "; ".join([*([_reason(lapse)] if lapse else []), *([CRITICAL] if is_worse else [])])


def _moved(known: OnRecord, drift: Drift, digests: Mapping[str, str]) -> Lapse | None:
    if known.kind.value != drift.kind:
        return Lapse(Cause.KIND)
    return moved(digests, drift.attribute_digests) if known.carries_values else Lapse(Cause.BLIND)


def _is_worse(known: OnRecord, drift: Drift) -> bool:
    return drift.severity == Severity.CRITICAL and known.severity != Severity.CRITICAL


def _told(w: Writer, drift: Drift, stack_name: str, lapse: Lapse | None, *, is_worse: bool) -> Notice:
    """Record that a snooze lapsed, and say what to tell of it."""
    for name, value in NOT_SNOOZED.items():
        setattr(drift, name, value)
    reason = _words(lapse, is_worse=is_worse)
    fact = DriftSnoozeLapsed(
        id=drift.pk,
        status=drift.status,
        severity=drift.severity,
        stack=stack_name,
        reason=reason,
        paths=lapse.paths if lapse else (),
    )
    w.record(fact)
    is_triaged = drift.status == Status.TRIAGED.value
    return Notice(
        type=Alert.Types.APPROVAL_NEEDED if is_triaged else Alert.Types.DRIFT_DETECTED,
        severity=drift.severity,
        title=f"Snooze lapsed: {drift.resource_id} in {stack_name}",
        message=f"The snooze of {drift.resource_id} lapsed: {reason}. {drift.severity_reason}",
        drift_id=drift.pk,
    )


def _reason(lapse: Lapse) -> str:
    return WORDS.get(lapse.cause) or (lapse.reason if lapse.paths else OTHERWISE)
