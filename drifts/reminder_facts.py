"""What can happen to drifts that nobody decides on."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from audit.facts import Fact, register


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReminded(Fact):
    """People were reminded of a drift that waits for a decision; `number` counts these reminders."""

    kind: ClassVar[str] = "drift.reminded"
    sentence: ClassVar[str] = "Reminder {number}: it waits for a decision"
    status: str
    severity: str
    stack: str
    number: int

    def drift(self) -> UUID | None:
        """The drift itself."""
        return self.id
