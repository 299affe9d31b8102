"""What can happen to groups of drifts; each drift tells what becomes of it beside this."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from audit.facts import Fact, register


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftGroupDecided(Fact):
    """One decision was made of all drifts of a group, each of which tells it too; the reason is the fact's text.

    Of `awaiting` members it takes others who say the same.
    """

    kind: ClassVar[str] = "drift_group.decided"
    sentence: ClassVar[str] = "Decision for a group of drifts: {action}, {members} of them"
    group_id: UUID
    cause: str
    action: str
    members: int
    refused: int
    awaiting: int = 0


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftGroupUndone(Fact):
    """A decision for a group was undone: the members that still stood as it had left them are open anew."""

    kind: ClassVar[str] = "drift_group.undone"
    sentence: ClassVar[str] = "Decision for a group of drifts undone: {action}, for {members} of them"
    group_id: UUID
    cause: str
    action: str
    members: int
    left: int
