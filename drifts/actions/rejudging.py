"""Open drifts that are as they were, judged anew where the rules have changed since: their decisions stand."""

from collections.abc import Sequence
from typing import Any

from audit.journal import Writer
from drifts.actions.content import Shown
from drifts.actions.known import OnRecord
from drifts.facts import DriftRejudged
from drifts.ingest.reconcile import Pair
from drifts.models import Drift
from drifts.severity import REPORTED

BATCH = 500
_HEAVY = ("expected_state", "actual_state", "difference", "attribute_digests", "decided_digests", "cost_breakdown")


def rejudge(w: Writer, stack_name: str, pairs: Sequence[Pair[OnRecord, Shown]]) -> list[tuple[OnRecord, Drift]]:
    """Give drifts that a scan shows again as they were the severity, and the reason, that the rules now give them.

    A severity that its sender reported stays, and so does that of a drift whose values are known when the scan knows
    none.

    Args:
        w: The open journal.
        stack_name: The stack.
        pairs: What is on record and what the scan shows of the same.

    Returns:
        Each that was judged otherwise, as it was and as it is.
    """
    verdicts = {pair.known.pk: pair.seen.observation for pair in pairs if _is_judged_otherwise(pair)}
    if not verdicts:
        return []
    rows: Any = Drift.objects.defer(*_HEAVY)
    drifts: dict[Any, Drift] = rows.in_bulk(list(verdicts))
    for pk, observation in verdicts.items():
        drifts[pk].severity = observation.severity.value
        drifts[pk].severity_reason = observation.severity_reason
    Drift.objects.bulk_update(drifts.values(), ["severity", "severity_reason"], batch_size=BATCH)
    changed = [(pair.known, drifts[pair.known.pk]) for pair in pairs if pair.known.pk in drifts]
    for known, drift in changed:
        w.record(_rejudged(drift, known, stack_name))
    return changed


def _is_judged_otherwise(pair: Pair[OnRecord, Shown]) -> bool:
    known, seen = pair.known, pair.seen.observation
    if known.severity_reason == REPORTED.format(severity=known.severity):
        return False
    if known.carries_values and not seen.carries_values:
        return False
    return (known.severity, known.severity_reason) != (seen.severity.value, seen.severity_reason)


def _rejudged(drift: Drift, before: OnRecord, stack_name: str) -> DriftRejudged:
    return DriftRejudged(
        id=drift.pk,
        status=drift.status,
        stack=stack_name,
        severity=drift.severity,
        severity_reason=drift.severity_reason,
        previous_severity=before.severity,
    )
