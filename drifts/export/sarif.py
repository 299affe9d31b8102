"""Drifts as SARIF 2.1.0, the format of code scanners' findings: what GitHub's code scanning and editors take.

A drift has no file and no line. Its place is its resource (a logical location); because GitHub shows findings by file,
the stack's name stands where a file's would, under a base of its own that says so.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse

from drifts.export.rows import Row
from drifts.models import Drift
from driftsentry import __version__
from driftsentry.api.envelope import dumps

MOST_PATHS = 10
"""Changed attributes that a message names."""
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
BASE = "STACKS"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
"""GitHub's `security-severity`: over 9.0 is critical, from 7.0 high, from 4.0 medium."""
KINDS = {
    Drift.Kinds.MODIFIED.value: "A resource is not as its code says.",
    Drift.Kinds.DELETED.value: "A resource of the code is gone.",
    Drift.Kinds.UNMANAGED.value: "A resource is there that no code describes.",
}
PROPERTIES = (
    *("id", "status", "severity", "costImpactMonthly", "region", "cloudAccount", "environment", "resourceType"),
    "providerType",
)
"""What a finding tells of its drift beside SARIF's own fields."""
RULES = [
    {
        "id": f"{kind}-{severity}",
        "shortDescription": {"text": text},
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": {"security-severity": score, "tags": ["security", "infrastructure-drift"]},
    }
    for kind, text in KINDS.items()
    for severity, score in SCORES.items()
]
PLACES = {rule["id"]: place for place, rule in enumerate(RULES)}


def as_sarif(batches: Iterator[list[Row]]) -> Iterator[bytes]:
    """The document with one run, piece by piece; one that was cut off is no JSON.

    Args:
        batches: The drifts.
    """
    before, after = dumps(_document()).split(b"[null]")
    yield before + b"["
    between = b""
    for batch in batches:
        yield between + dumps([_result(row) for row in batch])[1:-1]
        between = b","
    yield b"]" + after


def _document() -> dict[str, Any]:
    """All of it, but null in place of the results."""
    driver = {"name": "DriftSentry", "version": __version__, "rules": RULES}
    names = {"description": {"text": "No folder: the names of the stacks in DriftSentry."}}
    run = {"tool": {"driver": driver}, "originalUriBaseIds": {BASE: names}, "results": [None]}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(row: Row) -> dict[str, Any]:
    rule = f"{row['kind']}-{row['severity']}"
    resource = row["address"] or row["resourceId"]
    return {
        "ruleId": rule,
        "ruleIndex": PLACES[rule],
        "level": LEVELS[row["severity"]],
        "message": {"text": _message(resource, row)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(row["stack"], safe=""), "uriBaseId": BASE},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [
                    {"name": resource, "fullyQualifiedName": f"{row['stack']}/{resource}", "kind": "resource"}
                ],
            }
        ],
        "partialFingerprints": {"driftSentryDrift/v1": row["id"], "primaryLocationLineHash": _line_hash(resource, row)},
        "hostedViewerUri": f"{settings.PUBLIC_URL}{reverse('admin:drifts_drift_change', args=[row['id']])}",
        "properties": {name: row[name] for name in PROPERTIES},
    } | _suppressed(row)


def _line_hash(resource: str, row: Row) -> str:
    """What GitHub knows a finding by: other drifts have the same file and line, and a later one of the same has it too.

    Source: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
    """
    told = "\0".join((row["stack"], row["providerType"] or row["resourceType"], resource, row["kind"]))
    return f"{sha256(told.encode()).hexdigest()[:16]}:1"


def _message(resource: str, row: Row) -> str:
    paths = list(row["difference"])
    more = f" and {len(paths) - MOST_PATHS} more" if len(paths) > MOST_PATHS else ""
    changed = f" Changed: {', '.join(paths[:MOST_PATHS])}{more}." if paths else ""
    return f"{resource}: {KINDS[row['kind']]} {row['severityReason']}{changed}"


def _suppressed(row: Row) -> dict[str, Any]:
    """A change that somebody let stand is no open finding."""
    if row["status"] != Drift.Statuses.REJECTED:
        return {}
    told = {"kind": "external", "status": "accepted", "justification": row["rejectionReason"]}
    return {"suppressions": [told]}
