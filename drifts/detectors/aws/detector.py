"""The scanner itself: the state, the credentials, the jobs, and what they say together."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drifts.detectors.aws.access import Access, OutOfTime, open_access
from drifts.detectors.aws.comparing import finding_of, finding_of_extra
from drifts.detectors.aws.config import LISTED, OWNERS, TYPES, AwsConfig, check, read_config
from drifts.detectors.aws.gaps import bounded, gaps_of, types_left_out
from drifts.detectors.aws.jobs import jobs_of, regions_of, run_jobs
from drifts.detectors.aws.outcome import Extra, Outcome, Placed, Unseen
from drifts.detectors.aws.placing import ANYWHERE, WITHOUT_REGION, place
from drifts.detectors.aws.state_source import read_state
from drifts.detectors.aws.trust import check_trust
from drifts.detectors.base import Detecting, Detection, DetectionError
from drifts.detectors.terraform_state import State, parse_state
from drifts.findings import Assessment, Finding, Gap, Kind, NotAssessed, Search

NAME = "aws-scan"

MAX_UNMANAGED = 1000
"""Unmanaged resources of one type that a scan names."""

_ID_NAMES = ("id", "bucket", "name", "identifier", "spot_instance_id")
"""Attributes by which something that is there may be known to the state."""


@dataclass(slots=True)
class _Told:
    """What the outcomes say together."""

    findings: list[Finding]
    clean: set[str]
    partly: list[NotAssessed]
    unseen: list[Unseen]
    unlisted: dict[str, str]
    checked: int = 0


def detect_aws(detection: Detection) -> Assessment:
    """Compare a Terraform state with live AWS.

    Args:
        detection: What to read: see `AwsConfig` and `README.md`.

    Raises:
        DetectionError: The account may not have it read, the state could not be read, or AWS not at all.
    """
    deadline = time.monotonic() + detection.seconds
    config = read_config(detection.config)
    try:
        access = open_access(detection, config, deadline=deadline)
        state = parse_state(read_state(detection, config, access))
    except OutOfTime:
        words = f"The stack's time limit of {detection.seconds:.0f} seconds ran out before anything was looked at."
        raise DetectionError(words) from None
    detection.say(f"{len(state.resources)} resources in the state; reading the account {access.caller.account}")
    readable = [one for one in state.resources if one.provider_type in {*TYPES, *OWNERS}]
    found = list(place(readable, access.caller, config.regions))
    placed = [one for one in found if isinstance(one, Placed)]
    outcomes = run_jobs(jobs_of(access, config, placed), access, detection.say)
    misplaced = [one for one in found if isinstance(one, Unseen) and one.placed.provider_type in config.types]
    told = _together(outcomes, misplaced, access)
    _add_extras(told, outcomes, _known(found), access)
    _without_regions(told, config, placed)
    detection.say(f"{told.checked} resources looked up with {access.calls} calls")
    searched = _searched(config, placed, access) if config.unmanaged else None
    return _assessment(state, config, told, [*placed, *(one.placed for one in misplaced)], searched)


def _together(outcomes: Iterable[Outcome], misplaced: Sequence[Unseen], access: Access) -> _Told:
    told = _Told([], set(), [], [*misplaced], {})
    for outcome in outcomes:
        told.unseen.extend(outcome.unseen)
        told.unlisted.update(outcome.unlisted)
        for seen in outcome.seen:
            if seen.actual is None and not _may_say_gone(seen.placed):
                told.unseen.append(Unseen(seen.placed, "It was not found, and the state does not say its account."))
                continue
            told.checked += 1
            identity = seen.placed.resource.identity
            finding = finding_of(seen, access.caller.account)
            if finding is not None:
                told.findings.append(finding)
            elif not seen.unread:
                told.clean.add(identity)
            if seen.unread:
                told.partly.append(NotAssessed(Gap.RESOURCE, identity, " ".join(seen.unread)))
    return told


def _may_say_gone(placed: Placed) -> bool:
    """Say whether "not found" means "gone": S3's names are the whole world's, all else needs to be of this account."""
    return placed.provider_type in ANYWHERE or bool(placed.account)


def _known(found: Iterable[Placed | Unseen]) -> frozenset[tuple[str, str]]:
    """Return type and name of whatever the state holds, looked up or not."""
    placed = (one.placed if isinstance(one, Unseen) else one for one in found)
    return frozenset((one.provider_type, one.text(name)) for one in placed for name in _ID_NAMES)


def _add_extras(told: _Told, outcomes: Iterable[Outcome], known: frozenset[tuple[str, str]], access: Access) -> None:
    by_type: dict[str, list[Extra]] = {}
    for outcome in outcomes:
        for one in outcome.extras:
            if (one.provider_type, one.resource_id) not in known:
                by_type.setdefault(one.provider_type, []).append(one)
    for name, several in sorted(by_type.items()):
        ordered = sorted(several, key=lambda one: (one.resource_id, one.region))
        told.findings.extend(finding_of_extra(one, access.caller) for one in ordered[:MAX_UNMANAGED])
        if len(ordered) > MAX_UNMANAGED:
            told.unlisted.setdefault(name, f"{len(ordered)} are unmanaged; only {MAX_UNMANAGED} of them are named.")


def _without_regions(told: _Told, config: AwsConfig, placed: Sequence[Placed]) -> None:
    """Say which types could not be searched for unmanaged resources, for want of a region."""
    if config.unmanaged and not regions_of(config, placed):
        for name in config.types:
            if name not in ANYWHERE | WITHOUT_REGION:
                told.unlisted.setdefault(name, "No region is named to look for unmanaged ones in.")


def _searched(config: AwsConfig, placed: Sequence[Placed], access: Access) -> Search:
    """Say where unmanaged resources were looked for; whole types where that failed are told as gaps."""
    regions = frozenset(regions_of(config, placed))
    everywhere = ANYWHERE | WITHOUT_REGION
    listed = (name for name in LISTED if name in config.types and (regions or name in everywhere))
    return Search(access.caller.account, {name: frozenset() if name in everywhere else regions for name in listed})


def _assessment(
    state: State, config: AwsConfig, told: _Told, placed: Sequence[Placed], searched: Search | None
) -> Assessment:
    gaps = types_left_out(state.resources, frozenset(TYPES), frozenset(config.types), unmanaged=config.unmanaged)
    asked_for = [one for one in placed if one.provider_type in config.types]
    gaps += gaps_of(told.unseen, asked_for, told.unlisted, told.partly)
    type_of = {one.resource.identity: one.provider_type for one in placed}
    reason = _why_incomplete(state, asked_for, told)
    return Assessment(
        format=NAME,
        tool_version=state.tool_version,
        findings=tuple(told.findings),
        complete=not reason,
        incomplete_reason=reason,
        assessed_clean=frozenset(told.clean),
        kinds=frozenset(Kind) if config.unmanaged else frozenset(Kind) - {Kind.UNMANAGED},
        searched=searched,
        resources_checked=told.checked,
        not_assessed=bounded(gaps, type_of),
    )


def _why_incomplete(state: State, asked_for: Sequence[Placed], told: _Told) -> str:
    if not state.resources:
        return "The state holds no resources."
    if asked_for and not told.checked:
        return "Nothing of what this stack asks for could be looked up."
    return ""


DETECTOR = Detecting(check, detect_aws, check_trust)
