"""What ignore rules hid of a scan: counted, listed, and told of when it comes back.

Hidden is not clean. An open drift whose finding a rule hides as a whole is not reconciled: it is resolved as
acknowledged, in the rule's name, since a person said that the change may stand. One whose remediation is approved stays
open until a scan finds it clean; and so does an undecided one that it takes several people to reject, until they do:
whoever writes a rule is one. When a rule expires, is switched off, narrowed or taken away, the next scan shows its
findings again: as new drifts that name the old ones, with an alert that says what hid them, and until when. What a scan
finds clean meanwhile is not hidden any more, and should it differ again, that is nothing that comes back.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from audit.journal import Writer
from costs.actions import CostChange, record_cost_changes
from drifts.actions.assessed import looked_at
from drifts.actions.voices import UNDECIDED, taking_several
from drifts.approvals import Decision
from drifts.facts import DriftResolved
from drifts.findings import Hidden, Judged, Kind
from drifts.ingest.scope import Silence, Silences, scope_of
from drifts.models import Drift, HiddenFinding, IgnoreRule, Scan
from drifts.snoozes import NOT_SNOOZED
from drifts.transitions import Status

MAX_PER_RULE = 1000
"""Rows kept of what one rule hid, the latest first."""
MAX_PATHS = 50
BATCH = 500


def note_hidden(w: Writer, scan: Scan, judged: Judged, *, at: datetime) -> None:
    """Count what rules hid, keep which findings it was, and end the open drifts that are hidden as a whole.

    Args:
        w: The open journal; the stack's lock is held.
        scan: The scan, whose count is set (it is not saved).
        judged: What it shows.
        at: When the tool looked.
    """
    scan.hidden_by_rules = len({one.fingerprint for one in judged.hidden})
    _forget_what_is_over(scan, judged)
    if not judged.hidden:
        return
    hits = Counter(UUID(one.rule_id) for one in judged.hidden)
    for rule_id in sorted(hits):
        total = F("hidden_total") + hits[rule_id]
        IgnoreRule.objects.filter(account_id=w.account_id, pk=rule_id).update(hidden_total=total, last_hit_at=at)
    rules = IgnoreRule.objects.filter(account_id=w.account_id).in_bulk(list(hits))
    _keep(scan, judged.hidden, rules, at)
    _resolve(w, scan, [one for one in judged.hidden if one.whole], rules, at)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A row of what was hidden as a whole, by what a scan could call the resource."""

    pk: UUID
    fingerprint: bytes
    identity: str
    address: str
    provider_type: str
    kind: Kind
    found_by: str
    region: str = ""
    cloud_account: str = ""


def _forget_what_is_over(scan: Scan, judged: Judged) -> None:
    """Drop the rows about findings that no rule hides any more: of which something shows, or that were found clean."""
    shown = {one.fingerprint for one in judged.observations}
    hidden = {one.fingerprint for one in judged.hidden}
    silences = Silences(scope_of(judged.assessment))
    stale = [
        row.pk
        for row in _kept(scan)
        if row.fingerprint in shown or (row.fingerprint not in hidden and silences.about(row)[0] is Silence.OVER)
    ]
    for start in range(0, len(stale), BATCH):
        HiddenFinding.objects.filter(pk__in=stale[start : start + BATCH]).delete()


def _kept(scan: Scan) -> Iterator[_Kept]:
    rows = HiddenFinding.objects.filter(account_id=scan.account_id, stack_id=scan.stack_id, is_whole=True)
    names = ("pk", "fingerprint", "identity", "address", "provider_type", "kind", "scan__format")
    for pk, fingerprint, identity, address, of_type, kind, found_by in rows.values_list(*names).iterator(BATCH):
        yield _Kept(pk, bytes(fingerprint), identity, address, of_type, Kind(kind), found_by)


def _keep(scan: Scan, hidden: Sequence[Hidden], rules: Mapping[UUID, IgnoreRule], at: datetime) -> None:
    """Keep the latest of each rule and resource, at most `MAX_PER_RULE` a rule.

    Of what the scan itself does not tell, the row stays as the scan left it that told it.
    """
    told = [one for one in hidden if not one.recalled and UUID(one.rule_id) in rules]
    recalled = [one.fingerprint for one in hidden if one.recalled]
    if recalled:
        same = HiddenFinding.objects.filter(account_id=scan.account_id, stack_id=scan.stack_id, is_whole=True)
        same.filter(fingerprint__in=recalled).update(scan=scan)
    rows = {(one.rule_id, one.fingerprint): _row(scan, one, at) for one in told}
    names = ["scan", "address", "provider_type", "kind", "severity", "paths", "paths_total", "is_whole", "hidden_at"]
    HiddenFinding.objects.bulk_create(
        _bounded(rows.values()),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["account", "rule", "stack", "fingerprint"],
        update_fields=names,
    )
    for rule_id in sorted(rules):
        _prune(scan.account_id, rule_id)


def _bounded(rows: Iterable[HiddenFinding]) -> list[HiddenFinding]:
    taken: Counter[UUID] = Counter()
    kept = []
    for row in rows:
        taken[row.rule_id] += 1
        if taken[row.rule_id] <= MAX_PER_RULE:
            kept.append(row)
    return kept


def _prune(account_id: UUID, rule_id: UUID) -> None:
    rows = HiddenFinding.objects.filter(account_id=account_id, rule_id=rule_id)
    if rows.count() > MAX_PER_RULE:
        oldest = rows.order_by("-hidden_at", "-id").values_list("pk", flat=True)[MAX_PER_RULE:]
        HiddenFinding.objects.filter(pk__in=list(oldest)).delete()


def _row(scan: Scan, one: Hidden, at: datetime) -> HiddenFinding:
    return HiddenFinding(
        account_id=scan.account_id,
        rule_id=UUID(one.rule_id),
        stack_id=scan.stack_id,
        scan=scan,
        fingerprint=one.fingerprint,
        identity=one.identity,
        address=one.address,
        provider_type=one.provider_type[:200],
        kind=one.kind.value,
        severity=one.severity.value,
        paths=list(one.paths[:MAX_PATHS]),
        paths_total=len(one.paths),
        is_whole=one.whole,
        hidden_at=at,
    )


def _resolve(w: Writer, scan: Scan, hidden: Sequence[Hidden], rules: Mapping[UUID, IgnoreRule], at: datetime) -> None:
    """End the open drifts that are hidden as a whole, but for those on which others have to decide, or have decided."""
    by_resource = {one.fingerprint: rules.get(UUID(one.rule_id)) for one in hidden}
    drifts = list(_open(scan, list(by_resource)))
    Drift.objects.filter(pk__in=[drift.pk for drift in drifts]).update(
        status=Status.RESOLVED.value,
        resolved_at=at,
        resolved_how=Drift.Resolutions.ACKNOWLEDGED,
        **NOT_SNOOZED,
        **looked_at(at),
    )
    costs = [CostChange(drift_id=one.pk, before=one.cost_impact_monthly, after=None, at=at) for one in drifts]
    record_cost_changes(w, costs)
    for drift in drifts:
        rule = by_resource[bytes(drift.fingerprint)]
        fact = DriftResolved(
            id=drift.pk,
            status=Status.RESOLVED.value,
            severity=drift.severity,
            stack=scan.stack.name,
            resolved_at=at,
            resolved_how=Drift.Resolutions.ACKNOWLEDGED.value,
            text=f"The ignore rule {rule.title} hides it: {rule.reason}" if rule else "An ignore rule hides it.",
        )
        w.record(fact)


def _open(scan: Scan, fingerprints: Sequence[bytes]) -> Iterator[Drift]:
    rows = Drift.objects.filter(account_id=scan.account_id, stack_id=scan.stack_id).open()
    rows = rows.exclude(status=Status.APPROVED.value)
    rows = rows.exclude(status__in=UNDECIDED, severity__in=taking_several(scan.account_id, Decision.REJECT))
    rows = rows.only("pk", "fingerprint", "severity", "cost_impact_monthly")
    for start in range(0, len(fingerprints), BATCH):
        yield from rows.filter(fingerprint__in=fingerprints[start : start + BATCH]).order_by("fingerprint")
