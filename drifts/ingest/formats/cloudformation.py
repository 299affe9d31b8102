"""What CloudFormation's drift detection found.

Read are the answers of `describe-stack-resource-drifts`, `detect-stack-resource-drift`, `describe-stack-resources`,
`list-stack-resources`, `list-stack-instance-resource-drifts` (StackSets: `Summaries`) and
`describe-stack-drift-detection-status`; several in one body are the pages of one scan.

CloudFormation compares only what a template sets, and its `PropertyDifferences` say where the sides differ: nothing
else between the two is a difference, however it is spelt. Both sides are JSON in a string (some recorders write
objects). A resource that was not checked is neither drifted nor in sync, and one that is not listed says nothing, since
a list may be filtered. A stack's own status names no resource: it can make a scan incomplete, never clean.

Addresses are logical ids. Where a body holds several stacks, an id that more than one of them uses is told apart by
the stack's name.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceDrift.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from drifts.findings import Assessment, Gap, Json, JsonObject, NotAssessed
from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.formats.base import Format, ParseOptions
from drifts.ingest.formats.cloudformation_entries import DRIFT, IN_SYNC, Entry, entry_of, text_of
from drifts.ingest.formats.limits import MAX_NOT_ASSESSED, Budget, in_words
from drifts.ingest.formats.shapes import shaped_or
from drifts.ingest.json_text import decode_exact, values_in
from drifts.ingest.json_walk import Members, documents, items_of, members_of

NAME = "cloudformation"
_HOW = "Send the answer of: aws cloudformation describe-stack-resource-drifts --stack-name NAME."
_LISTS = ("StackResourceDrifts", "StackResources", "StackResourceSummaries", "Summaries")
"""Where resources are listed."""
_ONE = "StackResourceDrift"
"""Where one resource stands alone."""
_STATUS = "StackDriftStatus"
_MARK = b'"StackResourceDriftStatus"'
_LOOKED_AT = 1 << 16
"""Bytes of a member that are looked at for the mark, to recognise the format."""
_AS_SENT = ParseOptions()
_MAX_WRAPPERS = 6
"""Objects around an answer, as recorders put them, that are opened."""


@dataclass(slots=True)
class _Scan:
    """What the pages say, gathered while they are read."""

    budget: Budget = field(default_factory=Budget)
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    """Stack and logical id → the entry."""
    pages: Counter[str] = field(default_factory=Counter)
    """Stack → pages that list its resources."""
    followed: Counter[str] = field(default_factory=Counter)
    """Stack → those of them after which there is another."""
    drifted: int = 0
    """Resources that have drifted by the stacks' own status."""
    reasons: list[str] = field(default_factory=list)
    """Why it may not speak of what it does not name."""
    doubts: list[str] = field(default_factory=list)
    """The same, where the sender's word outweighs it."""
    answers: int = 0
    """Answers that say anything about drift."""

    def add(self, entry: Entry) -> None:
        """Keep an entry; of two about the same resource the one that says more."""
        key = (entry.stack.id, entry.logical_id)
        if key not in self.entries or self.entries[key].rank <= entry.rank:
            self.entries[key] = entry

    def expects_more(self) -> bool:
        """Say whether every page of some stack has another after it; a page that lists nothing has no stack."""
        named = [stack for stack in self.pages if stack] or list(self.pages)
        return any(self.followed[stack] >= self.pages[stack] for stack in named)


def assessment_of_pages(pages: Iterable[Mapping[str, Json]], options: ParseOptions = _AS_SENT) -> Assessment:
    """Read answers of the API that are decoded already, as boto3 returns them.

    Args:
        pages: The answers, in order; members that are not known, such as time stamps, may hold anything.
        options: What the caller knows beside them. `complete=True`: all pages are here and nothing was filtered, so
            what is not listed has left the stack.

    Raises:
        FormatError: One is not what the API answers.
    """
    scan = _Scan()
    for page in pages:
        listed = [page[key] for key in _LISTS if key in page]
        listed += [[page[_ONE]]] if _ONE in page else []
        if listed:
            _read_page(scan, (_object(one) for some in listed for one in _list(some)), bool(page.get("NextToken")))
        if _STATUS in page:
            _read_status(scan, page)
    return _assessment(scan, options)


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise FormatError("A list of resources is no list.", _HOW)
    return value


def _object(value: Json) -> JsonObject:
    if not isinstance(value, dict):
        raise FormatError("A resource in the list is no object.", _HOW)
    return value


def _sniff(members: Members) -> bool:
    if {_ONE, _STATUS, "StackResourceDrifts"} & members.keys():
        return True
    return any(_MARK in bytes(memoryview(raw)[:_LOOKED_AT]) for raw in members.values())


def _parse(body: bytes, options: ParseOptions) -> Assessment:
    """Read the answers of a body.

    Raises:
        FormatError: It is malformed or hostile.
        UnrecognisedFormat: It holds no drift result.
    """
    scan = _Scan()
    for members in documents(body):
        _read_answer(scan, members, _MAX_WRAPPERS)
    if not scan.answers:
        raise UnrecognisedFormat("There is no drift result in the body.", _HOW)
    return _assessment(scan, options)


def _read_answer(scan: _Scan, members: Members, wrappers: int) -> None:
    listed = [key for key in (_ONE, *_LISTS) if key in members]
    if listed:
        follows = bool(shaped_or(members.get("NextToken"), str, "NextToken", ""))
        _read_page(scan, (_decoded(scan, raw) for key in listed for raw in _resources(members, key)), follows)
    if _STATUS in members:
        _read_status(scan, {key: decode_exact(members[key], key) for key in _STATUS_KEYS if key in members})
    elif not listed and wrappers:
        for raw in members.values():
            if bytes(memoryview(raw)[:1]) == b"{":
                _read_answer(scan, dict(members_of(raw, "A member")), wrappers - 1)


def _resources(members: Members, key: str) -> Iterator[msgspec.Raw]:
    if key == _ONE:
        yield members[key]
    else:
        yield from items_of(members[key], key)


def _decoded(scan: _Scan, raw: msgspec.Raw) -> JsonObject:
    scan.budget.spend(values_in(raw))
    return _object(decode_exact(raw, "A resource"))


def _read_page(scan: _Scan, found: Iterable[JsonObject], follows: object) -> None:
    scan.answers += 1
    stacks = set()
    for values in found:
        entry = entry_of(values, scan.budget)
        stacks.add(entry.stack.id)
        scan.add(entry)
    for stack in stacks or {""}:
        scan.pages[stack] += 1
        scan.followed[stack] += bool(follows)


_STATUS_KEYS = (_STATUS, "DetectionStatus", "DetectionStatusReason", "DriftedStackResourceCount")


def _read_status(scan: _Scan, status: Mapping[str, Json]) -> None:
    """Read a stack's own status: it names no resource, so all it can say is that something is missing."""
    scan.answers += 1
    detection, drift = text_of(status, "DetectionStatus"), text_of(status, _STATUS)
    counted = status.get("DriftedStackResourceCount")
    if isinstance(counted, int) and not isinstance(counted, bool):
        scan.drifted += max(0, counted)
    elif drift == "DRIFTED":
        scan.drifted += 1
    if detection == "DETECTION_FAILED":
        why = in_words(text_of(status, "DetectionStatusReason"))
        scan.reasons.append(f"The drift detection failed, and what it found is partial. {why}".rstrip())
    elif detection not in {"DETECTION_COMPLETE", ""}:
        scan.reasons.append("The drift detection has not ended yet.")
    elif drift not in {"DRIFTED", "IN_SYNC"}:
        scan.reasons.append("The stack has not been checked for drift.")
    elif not scan.drifted:
        scan.doubts.append("The stack's status says that it is in sync, and does not say which resources were checked.")


def _assessment(scan: _Scan, options: ParseOptions) -> Assessment:
    entries = _told_apart(scan.entries.values())
    findings = tuple(entry.finding for entry in entries if entry.status in DRIFT)
    gaps = [entry for entry in entries if entry.status not in DRIFT and entry.status != IN_SYNC]
    reason = _incomplete_reason(scan, options, len(findings), len(gaps))
    return Assessment(
        format=NAME,
        tool_version="",
        findings=findings,
        complete=not reason,
        incomplete_reason=reason,
        assessed_clean=frozenset(entry.address for entry in entries if entry.status == IN_SYNC),
        absent_is_gone=options.complete is True,
        resources_checked=len(entries) - len(gaps),
        not_assessed=tuple(
            NotAssessed(Gap.RESOURCE, entry.address, entry.why_not) for entry in gaps[:MAX_NOT_ASSESSED]
        ),
    )


def _incomplete_reason(scan: _Scan, options: ParseOptions, drifts: int, gaps: int) -> str:
    if options.complete is False:
        return "The sender says that the scan is partial."
    if scan.reasons:
        return scan.reasons[0]
    if scan.expects_more():
        return "More pages follow: the last one has a NextToken. Send them all in one body."
    if scan.drifted > drifts:
        return f"{scan.drifted} resources have drifted by the stack's own status, and {drifts} are named. {_HOW}"
    if gaps > MAX_NOT_ASSESSED:
        return f"{gaps} resources were not checked: more than can be listed."
    return "" if options.complete else _doubt(scan)


def _doubt(scan: _Scan) -> str:
    """Return why the scan may not be whole, where the sender does not vouch for it."""
    if scan.doubts and not scan.entries:
        return scan.doubts[0]
    if not scan.entries:
        return "No resource is listed: none has been checked for drift yet, or the list is filtered."
    if len({stack for stack, _ in scan.entries}) > 1:
        return "The body holds several stacks, and whether these are all is not known."
    return ""


def _told_apart(entries: Iterable[Entry]) -> list[Entry]:
    """Qualify the logical ids that more than one stack of a body uses."""
    listed = sorted(entries, key=lambda entry: (entry.logical_id, entry.stack.id))
    used = Counter(entry.logical_id for entry in listed)
    alike = Counter((entry.logical_id, entry.stack.name) for entry in listed)
    return [
        replace(entry, address=_qualified(entry, alike[entry.logical_id, entry.stack.name] > 1))
        if used[entry.logical_id] > 1
        else entry
        for entry in listed
    ]


def _qualified(entry: Entry, is_alike: object) -> str:
    """Name a stack beside a logical id; account and region too where several are called alike, as a StackSet's are."""
    stack = entry.stack
    place = f"{stack.account} {stack.region} " if is_alike else ""
    return f"{entry.logical_id} [{place}{stack.name}]"


FORMAT = Format(name=NAME, title="aws cloudformation describe-stack-resource-drifts", sniff=_sniff, parse=_parse)
