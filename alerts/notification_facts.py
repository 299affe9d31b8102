"""What can happen to when people are told."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from audit.facts import Fact, register


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSettingsChanged(Fact):
    """An account asked to be reminded otherwise; old and new values of what changed."""

    kind: ClassVar[str] = "notification_settings.changed"
    sentence: ClassVar[str] = "Notification settings changed"
    changes: dict[str, list[object]]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class CostThresholdCrossed(Fact):
    """A scan took what an account's open drifts cost across its threshold: up, so people are told; or back below it."""

    kind: ClassVar[str] = "cost_threshold.crossed"
    sentence: ClassVar[str] = "Open drifts cost {total} USD a month; the threshold is {threshold}"
    stack: str
    is_exceeded: bool
    total: Decimal
    threshold: Decimal
