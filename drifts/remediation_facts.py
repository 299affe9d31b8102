"""What can happen to a remediation, and to the hook that asks for it."""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from audit.facts import Fact, register


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class StackHookChanged(Fact):
    """A stack's remediation hook was set, changed or removed: the names of what changed, and where it points.

    `changes` holds old and new values of the kind, the host, the project, the ref and whether it is enabled, null where
    there is none: never the secret, and of the address no more than its host.
    """

    kind: ClassVar[str] = "stack.hook_changed"
    sentence: ClassVar[str] = "Remediation hook of {name} changed"
    name: str
    changed: tuple[str, ...]
    changes: dict[str, list[object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfRemediation(Fact):
    """A fact whose `id` is a run's; its drift's timeline tells it."""

    drift_id: UUID
    stack: str
    hook: str

    def drift(self) -> UUID | None:
        """The drift that is to be put back."""
        return self.drift_id


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class RemediationRequested(_OfRemediation):
    """Somebody has approved, so the stack's pipeline is asked to put the resource back."""

    kind: ClassVar[str] = "remediation.requested"
    sentence: ClassVar[str] = "Remediation asked of the pipeline ({hook})"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class RemediationSucceeded(_OfRemediation):
    """The pipeline says that it has put the resource back; its words are the fact's text."""

    kind: ClassVar[str] = "remediation.succeeded"
    sentence: ClassVar[str] = "Remediation succeeded ({hook})"
    url: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class RemediationFailed(_OfRemediation):
    """The pipeline failed, could not be asked or has not answered; its own words are the fact's text."""

    kind: ClassVar[str] = "remediation.failed"
    sentence: ClassVar[str] = "Remediation failed ({hook}): {reason}"
    reason: str
    url: str
