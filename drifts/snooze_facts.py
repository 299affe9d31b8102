"""What can happen to the snooze of a drift."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from audit.facts import Fact, register


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfSnooze(Fact):
    """A fact whose `id` is a drift's, so that the drift's timeline tells it."""

    status: str
    severity: str
    stack: str

    def drift(self) -> UUID | None:
        """The drift itself."""
        return self.id


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSnoozed(_OfSnooze):
    """Nobody is told of it for a while; bound to the difference that was seen. The reason is the fact's text."""

    kind: ClassVar[str] = "drift.snoozed"
    sentence: ClassVar[str] = "Snoozed {lasting}"
    snoozed_until: datetime | None
    lasting: str
    difference_digest: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftUnsnoozed(_OfSnooze):
    """A snooze was ended: by a person, or as its time was over."""

    kind: ClassVar[str] = "drift.unsnoozed"
    sentence: ClassVar[str] = "Snooze ended ({why})"
    why: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSnoozeLapsed(_OfSnooze):
    """A snoozed drift differs otherwise than when it was snoozed, or has become critical: it is awake."""

    kind: ClassVar[str] = "drift.snooze_lapsed"
    sentence: ClassVar[str] = "The snooze lapsed: {reason}"
    reason: str
    paths: tuple[str, ...]
