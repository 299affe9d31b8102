"""What can happen to alerts."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from audit.facts import Fact, register


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCreated(Fact):
    """Somebody should look at something."""

    kind: ClassVar[str] = "alert.created"
    sentence: ClassVar[str] = "Alert raised: {title}"
    drift_id: UUID | None
    scan_id: UUID | None
    type: str
    severity: str
    title: str
    message: str
    created_at: datetime

    def drift(self) -> UUID | None:
        """The drift it is about."""
        return self.drift_id


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRead(Fact):
    """Somebody has read an alert."""

    kind: ClassVar[str] = "alert.read"
    sentence: ClassVar[str] = "Alert read"
    drift_id: UUID | None

    def drift(self) -> UUID | None:
        """The drift it is about."""
        return self.drift_id


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAlertCreated(Fact):
    """An alert was raised that one user alone sees; the stream, which all of the account read, does not tell it."""

    kind: ClassVar[str] = "alert.created_for_user"
    sentence: ClassVar[str] = "Alert raised for one user ({type})"
    user_id: str
    type: str
    severity: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAlertRead(Fact):
    """A user read an alert that they alone see."""

    kind: ClassVar[str] = "alert.read_by_user"
    sentence: ClassVar[str] = "Own alert read"
