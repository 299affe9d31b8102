"""What can happen where more than one person decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from audit.facts import Fact, register


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPolicyChanged(Fact):
    """An account demands something else of decisions; old and new values of what changed, null where none was set."""

    kind: ClassVar[str] = "approval_policy.changed"
    sentence: ClassVar[str] = "Approval policy for {severity} drifts changed"
    severity: str
    changes: dict[str, list[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfApproval(Fact):
    """A fact whose `id` is a drift's, so that the drift's timeline tells it."""

    status: str
    severity: str
    stack: str

    def drift(self) -> UUID | None:
        """The drift itself."""
        return self.id


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftApprovalGiven(_OfApproval):
    """One of several people has said what is to be done; bound to the difference that was seen.

    The one that completes the number is told, too, before the decision that it makes: `givers` are all who decided.
    """

    kind: ClassVar[str] = "drift.approval_given"
    sentence: ClassVar[str] = "To {decision}: {approvals} of {needed} approvals"
    decision: str
    approvals: int
    needed: int
    givers: tuple[UUID, ...]
    difference_digest: str
    expires_at: datetime


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftApprovalsLapsed(_OfApproval):
    """Approvals that had been given no longer count."""

    kind: ClassVar[str] = "drift.approvals_lapsed"
    sentence: ClassVar[str] = "Approvals lapsed ({number}): {reason}"
    number: int
    reason: str
    givers: tuple[UUID, ...]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftBreakGlassUsed(_OfApproval):
    """One person decided alone where it takes more; somebody else must review it. The reason is the fact's text."""

    kind: ClassVar[str] = "drift.break_glass_used"
    sentence: ClassVar[str] = "Glass broken to {decision}, with {approvals} of {needed} approvals"
    decision: str
    approvals: int
    needed: int
    review_due_at: datetime


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReviewed(_OfApproval):
    """Somebody else has looked at a decision for which the glass was broken; the note is the fact's text."""

    kind: ClassVar[str] = "drift.reviewed"
    sentence: ClassVar[str] = "Reviewed: {verdict}"
    verdict: str
