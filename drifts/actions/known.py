"""The open drifts of a stack, as the comparison with a scan needs them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import OuterRef, Subquery

from drifts.findings import Kind
from drifts.ingest.namings import REPORTED
from drifts.ingest.reconcile import Known
from drifts.models import Drift, Scan
from drifts.snoozes import is_snoozed
from drifts.transitions import Status

COLUMNS = (
    *("fingerprint", "difference_digest", "status", "identity", "address", "provider_type", "kind", "fidelity"),
    *("decided_digests", "pk", "severity", "cost_impact_monthly", "resource_id", "occurrences", "alerted_at"),
    *("previous_id", "detected_at", "is_flapping", "severity_reason", "region", "cloud_account"),
    *("snoozed_at", "snoozed_until", "snooze_digests"),
)
_FORMAT = Subquery(Scan.objects.filter(pk=OuterRef("scan_id")).order_by().values("format"))
"""The format of the scan that first showed a drift; none where a client reported it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord(Known):
    """An open drift as the comparison and what follows from it need it."""

    pk: UUID
    severity: str
    severity_reason: str
    cost: Decimal | None
    resource_id: str
    occurrences: int
    """How many scans in a row have shown it: one that looks and does not find it ends it."""
    alerted_at: datetime | None
    previous_id: UUID | None
    detected_at: datetime
    is_flapping: bool
    snoozed_at: datetime | None
    snoozed_until: datetime | None
    snooze_digests: Mapping[str, str]
    """Changed path → digest of that change, as it was when somebody snoozed it."""

    def is_snoozed(self, now: datetime) -> bool:
        """Whether nobody is to be told of it for now.

        Args:
            now: The time.
        """
        return is_snoozed(self.snoozed_at, self.snoozed_until, now)


def on_record(scan: Scan) -> Iterable[OnRecord]:
    """The open drifts of a scan's stack, locked.

    Args:
        scan: The scan.
    """
    rows = Drift.objects.filter(account_id=scan.account_id, stack_id=scan.stack_id).open().select_for_update()
    for row in rows.values(*COLUMNS, found_by=_FORMAT):
        yield OnRecord(
            fingerprint=bytes(row["fingerprint"]),
            difference_digest=bytes(row["difference_digest"]),
            status=Status(row["status"]),
            identity=row["identity"],
            address=row["address"],
            provider_type=row["provider_type"],
            kind=Kind(row["kind"]),
            carries_values=row["fidelity"] == Drift.Fidelities.FULL,
            decided_digests=row["decided_digests"],
            region=row["region"],
            cloud_account=row["cloud_account"],
            found_by=row["found_by"] or REPORTED,
            pk=row["pk"],
            severity=row["severity"],
            severity_reason=row["severity_reason"],
            cost=row["cost_impact_monthly"],
            resource_id=row["resource_id"],
            occurrences=row["occurrences"],
            alerted_at=row["alerted_at"],
            previous_id=row["previous_id"],
            detected_at=row["detected_at"],
            is_flapping=row["is_flapping"],
            snoozed_at=row["snoozed_at"],
            snoozed_until=row["snoozed_until"],
            snooze_digests=row["snooze_digests"],
        )
