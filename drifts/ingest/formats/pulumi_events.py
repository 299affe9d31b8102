"""Pulumi's engine events, one JSON object a line: `--event-log FILE`, or `--json` where it streams.

Of each object a refresh tells twice: that it begins (`resourcePreEvent`), and what it found (`resOutputsEvent`), with
other lines between. Both are matched by URN and id. A line that is no result of a refresh is the program's.

Source: https://pkg.go.dev/github.com/pulumi/pulumi/sdk/v3/go/common/apitype#EngineEvent
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import msgspec

from drifts.findings import Assessment
from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.formats.base import Format, ParseOptions
from drifts.ingest.formats.pulumi_reading import Reading
from drifts.ingest.formats.pulumi_states import Operation
from drifts.ingest.formats.shapes import shaped
from drifts.ingest.json_lines import objects_in
from drifts.ingest.json_text import decode_exact
from drifts.ingest.json_walk import Members

NAME = "pulumi-events"
BEGINS = re.compile(rb'\{\s*"(?:sequence|timestamp)"')
_HOW = "Send the event log of: pulumi refresh --preview-only --event-log FILE."
_CHANGING = frozenset({"create", "update", "delete", "replace", "create-replacement", "delete-replaced"})


class _Resource(msgspec.Struct, frozen=True):
    """`resourcePreEvent`, `resOutputsEvent` and `resOpFailedEvent`."""

    metadata: Operation
    planning: bool = False


class _Prelude(msgspec.Struct, frozen=True):
    """`preludeEvent`."""

    config: msgspec.Raw = msgspec.Raw(b"null")


class _Diagnostic(msgspec.Struct, frozen=True):
    """`diagnosticEvent`."""

    severity: str = ""


class _Summary(msgspec.Struct, frozen=True):
    """`summaryEvent`."""

    maybe_corrupt: bool = msgspec.field(default=False, name="maybeCorrupt")
    result: str = ""
    changes: dict[str, int] | None = msgspec.field(default=None, name="resourceChanges")


class _Event(msgspec.Struct, frozen=True):
    """One line."""

    prelude: _Prelude | None = msgspec.field(default=None, name="preludeEvent")
    before: _Resource | None = msgspec.field(default=None, name="resourcePreEvent")
    after: _Resource | None = msgspec.field(default=None, name="resOutputsEvent")
    failed: _Resource | None = msgspec.field(default=None, name="resOpFailedEvent")
    diagnostic: _Diagnostic | None = msgspec.field(default=None, name="diagnosticEvent")
    summary: _Summary | None = msgspec.field(default=None, name="summaryEvent")
    error: msgspec.Raw | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="errorEvent")


@dataclass(slots=True)
class _Log:
    """What a log says, gathered event by event."""

    reading: Reading = field(default_factory=Reading)
    begun: dict[tuple[str, str], Operation] = field(default_factory=dict)
    """What a refresh has begun to read."""
    lines: int = 0
    runs: int = 0
    summaries: int = 0
    applied: bool = False

    def take(self, event: _Event) -> None:
        """Take in one event."""
        if event.prelude is not None:
            self._take_prelude(event.prelude)
        if event.before is not None:
            self._take_begin(event.before)
        if event.after is not None:
            self._take_end(event.after)
        if event.failed is not None:
            self._take_failure(event.failed.metadata)
        if event.diagnostic is not None and event.diagnostic.severity == "error":
            self.reading.reasons.append("The run reports an error.")
        if event.error is not msgspec.UNSET:
            self.reading.reasons.append("The run ended with an error.")
        if event.summary is not None:
            self._take_summary(event.summary)

    def _take_prelude(self, prelude: _Prelude) -> None:
        self.runs += 1
        self.reading.findings.configure(prelude.config)

    def _take_begin(self, event: _Resource) -> None:
        if event.metadata.op == "refresh":
            self.begun[event.metadata.key] = event.metadata

    def _take_end(self, event: _Resource) -> None:
        found = event.metadata
        if self.begun.pop(found.key, None) is not None:
            self.reading.take_refresh(found)
            return
        self.reading.take_program(found)
        self.applied = self.applied or (found.op in _CHANGING and not event.planning)

    def _take_failure(self, failed: Operation) -> None:
        begun = self.begun.pop(failed.key, None)
        if begun is None:
            self.reading.reasons.append("A step of the run failed.")
        else:
            self.reading.take_unread(begun, "Pulumi could not read it.")

    def _take_summary(self, summary: _Summary) -> None:
        self.summaries += 1
        self.reading.count(summary.changes or {})
        if summary.maybe_corrupt:
            self.reading.reasons.append("Pulumi says the state may be corrupt.")
        if summary.result not in {"", "succeeded"}:
            self.reading.reasons.append("The run did not succeed.")


def _sniff(members: Members) -> bool:
    keys = members.keys()
    return "sequence" in keys and "timestamp" in keys and any(key.endswith("Event") for key in keys)


def _parse(body: bytes, options: ParseOptions) -> Assessment:
    """Read a log.

    Raises:
        FormatError: It is hostile, or names more than fits into memory.
        UnrecognisedFormat: It is no such log, or the log of an update that found drift and has changed it since.
    """
    log = _Log()
    damaged = False
    for found in objects_in(body, BEGINS):
        log.lines += 1
        if found.is_whole:
            log.take(_event(found.text))
        else:
            damaged = True
    if not log.lines:
        raise UnrecognisedFormat("There is no engine event in the body.", _HOW)
    if log.applied and log.reading.drifts:
        raise UnrecognisedFormat("This is the log of an update: what it found has been changed since.", _HOW)
    for left in log.begun.values():
        log.reading.take_unread(left, "The log does not tell what was found.")
    if damaged:
        log.reading.reasons.append("The log is damaged or cut off.")
    if log.summaries < max(log.runs, 1):
        log.reading.reasons.append("The log ends before the run's summary: it failed or the log is cut off.")
    return log.reading.assessment(NAME, options)


def _event(text: bytes) -> _Event:
    """Decode one line.

    Raises:
        FormatError: It repeats a key, holds what cannot be stored, or is not what a line holds.
    """
    decode_exact(text, "A line of the log")
    try:
        return shaped(msgspec.Raw(text), _Event, "A line of the log")
    except UnicodeDecodeError as error:
        raise FormatError("The log is no valid UTF-8.", "Save it as UTF-8.") from error


FORMAT = Format(
    name=NAME,
    title="pulumi refresh --preview-only --event-log FILE",
    sniff=_sniff,
    parse=_parse,
    line=BEGINS,
)
