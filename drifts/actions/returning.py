"""What ignore rules hid before: it comes back for review when the rule expires, is switched off, narrowed or gone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from alerts.actions import Notice
from alerts.models import Alert
from alerts.occasions import Occasion
from drifts.actions.episodes import Place, opening
from drifts.findings import Judged, Kind, Severity
from drifts.ingest.policy import Remembered
from drifts.models import Drift, HiddenFinding, IgnoreRule, Scan

MAX_ALERTS = 20
"""Alerts about single drifts when many come back at once; one more tells of the rest."""
MEMORY = timedelta(days=7)
"""How long a source that does not tell how a resource differs is taken to mean what one that told it has shown."""
BATCH = 500


def remembered(account_id: UUID, stack_name: str, *, now: datetime) -> dict[bytes, Remembered]:
    """How resources of a stack differed when a scan told it last and rules hid all of it, where all of that is kept.

    Args:
        account_id: The tenant.
        stack_name: The stack.
        now: The time; what was told more than `MEMORY` before it does not count.
    """
    rows = HiddenFinding.objects.filter(account_id=account_id, stack__name=stack_name, is_whole=True)
    rows = rows.filter(kind=Kind.MODIFIED.value, hidden_at__gte=now - MEMORY).order_by("hidden_at", "id")
    last: dict[bytes, list[HiddenFinding]] = {}
    for row in rows.only("fingerprint", "paths", "paths_total", "severity", "hidden_at").iterator(chunk_size=BATCH):
        same = last.get(bytes(row.fingerprint), [])
        at_once = [one for one in same if one.hidden_at == row.hidden_at]
        last[bytes(row.fingerprint)] = [*at_once, row]
    return {
        fingerprint: Remembered(
            paths=tuple(dict.fromkeys(path for row in same for path in row.paths)),
            severity=min((Severity(row.severity) for row in same), key=lambda one: one.rank),
        )
        for fingerprint, same in last.items()
        if all(row.paths_total == len(row.paths) for row in same)
    }


def hidden_before(scan: Scan, judged: Judged, *, now: datetime) -> dict[bytes, str]:
    """What to say of findings that are to be seen again: which rule hid each as a whole, and until when.

    Args:
        scan: The scan.
        judged: What it shows.
        now: The time.

    Returns:
        Fingerprint to sentence.
    """
    shown = {one.fingerprint for one in judged.observations}
    rows = HiddenFinding.objects.filter(account_id=scan.account_id, stack_id=scan.stack_id, is_whole=True)
    found = rows.select_related("rule").order_by("hidden_at", "id")
    return {
        bytes(row.fingerprint): f"It was hidden by the ignore rule {row.rule.title} {_until(row.rule, now)}."
        for row in found.iterator(chunk_size=BATCH)
        if bytes(row.fingerprint) in shown
    }


def _until(rule: IgnoreRule, now: datetime) -> str:
    day = "%Y-%m-%d %H:%M UTC"
    if rule.deleted_at:
        return f"until that was taken away on {rule.deleted_at:{day}}"
    if rule.expires_at and rule.expires_at <= now:
        return f"until that expired on {rule.expires_at:{day}}"
    return "until that was switched off" if not rule.is_enabled else "which no longer covers it"


def returned_notices(made: Sequence[Drift], hidden: Mapping[bytes, str], scan: Scan) -> Iterator[Notice]:
    """What to tell of new drifts that were hidden before, the gravest first.

    Args:
        made: New drifts.
        hidden: Fingerprint to what hid it, as of `hidden_before`.
        scan: The scan that shows them, with its stack.
    """
    back = sorted((one for one in made if bytes(one.fingerprint) in hidden), key=lambda one: _RANKS.index(one.severity))
    for drift in back[:MAX_ALERTS]:
        words = f"{drift.severity_reason} {hidden[bytes(drift.fingerprint)]}"
        title = f"Back for review: {drift.resource_id} in {scan.stack.name}"
        yield Notice(
            type=Alert.Types.DRIFT_RECURRED, severity=drift.severity, title=title, message=words, drift_id=drift.pk
        )
    rest = back[MAX_ALERTS:]
    if rest:
        words = f"As many drifts that ignore rules hid are to be seen again. {hidden[bytes(rest[0].fingerprint)]}"
        title = f"Back for review: {len(rest)} more in {scan.stack.name}"
        yield Notice(
            type=Alert.Types.DRIFT_RECURRED, severity=rest[0].severity, title=title, message=words, scan_id=scan.pk
        )


def heard_of_returned(made: Sequence[Drift], hidden: Mapping[bytes, str], scan: Scan) -> Iterator[Occasion]:
    """What channels hear of new drifts that were hidden before: of each.

    Args:
        made: New drifts.
        hidden: Fingerprint to what hid it, as of `hidden_before`.
        scan: The scan that shows them, with its stack.
    """
    place = Place.of(scan.stack, scan.pk)
    return (
        opening(one, place, f" {hidden[bytes(one.fingerprint)]}") for one in made if bytes(one.fingerprint) in hidden
    )


_RANKS = [one.value for one in Severity]
