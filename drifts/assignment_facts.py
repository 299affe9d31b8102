"""What can happen to whose a drift is; people are told by id, and named only when somebody reads it."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from audit.facts import Fact, register


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfAssignment(Fact):
    """A fact whose `id` is a drift's, so that the drift's timeline tells it."""

    status: str
    severity: str
    stack: str

    def drift(self) -> UUID | None:
        """The drift itself."""
        return self.id


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftAssigned(_OfAssignment):
    """A drift is somebody's from now on; what was said with it is the fact's text."""

    kind: ClassVar[str] = "drift.assigned"
    sentence: ClassVar[str] = "Assigned to {assigneeId}"
    assignee_id: UUID
    previous_assignee_id: UUID | None


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftUnassigned(_OfAssignment):
    """A drift is nobody's again: by hand, or as whoever had it may no longer decide."""

    kind: ClassVar[str] = "drift.unassigned"
    sentence: ClassVar[str] = "No longer assigned to {previousAssigneeId} ({why})"
    previous_assignee_id: UUID
    why: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftAssignmentInherited(_OfAssignment):
    """A drift took the place of another one and is whose that one was; nobody did this, and nobody is told."""

    kind: ClassVar[str] = "drift.assignment_inherited"
    sentence: ClassVar[str] = "Still assigned to {assigneeId}, as the drift before it was"
    assignee_id: UUID
    former_drift_id: UUID
