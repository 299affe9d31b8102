"""What goes out on the live stream: one table, from a journal entry's kind to its channel and the fields it shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from audit.facts import iso
from driftsentry.api.envelope import dumps

Channel: TypeAlias = Literal["drifts", "alerts", "scans"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the stream reads of a journal entry: nothing personal.

    Attributes:
        seq: Its number in the account's journal.
        at: When it was appended.
        kind: What happened.
        data: The fact.
        origin: The fact that its drift was created with, for filters by what later facts no longer say; empty where
            nobody filters by that, or the entry is gone.
    """

    seq: int
    at: datetime
    kind: str
    data: Mapping[str, Any]
    origin: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """How one kind goes out.

    Attributes:
        channel: Who gets it: those subscribed to this channel.
        fields: The fact's fields it shows; the contract's event table, and what its filters go by.
    """

    channel: Channel
    fields: tuple[str, ...]
    name: str = ""
    """The event's name, where it is not the kind's: clients know one event for several kinds."""


_FOUND = ("resourceId", "resourceType", "region", "stack", "severity", "costImpactMonthly", "detectedAt", "status")
_CHANGED = ("status", "stack", "severity", "previousSeverity", "costImpactMonthly", "changedPaths")
_DECIDED = ("status", "stack", "severity")
_RAISED = ("driftId", "scanId", "type", "severity", "title", "message", "createdAt")
_HANDLED = ("id", "driftId", "scanId", "type", "severity")
_SCANNED = ("stack", "status", "format", "counts")

EVENTS: dict[str, Outgoing] = {
    "drift.created": Outgoing("drifts", ("id", *_FOUND, "previousDriftId")),
    "drift.updated": Outgoing("drifts", ("id", *_CHANGED)),
    "drift.rejudged": Outgoing("drifts", ("id", *_DECIDED, "previousSeverity"), name="drift:updated"),
    "drift.repriced": Outgoing("drifts", ("id", *_DECIDED, "costImpactMonthly"), name="drift:updated"),
    "drift.triaged": Outgoing("drifts", ("id", *_DECIDED)),
    "drift.approved": Outgoing("drifts", ("id", *_DECIDED, "approvedAt", "approvedBy")),
    "drift.rejected": Outgoing("drifts", ("id", *_DECIDED, "rejectedAt", "rejectedBy")),
    "drift.resolved": Outgoing("drifts", ("id", *_DECIDED, "resolvedAt", "resolvedHow")),
    "drift.attributed": Outgoing("drifts", ("id", *_DECIDED, "eventName", "via", "at"), name="drift:updated"),
    "drift.decision_lapsed": Outgoing("drifts", ("id", *_DECIDED, "formerDriftId", "decision", "reason", "paths")),
    "drift.snoozed": Outgoing("drifts", ("id", *_DECIDED, "snoozedUntil"), name="drift:updated"),
    "drift.unsnoozed": Outgoing("drifts", ("id", *_DECIDED, "why"), name="drift:updated"),
    "drift.snooze_lapsed": Outgoing("drifts", ("id", *_DECIDED, "reason", "paths"), name="drift:updated"),
    "drift.approval_given": Outgoing(
        "drifts", ("id", *_DECIDED, "decision", "approvals", "needed"), name="drift:updated"
    ),
    "drift.approvals_lapsed": Outgoing("drifts", ("id", *_DECIDED, "number", "reason"), name="drift:updated"),
    "drift.break_glass_used": Outgoing(
        "drifts", ("id", *_DECIDED, "decision", "approvals", "needed", "reviewDueAt"), name="drift:updated"
    ),
    "drift.reviewed": Outgoing("drifts", ("id", *_DECIDED, "verdict"), name="drift:updated"),
    "drift.assigned": Outgoing("drifts", ("id", *_DECIDED, "assigneeId"), name="drift:updated"),
    "drift.unassigned": Outgoing("drifts", ("id", *_DECIDED, "previousAssigneeId", "why"), name="drift:updated"),
    "drift.assignment_inherited": Outgoing("drifts", ("id", *_DECIDED, "assigneeId"), name="drift:updated"),
    "alert.created": Outgoing("alerts", ("id", *_RAISED)),
    "alert.read": Outgoing("alerts", ("id", "driftId")),
    "alert.acknowledged": Outgoing("alerts", (*_HANDLED, "acknowledgedAt", "acknowledgedBy"), name="alert:updated"),
    "alert.assigned": Outgoing("alerts", (*_HANDLED, "assigneeId"), name="alert:updated"),
    "alert.unassigned": Outgoing("alerts", (*_HANDLED, "previousAssigneeId", "why"), name="alert:updated"),
    "alert.snoozed": Outgoing("alerts", (*_HANDLED, "snoozedUntil"), name="alert:updated"),
    "alert.unsnoozed": Outgoing("alerts", (*_HANDLED, "why", "isRead"), name="alert:updated"),
    "scan.started": Outgoing("scans", ("id", *_SCANNED)),
    "scan.completed": Outgoing("scans", ("id", *_SCANNED, "complete")),
    "scan.failed": Outgoing("scans", ("id", *_SCANNED)),
}

FACETS: dict[str, tuple[str, ...]] = {
    "severity": ("severity", "previousSeverity"),
    "stack": ("stack",),
    "resourceType": ("resourceType",),
    "region": ("region",),
    "type": ("type",),
}
"""What a filter can ask for, and the fields that answer: who watches critical drifts learns when one is no longer."""

FILTERS: dict[Channel, frozenset[str]] = {
    "drifts": frozenset({"severity", "stack", "resourceType", "region"}),
    "alerts": frozenset({"severity", "stack", "type"}),
    "scans": frozenset({"stack"}),
}
"""The facets that a channel's events have. A stack's environment is none: it may change, and a replay would differ."""

OF_ORIGIN: dict[Channel, frozenset[str]] = {
    "drifts": frozenset({"resourceType", "region"}),
    "alerts": frozenset({"stack"}),
    "scans": frozenset(),
}
"""The facets that stay as they were when the drift was created, and that only that entry tells."""

CREATION = "drift.created"

_MONEY = frozenset({"costImpactMonthly"})


@dataclass(frozen=True, slots=True)
class Event:
    """An entry rendered for the wire, once for all its readers.

    Attributes:
        seq: The entry's number.
        channel: Who gets it.
        facets: The values that filters go by; a facet that the event does not have is absent.
    """

    seq: int
    channel: Channel
    facets: Mapping[str, frozenset[str]]
    _before: str
    _after: str
    _texts: dict[int, str] = field(default_factory=dict)

    def text(self, prev: int) -> str:
        """The frame, whose `prev` alone differs from reader to reader: readers at one place share one text.

        Args:
            prev: The `seq` of the frame before it on that socket.
        """
        found = self._texts.get(prev)
        if found is None:
            found = self._texts[prev] = f"{self._before}{prev}{self._after}"
        return found


def render(entry: Entry) -> Event | None:
    """An entry as an event.

    Args:
        entry: The journal entry.

    Returns:
        None for what does not go out: it only moves the readers' cursors.
    """
    outgoing = EVENTS.get(entry.kind)
    if outgoing is None:
        return None
    name = outgoing.name or entry.kind.replace(".", ":")
    shown = {name: _wire(name, entry.data[name]) for name in outgoing.fields if name in entry.data}
    return Event(
        seq=entry.seq,
        channel=outgoing.channel,
        facets=_facets(entry, outgoing.channel),
        _before=f'{{"event":"{name}","seq":{entry.seq},"prev":',
        _after=f',"at":"{iso(entry.at)}","data":{dumps(shown).decode()}}}',
    )


def _wire(name: str, value: Any) -> Any:
    """Money is text in the journal, which holds no floats, and a number on the wire."""
    return float(value) if name in _MONEY and value is not None else value


def _facets(entry: Entry, channel: Channel) -> dict[str, frozenset[str]]:
    found = {facet: _values(entry.data, facet) for facet in FILTERS[channel]}
    for facet in OF_ORIGIN[channel]:
        found[facet] = found[facet] or _values(entry.origin, facet)
    return {facet: values for facet, values in found.items() if values}


def _values(data: Mapping[str, Any], facet: str) -> frozenset[str]:
    """What is null or empty is not known, so it rules nothing out."""
    return frozenset(str(data[name]) for name in FACETS[facet] if data.get(name))
