"""A Terraform or OpenTofu plan: `terraform show -json PLAN`.

What counts as drift is `resource_drift`, where `before` is what the state recorded (expected) and `after` what the
provider found (actual). In `resource_changes` it is the other way round: `before` is real and `after` is what the
code wants. It is read as drift only when the sender says so (`mode=plan`), and then it replaces the other reading of
the same object, so the two never mix.

Several plans in one body (Terragrunt) share one stack, and their addresses may collide. An address that more than one
of them holds is told apart by the real id, `aws_vpc.main [vpc-1]`, or by the plan's place in the body where there is
no id. Whether such a body names every unit is not known, so it counts as incomplete unless the sender vouches for it.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import msgspec

from drifts.findings import Assessment, Finding, JsonObject, Kind, Mask, identity_of
from drifts.ingest import places
from drifts.ingest.errors import FormatError, UnrecognisedFormat, UnsupportedVersion
from drifts.ingest.formats.base import Format, Mode, ParseOptions
from drifts.ingest.formats.near_misses import near_miss
from drifts.ingest.formats.terraform_consequences import Consequences
from drifts.ingest.formats.terraform_entries import (
    Configuration,
    Entry,
    PriorState,
    decoded,
    entries,
    kind_of_drift,
    kind_of_plan,
    mask_of,
    typed,
    values_of,
)
from drifts.ingest.formats.terraform_providers import note_pinned
from drifts.ingest.formats.terraform_regions import Regions
from drifts.ingest.json_text import values_in
from drifts.ingest.json_walk import Members, documents, items_of
from drifts.ingest.masks import covers_any, union
from drifts.ingest.provider_versions import ProviderVersions

NAME = "terraform-plan"
_HOW = "Send the output of: terraform show -json PLAN (or tofu show -json PLAN)."
_VERSION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})(?:\.([0-9]{1,9}))?")
_FIRST_WITH_DRIFT = (0, 15, 4)
"""The first Terraform that reports drift in the plan's JSON."""

_MAX_TOOL_VERSION = 60
_MAX_VALUES = 5_000_000
"""Values that all findings of a plan may hold together, roughly: enough for ten thousand drifts."""

_PLAN_KEYS = frozenset(
    {"planned_values", "resource_changes", "resource_drift", "output_changes", "plan_format_version"}
)

Key = tuple[str, str | None]
"""Address and deposed key: what identifies an object before addresses of several plans are told apart."""


@dataclass(slots=True)
class _Plan:
    """What one plan says, gathered while it is read."""

    tool_version: str
    reason: str = ""
    """Why the plan cannot speak of what it does not name; '' where it can."""
    vouchable: bool = False
    """Whether the sender's word outweighs the reason."""
    absent_is_gone: bool = True
    findings: list[Finding] = field(default_factory=list)
    clean: set[Key] = field(default_factory=set)
    pending: set[Key] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)
    """Address → real id, for telling plans apart."""
    consequences: Consequences = field(default_factory=Consequences)
    checked: int = 0
    values: int = 0
    """How many values the findings hold, roughly."""

    def add(self, finding: Finding, entry: Entry) -> None:
        """Keep what an entry says.

        Raises:
            FormatError: All findings together hold more than fits into memory.
        """
        self.values += values_in(entry.change.before) + values_in(entry.change.after)
        if self.values > _MAX_VALUES:
            raise FormatError(f"The drifts of the plan hold more than {_MAX_VALUES} values.", "Split the stack.")
        self.findings.append(finding)


def _sniff(members: Members) -> bool:
    return bool(_PLAN_KEYS & members.keys()) or ("format_version" in members and near_miss(members) is None)


def _parse(body: bytes, options: ParseOptions) -> Assessment:
    """Read all plans of a body.

    Raises:
        FormatError: It is malformed or hostile.
        UnrecognisedFormat: It is something else than a plan.
        UnsupportedVersion: Its format version is not 0.x or 1.x, or missing.
    """
    versions = ProviderVersions()
    plans = [_read(members, options, versions) for members in _plans_in(body)]
    if len(plans) > 1:
        _tell_apart(plans)
    incomplete = _incomplete_reason(plans, options)
    return Assessment(
        format=NAME,
        tool_version=plans[0].tool_version,
        findings=_distinct(finding for plan in plans for finding in plan.findings),
        complete=not incomplete,
        incomplete_reason=incomplete,
        assessed_clean=frozenset(identity_of(*key) for plan in plans for key in plan.clean),
        still_pending=frozenset(identity_of(*key) for plan in plans for key in plan.pending),
        absent_is_gone=all(plan.absent_is_gone for plan in plans),
        resources_checked=sum(plan.checked for plan in plans),
        provider_versions=versions.told(),
    )


def _plans_in(body: bytes) -> Iterator[Members]:
    """Yield the objects of a body but for the lines of a runner's own log, where there are others."""
    first: Members | None = None
    other = False
    for members in documents(body):
        first = first or members
        if not _is_log_line(members):
            other = True
            yield members
    if first is not None and not other:
        yield first


def _is_log_line(members: Members) -> bool:
    keys = members.keys()
    return {"@level", "@message"} <= keys or ("level" in keys and bool({"msg", "message"} & keys))


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({finding.identity: finding for finding in findings}.values())


def _incomplete_reason(plans: list[_Plan], options: ParseOptions) -> str:
    if options.complete is False:
        return "The sender says that the scan is partial."
    for plan in plans:
        if plan.reason and not (plan.vouchable and options.complete):
            return plan.reason
    if len(plans) > 1 and not options.complete:
        return "The body holds several plans, and whether it holds all of the stack's is not known."
    return ""


def _read(members: Members, options: ParseOptions, versions: ProviderVersions) -> _Plan:
    _check_kind(members)
    version = _check_version(members)
    plan = _Plan(tool_version=typed(members, "terraform_version", str, "")[:_MAX_TOOL_VERSION])
    regions = Regions(members)
    note_pinned(members, versions)
    plan.reason, plan.vouchable = _partial(members, version, plan.tool_version)
    seen: set[Key] = set()
    _read_changes(members, plan, options, regions, seen)
    _read_drift(members, plan, regions, seen)
    _set_scope(members, plan, plan.clean | plan.pending | seen)
    whole = plan.absent_is_gone and not plan.reason
    plan.findings = plan.consequences.attach(members, plan.findings, speaks_of_all=whole)
    return plan


def _set_scope(members: Members, plan: _Plan, named: set[Key]) -> None:
    """Work out how far the plan speaks of what it does not name."""
    if "resource_changes" not in members:
        plan.absent_is_gone = _is_empty(members)
        plan.checked = sum(1 for _ in _prior_state(members).managed())
        return
    plan.checked = len(named)
    if not plan.reason and "complete" not in members and _leaves_out(members, {address for address, _ in named}):
        plan.reason = "The plan does not speak of all that stands in the state: it was targeted."


def _prior_state(members: Members) -> PriorState:
    return typed(members, "prior_state", PriorState, PriorState())


def _leaves_out(members: Members, named: set[str]) -> bool:
    """Say whether resources of the state are not named at all, as in a targeted plan of a tool that does not say so."""
    return any(one.address and one.address not in named for one in _prior_state(members).managed())


def _check_kind(members: Members) -> None:
    if not _PLAN_KEYS & members.keys() and (miss := near_miss(members)):
        raise UnrecognisedFormat(miss.what, miss.send)


def _check_version(members: Members) -> str:
    version = typed(members, "format_version", str, "")
    if not version:
        raise UnsupportedVersion(
            "The plan has no format_version: HCP Terraform's redacted plan and other digests carry no drift to trust.",
            _HOW,
        )
    if version.partition(".")[0] not in {"0", "1"}:
        raise UnsupportedVersion(
            f"The plan's format_version {version[:20]!r} is not known; 0.x and 1.x are.", "Update DriftSentry."
        )
    return version


def _partial(members: Members, version: str, tool_version: str) -> tuple[str, bool]:
    """Say why a plan may not speak of what it does not name, and whether the sender may overrule that."""
    if typed(members, "errored", bool, False):
        return "The plan ended with an error.", False
    if not typed(members, "complete", bool, True):
        return "The plan is partial: it was targeted, or changes were deferred.", False
    if "resource_drift" not in members and not _reports_drift(version, tool_version):
        return f"Terraform {tool_version or 'of that age'} does not report drift in its plan.", True
    return "", False


def _reports_drift(version: str, tool_version: str) -> bool:
    found = _VERSION.match(tool_version)
    if found is None:
        return version != "0.1"
    return tuple(int(part or 0) for part in found.groups()) >= _FIRST_WITH_DRIFT


def _is_empty(members: Members) -> bool:
    """Say whether code and state are both empty, as after a destroy; else no changes mean a refresh-only plan."""
    if "configuration" not in members or "prior_state" in members:
        return False
    return typed(members, "configuration", Configuration, Configuration()).root_module.is_empty


def _read_changes(members: Members, plan: _Plan, options: ParseOptions, regions: Regions, seen: set[Key]) -> None:
    for entry in entries(members, "resource_changes"):
        if not entry.is_managed:
            continue
        key = (entry.full_address, entry.deposed_key)
        plan.ids.setdefault(entry.full_address, _real_id(entry))
        plan.consequences.note(entry)
        kind = kind_of_plan(entry) if options.mode is Mode.PLAN else None
        if entry.is_as_planned:
            plan.clean.add(key)
        elif kind is None:
            plan.pending.add(key)
        else:
            seen.add(key)
            found = _finding(entry, kind, regions, expected=entry.change.after, actual=entry.change.before)
            plan.add(found, entry)
            if covers_any(found.unknown) or "delete" in entry.change.actions:
                plan.pending.add(key)  # what it plans may not show in the values, and is planned none the less
    for raw in items_of(members.get("deferred_changes"), "deferred_changes"):
        deferred = decoded(raw, _Deferred, "deferred_changes").resource_change
        plan.pending.add((deferred.full_address, deferred.deposed_key))


def _read_drift(members: Members, plan: _Plan, regions: Regions, seen: set[Key]) -> None:
    for entry in entries(members, "resource_drift"):
        key = (entry.full_address, entry.deposed_key)
        kind = kind_of_drift(entry)
        if not entry.is_managed or key in seen:
            continue
        plan.ids.setdefault(entry.full_address, _real_id(entry))
        seen.add(key)
        change = entry.change
        if kind is not None and memoryview(change.before) != memoryview(change.after):
            plan.add(_finding(entry, kind, regions, expected=change.before, actual=change.after), entry)


class _Deferred(msgspec.Struct, frozen=True):
    """An entry of `deferred_changes`."""

    resource_change: Entry


class _Ids(msgspec.Struct, frozen=True):
    """The part of a side that names the real object."""

    id: msgspec.Raw = msgspec.Raw(b"null")


def _real_id(entry: Entry) -> str:
    """Read the real id off either side, without decoding the rest of it."""
    for side in (entry.change.before, entry.change.after):
        try:
            raw = msgspec.json.decode(side, type=_Ids).id
            return msgspec.json.decode(raw, type=str)
        except (msgspec.DecodeError, RecursionError):
            continue
    return ""


def _finding(entry: Entry, kind: Kind, regions: Regions, *, expected: msgspec.Raw, actual: msgspec.Raw) -> Finding:
    entry.check_names()
    address = entry.full_address
    wanted, found = values_of(expected, address), values_of(actual, address)
    if kind is Kind.DELETED:
        found = None
    sensitive = union(mask_of(entry.change.before_sensitive, address), mask_of(entry.change.after_sensitive, address))
    speaking = _without_masked(found or wanted or {}, sensitive)
    return Finding(
        address=address,
        provider_type=entry.type,
        kind=kind,
        expected=wanted,
        actual=found,
        sensitive=sensitive,
        unknown=mask_of(entry.change.after_unknown, address),
        deposed=entry.deposed_key,
        resource_id=places.resource_id_of(speaking, otherwise=address),
        region=places.region_of(speaking) or places.as_region(regions.of(entry.provider_name)),
        cloud_account=places.cloud_account_of(speaking),
        provider_name=entry.provider_name,
    )


def _without_masked(values: JsonObject, mask: Mask) -> JsonObject:
    """Leave out what a mask covers, so that no id is taken from a secret."""
    if not isinstance(mask, dict):
        return {} if covers_any(mask) else values
    return {key: value for key, value in values.items() if not covers_any(mask.get(key, False))}


def _tell_apart(plans: list[_Plan]) -> None:
    """Qualify the addresses that more than one plan of a body holds, by real id or else by place."""
    held = Counter(address for plan in plans for address in plan.ids)
    for place, plan in enumerate(plans, start=1):
        names = {
            address: f"{address} [{real_id or f'plan {place}'}]" if held[address] > 1 else address
            for address, real_id in plan.ids.items()
        }
        rename = _renaming(names)
        plan.clean = {rename(key) for key in plan.clean}
        plan.pending = {rename(key) for key in plan.pending}
        plan.findings = [replace(one, address=names[one.address]) for one in plan.findings]


def _renaming(names: dict[str, str]) -> Callable[[Key], Key]:
    return lambda key: (names.get(key[0], key[0]), key[1])


def _parse_checked(body: bytes, options: ParseOptions) -> Assessment:
    try:
        return _parse(body, options)
    except UnicodeDecodeError as error:
        raise FormatError("The body is no valid UTF-8.", "Save it as UTF-8.") from error


FORMAT = Format(
    name=NAME,
    title="terraform show -json PLAN, tofu show -json PLAN",
    sniff=_sniff,
    parse=_parse_checked,
)
