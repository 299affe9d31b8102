"""Occasions: what there is to tell, before it is decided who is told. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Type(StrEnum):
    """What a message is about: a channel may choose among these. The contract's alert types, and what else is told."""

    DRIFT_DETECTED = "drift_detected"
    DRIFT_RECURRED = "drift_recurred"
    APPROVAL_NEEDED = "approval_needed"
    REVIEW_NEEDED = "review_needed"
    DRIFT_REMINDER = "drift_reminder"
    DRIFT_RESOLVED = "drift_resolved"
    REMEDIATION_FAILED = "remediation_failed"
    SCAN_FAILED = "scan_failed"
    SCAN_RECOVERED = "scan_recovered"
    COST_THRESHOLD_EXCEEDED = "cost_threshold_exceeded"
    ASSIGNED = "assigned"
    DIGEST = "digest"
    CHANNEL_DISABLED = "channel_disabled"
    SESSION_REUSED = "session_reused"
    TEST = "test"


ENDS = frozenset({Type.DRIFT_RESOLVED, Type.SCAN_RECOVERED})
"""What ends something that was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Something to tell.

    Attributes:
        key: What makes it the same occasion, e.g. `drift:<id>:opened`: nobody is told of one key twice.
        type: What it is about.
        severity: How much it matters; '' where none fits.
        title: One line.
        text: The whole of it, in words; no state, no secret.
        stack: The stack's name; '' where it is about none.
        environment: The stack's environment; ''.
        episode: What it belongs to, e.g. `drift:<id>`.
        resolves: Whether it ends its episode: told only to whom the episode was told, which is asked of its drift, or
            else of its alert.
        once: Whether it is spared those who were told of its episode, unless it is critical and they know it as less.
        closes_only: Whether its end is no news to people, and only closes what was opened elsewhere.
        drift_id: The drift it is about.
        scan_id: The scan it is about.
        alert_id: The alert that says the same; of an end, the one that told of the beginning.
        entry_id: The journal entry it is about.
        details: Names and values for a reader.
    """

    key: str
    type: Type
    severity: str
    title: str
    text: str
    stack: str = ""
    environment: str = ""
    episode: str = ""
    resolves: bool = False
    once: bool = False
    closes_only: bool = False
    drift_id: UUID | None = None
    scan_id: UUID | None = None
    alert_id: UUID | None = None
    entry_id: UUID | None = None
    details: tuple[tuple[str, str], ...] = ()
