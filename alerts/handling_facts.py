"""What people do with alerts beside reading them; people are told by id, and named only when somebody reads it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from audit.facts import Fact, register


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfAlert(Fact):
    drift_id: UUID | None
    scan_id: UUID | None
    type: str
    severity: str

    def drift(self) -> UUID | None:
        """The drift that the alert is about."""
        return self.drift_id


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAcknowledged(_OfAlert):
    """Somebody said that they have it; what they said is the fact's text."""

    kind: ClassVar[str] = "alert.acknowledged"
    sentence: ClassVar[str] = "Alert acknowledged"
    acknowledged_at: datetime
    acknowledged_by: UUID | None


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAssigned(_OfAlert):
    """An alert is somebody's from now on; what was said with it is the fact's text."""

    kind: ClassVar[str] = "alert.assigned"
    sentence: ClassVar[str] = "Alert assigned to {assigneeId}"
    assignee_id: UUID
    previous_assignee_id: UUID | None


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertUnassigned(_OfAlert):
    """An alert is nobody's again: by hand, or as whoever had it may no longer decide."""

    kind: ClassVar[str] = "alert.unassigned"
    sentence: ClassVar[str] = "Alert no longer assigned to {previousAssigneeId} ({why})"
    previous_assignee_id: UUID
    why: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSnoozed(_OfAlert):
    """Nobody is bothered with it for a while; bound to its drift's difference. The reason is the fact's text."""

    kind: ClassVar[str] = "alert.snoozed"
    sentence: ClassVar[str] = "Alert snoozed {lasting}"
    snoozed_until: datetime | None
    lasting: str
    difference_digest: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertUnsnoozed(_OfAlert):
    """A snooze ended, by a person or by itself: `why` says, and whether the alert counts as read after it."""

    kind: ClassVar[str] = "alert.unsnoozed"
    sentence: ClassVar[str] = "Alert's snooze ended ({why})"
    why: str
    is_read: bool
