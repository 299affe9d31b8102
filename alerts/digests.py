"""Digests: many messages as one, the gravest first and the rest as a number. Pure.

Two digests make one, in whatever order their parts came: so what waits for the end of quiet hours is always one.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.occasions import Occasion, Type
from alerts.routing import SEVERITIES, severity_rank
from alerts.sending.message import MOST_ITEMS, Item, Message

MOST_STACKS = 20
"""Stacks that a digest counts one by one; the rest of them is a number."""
SHOWN_STACKS = 5

OPENINGS = frozenset({Type.DRIFT_DETECTED.value, Type.DRIFT_RECURRED.value})
HEADINGS: Mapping[frozenset[str], tuple[str, str]] = {
    OPENINGS: ("drift", "drifts"),
    frozenset({Type.DRIFT_RESOLVED.value}): ("drift resolved", "drifts resolved"),
    frozenset({Type.DRIFT_REMINDER.value}): ("drift waits for a decision", "drifts wait for a decision"),
    frozenset({Type.APPROVAL_NEEDED.value}): ("decision needed", "decisions needed"),
    frozenset({Type.SCAN_FAILED.value}): ("scan failed", "scans failed"),
    frozenset({Type.SCAN_RECOVERED.value}): ("stack is scanned again", "stacks are scanned again"),
}
"""Types of which alone a digest is → what it counts, one and many."""
OTHERWISE = ("message", "messages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Many messages as one.

    Attributes:
        items: The first of them, the gravest first, at most `MOST_ITEMS`.
        total: How many there are.
        severities: How many of each severity.
        stacks: How many of each stack, of the `MOST_STACKS` that have most.
        types: How many of each type.
    """

    items: tuple[Item, ...] = ()
    total: int = 0
    severities: Mapping[str, int] = field(default_factory=dict)
    stacks: Mapping[str, int] = field(default_factory=dict)
    types: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Digest) -> Digest:
        """Both as one; of two that are as grave, this one's come first.

        Args:
            other: The one that came later.
        """
        return Digest(
            items=gravest([*self.items, *other.items]),
            total=self.total + other.total,
            severities=_sum(self.severities, other.severities),
            stacks=dict(Counter(_sum(self.stacks, other.stacks)).most_common(MOST_STACKS)),
            types=_sum(self.types, other.types),
        )

    @property
    def severity(self) -> str:
        """The gravest of all."""
        return min(self.severities, key=severity_rank, default="")

    @property
    def title(self) -> str:
        """One line: how many of what, and where."""
        kinds = frozenset(self.types)
        found = next((words for types, words in HEADINGS.items() if kinds and kinds <= types), OTHERWISE)
        return f"{self.total} {found[self.total != 1]}{self._where()}"

    @property
    def text(self) -> str:
        """The counts, in words."""
        counts = {one: self.severities[one] for one in SEVERITIES if self.severities.get(one)}
        counted = ", ".join(f"{number} {one}" for one, number in counts.items())
        words = f"These are {counted}; the gravest come first." if counts else ""
        if list(counts.values()) == [self.total]:
            words = f"All are {self.severity}."
        if len(self.stacks) > 1:
            shown = list(self.stacks.items())[:SHOWN_STACKS]
            rest = self.total - sum(number for _, number in shown)
            named = [f"{name} ({number})" for name, number in shown]
            words += f" Stacks: {', '.join(named)}{f'; elsewhere {rest}' if rest else ''}."
        return words.strip()

    @property
    def only_stack(self) -> str:
        """The stack that all of it is about; '' where it is about several, or about none."""
        return next(iter(self.stacks)) if list(self.stacks.values()) == [self.total] else ""

    def _where(self) -> str:
        if self.only_stack:
            return f" in {self.only_stack}"
        return f" in {len(self.stacks)} stacks" if 1 < len(self.stacks) < MOST_STACKS else ""

    def data(self) -> dict[str, Any]:
        """The counts, as a program reads them and as `digest_in` finds them again."""
        return {
            "total": self.total,
            "bySeverity": dict(self.severities),
            "byStack": [{"stack": name, "count": number} for name, number in self.stacks.items()],
            "byType": dict(self.types),
        }


def digest_of(occasions: Iterable[Occasion], items: tuple[Item, ...]) -> Digest:
    """Sum up.

    Args:
        occasions: What there is to tell.
        items: The lines of the first of them, as `first_of` picks these.
    """
    severities: Counter[str] = Counter()
    stacks: Counter[str] = Counter()
    types: Counter[str] = Counter()
    total = 0
    for one in occasions:
        total += 1
        severities[one.severity] += 1
        types[one.type.value] += 1
        if one.stack:
            stacks[one.stack] += 1
    kept = dict(stacks.most_common(MOST_STACKS))
    return Digest(items=items, total=total, severities=dict(severities), stacks=kept, types=dict(types))


def first_of(occasions: Iterable[Occasion]) -> list[Occasion]:
    """Pick those that a digest names: the gravest first, of these what begins before what ends, at most `MOST_ITEMS`.

    Args:
        occasions: What there is to tell.
    """
    return heapq.nsmallest(MOST_ITEMS, occasions, key=lambda one: (severity_rank(one.severity), one.resolves))


def gravest(items: Iterable[Item]) -> tuple[Item, ...]:
    """Pick the lines of a digest: the gravest first, at most `MOST_ITEMS`.

    Args:
        items: Lines.
    """
    return tuple(heapq.nsmallest(MOST_ITEMS, items, key=lambda one: severity_rank(one.severity)))


def digest_in(message: Message, stack: str) -> Digest:
    """A message that was to be sent, as a part of a digest.

    Args:
        message: The message; a digest, or one of its own.
        stack: The stack that one of its own is about.
    """
    counts = (message.data or {}).get("digest")
    if message.type != Type.DIGEST.value or not counts:
        item = Item(title=message.title, severity=message.severity, link=message.link)
        stacks = {stack: 1} if stack else {}
        return Digest(items=(item,), total=1, severities={message.severity: 1}, stacks=stacks, types={message.type: 1})
    return Digest(
        items=message.items,
        total=counts["total"],
        severities=counts["bySeverity"],
        stacks={one["stack"]: one["count"] for one in counts["byStack"]},
        types=counts["byType"],
    )


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
