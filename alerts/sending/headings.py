"""What a message is headed with: a table of types and of severities, for a person. Pure."""

from __future__ import annotations

from alerts.occasions import Type
from alerts.sending.message import Message

PRODUCT = "DriftSentry"
OPEN = f"Open in {PRODUCT}"

HEADINGS: dict[str, str] = {
    Type.DRIFT_DETECTED: "Drift detected",
    Type.DRIFT_RECURRED: "Drift is back",
    Type.APPROVAL_NEEDED: "Approval needed",
    Type.REVIEW_NEEDED: "Review needed",
    Type.DRIFT_REMINDER: "Drift still open",
    Type.DRIFT_RESOLVED: "Drift resolved",
    Type.REMEDIATION_FAILED: "Remediation failed",
    Type.SCAN_FAILED: "Scan failed",
    Type.SCAN_RECOVERED: "Scans work again",
    Type.COST_THRESHOLD_EXCEEDED: "Cost threshold exceeded",
    Type.ASSIGNED: "Assigned",
    Type.DIGEST: "Digest",
    Type.CHANNEL_DISABLED: "Channel disabled",
    Type.SESSION_REUSED: "Session ended",
    Type.TEST: "Test message",
}
"""Each type, in words."""

SEVERITIES: dict[str, str] = {"critical": "Critical", "high": "High", "medium": "Medium", "low": "Low", "": ""}
"""Each severity, in words."""


def heading(message: Message) -> str:
    """What a message is about, e.g. `Critical · Drift detected`; none of it was named by a tenant.

    Args:
        message: The message.
    """
    severity, words = SEVERITIES.get(message.severity, ""), HEADINGS.get(message.type, "Notification")
    return words if message.resolves or not severity else f"{severity} · {words}"


def mark(message: Message) -> str:
    """What stands before a title: the severity, or that it is over; '' where none fits.

    Args:
        message: The message.
    """
    return "Resolved" if message.resolves else SEVERITIES.get(message.severity, "")


def marked(before: str, title: str) -> str:
    """What stands before a title, unless the title itself begins with it: nobody reads "Critical: Critical drift".

    Args:
        before: A severity in words, or that it is over; '' for nothing.
        title: The title.
    """
    return "" if not before or title.casefold().startswith(before.casefold()) else f"{before}: "


def further(count: int) -> str:
    """How many a digest does not list, in words; '' when none.

    Args:
        count: How many.
    """
    return f"and {count} more" if count > 0 else ""
