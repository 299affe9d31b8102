"""Drifts as a table (RFC 4180), for spreadsheets: without their states, which JSON holds."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from audit.facts import iso
from drifts.export.rows import Row

COLUMNS = (
    *("id", "stack", "environment", "resourceType", "providerType", "address", "resourceId", "kind", "region"),
    *("cloudAccount", "severity", "severityReason", "status", "costImpactMonthly", "costBasis", "changedAttributes"),
    *("detectedAt", "lastSeenAt", "detectedBy", "assessment", "isFlapping", "isSnoozed", "snoozedUntil", "assignee"),
    *("approvedAt", "approvedBy", "approvalReason", "rejectedAt", "rejectedBy", "rejectionReason", "resolvedAt"),
    *("resolvedHow", "createdAt", "updatedAt"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"); the last are full-width."""


def as_csv(batches: Iterator[list[Row]]) -> Iterator[bytes]:
    """The table, piece by piece, its columns' names first.

    Args:
        batches: The drifts.
    """
    yield _lines([list(COLUMNS)])
    for batch in batches:
        yield _lines([[_cell(value) for value in _values(row)] for row in batch])


def _values(row: Row) -> Iterator[Any]:
    for name in COLUMNS:
        yield "; ".join(row["difference"]) if name == "changedAttributes" else row[name]


def _cell(value: Any) -> Any:
    """Text that somebody else chose cannot become a formula: an apostrophe makes it text again."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return iso(value.astimezone(UTC))
        case str() if value.startswith(FORMULA):
            return f"'{value}"
        case _:
            return value


def _lines(rows: list[list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
