"""Which drifts a scan looked at: what it did not look at stays, and says so."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from drifts.actions.known import OnRecord
from drifts.findings import Assessment
from drifts.ingest.reconcile import Unassessed
from drifts.models import Drift, Scan

MAX_GAPS = 1000
NAME_LENGTH = 1000
REASON_LENGTH = 500

# One statement whatever the number of reasons, and a row that says so already is not written again.
NOTE = """
UPDATE drifts_drift AS d
SET not_assessed_since = COALESCE(d.not_assessed_since, %s), not_assessed_reason = v.reason
FROM unnest(%s::uuid[], %s::text[]) AS v(id, reason)
WHERE d.id = v.id AND (d.not_assessed_since IS NULL OR d.not_assessed_reason <> v.reason)
"""


def looked_at(at: datetime) -> dict[str, Any]:
    """The columns of a drift whose resource a scan has looked at.

    Args:
        at: When the tool looked.
    """
    return {"last_assessed_at": at, "not_assessed_since": None, "not_assessed_reason": ""}


def note_seen_again(pks: Sequence[UUID], at: datetime) -> None:
    """Note that a scan has shown drifts again as they were.

    Args:
        pks: The drifts.
        at: When the tool looked.
    """
    if pks:
        seen = {"last_seen_at": at, "occurrences": F("occurrences") + 1}
        Drift.objects.filter(pk__in=pks).update(**seen, **looked_at(at))


def note_pending(known: Sequence[OnRecord], at: datetime) -> None:
    """Note that a scan has looked at drifts and does not show them, although they are not over.

    Args:
        known: The drifts.
        at: When the tool looked.
    """
    if known:
        Drift.objects.filter(pk__in=[one.pk for one in known]).update(**looked_at(at))


def note_not_assessed(scan: Scan, assessment: Assessment, drifts: Sequence[Unassessed[OnRecord]], at: datetime) -> None:
    """Note on a scan what it could not look at, and on each open drift in that part why.

    Args:
        scan: The scan.
        assessment: What its body says as a whole.
        drifts: The open drifts that it did not look at.
        at: When the tool looked.
    """
    scan.not_assessed = [
        {"what": gap.what.value, "name": gap.name[:NAME_LENGTH], "reason": gap.reason[:REASON_LENGTH]}
        for gap in assessment.not_assessed[:MAX_GAPS]
    ]
    scan.not_assessed_count, scan.drifts_not_assessed = len(scan.not_assessed), len(drifts)
    if scan.not_assessed or drifts:
        Scan.objects.filter(pk=scan.pk).update(
            not_assessed=scan.not_assessed,
            not_assessed_count=scan.not_assessed_count,
            drifts_not_assessed=scan.drifts_not_assessed,
        )
    if drifts:
        reasons = [one.reason[:REASON_LENGTH] for one in drifts]
        with connection.cursor() as cursor:
            cursor.execute(NOTE, [at, [one.known.pk for one in drifts], reasons])
