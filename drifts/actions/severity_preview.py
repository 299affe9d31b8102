"""What a severity rule would change, tried against the drifts on record before it is saved."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Func, IntegerField, Q
from django.utils import timezone

from drifts.actions.severity_rules import asked_rules, enabled_rules
from drifts.evidence import Concern, Subject
from drifts.findings import Kind, Severity
from drifts.models import Drift
from drifts.own_severity import OwnRule, rules_from
from drifts.severity import REPORTED, SeverityRule, Verdict, judge_severity
from drifts.stored_drift import subject_of
from drifts.transitions import Status

MAX_TRIED = 5_000
"""Drifts that one preview tries, the newest first."""
MAX_BYTES = 64 * 1024 * 1024
"""Bytes of stored states and differences that one preview reads."""
MAX_SAMPLE = 20
WITHIN = timedelta(days=30)
"""How long ago a drift that is over may have been seen last."""
BATCH = 200

_COLUMNS = ("pk", "provider_type", "resource_type", "kind", "resource_id", "stack__environment", "identity", "address")
_STATES = ("expected_state", "actual_state", "difference")
_SIZE = Func(
    *_STATES,
    template="octet_length(concat(%(expressions)s))",
    output_field=IntegerField(),
)
"""Bytes of what is stored of a drift's values."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One drift that would be judged otherwise."""

    drift_id: UUID
    resource_id: str
    before: Severity
    after: Severity
    reason: str
    """The new sentence."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What rules would change."""

    tried: int
    """How many drifts they were tried against."""
    cut: bool
    """Whether there are more drifts than were tried."""
    changed: int
    before: dict[str, int]
    """Severity to how many drifts have it by the rules in force now, of those tried."""
    after: dict[str, int]
    sample: tuple[Shift, ...]
    """The first that would change, those that fall or rise furthest before others."""


def preview_rules(account_id: UUID, rules: Sequence[tuple[int, OwnRule]], *, without: Iterable[UUID] = ()) -> Preview:
    """Try rules against the drifts that are open or were seen within `WITHIN`, as they are stored.

    Both sides are judged anew, so that what is shown is what the rules change and nothing else. Drifts whose severity
    their sender reported are left aside: no rule is asked about them.

    Args:
        account_id: The tenant.
        rules: Those to try, each with its position among the account's others; at one position, after them.
        without: Rules of the account to leave out, as where one is to be changed or removed.
    """
    now = asked_rules(account_id)
    placed = sorted([*enabled_rules(account_id, without=without), *rules], key=lambda one: one[0])
    then = rules_from(rule for _, rule in placed)
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    shifts: list[Shift] = []
    chosen, cut = _chosen(account_id)
    choices = _Choices(now, then)
    for pk, resource_id, subject in _subjects(account_id, chosen):
        asked_now, asked_then = choices.of(subject.concern)
        old = judge_severity(subject, own=asked_now)
        new = old if asked_now == asked_then else judge_severity(subject, own=asked_then)
        before[old.severity.value] += 1
        after[new.severity.value] += 1
        if old.severity is not new.severity:
            shifts.append(_shift(pk, resource_id, old, new))
    return Preview(
        tried=before.total(),
        cut=cut,
        changed=len(shifts),
        before={one.value: before[one.value] for one in Severity},
        after={one.value: after[one.value] for one in Severity},
        sample=tuple(sorted(shifts, key=_least_telling)[:MAX_SAMPLE]),
    )


class _Choices:
    """Which own rules concern a drift, by the rules in force and by those tried: chosen once for each sort of drift."""

    def __init__(self, now: Sequence[SeverityRule], then: Sequence[SeverityRule]) -> None:
        self._sides = (now, then)
        self._known: dict[Concern, tuple[tuple[SeverityRule, ...], tuple[SeverityRule, ...]]] = {}

    def of(self, concern: Concern) -> tuple[tuple[SeverityRule, ...], tuple[SeverityRule, ...]]:
        if concern not in self._known:
            now, then = (tuple(rule for rule in side if rule.concerns(concern)) for side in self._sides)
            self._known[concern] = now, then
        return self._known[concern]


def _shift(pk: UUID, resource_id: str, old: Verdict, new: Verdict) -> Shift:
    return Shift(pk, resource_id, old.severity, new.severity, new.reason)


def _least_telling(shift: Shift) -> int:
    return -abs(shift.before.rank - shift.after.rank)


def _chosen(account_id: UUID) -> tuple[list[UUID], bool]:
    """Choose the newest drifts within both bounds.

    Returns:
        Their ids, and whether there are more.
    """
    seen = ~Q(status=Status.RESOLVED.value) | Q(last_seen_at__gte=timezone.now() - WITHIN)
    reported = [REPORTED.format(severity=one.value) for one in Severity]
    rows = (
        Drift.objects.filter(account_id=account_id)
        .filter(seen)
        .exclude(severity_reason__in=reported)
        .annotate(size=_SIZE)
    )
    newest = list(rows.order_by("-detected_at", "-id").values_list("pk", "size")[: MAX_TRIED + 1])
    left, found = MAX_BYTES, []
    for pk, size in newest[:MAX_TRIED]:
        left -= size
        if left < 0:
            break
        found.append(pk)
    return found, len(found) < len(newest)


def _subjects(account_id: UUID, chosen: Sequence[UUID]) -> Iterator[tuple[UUID, str, Subject]]:
    for start in range(0, len(chosen), BATCH):
        rows = Drift.objects.filter(account_id=account_id, pk__in=chosen[start : start + BATCH])
        for row in rows.order_by("-detected_at", "-id").values(*_COLUMNS, *_STATES):
            concern = Concern(
                provider_type=row["provider_type"] or row["resource_type"],
                family=row["resource_type"],
                kind=Kind(row["kind"]),
                environment=row["stack__environment"],
                leftover=row["identity"] != row["address"],
            )
            states = {"expected": row["expected_state"], "actual": row["actual_state"]}
            yield row["pk"], row["resource_id"], subject_of(concern, **states, difference=row["difference"])
