"""What an ignore rule would have hidden, tried against the drifts on record before it is saved."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, Q, QuerySet, TextField
from django.utils import timezone

from drifts.findings import Kind, Severity
from drifts.ingest.ignoring import Cut, IgnoreRule, Ignoring, Thing, fitting, names_what_it_hides
from drifts.ingest.security_attributes import guarded_segments
from drifts.models import Drift
from drifts.transitions import Status

MAX_TRIED = 5_000
"""Drifts that one preview tries, the newest first."""
MAX_SAMPLE = 20
MAX_NAMED = 5
WITHIN = timedelta(days=30)
"""How long ago a drift that is over may have been seen last."""
BATCH = 500
_PATHS = Func(
    "difference",
    template="ARRAY(SELECT jsonb_object_keys(%(expressions)s))",
    output_field=ArrayField(TextField()),
)
"""The changed paths of a drift, without the values beside them."""
_COLUMNS = ("pk", "stack__name", "provider_type", "address", "identity", "resource_id", "kind", "severity", "changed")


@dataclass(frozen=True, slots=True)
class WouldHide:
    """One drift of which something would be hidden."""

    drift_id: UUID
    address: str
    provider_type: str
    severity: str
    paths: tuple[str, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class IgnorePreview:
    """What a rule would have hidden.

    Attributes:
        would_hide: Drifts that would not have been seen at all.
        would_narrow: Drifts of which some attributes would not have been seen.
        of: Drifts that it was tried against.
        cut: Whether there are more.
        by_severity: Severity to how many drifts would not have been seen at all.
        sample: Some of both, the gravest first.
        refused: What it would not hide although it is about it, in sentences.
        sentence: The whole in one.
    """

    would_hide: int
    would_narrow: int
    of: int
    cut: bool
    by_severity: dict[str, int]
    sample: tuple[WouldHide, ...]
    refused: tuple[str, ...]
    sentence: str


def preview_ignore_rule(account_id: UUID, rule: IgnoreRule) -> IgnorePreview:
    """Try a rule against the drifts that are open or were seen within `WITHIN`.

    Args:
        account_id: The tenant.
        rule: As it would be asked.
    """
    trial = _Trial(rule)
    for pk, severity, thing in _things(account_id):
        trial.take(pk, severity, thing)
    return trial.result(cut=_rows(account_id).count() > MAX_TRIED)


class _Trial:
    """The drifts as they are tried, one after the other."""

    def __init__(self, rule: IgnoreRule) -> None:
        self._rule = rule
        self._ignoring = Ignoring((rule,))
        self._tried = 0
        self._whole: Counter[str] = Counter()
        self._narrowed = 0
        self._found: list[WouldHide] = []
        self._kinds: Counter[Kind] = Counter()
        self._guarded: Counter[str] = Counter()
        self._silent = 0

    def take(self, pk: UUID, severity: str, thing: Thing) -> None:
        """Try one drift."""
        self._tried += 1
        cut = self._ignoring.cut(thing)
        self._note_refused(thing, cut)
        if not cut.hits:
            return
        if cut.whole:
            self._whole[severity] += 1
        else:
            self._narrowed += 1
        paths = cut.hits[0].paths
        self._found.append(WouldHide(pk, thing.address, thing.provider_type, severity, paths, cut.whole))

    def _note_refused(self, thing: Thing, cut: Cut) -> None:
        """Note why a thing that the rule is about is still seen."""
        if not self._rule.concerns_but_for_its_kind(thing) or cut.whole:
            return
        if thing.kind not in self._rule.kinds:
            if not self._rule.attributes:
                self._kinds[thing.kind] += 1
        elif thing.kind is Kind.MODIFIED and not thing.paths:
            self._silent += 1
        for path in cut.left if thing.kind in self._rule.kinds else ():
            globs = fitting(self._rule.attributes or ("*",), path)
            if globs and not names_what_it_hides(globs, thing.provider_type, path):
                self._guarded.update(guarded_segments(thing.provider_type, path))

    def result(self, *, cut: bool) -> IgnorePreview:
        """What came of it."""
        whole, critical = self._whole.total(), self._whole[Severity.CRITICAL]
        sample = sorted(self._found, key=lambda one: (not one.is_whole, Severity(one.severity).rank))
        among = f", {critical} of them critical" if critical else ""
        narrowed = f"; of {self._narrowed} more it would have hidden a part" if self._narrowed else ""
        return IgnorePreview(
            would_hide=whole,
            would_narrow=self._narrowed,
            of=self._tried,
            cut=cut,
            by_severity={one.value: self._whole[one.value] for one in Severity},
            sample=tuple(sample[:MAX_SAMPLE]),
            refused=tuple(self._refused()),
            sentence=f"Would have hidden {whole} of {self._tried}{among}{narrowed}.",
        )

    def _refused(self) -> Iterator[str]:
        for kind, number in sorted(self._kinds.items()):
            yield f"{number} {kind.value} stay to be seen: no rule hides that kind unless it names it in kinds."
        if self._guarded:
            most = sorted(self._guarded.items(), key=lambda one: (-one[1], one[0]))
            names = ", ".join(name[:80] for name, _ in most[:MAX_NAMED])
            total = len(self._guarded)
            more = f" and {total - MAX_NAMED} more" if total > MAX_NAMED else ""
            yield f"Attributes that guard something stay to be seen unless a glob names them: {names}{more}."
        if self._silent:
            yield f"{self._silent} stay to be seen: their source does not say how they differ, so it may be anything."


def _rows(account_id: UUID) -> QuerySet[Drift]:
    seen = ~Q(status=Status.RESOLVED.value) | Q(last_seen_at__gte=timezone.now() - WITHIN)
    return Drift.objects.filter(account_id=account_id).filter(seen)


def _things(account_id: UUID) -> Iterator[tuple[UUID, str, Thing]]:
    newest = _rows(account_id).annotate(changed=_PATHS).order_by("-detected_at", "-id")
    for row in newest.values(*_COLUMNS)[:MAX_TRIED].iterator(chunk_size=BATCH):
        thing = Thing(
            stack=row["stack__name"],
            provider_type=row["provider_type"],
            address=row["address"],
            identity=row["identity"],
            resource_id=row["resource_id"],
            kind=Kind(row["kind"]),
            paths=tuple(sorted(row["changed"])) if row["kind"] == Kind.MODIFIED else (),
        )
        yield row["pk"], row["severity"], thing
