"""The log of a plan: `terraform plan -json` or `tofu plan -json`, one JSON object a line.

It tells which resources have drifted and never how: findings carry no values, so the whole plan of the same resource
later makes the same drift richer. Three things it does not tell, and what is made of that:

- whether the plan was refresh-only: such a log reads like one in which nothing is planned; nor whether it read
  anything at all, but for the lines that say so. So a log in which nothing is planned, or nothing was read, closes
  nothing by its silence unless the sender vouches for it;
- the key of a deposed object: it goes by its resource's address;
- which run a line belongs to where several runs write one log: so such a log is incomplete.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from drifts.findings import Assessment, Consequence, Finding, Kind, Step
from drifts.ingest import places
from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.formats.base import Format, Mode, ParseOptions
from drifts.ingest.formats.limits import check_names, in_words
from drifts.ingest.json_lines import objects_in
from drifts.ingest.json_text import decode_exact
from drifts.ingest.json_walk import Members
from drifts.ingest.secret_shapes import has_secret_shape

NAME = "terraform-plan-stream"
BEGINS = re.compile(rb'\{\s*"(?:@level|@message|@module|@timestamp)"')

_HOW = "Send the output of: terraform plan -json (or tofu plan -json)."
_TOLD = re.compile(rb'"(?:version|resource_drift|planned_change|change_summary|diagnostic|refresh_start)"')
"""Types of lines that tell something; all others are stepped over unread."""

_TARGETED = "Resource targeting is in effect"
"""The summary of the warning that both tools write for a plan of some resources only."""

_MAX_TOOL_VERSION = 60
_MAX_RESOURCES = 200_000
"""Resources that a log may name."""

_NO_DRIFT = frozenset({"noop", "no-op", "move", "read", "import"})
"""Actions of a `resource_drift` line that tell of no difference."""

_STEPS: dict[str, Step] = {
    "create": Step.CREATE,
    "update": Step.UPDATE,
    "replace": Step.REPLACE,
    "delete": Step.DESTROY,
    "remove": Step.FORGET,
    "forget": Step.FORGET,
    "move": Step.NOTHING,
    "import": Step.NOTHING,
    "noop": Step.NOTHING,
    "no-op": Step.NOTHING,
    "read": Step.NOTHING,
}
"""What an action of a `planned_change` line would do."""

_DRIFTS: dict[str, Kind] = {"update": Kind.MODIFIED, "delete": Kind.DELETED, "replace": Kind.MODIFIED}
"""What an action of a `resource_drift` line says happened."""

_PENDING: dict[Step, Kind] = {
    Step.CREATE: Kind.DELETED,
    Step.UPDATE: Kind.MODIFIED,
    Step.REPLACE: Kind.MODIFIED,
    Step.DESTROY: Kind.UNMANAGED,
}
"""What a pending change says of reality where the code is taken to be unchanged, as for a plan."""


class _Resource(msgspec.Struct, frozen=True):
    """A line's `resource`."""

    addr: str
    resource: str = ""
    implied_provider: str = ""
    resource_type: str = ""

    @property
    def is_managed(self) -> bool:
        """Whether it is a resource; a data source is read, never drift."""
        return not self.resource.startswith("data.")


class _Change(msgspec.Struct, frozen=True):
    """A line's `change`."""

    resource: _Resource
    action: str = ""
    reason: str = ""


class _Hook(msgspec.Struct, frozen=True):
    """A line's `hook`, of a refresh."""

    resource: _Resource
    id_key: str = ""
    id_value: str = ""


class _Summary(msgspec.Struct, frozen=True):
    """A line's `changes`."""

    operation: str = ""


class _Diagnostic(msgspec.Struct, frozen=True):
    """A line's `diagnostic`."""

    severity: str = ""
    summary: str = ""


class _Line(msgspec.Struct, frozen=True):
    """One line that tells something."""

    type: str = ""
    terraform: str = ""
    tofu: str = ""
    change: _Change | None = None
    hook: _Hook | None = None
    changes: _Summary | None = None
    diagnostic: _Diagnostic | None = None


@dataclass(slots=True)
class _Log:
    """What a log says, gathered line by line."""

    tool_version: str = ""
    lines: int = 0
    runs: int = 0
    summaries: int = 0
    damaged: bool = False
    failed: bool = False
    targeted: bool = False
    ids: dict[str, str] = field(default_factory=dict)
    """Address → real id, '' where the log does not tell: the resources that were read."""
    drifts: dict[str, _Change] = field(default_factory=dict)
    planned: dict[str, _Change] = field(default_factory=dict)
    odd: set[str] = field(default_factory=set)
    """Addresses with an action that is not known."""


def _sniff(members: Members) -> bool:
    return {"@level", "@message"} <= members.keys()


def _parse(body: bytes, options: ParseOptions) -> Assessment:
    """Read a log.

    Raises:
        FormatError: It is hostile, or names more than fits into memory.
        UnrecognisedFormat: It is no such log, or the log of an apply.
    """
    log = _Log()
    for found in objects_in(body, BEGINS):
        log.lines += 1
        if not found.is_whole:
            log.damaged = True
        elif _TOLD.search(found.text):
            _read(found.text, log)
    if not log.lines:
        raise UnrecognisedFormat("There is no line of a plan's log in the body.", _HOW)
    findings = tuple(_findings(log, options))
    reason = _incomplete_reason(log, options)
    return Assessment(
        format=NAME,
        tool_version=log.tool_version,
        findings=findings,
        complete=not reason,
        incomplete_reason=reason,
        still_pending=_pending(log) - {one.address for one in findings},
        absent_is_gone=options.complete is True or bool(log.planned and log.ids),
        resources_checked=len(log.ids.keys() | log.planned.keys() | log.drifts.keys()),
    )


def _read(text: bytes, log: _Log) -> None:
    """Take in one line.

    Raises:
        FormatError: It repeats a key, holds what cannot be stored, or is not what such a line holds.
        UnrecognisedFormat: It is of an apply.
    """
    try:
        line = msgspec.convert(decode_exact(text, "A line of the log"), _Line)
    except msgspec.ValidationError as error:
        raise FormatError(f"A line of the log is not what it should be: {error}.", _HOW) from error
    take = _TAKE.get(line.type)
    if take is not None:
        take(line, log)
    if max(len(log.ids), len(log.drifts), len(log.planned)) > _MAX_RESOURCES:
        raise FormatError(f"The log names more than {_MAX_RESOURCES} resources.", "Split the stack.")


def _take_version(line: _Line, log: _Log) -> None:
    log.runs += 1
    log.tool_version = log.tool_version or (line.terraform or line.tofu)[:_MAX_TOOL_VERSION]


def _take_summary(line: _Line, log: _Log) -> None:
    operation = line.changes.operation if line.changes else ""
    if operation in {"apply", "destroy"}:
        raise UnrecognisedFormat("This is the log of an apply: what it found has been changed since.", _HOW)
    log.summaries += 1


def _take_diagnostic(line: _Line, log: _Log) -> None:
    if line.diagnostic is not None:
        log.failed = log.failed or line.diagnostic.severity == "error"
        log.targeted = log.targeted or line.diagnostic.summary == _TARGETED


def _take_refresh(line: _Line, log: _Log) -> None:
    if line.hook is not None and line.hook.resource.is_managed:
        named = line.hook.id_value if line.hook.id_key == "id" and len(line.hook.id_value) <= places.MAX_ID else ""
        log.ids[line.hook.resource.addr] = named


def _take_drift(line: _Line, log: _Log) -> None:
    change = line.change
    if change is None or not change.resource.is_managed or change.action in _NO_DRIFT:
        return
    if change.action in _DRIFTS:
        log.drifts[change.resource.addr] = change
    else:
        log.odd.add(change.resource.addr)


def _take_planned(line: _Line, log: _Log) -> None:
    change = line.change
    if change is None or not change.resource.is_managed:
        return
    log.planned[change.resource.addr] = change


_TAKE: dict[str, Callable[[_Line, _Log], None]] = {
    "version": _take_version,
    "change_summary": _take_summary,
    "diagnostic": _take_diagnostic,
    "refresh_start": _take_refresh,
    "resource_drift": _take_drift,
    "planned_change": _take_planned,
}
"""What is done with a line, by its type; all other types say nothing of drift."""


def _incomplete_reason(log: _Log, options: ParseOptions) -> str:
    if options.complete is False:
        return "The sender says that the scan is partial."
    reasons = (
        (log.failed, "The plan ended with an error."),
        (log.damaged, "The log is damaged or cut off."),
        (not log.summaries, "The log ends before the plan's summary: the run failed or the log is cut off."),
        (log.targeted, "The plan was targeted: it speaks of some resources only."),
        (log.runs > 1, "Several runs wrote this log, and which line is of which run is not known."),
        (not log.runs, "The log does not begin with the tool's version: it is cut off."),
    )
    return next((words for holds, words in reasons if holds), "")


def _step(change: _Change) -> Step:
    return _STEPS.get(change.action, Step.UNKNOWN)


def _pending(log: _Log) -> frozenset[str]:
    planned = {address for address, change in log.planned.items() if _step(change) is not Step.NOTHING}
    return frozenset(planned | log.odd)


def _findings(log: _Log, options: ParseOptions) -> list[Finding]:
    found = {address: _finding(change, _DRIFTS[change.action], log) for address, change in log.drifts.items()}
    if options.mode is Mode.PLAN:
        for address, change in log.planned.items():
            if kind := _PENDING.get(_step(change)):
                found[address] = _finding(change, kind, log)
    return list(found.values())


def _finding(change: _Change, kind: Kind, log: _Log) -> Finding:
    resource = change.resource
    named = log.ids.get(resource.addr, "")
    named = "" if has_secret_shape(named) else named
    check_names(resource.addr, resource.resource_type, named)
    return Finding(
        address=resource.addr,
        provider_type=resource.resource_type,
        kind=kind,
        expected=None,
        actual=None,
        resource_id=named or resource.addr,
        region=places.region_of({"id": named}),
        cloud_account=places.cloud_account_of({"id": named}),
        provider_name=resource.implied_provider,
        consequence=_consequence(resource.addr, log),
    )


def _consequence(address: str, log: _Log) -> Consequence:
    planned = log.planned.get(address)
    if planned is not None:
        return Consequence(_step(planned), reason=in_words(planned.reason))
    return Consequence(Step.NOTHING if log.planned else Step.UNKNOWN)


FORMAT = Format(
    name=NAME,
    title="terraform plan -json, tofu plan -json",
    sniff=_sniff,
    parse=_parse,
    line=BEGINS,
)
