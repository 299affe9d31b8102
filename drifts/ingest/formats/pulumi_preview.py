"""Pulumi's preview in one document: `pulumi refresh --preview-only --json` or `pulumi preview --refresh --json`.

The document lists steps, not results: a step "refresh" says that an object was read, and the result stands in its
place only where the provider gives a detailed difference. So what was found may be hidden. Where the summary counts
more than the steps show, the scan is incomplete; the event log tells all.

With `--refresh` the program's steps follow those of the refresh, which is over where the first step stands that only
a program makes, or the second of an object. With `--run-program` both are mixed, and the first step of an object is
the refresh's. Steps "same" are mostly left out: what the program does not mention it would not touch.

Source: https://pkg.go.dev/github.com/pulumi/pulumi/pkg/v3/display#PreviewDigest
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from drifts.findings import Assessment
from drifts.ingest.errors import UnrecognisedFormat
from drifts.ingest.formats.base import Format, ParseOptions
from drifts.ingest.formats.pulumi_reading import Reading
from drifts.ingest.formats.pulumi_states import Operation, PropertyDiff, State
from drifts.ingest.formats.shapes import shaped, shaped_or
from drifts.ingest.json_walk import Members, documents, items_of, members_of

NAME = "pulumi-preview"
_HOW = "Send the output of: pulumi refresh --preview-only --json."
_RESULTS = frozenset({"refresh", "update", "delete"})
"""What a step of a refresh may be called; any other is the program's."""


class _Step(msgspec.Struct, frozen=True):
    """One of `steps`."""

    op: str
    urn: str
    old: State | None = msgspec.field(default=None, name="oldState")
    new: State | None = msgspec.field(default=None, name="newState")
    diffs: list[str] | None = msgspec.field(default=None, name="diffReasons")
    keys: list[str] | None = msgspec.field(default=None, name="replaceReasons")
    detailed: dict[str, PropertyDiff] | None = msgspec.field(default=None, name="detailedDiff")

    @property
    def operation(self) -> Operation:
        """The step in the words of the event log."""
        return Operation(
            op=self.op,
            urn=self.urn,
            old=self.old,
            new=self.new,
            diffs=self.diffs,
            keys=self.keys,
            detailed=self.detailed,
        )


class _Diagnostic(msgspec.Struct, frozen=True):
    """One of `diagnostics`."""

    severity: str = ""


def _sniff(members: Members) -> bool:
    keys = members.keys()
    return "changeSummary" in keys or ("steps" in keys and bool({"duration", "config", "diagnostics"} & keys))


def _parse(body: bytes, options: ParseOptions) -> Assessment:
    """Read all previews of a body.

    Raises:
        FormatError: It is malformed or hostile.
        UnrecognisedFormat: It is no preview.
    """
    reading = Reading()
    for members in documents(body):
        if not _sniff(members):
            raise UnrecognisedFormat("This is no preview by Pulumi.", _HOW)
        _read(members, reading)
    return reading.assessment(NAME, options)


def _read(members: Members, reading: Reading) -> None:
    reading.findings.configure(members.get("config"))
    summary = {
        name: shaped(raw, int, "changeSummary")
        for name, raw in members_of(members.get("changeSummary"), "changeSummary")
    }
    found, program = _apart(members)
    for step in found:
        reading.take_refresh(step)
    for step in program:
        reading.take_program(step)
    reading.count(summary)
    reading.reasons.extend(_why_incomplete(members, summary, found, is_refresh_only=not program))


def _apart(members: Members) -> tuple[list[Operation], list[Operation]]:
    """Tell the results of a refresh from the steps of a program."""
    steps = [shaped(raw, _Step, "A step").operation for raw in items_of(members.get("steps"), "steps")]
    if not any(step.op == "refresh" for step in steps):
        return [], steps
    begun: set[tuple[str, str]] = set()
    found: list[Operation] = []
    program: list[Operation] = []
    doubtful: list[Operation] = []
    mixed = False
    for step in steps:
        is_result = step.op in _RESULTS and step.key not in begun
        begun.add(step.key)
        mixed = mixed or (step.op == "refresh" and bool(program))
        if is_result and (step.op == "refresh" or not program):
            found.append(step)
        else:
            (doubtful if is_result else program).append(step)
    (found if mixed else program).extend(doubtful)
    return found, program


def _why_incomplete(
    members: Members, summary: dict[str, int], found: Iterable[Operation], *, is_refresh_only: bool
) -> list[str]:
    severities = {
        shaped(raw, _Diagnostic, "A diagnostic").severity for raw in items_of(members.get("diagnostics"), "diagnostics")
    }
    shown = Counter(step.op for step in found)
    hidden = summary.get("update", 0) + summary.get("delete", 0) - shown["update"] - shown["delete"]
    reasons = (
        ("error" in severities, "The preview ended with an error."),
        ("changeSummary" not in members, "The preview has no summary: it failed or was cancelled."),
        (shaped_or(members.get("maybeCorrupt"), bool, "maybeCorrupt", False), "Pulumi says the state may be corrupt."),
        (
            is_refresh_only and hidden > 0,
            f"The summary counts {hidden} drifted resources that no step shows. Send the event log, which does.",
        ),
    )
    return [words for holds, words in reasons if holds]


FORMAT = Format(
    name=NAME,
    title="pulumi refresh --preview-only --json, pulumi preview --refresh --json",
    sniff=_sniff,
    parse=_parse,
)
