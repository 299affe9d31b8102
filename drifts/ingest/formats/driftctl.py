"""What driftctl found: `driftctl scan -o json://FILE`, of every age.

driftctl compares what stands in the cloud with what Terraform states say. `missing` (up to 0.7.0: `deleted`) is gone,
`unmanaged` stands in no state, and `differences` tell what changed, `from` as recorded `to` as found. Since 0.40 there
are no differences, and without `deep` they are never looked for: then a changed resource is nowhere in the file, and
an absent one says nothing about it. Lists may be null; where the summary counts more than the lists name, the lists
are not all there is.

A change driftctl calls `computed` was made by the provider itself: alone it is no drift; beside a change that somebody
made it is shown. A type whose reading was denied was not looked at, and nothing of it counts.

The file names neither account nor region. Addresses are `type.id`, since not every resource has a name in the code.

Source: https://github.com/snyk/driftctl, pkg/analyser/analysis.go and pkg/remote/alerts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from drifts.findings import Assessment, Finding, Gap, Json, JsonObject, Kind, NotAssessed
from drifts.ingest import places
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.base import Format, ParseOptions
from drifts.ingest.formats.limits import MAX_NOT_ASSESSED, Budget, check_names, in_words
from drifts.ingest.formats.planting import plant
from drifts.ingest.formats.shapes import shaped, shaped_or
from drifts.ingest.json_text import check_storable, decode_exact, values_in
from drifts.ingest.json_walk import Members, documents, items_of, members_of
from drifts.ingest.provider_versions import ProviderVersions, plain_text

NAME = "driftctl"
_OWN_OUTPUT = "Send driftctl's own output: driftctl scan -o json://FILE."
_MISSING = ("missing", "deleted")
"""The list of what is gone, as newer and older versions call it."""

_COUNTED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("total_missing", _MISSING),
    ("total_deleted", _MISSING),
    ("total_unmanaged", ("unmanaged",)),
    ("total_managed", ("managed",)),
    ("total_changed", ("differences",)),
    ("total_drifted", ("differences",)),
)
"""What the summary counts, and the list that names it."""

_ABOUT = re.compile(r"\b(?:listing|ignoring|reading details of) (?P<type>[a-z][a-z0-9_-]{0,199})", re.IGNORECASE)
"""Which type an alert is about: 'An error occured listing aws_vpc: listing aws_vpc is forbidden: …'."""

_WRONG = re.compile(
    r"forbidden|denied|authori[sz]ed|\berror|failed|could not|unable|timed? ?out|throttl|inaccessible", re.IGNORECASE
)
"""How an alert says that something was not looked at; others are advice."""

_MAX_ALERTS = 10_000
_MAX_MESSAGE = 4096


class _Item(msgspec.Struct, frozen=True):
    """One resource of a list."""

    id: str
    type: str

    @property
    def address(self) -> str:
        """What names it for ever: the code's own name is optional, so it is not part of it."""
        return f"{self.type}.{self.id}"


class _Change(msgspec.Struct, frozen=True):
    """One entry of a changelog."""

    path: list[str] = []
    before: msgspec.Raw = msgspec.field(default=msgspec.Raw(b"null"), name="from")
    after: msgspec.Raw = msgspec.field(default=msgspec.Raw(b"null"), name="to")
    computed: bool = False


class _Difference(msgspec.Struct, frozen=True):
    """One of `differences`."""

    res: _Item
    changelog: list[_Change] | None = None


class _Options(msgspec.Struct, frozen=True):
    """What the scan was asked for (0.23 to 0.39)."""

    deep: bool = True
    only_managed: bool = False
    only_unmanaged: bool = False


class _Alert(msgspec.Struct, frozen=True):
    """One alert."""

    message: str = ""


@dataclass(slots=True)
class _Scan:
    """What the body says, gathered while it is read."""

    budget: Budget = field(default_factory=Budget)
    findings: dict[str, Finding] = field(default_factory=dict)
    managed: set[str] = field(default_factory=set)
    kinds: set[Kind] = field(default_factory=lambda: set(Kind))
    denied: dict[str, str] = field(default_factory=dict)
    """A type, or an address, that could not be read → why."""
    reasons: list[str] = field(default_factory=list)
    """Why it may not speak of what it does not name."""
    checked: int = 0
    versions: ProviderVersions = field(default_factory=ProviderVersions)

    def add(self, finding: Finding) -> None:
        """Keep a finding, unless its type was not looked at."""
        check_names(finding.address, finding.provider_type, finding.resource_id)
        if self.is_looked_at(finding.provider_type, finding.address):
            self.budget.spend(1)
            self.findings.setdefault(finding.address, finding)

    def is_looked_at(self, provider_type: str, address: str) -> bool:
        """Say whether a resource was read at all."""
        return provider_type not in self.denied and address not in self.denied


def _sniff(members: Members) -> bool:
    return {"summary", "managed", "unmanaged", "coverage"} <= members.keys()


def _parse(body: bytes, options: ParseOptions) -> Assessment:
    """Read the files of a body.

    Raises:
        FormatError: It is malformed, hostile, or something else than driftctl's output.
    """
    scan = _Scan()
    files = 0
    for members in documents(body):
        if not {"summary", "managed", "unmanaged"} <= members.keys():
            raise FormatError("The body is not what driftctl writes.", _OWN_OUTPUT)
        files += 1
        _read(members, scan)
    if files > 1 and not options.complete:
        scan.reasons.append("The body holds several scans, and whether these are all is not known.")
    if options.complete is False:
        scan.reasons.insert(0, "The sender says that the scan is partial.")
    return _assessment(scan)


def _assessment(scan: _Scan) -> Assessment:
    named = frozenset(scan.managed - scan.findings.keys())
    return Assessment(
        format=NAME,
        tool_version="",
        findings=tuple(scan.findings.values()),
        complete=not scan.reasons,
        incomplete_reason=scan.reasons[0] if scan.reasons else "",
        assessed_clean=named,
        kinds=frozenset(scan.kinds),
        resources_checked=scan.checked,
        provider_versions=scan.versions.told(),
        not_assessed=tuple(
            NotAssessed(Gap.RESOURCE if "." in name else Gap.TYPE, name, reason)
            for name, reason in list(scan.denied.items())[:MAX_NOT_ASSESSED]
        ),
    )


def _read(members: Members, scan: _Scan) -> None:
    _read_alerts(members, scan)
    _read_options(members, scan)
    scan.versions.note(plain_text(members.get("provider_name")), plain_text(members.get("provider_version")))
    before = len(scan.findings) + len(scan.managed)
    named: dict[str, int] = {}
    for key, kind in ((_MISSING[0], Kind.DELETED), (_MISSING[1], Kind.DELETED), ("unmanaged", Kind.UNMANAGED)):
        for item in _items(members, key):
            named[key] = named.get(key, 0) + 1
            scan.add(_finding(item, kind))
    for position, raw in enumerate(items_of(members.get("differences"), "differences"), start=1):
        named["differences"] = position
        _read_difference(shaped(raw, _Difference, "differences"), scan)
    for item in _items(members, "managed"):
        named["managed"] = named.get("managed", 0) + 1
        check_names(item.address, item.type, item.id)
        if scan.is_looked_at(item.type, item.address):
            scan.managed.add(item.address)
    scan.checked += sum(named.get(key, 0) for key in (*_MISSING, "unmanaged", "managed"))
    _check_summary(members, named, scan)
    if scan.denied and len(scan.findings) + len(scan.managed) == before:
        scan.reasons.append("Nothing could be looked at: access was denied.")


def _items(members: Members, key: str) -> Iterator[_Item]:
    for raw in items_of(members.get(key), key):
        yield shaped(raw, _Item, key)


def _finding(item: _Item, kind: Kind, expected: JsonObject | None = None, actual: JsonObject | None = None) -> Finding:
    own: JsonObject = {"id": item.id}
    return Finding(
        address=item.address,
        provider_type=item.type,
        kind=kind,
        expected=expected,
        actual=actual,
        resource_id=item.id,
        region=places.region_of(own),
        cloud_account=places.cloud_account_of(own),
    )


def _read_difference(difference: _Difference, scan: _Scan) -> None:
    """Read how a resource differs; where all of it was computed by the provider, it does not."""
    changes = difference.changelog or []
    if not changes or all(change.computed for change in changes):
        scan.managed.add(difference.res.address)
        return
    expected: dict[str, Json] = {}
    actual: dict[str, Json] = {}
    for change in changes:
        for side, raw in ((expected, change.before), (actual, change.after)):
            scan.budget.spend(values_in(raw))
            plant(side, change.path, decode_exact(raw, "A change"), scan.budget)
        check_storable(list(change.path), "A changed path")
    scan.add(_finding(difference.res, Kind.MODIFIED, expected, actual))


def _read_options(members: Members, scan: _Scan) -> None:
    """Find out what the scan could not have seen."""
    options = shaped_or(members.get("options"), _Options, "options", _Options())
    if not options.deep or "differences" not in members:
        scan.kinds.discard(Kind.MODIFIED)
    if options.only_managed:
        scan.kinds.discard(Kind.UNMANAGED)
    if options.only_unmanaged:
        scan.kinds &= {Kind.UNMANAGED}


def _read_alerts(members: Members, scan: _Scan) -> None:
    """Find out what the scan was not let in to, or failed to look at."""
    count = 0
    for key, listed in members_of(members.get("alerts"), "alerts"):
        for raw in items_of(listed, "alerts"):
            count += 1
            if count > _MAX_ALERTS:
                raise FormatError(f"There are more than {_MAX_ALERTS} alerts.", _OWN_OUTPUT)
            _read_alert(key, shaped(raw, _Alert, "alerts").message[:_MAX_MESSAGE], scan)


def _read_alert(key: str, message: str, scan: _Scan) -> None:
    """Find out which type, or which resource, an alert says was not looked at."""
    if _WRONG.search(message) is None:
        return
    reason = in_words(message) or "driftctl was not let in."
    about = _ABOUT.search(message)
    if about is not None or key:
        name = about["type"] if about is not None else key
        check_names(name, name.partition(".")[0])
        scan.denied.setdefault(name, reason)
        if len(scan.denied) > MAX_NOT_ASSESSED:
            scan.reasons.append("More could not be looked at than can be listed.")
    else:
        scan.reasons.append(f"driftctl says: {reason}")


def _check_summary(members: Members, named: dict[str, int], scan: _Scan) -> None:
    """Doubt lists that name less than the summary counts."""
    for key, raw in members_of(members.get("summary"), "summary"):
        lists = dict(_COUNTED).get(key)
        counted = decode_exact(raw, "summary") if lists else None
        if lists is None or not any(one in members for one in lists) or not isinstance(counted, int):
            continue
        listed = sum(named.get(one, 0) for one in lists)
        if counted > listed:
            scan.reasons.append(f"The summary counts {counted} ({key}) and the list names {listed}.")


FORMAT = Format(name=NAME, title="driftctl scan -o json://FILE", sniff=_sniff, parse=_parse)
