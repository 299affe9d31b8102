"""The values that travel along the ingest path: what a scan says, and what of it is worth recording.

All of them are plain and frozen: no Django, no I/O, so every step of the path can be tested by laws.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A JSON value. Numbers a double cannot carry exactly are strings of their digits (see `json_text.exact_number`)."""

JsonObject: TypeAlias = dict[str, Json]

Mask: TypeAlias = "bool | list[Mask] | dict[str, Mask]"
"""Where a tool says "here": `True` means all of it, `False` and empty containers mean nothing of it."""

SENSITIVE = "(sensitive)"
"""What stands in the place of every masked value, everywhere."""


class Kind(StrEnum):
    """What happened to a resource behind the back of its code."""

    MODIFIED = "modified"
    """It is there and differs."""
    DELETED = "deleted"
    """It should be there and is not."""
    UNMANAGED = "unmanaged"
    """It is there and no code wants it."""


class Severity(StrEnum):
    """How much a drift matters, most first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the gravest; comparable across severities."""
        return list(Severity).index(self)


def identity_of(address: str, deposed: str | None) -> str:
    """Name one object within its stack: the address alone is not enough, since leftovers of a replacement share it.

    Args:
        address: The resource's address within the stack.
        deposed: The key of a deposed object, or None for the current one.
    """
    return f"{address} (deposed object {deposed})" if deposed else address


class Step(StrEnum):
    """What the tool would do to a resource to put it back."""

    NOTHING = "nothing"
    """Nothing is planned for it: its code says nothing, or agrees with what is there."""
    UPDATE = "update"
    CREATE = "create"
    REPLACE = "replace"
    DESTROY = "destroy"
    FORGET = "forget"
    UNKNOWN = "unknown"
    """The scan does not say."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What putting a resource back would do, as the same scan plans it."""

    step: Step
    forced_by: tuple[str, ...] = ()
    """Attribute paths that force a replacement; at most 20."""
    dependents: tuple[str, ...] = ()
    """Addresses of resources that refer to this one in the code; at most 20, sorted."""
    dependents_total: int = 0
    reason: str = ""
    """The tool's own reason, '' where it gives none."""


class Gap(StrEnum):
    """What part of a stack a scan could not look at."""

    RESOURCE = "resource"
    """One resource; the name is its identity or address."""
    TYPE = "type"
    """All resources of a provider type; the name is a glob over types."""
    ALL = "all"
    """Whatever the scan does not name; the name is ''."""


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """What a scan says it did not look at, and why."""

    what: Gap
    name: str
    reason: str
    """In words, for a person; no value of a resource."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one scan says of one resource, as parsed: nothing is masked yet, so its values are never printed."""

    address: str
    """Stable within the stack: `module.a["x.y"].aws_instance.web[0]`."""
    provider_type: str
    """The tool's own type name: `aws_instance`, `AWS::EC2::Instance`."""
    kind: Kind
    expected: JsonObject | None = field(repr=False)
    """What it should be; None where the format carries no values."""
    actual: JsonObject | None = field(repr=False)
    """What it is; None where the format carries no values, or nothing is there."""
    sensitive: Mask = False
    """Union of the tool's masks of both sides."""
    unknown: Mask = False
    """What the tool cannot know yet: never a difference."""
    deposed: str | None = None
    resource_id: str = ""
    """The real id where known, else the address."""
    region: str = ""
    """'' where not known."""
    cloud_account: str = ""
    """12 digits, '' where not known."""
    provider_name: str = ""
    consequence: Consequence | None = None
    """What putting it back would do; None where the format never says."""

    @property
    def identity(self) -> str:
        """The name of this object within its stack."""
        return identity_of(self.address, self.deposed)


@dataclass(frozen=True, slots=True)
class Search:
    """Where a scan looked for resources that no code wants."""

    cloud_account: str
    """The only account that it looked in."""
    regions: Mapping[str, frozenset[str]]
    """Each type that it looked for → the regions it looked in; none: wherever there may be one."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a body says as a whole."""

    format: str
    tool_version: str
    findings: tuple[Finding, ...]
    complete: bool
    """False: nothing unseen may be resolved."""
    incomplete_reason: str = ""
    """In words; '' when complete."""
    assessed_clean: frozenset[str] = frozenset()
    """Identities positively seen to be as the code wants them."""
    still_pending: frozenset[str] = frozenset()
    """Identities that do not show as drift but are not as the code wants them: they may not be reconciled."""
    absent_is_gone: bool = True
    """Whether an identity the body does not name at all has left code and state. False for a refresh-only plan."""
    kinds: frozenset[Kind] = frozenset(Kind)
    """The kinds of drift the scan could have shown. A drift of any other kind is not over because it is not shown."""
    searched: Search | None = None
    """Where it looked for resources that no code wants; None: wherever the rest does not say otherwise."""
    resources_checked: int = 0
    not_assessed: tuple[NotAssessed, ...] = ()
    """Parts that the scan could not look at although the rest counts: a type whose reading was denied, a resource whose
    drift the tool does not support. Nothing in them may be resolved, and people are told. Bounded at 1,000."""
    provider_versions: dict[str, str] = field(default_factory=dict)
    """Provider → its version, where the body tells one; plain words only, at most 100."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A finding masked, compared and judged: ready to record once it is priced."""

    identity: str
    fingerprint: bytes
    """32 bytes: which resource of which stack."""
    difference_digest: bytes
    """32 bytes: which difference; changes with a secret's value too."""
    address: str
    provider_type: str
    resource_type: str
    """The family: EC2, RDS, … OTHER."""
    kind: Kind
    resource_id: str
    region: str
    cloud_account: str
    expected_state: JsonObject
    actual_state: JsonObject
    difference: dict[str, JsonObject]
    """Changed attribute path → `{"expected": …, "actual": …}`."""
    severity: Severity
    severity_reason: str
    """Why, in words for a person."""
    carries_values: bool = True
    """False: a low-fidelity source (a log, a notification) that says only that it differs, never how."""
    attribute_digests: dict[str, str] = field(default_factory=dict)
    """Changed attribute path → hexadecimal digest of that change, secrets included: what a decision is bound to."""
    consequence: Consequence | None = None
    cost_impact_monthly: Decimal | None = None
    """USD a month, actual minus expected; None while unpriced."""
    cost_basis: str = "unpriced"
    """priced, unpriced or reported."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What an ignore rule hid of one finding: no values."""

    rule_id: str
    identity: str
    fingerprint: bytes
    """32 bytes: which resource of which stack."""
    address: str
    provider_type: str
    kind: Kind
    paths: tuple[str, ...]
    """The attributes; nothing where a deletion or an unmanaged resource is hidden."""
    severity: Severity
    """How grave what is hidden would have been."""
    whole: bool
    """Whether nothing of the finding is left to be seen."""
    recalled: bool = False
    """Whether the scan did not tell how it differs: an earlier one did, and what that told is hidden."""


@dataclass(frozen=True, slots=True)
class Judged:
    """All that a later step needs to record one scan."""

    assessment: Assessment
    """What the body says as a whole, without its findings: they hold secrets, the observations do not."""
    observations: tuple[Observation, ...]
    ignored: int = 0
    """Findings of which nothing is left to be seen: those that the comparison showed to be noise, and those that ignore
    rules hid as a whole."""
    noise: dict[str, str] = field(default_factory=dict)
    """Identity → why it was ignored, for findings with nothing left."""
    hidden: tuple[Hidden, ...] = ()
    """What the account's ignore rules hid: one a rule and finding. Findings of which nothing is left are held open
    (`Assessment.still_pending`), since hidden is not the same as clean."""
