"""What can happen to stacks, scans and drifts."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from audit.facts import Fact, register


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfDrift(Fact):
    """A fact whose `id` is a drift's, so that the drift's timeline tells it."""

    def drift(self) -> UUID | None:
        """The drift itself."""
        return self.id


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class StackCreated(Fact):
    """A stack was made, by a person or by its first scan."""

    kind: ClassVar[str] = "stack.created"
    sentence: ClassVar[str] = "Stack {name} created"
    name: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class StackChanged(Fact):
    """A stack's description changed; old and new values of what changed."""

    kind: ClassVar[str] = "stack.changed"
    sentence: ClassVar[str] = "Stack {name} changed"
    name: str
    changes: dict[str, list[object]]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class StackDeleted(Fact):
    """A stack without scans and drifts was removed."""

    kind: ClassVar[str] = "stack.deleted"
    sentence: ClassVar[str] = "Stack {name} deleted"
    name: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class StackStale(Fact):
    """A stack has not been scanned for as long as two runs of its schedule take; its next scan ends that."""

    kind: ClassVar[str] = "stack.stale"
    sentence: ClassVar[str] = "Stack {name} is stale: it is to be scanned at {schedule} (UTC)"
    name: str
    schedule: str
    last_scan_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfScan(Fact):
    stack: str
    status: str
    format: str
    counts: dict[str, int]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ScanQueued(_OfScan):
    """A detector is to read a stack, because its schedule or a person says so; it starts when a worker is free."""

    kind: ClassVar[str] = "scan.queued"
    sentence: ClassVar[str] = "Scan of {stack} asked for ({format})"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ScanStarted(_OfScan):
    """A scan was accepted and is being recorded."""

    kind: ClassVar[str] = "scan.started"
    sentence: ClassVar[str] = "Scan of {stack} started ({format})"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ScanCompleted(_OfScan):
    """A scan was recorded."""

    kind: ClassVar[str] = "scan.completed"
    sentence: ClassVar[str] = "Scan of {stack} completed"
    complete: bool


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFailed(_OfScan):
    """A scan could not be recorded; nothing but its own row changed."""

    kind: ClassVar[str] = "scan.failed"
    sentence: ClassVar[str] = "Scan of {stack} failed: {error}"
    error: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftCreated(_OfDrift):
    """A resource was found to differ from its code."""

    kind: ClassVar[str] = "drift.created"
    sentence: ClassVar[str] = "Detected as {severity}: {severityReason}"
    resource_id: str
    resource_type: str
    region: str
    stack: str
    severity: str
    severity_reason: str
    cost_impact_monthly: Decimal | None
    detected_at: datetime
    status: str
    previous_drift_id: UUID | None


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftUpdated(_OfDrift):
    """The resource differs otherwise than before, and no decision lapsed by that."""

    kind: ClassVar[str] = "drift.updated"
    sentence: ClassVar[str] = "Changed again, now {severity}: {severityReason}"
    status: str
    stack: str
    severity: str
    severity_reason: str
    previous_severity: str
    cost_impact_monthly: Decimal | None
    changed_paths: tuple[str, ...]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRejudged(_OfDrift):
    """The resource differs as before, and the severity rules, which have changed, say otherwise of it."""

    kind: ClassVar[str] = "drift.rejudged"
    sentence: ClassVar[str] = "Judged anew, now {severity}: {severityReason}"
    status: str
    stack: str
    severity: str
    severity_reason: str
    previous_severity: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRepriced(_OfDrift):
    """The resource differs as before, and the price lists, which have changed, say otherwise of what that costs."""

    kind: ClassVar[str] = "drift.repriced"
    sentence: ClassVar[str] = "Priced anew: {costImpactMonthly} USD a month"
    status: str
    stack: str
    severity: str
    cost_impact_monthly: Decimal | None
    previous_cost_impact_monthly: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided(_OfDrift):
    status: str
    severity: str
    stack: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftTriaged(_Decided):
    """Somebody has looked."""

    kind: ClassVar[str] = "drift.triaged"
    sentence: ClassVar[str] = "Triaged"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftApproved(_Decided):
    """Putting the resource back was approved; bound to the difference that was seen."""

    kind: ClassVar[str] = "drift.approved"
    sentence: ClassVar[str] = "Remediation approved"
    approved_at: datetime
    approved_by: UUID | None
    difference_digest: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRejected(_Decided):
    """Putting the resource back was declined; bound to the difference that was seen."""

    kind: ClassVar[str] = "drift.rejected"
    sentence: ClassVar[str] = "Remediation rejected, the change stands"
    rejected_at: datetime
    rejected_by: UUID | None
    difference_digest: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftDecisionLapsed(_Decided):
    """A decided drift differs otherwise now: this drift, its successor, waits for a decision of its own."""

    kind: ClassVar[str] = "drift.decision_lapsed"
    sentence: ClassVar[str] = "The former {decision} lapsed: {reason}"
    former_drift_id: UUID
    decision: str
    reason: str
    paths: tuple[str, ...]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftResolved(_Decided):
    """It is over."""

    kind: ClassVar[str] = "drift.resolved"
    sentence: ClassVar[str] = "Resolved ({resolvedHow})"
    resolved_at: datetime
    resolved_how: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftCommented(_OfDrift):
    """Somebody wrote a comment; the words are the fact's text."""

    kind: ClassVar[str] = "drift.commented"
    sentence: ClassVar[str] = "Comment"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftAttributed(_OfDrift):
    """The cloud's own trail tells who made the change; who and from where is the fact's text."""

    kind: ClassVar[str] = "drift.attributed"
    sentence: ClassVar[str] = "Attributed to {eventName} by {via}"
    status: str
    stack: str
    severity: str
    event_name: str
    event_source: str
    event_id: str
    via: str
    at: datetime
