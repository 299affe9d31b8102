"""What a judged scan means for the drifts on record, written in bulk inside the scan's own transaction."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from audit.journal import Writer
from costs.actions import CostChange, record_cost_changes
from drifts.actions.approval_lapses import end_moved_approvals
from drifts.actions.assessed import looked_at, note_not_assessed, note_pending, note_seen_again
from drifts.actions.assigning import inherit_assignments
from drifts.actions.attributing import request_attribution
from drifts.actions.consequences import note_consequences
from drifts.actions.content import Shown, content_of, shown
from drifts.actions.detection_settings import detection_settings_of
from drifts.actions.ending import Ending, end_drifts
from drifts.actions.known import OnRecord, on_record
from drifts.actions.opening import BATCH, open_drifts
from drifts.actions.rejudging import rejudge
from drifts.actions.repricing import reprice
from drifts.actions.returning import heard_of_returned, hidden_before, returned_notices
from drifts.actions.snooze_lapses import awake, end_lapsed_snoozes
from drifts.actions.telling import DECISIONS, ToTell, raise_notices, tell
from drifts.facts import DriftDecisionLapsed, DriftUpdated
from drifts.findings import Judged
from drifts.ingest.reconcile import Pair, Superseded, reconcile
from drifts.ingest.scope import scope_of
from drifts.models import Drift, Scan


def record_judged(w: Writer, scan: Scan, judged: Judged, *, at: datetime) -> None:
    """Open, change, supersede and resolve drifts as a scan shows, and count it on the scan (which is not saved).

    Args:
        w: The open journal; the stack's lock is held.
        scan: The scan.
        judged: What it shows.
        at: When the tool looked.
    """
    settings = detection_settings_of(w.account_id)
    known = list(on_record(scan))
    found = reconcile(known, map(shown, judged.observations), scope_of(judged.assessment))
    note_seen_again([pair.known.pk for pair in found.unchanged], at)
    note_consequences((pair.known.pk, pair.seen.observation.consequence) for pair in found.unchanged)
    note_pending(found.pending, at)
    note_not_assessed(scan, judged.assessment, found.not_assessed, at)
    _end_flapping(known, at - settings.flap_window)
    changed = _change(w, scan, found.changed, at)
    end_moved_approvals(w, scan.stack.name, changed)
    rejudged = rejudge(w, scan.stack.name, found.unchanged)
    reprice(w, scan.stack.name, found.unchanged, at=at)
    snoozes = end_lapsed_snoozes(w, scan.stack.name, changed=changed, rejudged=rejudged)
    _supersede(w, scan, found.superseded, at)
    _resolve(w, scan, found.reconciled, how=Drift.Resolutions.RECONCILED, at=at)
    made = open_drifts(
        w,
        scan.stack_id,
        scan.stack.name,
        [*found.opened, *(pair.seen for pair in found.superseded)],
        scan=scan,
        detected_by=scan.detected_by,
        at=at,
        flap_window=settings.flap_window,
        lapses={pair.seen.fingerprint: pair.lapse for pair in found.superseded},
    )
    _record_lapses(w, scan, made, found.superseded)
    anew = {known.pk for known, _ in rejudged}
    still = [pair.known for pair in found.unchanged if pair.known.pk not in anew]
    again = [one for one in still if not one.is_snoozed(w.now)]
    decided = {pair.seen.fingerprint: (pair.known.status, pair.lapse) for pair in found.superseded}
    hidden = {name: words for name, words in hidden_before(scan, judged, now=w.now).items() if name not in decided}
    back = [drift.pk for drift in made if bytes(drift.fingerprint) in hidden]
    returned = partial(heard_of_returned, made, hidden, scan)
    raise_notices(w, list(returned_notices(made, hidden, scan)), covered=back, heard=returned)
    new = [drift for drift in made if bytes(drift.fingerprint) not in hidden]
    woken = awake(w, [*changed, *rejudged])
    tell(w, scan, settings, ToTell(made=new, changed=woken, again=again, lapses=decided, snoozes=snoozes))
    request_attribution(w, scan, [*made, *(drift for _, drift in changed)])
    scan.drifts_new, scan.drifts_changed = len(made), len(found.changed)
    scan.drifts_recurring, scan.drifts_resolved = len(found.unchanged), len(found.reconciled)


def _change(
    w: Writer, scan: Scan, pairs: Sequence[Pair[OnRecord, Shown]], at: datetime
) -> list[tuple[OnRecord, Drift]]:
    """Update the drifts that differ otherwise than before, or of which more is known.

    Returns:
        Each as it was and as it is.
    """
    if not pairs:
        return []
    contents = {pair.known.pk: {**content_of(pair.seen), "last_seen_at": at, **looked_at(at)} for pair in pairs}
    drifts = Drift.objects.in_bulk(list(contents))
    for pk, drift in drifts.items():
        drift.occurrences += 1
        for name, value in contents[pk].items():
            setattr(drift, name, value)
    names = [*next(iter(contents.values())), "occurrences"]
    Drift.objects.bulk_update(drifts.values(), names, batch_size=BATCH)
    costs = [
        CostChange(drift_id=known.pk, before=known.cost, after=drifts[known.pk].cost_impact_monthly, at=at)
        for known in (pair.known for pair in pairs)
    ]
    record_cost_changes(w, costs)
    for pair in pairs:
        w.record(_updated(drifts[pair.known.pk], pair.known, scan.stack.name))
    return [(pair.known, drifts[pair.known.pk]) for pair in pairs]


def _supersede(w: Writer, scan: Scan, pairs: Sequence[Superseded[OnRecord, Shown]], at: datetime) -> None:
    """End decided drifts that differ otherwise now, each with the reason in its timeline."""
    reasons = {pair.known.fingerprint: pair.lapse.reason for pair in pairs}
    known = [pair.known for pair in pairs]
    _resolve(w, scan, known, how=Drift.Resolutions.SUPERSEDED, at=at, reasons=reasons)


def _resolve(
    w: Writer,
    scan: Scan,
    known: Sequence[OnRecord],
    *,
    how: Drift.Resolutions,
    at: datetime,
    reasons: dict[bytes, str] | None = None,
) -> None:
    """End drifts that the scan shows to be over; `reasons` are told in the timeline, by fingerprint."""
    endings = [
        Ending(one.pk, one.severity, one.cost, scan.stack.name, (reasons or {}).get(one.fingerprint, ""))
        for one in known
    ]
    end_drifts(w, endings, how=how, at=at, columns=looked_at(at))


def _record_lapses(
    w: Writer, scan: Scan, made: Sequence[Drift], superseded: Sequence[Superseded[OnRecord, Shown]]
) -> None:
    """Tell in the timeline of each successor why what was decided no longer stands, and whose it is still."""
    if not superseded:
        return
    drifts = {bytes(drift.fingerprint): drift for drift in made}
    heirs = {pair.known.pk: drifts[pair.seen.fingerprint] for pair in superseded}
    inherit_assignments(w, heirs, {scan.stack_id: scan.stack.name})
    for pair in superseded:
        drift = drifts[pair.seen.fingerprint]
        fact = DriftDecisionLapsed(
            id=drift.pk,
            status=drift.status,
            severity=drift.severity,
            stack=scan.stack.name,
            former_drift_id=pair.known.pk,
            decision=DECISIONS[pair.known.status],
            reason=pair.lapse.reason,
            paths=pair.lapse.paths,
        )
        w.record(fact)


def _end_flapping(known: Sequence[OnRecord], before: datetime) -> None:
    """What has been there all through the window is no longer flapping."""
    steady = [one.pk for one in known if one.is_flapping and one.detected_at < before]
    if steady:
        Drift.objects.filter(pk__in=steady).update(is_flapping=False)


def _updated(drift: Drift, before: OnRecord, stack_name: str) -> DriftUpdated:
    return DriftUpdated(
        id=drift.pk,
        status=drift.status,
        stack=stack_name,
        severity=drift.severity,
        severity_reason=drift.severity_reason,
        previous_severity=before.severity,
        cost_impact_monthly=drift.cost_impact_monthly,
        changed_paths=tuple(sorted(drift.difference))[:100],
    )
