"""From a finding as parsed to what is left of it when secrets, spelling and noise are gone."""

from __future__ import annotations

from dataclasses import dataclass

from drifts.findings import Finding, JsonObject, Kind
from drifts.ingest.difference import Change, changes_between
from drifts.ingest.masked import MaskedObject
from drifts.ingest.masking import mask_pair
from drifts.ingest.names import NAME_OR_ARN, is_name_of
from drifts.ingest.noise import BUILT_IN, NoiseTable, arn_reason, echo_reason
from drifts.ingest.places import GLOBAL
from drifts.ingest.stored import plain_change, plain_state


@dataclass(frozen=True, slots=True)
class Ignored:
    """A change that means nothing, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Normalised:
    """A finding whose secrets are hidden and whose changes all mean something."""

    identity: str
    address: str
    provider_type: str
    kind: Kind
    resource_id: str
    region: str
    cloud_account: str
    deposed: str | None
    """The key of a deposed object, None for the current one."""
    expected: MaskedObject
    actual: MaskedObject
    changes: tuple[Change, ...]
    """What differs; nothing for a deleted or an unmanaged resource."""
    ignored: tuple[Ignored, ...]

    @property
    def is_noise(self) -> bool:
        """Whether nothing is left that could be called drift."""
        return self.kind is Kind.MODIFIED and not self.changes and self.carries_values

    @property
    def carries_values(self) -> bool:
        """Whether the format said how the resource differs, and not only that it does."""
        return bool(self.expected or self.actual)

    @property
    def expected_state(self) -> JsonObject:
        """What should be, as stored; {} for an unmanaged resource."""
        return plain_state(self.expected, self._roots())

    @property
    def actual_state(self) -> JsonObject:
        """What is, as stored; {} for a deleted resource."""
        return plain_state(self.actual, self._roots())

    @property
    def difference(self) -> dict[str, JsonObject]:
        """Changed path → `{"expected": …, "actual": …}`, as stored."""
        return {change.path: plain_change(change.expected, change.actual) for change in self.changes}

    def _roots(self) -> set[str]:
        return {name for name in (*self.expected, *self.actual) if any(_is_below(c.path, name) for c in self.changes)}


def _is_below(path: str, name: str) -> bool:
    return path == name or path.startswith((f"{name}.", f"{name}["))


def normalise(finding: Finding, *, key: bytes, noise: NoiseTable = BUILT_IN) -> Normalised:
    """Hide the secrets of a finding, compare its sides and drop the noise.

    Args:
        finding: As parsed.
        key: Secret key of the digests that stand for hidden values.
        noise: The rules of what means nothing.

    Returns:
        What is left; ask `is_noise` whether anything is.
    """
    sides = mask_pair(finding.expected, finding.actual, finding.sensitive, key=key, provider_type=finding.provider_type)
    found: tuple[Change, ...] = ()
    if finding.kind is Kind.MODIFIED:
        found = changes_between(
            sides.expected, sides.actual, provider_type=finding.provider_type, unknown=finding.unknown
        )
    paths = {change.path: change for change in found}
    reasons = {path: _why_ignored(change, paths, finding, noise) for path, change in paths.items()}
    named = finding.resource_id or finding.address
    return Normalised(
        identity=finding.identity,
        address=finding.address,
        provider_type=finding.provider_type,
        kind=finding.kind,
        resource_id=finding.address if sides.spells_out(named) else named,
        region=finding.region or GLOBAL,
        cloud_account=finding.cloud_account,
        deposed=finding.deposed,
        expected=sides.expected,
        actual=sides.actual,
        changes=tuple(change for path, change in paths.items() if not reasons[path]),
        ignored=tuple(Ignored(path, reason) for path, reason in reasons.items() if reason),
    )


def _why_ignored(change: Change, paths: dict[str, Change], finding: Finding, noise: NoiseTable) -> str:
    """Return why a change means nothing, '' where it means something."""
    return (
        echo_reason(change, paths)
        or noise.reason(change, finding.provider_type)
        or arn_reason(change)
        or _name_reason(change, finding)
    )


def _name_reason(change: Change, finding: Finding) -> str:
    own = (finding.cloud_account, finding.region)
    same = is_name_of(finding.provider_type, change.attribute, change.expected, change.actual, own=own)
    return NAME_OR_ARN if same else ""
