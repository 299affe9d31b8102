"""What a judged scan means for the drifts on record, written in bulk inside the scan's own transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from alerts.actions import Notice, raise_alerts
from alerts.models import Alert
from audit.journal import Writer
from costs.actions import CostChange, record_cost_changes
from costs.pricing import Priced, price_drift
from drifts.counters import OPENED
from drifts.facts import DriftCreated, DriftResolved, DriftUpdated
from drifts.findings import Judged, Observation, Severity
from drifts.ingest.reconcile import Known, Pair, Seen, reconcile, scope_of
from drifts.models import Drift, Scan
from drifts.transitions import Status

BATCH = 500


@dataclass(frozen=True, slots=True)
class OnRecord(Known):
    """An open drift as the comparison needs it."""

    pk: UUID
    severity: str
    cost: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Seen):
    """What a scan shows of one resource, priced."""

    observation: Observation
    priced: Priced


def record_judged(w: Writer, scan: Scan, judged: Judged, *, at: datetime) -> None:
    """Open, change, supersede and resolve drifts as a scan shows, and count it on the scan (which is not saved).

    Args:
        w: The open journal; the stack's lock is held.
        scan: The scan.
        judged: What it shows.
        at: When the tool looked.
    """
    found = reconcile(_on_record(scan), map(shown, judged.observations), scope_of(judged.assessment))
    _touch([pair.known.pk for pair in found.unchanged], at)
    worse = _change(w, scan, found.changed, at)
    _resolve(w, scan, [pair.known for pair in found.superseded], how=Drift.Resolutions.SUPERSEDED, at=at)
    _resolve(w, scan, found.reconciled, how=Drift.Resolutions.RECONCILED, at=at)
    lapsed = {pair.seen.fingerprint: pair.known for pair in found.superseded}
    new = [*found.opened, *(pair.seen for pair in found.superseded)]
    made = open_drifts(w, scan.stack_id, scan.stack.name, new, scan=scan, detected_by=scan.detected_by, at=at)
    notices = [notice for drift in made if (notice := _notice(drift, scan.stack.name, lapsed))]
    raise_alerts(w, [*notices, *(_critical(drift, f"{drift.resource_id} in {scan.stack.name}") for drift in worse)])
    scan.drifts_new, scan.drifts_changed = len(made), len(found.changed)
    scan.drifts_recurring, scan.drifts_resolved = len(found.unchanged), len(found.reconciled)


def shown(observation: Observation) -> Shown:
    """An observation, priced and ready to compare.

    Args:
        observation: Masked, compared and judged.
    """
    priced = price_drift(
        provider_type=observation.provider_type,
        kind=observation.kind.value,
        region=observation.region,
        expected=observation.expected_state,
        actual=observation.actual_state,
    )
    return Shown(
        fingerprint=observation.fingerprint,
        difference_digest=observation.difference_digest,
        observation=observation,
        priced=priced,
    )


def open_drifts(
    w: Writer,
    stack_id: UUID,
    stack_name: str,
    seen: Sequence[Shown],
    *,
    scan: Scan | None,
    detected_by: str,
    at: datetime,
) -> list[Drift]:
    """Make a drift of each observation, journal it and count its cost.

    Args:
        w: The open journal.
        stack_id: The stack.
        stack_name: Its name, for the facts.
        seen: What was seen, priced.
        scan: The scan that showed it, if any.
        detected_by: One of `Scan.Sources`.
        at: When it was seen.
    """
    before = _latest_resolved(stack_id, [one.fingerprint for one in seen])
    made = [
        Drift(
            account_id=w.account_id,
            stack_id=stack_id,
            fingerprint=one.fingerprint,
            identity=one.observation.identity,
            previous_id=before.get(one.fingerprint),
            scan=scan,
            detected_by=detected_by,
            detected_at=at,
            last_seen_at=at,
            **_content(one),
        )
        for one in seen
    ]
    Drift.objects.bulk_create(made, batch_size=BATCH)
    record_cost_changes(
        w, [CostChange(drift_id=drift.pk, before=None, after=drift.cost_impact_monthly, at=at) for drift in made]
    )
    for drift in made:
        w.record(_created(drift, stack_name))
    transaction.on_commit(lambda: _count(made))
    return made


def _on_record(scan: Scan) -> Iterable[OnRecord]:
    rows = Drift.objects.filter(account_id=scan.account_id, stack_id=scan.stack_id).open().select_for_update()
    columns = ("fingerprint", "difference_digest", "status", "identity", "pk", "severity", "cost_impact_monthly")
    for fingerprint, digest, status, identity, pk, severity, cost in rows.values_list(*columns):
        yield OnRecord(bytes(fingerprint), bytes(digest), Status(status), identity, pk, severity, cost)


def _content(one: Shown) -> dict[str, Any]:
    """The columns that say what differs, how grave it is and what it costs."""
    observation, priced = one.observation, one.priced
    return {
        "difference_digest": one.difference_digest,
        "address": observation.address,
        "resource_id": observation.resource_id,
        "resource_type": observation.resource_type,
        "provider_type": observation.provider_type,
        "kind": observation.kind.value,
        "region": observation.region,
        "cloud_account": observation.cloud_account,
        "expected_state": observation.expected_state,
        "actual_state": observation.actual_state,
        "difference": observation.difference,
        "severity": observation.severity.value,
        "severity_reason": observation.severity_reason,
        "cost_impact_monthly": priced.impact_monthly,
        "cost_basis": priced.basis,
        "cost_breakdown": breakdown(priced),
    }


def breakdown(priced: Priced) -> dict[str, Any]:
    """How a cost was arrived at, as it is stored and shown.

    Args:
        priced: The cost.
    """
    lines = [
        {
            "component": line.component,
            "unit": line.unit,
            "unitPrice": str(line.unit_price) if line.unit_price is not None else None,
            "expectedQuantity": str(line.expected_quantity),
            "actualQuantity": str(line.actual_quantity),
        }
        for line in priced.breakdown
    ]
    return {
        "lines": lines,
        "currency": priced.currency,
        "priceDate": priced.price_date.isoformat() if priced.price_date else None,
        "atLeast": priced.at_least,
        "reason": priced.reason,
    }


def _touch(pks: Sequence[UUID], at: datetime) -> None:
    """Note that drifts were seen again."""
    if pks:
        Drift.objects.filter(pk__in=pks).update(last_seen_at=at, occurrences=F("occurrences") + 1)


def _change(w: Writer, scan: Scan, pairs: Sequence[Pair[OnRecord, Shown]], at: datetime) -> list[Drift]:
    """Update the undecided drifts that differ otherwise than before.

    Returns:
        Those that have become critical.
    """
    if not pairs:
        return []
    contents = {pair.known.pk: _content(pair.seen) for pair in pairs}
    drifts = Drift.objects.in_bulk(list(contents))
    for pk, drift in drifts.items():
        drift.last_seen_at, drift.occurrences = at, drift.occurrences + 1
        for name, value in contents[pk].items():
            setattr(drift, name, value)
    names = [*next(iter(contents.values())), "last_seen_at", "occurrences"]
    Drift.objects.bulk_update(drifts.values(), names, batch_size=BATCH)
    costs = [
        CostChange(drift_id=known.pk, before=known.cost, after=drifts[known.pk].cost_impact_monthly, at=at)
        for known in (pair.known for pair in pairs)
    ]
    record_cost_changes(w, costs)
    for pair in pairs:
        w.record(_updated(drifts[pair.known.pk], pair.known, scan.stack.name))
    known = [pair.known for pair in pairs if pair.known.severity != Severity.CRITICAL]
    return [drifts[one.pk] for one in known if drifts[one.pk].severity == Severity.CRITICAL]


def _resolve(w: Writer, scan: Scan, known: Sequence[OnRecord], *, how: Drift.Resolutions, at: datetime) -> None:
    """End drifts that the scan shows to be over."""
    if not known:
        return
    Drift.objects.filter(pk__in=[one.pk for one in known]).update(
        status=Status.RESOLVED.value, resolved_at=at, resolved_how=how
    )
    record_cost_changes(w, [CostChange(drift_id=one.pk, before=one.cost, after=None, at=at) for one in known])
    for one in known:
        fact = DriftResolved(
            id=one.pk,
            status=Status.RESOLVED.value,
            severity=one.severity,
            stack=scan.stack.name,
            resolved_at=at,
            resolved_how=how.value,
        )
        w.record(fact)


def _latest_resolved(stack_id: UUID, fingerprints: Sequence[bytes]) -> dict[bytes, UUID]:
    """The newest resolved drift of each resource, where there is one."""
    rows = Drift.objects.filter(stack_id=stack_id, fingerprint__in=fingerprints, status=Status.RESOLVED.value)
    newest = rows.order_by("fingerprint", "-id").distinct("fingerprint").values_list("fingerprint", "pk")
    return {bytes(fingerprint): pk for fingerprint, pk in newest}


def _created(drift: Drift, stack_name: str) -> DriftCreated:
    return DriftCreated(
        id=drift.pk,
        resource_id=drift.resource_id,
        resource_type=drift.resource_type,
        region=drift.region,
        stack=stack_name,
        severity=drift.severity,
        severity_reason=drift.severity_reason,
        cost_impact_monthly=drift.cost_impact_monthly,
        detected_at=drift.detected_at,
        status=drift.status,
        previous_drift_id=drift.previous_id,
    )


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


def _notice(drift: Drift, stack_name: str, lapsed: dict[bytes, OnRecord]) -> Notice | None:
    """What to tell of a new drift: one that is critical, one whose former decision lapsed, a grave one that is back."""
    where = f"{drift.resource_id} in {stack_name}"
    before = lapsed.get(bytes(drift.fingerprint))
    if before is not None:
        words = f"{drift.severity_reason} It was {before.status} on another difference; that decision has lapsed."
        return _told(drift, Alert.Types.APPROVAL_NEEDED, f"Decision needed again: {where}", words)
    if drift.previous_id and drift.severity in {Severity.CRITICAL, Severity.HIGH}:
        words = f"{drift.severity_reason} It was resolved before and is back."
        return _told(drift, Alert.Types.DRIFT_RECURRED, f"{drift.severity.capitalize()} drift is back: {where}", words)
    if drift.severity == Severity.CRITICAL:
        return _critical(drift, where)
    return None


def _critical(drift: Drift, where: str) -> Notice:
    return _told(drift, Alert.Types.DRIFT_DETECTED, f"Critical drift: {where}", drift.severity_reason)


def _told(drift: Drift, kind: Alert.Types, title: str, message: str) -> Notice:
    return Notice(type=kind, severity=drift.severity, title=title, message=message, drift_id=drift.pk)


def notices_of(drifts: Iterable[Drift], stack_name: str) -> list[Notice]:
    """What to tell of new drifts that no decision preceded.

    Args:
        drifts: New ones.
        stack_name: Their stack.
    """
    return [notice for drift in drifts if (notice := _notice(drift, stack_name, {}))]


def _count(made: Iterable[Drift]) -> None:
    for drift in made:
        OPENED.labels(severity=drift.severity).inc()
