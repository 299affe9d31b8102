"""The open drifts of an account in the groups that share a cause: read anew each time, by two narrow queries."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, JSONField, OuterRef, Subquery, When
from django.db.models.fields.json import KT
from django.utils import timezone

from drifts.cause_words import sentence_of, stack_names
from drifts.causes import FirstShown, Group, OpenDrift, groups_of
from drifts.findings import Kind, Severity
from drifts.ingest.provider_versions import steps_between
from drifts.models import Drift, Scan
from drifts.transitions import Status
from driftsentry.api.errors import NotFound

MAX_OPEN = 20_000
"""Open drifts that are grouped: the newest."""
MAX_NAMED = 20
"""Stacks, environments and drifts that a group names."""
UNDECIDED = frozenset({Status.DETECTED, Status.TRIAGED})
_RANKS = {severity: severity.rank for severity in Severity}
_KINDS = {one.value: one for one in Kind}
_STATUSES = {one.value: one for one in Status}
_SEVERITIES = {one.value: one for one in Severity}
_COLUMNS = (
    *("id", "stack_id", "stack__name", "stack__environment", "provider_type", "kind", "status", "severity"),
    *(
        "cost_impact_monthly",
        "detected_at",
        "difference_digest",
        "attribute_digests",
        "scan_id",
        "principal",
        "done_at",
    ),
)
_SCAN = _COLUMNS.index("scan_id")


@dataclass(frozen=True, slots=True)
class Offered:
    """A group as it is offered.

    Attributes:
        id: Its id, which stays as long as its cause does.
        group: What it is.
        now: When it was read.
    """

    id: UUID
    group: Group
    now: datetime

    @property
    def members(self) -> tuple[OpenDrift, ...]:
        """Its drifts, the longest known first."""
        return self.group.members

    @property
    def cause(self) -> str:
        """What they share."""
        return self.group.cause.value

    @property
    def sentence(self) -> str:
        """The same in words, with its reach and age."""
        return sentence_of(self.group, now=self.now)

    @property
    def size(self) -> int:
        """How many drifts."""
        return len(self.members)

    @property
    def undecided(self) -> int:
        """How many of them wait for a decision."""
        return sum(one.status in UNDECIDED for one in self.members)

    @property
    def stacks(self) -> tuple[str, ...]:
        """The names of their stacks, the first of them."""
        return stack_names(self.members)[:MAX_NAMED]

    @property
    def stacks_total(self) -> int:
        """How many stacks."""
        return len({one.stack_id for one in self.members})

    @property
    def environments(self) -> list[str]:
        """Their stacks' environments, the first of them."""
        return sorted({one.environment for one in self.members})[:MAX_NAMED]

    @property
    def severities(self) -> dict[str, int]:
        """How many of each severity."""
        found = Counter(one.severity.value for one in self.members)
        return {severity.value: found[severity.value] for severity in Severity}

    @property
    def cost_impact_monthly(self) -> Decimal | None:
        """What they cost together, USD a month; None where no cost is known."""
        known = [one.cost for one in self.members if one.cost is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def oldest_detected_at(self) -> datetime:
        """When the first of them was detected."""
        return self.members[0].detected_at

    @property
    def newest_detected_at(self) -> datetime:
        """When the last of them was detected."""
        return self.members[-1].detected_at

    @property
    def sample_drift_ids(self) -> list[UUID]:
        """Some of them, the gravest first."""
        return [one.id for one in sorted(self.members, key=lambda one: _RANKS[one.severity])[:MAX_NAMED]]

    @property
    def member_digest(self) -> str:
        """Which drifts they are and how each differs."""
        return self.group.member_digest


def drift_groups(account_id: UUID) -> list[Offered]:
    """Return the groups: those with something to decide first, then the gravest, then the largest.

    Args:
        account_id: The tenant.
    """
    now = timezone.now()
    offered = [Offered(group.id_in(account_id), group, now) for group in groups_of(open_rows(account_id))]
    return sorted(offered, key=_weight)


def drift_group(account_id: UUID, group_id: UUID) -> Offered:
    """Return one group as it is now.

    Args:
        account_id: The tenant.
        group_id: Its id.

    Raises:
        NotFound: There is no such group, or no longer.
    """
    for group in groups_of(open_rows(account_id)):
        if group.id_in(account_id) == group_id:
            return Offered(group_id, group, timezone.now())
    raise NotFound


def open_rows(account_id: UUID) -> list[OpenDrift]:
    """Return what grouping needs of the newest `MAX_OPEN` open drifts.

    Args:
        account_id: The tenant.
    """
    rows = Drift.objects.filter(account_id=account_id).open().order_by("-id")
    told = rows.annotate(principal=KT("attribution__principal"), done_at=KT("attribution__at"))
    found = list(told.values_list(*_COLUMNS)[:MAX_OPEN])
    shown = _first_shown(account_id, {row[_SCAN] for row in found if row[_SCAN]})
    return [_row(row, shown.get(row[_SCAN])) for row in found]


def _row(row: Sequence[Any], shown: FirstShown | None) -> OpenDrift:
    ident, stack_id, stack, environment, provider_type, kind, status, severity, *rest = row
    cost, detected_at, difference_digest, attribute_digests, _, principal, done_at = rest
    return OpenDrift(
        ident,
        stack_id,
        stack,
        environment,
        provider_type,
        _KINDS[kind],
        _STATUSES[status],
        _SEVERITIES[severity],
        cost,
        detected_at,
        bytes(difference_digest),
        attribute_digests,
        shown,
        principal or None,
        _moment(done_at),
    )


def _first_shown(account_id: UUID, scan_ids: Iterable[UUID]) -> dict[UUID, FirstShown]:
    """Tell of each scan which versions made it, and which ones the scans before.

    Scans that tell no provider's version are stepped over, which only a scan that tells one has a reason to do.
    """
    ids: Sequence[UUID] = list(scan_ids)
    if not ids:
        return {}
    earlier = Scan.objects.filter(
        stack_id=OuterRef("stack_id"), format=OuterRef("format"), pk__lt=OuterRef("pk"), status=Scan.Statuses.SUCCEEDED
    )
    before = Subquery(earlier.order_by("-id").values("tool_version")[:1])
    telling = earlier.exclude(provider_versions={}).order_by("-id").values("provider_versions")[:1]
    providers = Case(When(provider_versions={}, then=None), default=Subquery(telling), output_field=JSONField())
    scans = Scan.objects.filter(account_id=account_id, pk__in=ids).annotate(before=before, providers_before=providers)
    columns = ("pk", "started_at", "created_at", "tool_version", "before", "provider_versions", "providers_before")
    return {
        pk: FirstShown(started or created, version, last, steps_between(earlier_providers or {}, told))
        for pk, started, created, version, last, told, earlier_providers in scans.order_by().values_list(*columns)
    }


def _moment(text: str | None) -> datetime | None:
    """Read a time that a trail tells; None where it is none."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _weight(one: Offered) -> tuple[bool, int, int, int, int, UUID]:
    worst = min(_RANKS[member.severity] for member in one.members)
    return one.undecided == 0, worst, -one.size, -one.stacks_total, one.group.cause.strength, one.id
