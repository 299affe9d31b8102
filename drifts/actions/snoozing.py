"""Snoozes: nobody is told of an undecided drift for a while, or until it differs otherwise than it did then.

`drifts.actions.snooze_lapses` ends them where a scan shows that; whoever decides ends them by it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from alerts.actions import Notice
from alerts.models import Alert
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.decide import checked_reason, digest_of, must_be_as_seen
from drifts.actions.telling import MAX_ALERTS, raise_notices
from drifts.models import Drift
from drifts.snooze_facts import DriftSnoozed, DriftUnsnoozed
from drifts.snoozes import LONGEST, NOT_SNOOZED, lasting
from drifts.transitions import Status
from driftsentry.api.errors import Conflict, Invalid, NotFound

BATCH = 200
MAX_BATCHES = 10
"""A sweep ends after so many, and the next one goes on."""
SWEEPER = Actor.system("snoozes")
UNDECIDED = frozenset({Status.DETECTED.value, Status.TRIAGED.value})
BY_HAND, TIME_OVER = "by hand", "its time was over"
HEAVY = (
    *("expected_state", "actual_state", "difference", "cost_breakdown", "attribute_digests", "decided_digests"),
    *("consequence", "attribution", "snooze_digests"),
)
"""Columns that the end of a snooze does not read."""


def snooze_drift(
    account_id: UUID, drift_id: UUID, *, until: datetime | None, reason: str, difference_digest: str = "", by: Actor
) -> Drift:
    """Let nobody be told of a drift; a snooze that it has is replaced.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        until: Until when, at most `LONGEST` ahead; None: until it differs otherwise. It ends then in any case.
        reason: Why, 10 to 1000 characters.
        difference_digest: Of the difference that was looked at, in hexadecimal; '' snoozes whatever it is now.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such drift.
        Conflict: It is decided or over, or it differs otherwise by now.
        Invalid: The reason or the time does not do.
    """
    reason = checked_reason(reason)
    with journal.writing(account_id, by=by) as w:
        must_be_to_come(w, until)
        drift = _locked(account_id, drift_id)
        must_be_undecided(drift)
        must_be_as_seen(drift, difference_digest)
        snooze_each(w, [drift], until=until, reason=reason)
    return drift


def must_be_to_come(w: Writer, until: datetime | None) -> None:
    """Refuse the end of a snooze that is over before it begins, or very far away.

    Args:
        w: The open journal.
        until: Until when; None: until it differs otherwise.

    Raises:
        Invalid: It does not do.
    """
    if until is not None and not w.now < until <= w.now + LONGEST:
        raise Invalid.field("until", f"A time that is to come, at most {LONGEST.days} days ahead; or leave it out.")


def must_be_undecided(drift: Drift) -> None:
    """Refuse to snooze what nobody needs to be told of.

    Args:
        drift: The drift.

    Raises:
        Conflict: It is decided or over.
    """
    if drift.status not in UNDECIDED:
        raise Conflict(f"A drift that is {drift.status} cannot be snoozed.")


def snooze_each(w: Writer, drifts: Sequence[Drift], *, until: datetime | None, reason: str) -> None:
    """Snooze drifts, each as it differs now.

    Args:
        w: The open journal.
        drifts: The drifts, locked, with their stacks.
        until: Until when; None: until each differs otherwise.
        reason: Why.
    """
    values = {"snoozed_at": w.now, "snoozed_until": until, "snoozed_by_id": w.actor.user_id, "snooze_reason": reason}
    _write(drifts, values, snooze_digests=F("attribute_digests"))
    for drift in drifts:
        drift.snooze_digests = drift.attribute_digests
        fact = DriftSnoozed(
            id=drift.pk,
            status=drift.status,
            severity=drift.severity,
            stack=drift.stack.name,
            snoozed_until=until,
            lasting=lasting(until),
            difference_digest=digest_of(drift),
            text=reason,
        )
        w.record(fact)


def unsnooze_drift(account_id: UUID, drift_id: UUID, *, by: Actor) -> Drift:
    """End a snooze.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such drift.
        Conflict: It is not snoozed.
    """
    with journal.writing(account_id, by=by) as w:
        drift = _locked(account_id, drift_id)
        if drift.snoozed_at is None:
            raise Conflict("It is not snoozed.")
        unsnooze_each(w, [drift])
    return drift


def unsnooze_each(w: Writer, drifts: Sequence[Drift], *, text: str = "") -> None:
    """End the snoozes of drifts by hand.

    Args:
        w: The open journal.
        drifts: The drifts, locked, with their stacks.
        text: What was said with it.
    """
    _write(drifts, NOT_SNOOZED)
    for drift in drifts:
        w.record(_unsnoozed(drift, BY_HAND, text=text))


def _write(drifts: Sequence[Drift], values: Mapping[str, Any], **copied: F) -> None:
    for drift in drifts:
        for name, value in values.items():
            setattr(drift, name, value)
    Drift.objects.filter(pk__in=[one.pk for one in drifts]).update(**values, **copied)


def end_expired_snoozes() -> int:
    """End the snoozes whose time is over, and tell people that these drifts are back.

    Returns:
        How many.
    """
    ended = 0
    for _ in range(MAX_BATCHES):
        due = Drift.objects.filter(snoozed_until__lte=timezone.now()).order_by("snoozed_until")
        found = sorted(due.values_list("account_id", "id")[:BATCH])
        for account_id, rows in groupby(found, key=lambda row: row[0]):
            ended += _end_expired(account_id, [drift_id for _, drift_id in rows])
        if len(found) < BATCH:
            break
    return ended


def _end_expired(account_id: UUID, drift_ids: Sequence[UUID]) -> int:
    """End those of an account that no scan and nobody else is just changing: these are left to the next sweep."""
    with journal.writing(account_id, by=SWEEPER) as w:
        rows = Drift.objects.for_account(account_id).select_for_update(of=("self",), skip_locked=True)
        rows = rows.filter(pk__in=drift_ids, snoozed_until__lte=w.now).order_by("severity_rank", "id")
        drifts = list(rows.defer(*HEAVY))
        Drift.objects.filter(pk__in=[one.pk for one in drifts]).update(**NOT_SNOOZED)
        for drift in drifts:
            w.record(_unsnoozed(drift, TIME_OVER))
        _tell(w, drifts)
    return len(drifts)


def _tell(w: Writer, drifts: Sequence[Drift]) -> None:
    """One alert each, the gravest first; of what is more than people can read, one alert for all."""
    notices = [_back(drift) for drift in drifts]
    told, rest = notices[:MAX_ALERTS], notices[MAX_ALERTS:]
    if rest:
        number = len(rest)
        title = f"Back from snooze: {number} more {'drift' if number == 1 else 'drifts'}"
        words = "The time for which they were snoozed is over; the list of drifts has them all."
        told.append(Notice(type=Alert.Types.DRIFT_DETECTED, severity=rest[0].severity, title=title, message=words))
    raise_notices(w, told, covered=[one.drift_id for one in rest if one.drift_id is not None])


def _back(drift: Drift) -> Notice:
    is_triaged = drift.status == Status.TRIAGED.value
    waits = " It has been triaged and waits for approval or rejection." if is_triaged else ""
    return Notice(
        type=Alert.Types.APPROVAL_NEEDED if is_triaged else Alert.Types.DRIFT_DETECTED,
        severity=drift.severity,
        title=f"Back from snooze: {drift.resource_id} in {drift.stack.name}",
        message=f"It was snoozed {lasting(drift.snoozed_until)}. {drift.severity_reason}{waits}",
        drift_id=drift.pk,
    )


def _locked(account_id: UUID, drift_id: UUID) -> Drift:
    drift = Drift.objects.for_account(account_id).select_for_update(of=("self",)).filter(pk=drift_id).first()
    if drift is None:
        raise NotFound
    return drift


def _unsnoozed(drift: Drift, why: str, *, text: str = "") -> DriftUnsnoozed:
    about = {"status": drift.status, "severity": drift.severity, "stack": drift.stack.name}
    return DriftUnsnoozed(id=drift.pk, **about, why=why, text=text)
