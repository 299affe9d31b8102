"""What must hold after every scan, whatever scans, decisions and rules came before: stories made up by the machine.

Resources change behind the back of their code; sources of every sort look at them, each with its own blind spots;
people decide, hide and judge otherwise. After each scan its counts add up, nothing is over that it did not find clean,
decisions stand as they were made, and who had to be told was told once; the same scan again changes nothing.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alerts.models import Alert
from drifts.actions.decide import approve_drift, reject_drift, resolve_drift, triage_drift
from drifts.actions.detection_settings import change_detection_settings, detection_settings_of
from drifts.actions.ignore_rules import create_ignore_rule, delete_ignore_rule
from drifts.actions.ingest import record_assessment
from drifts.actions.severity_rules import create_severity_rule, delete_severity_rule
from drifts.findings import Assessment, Finding, Gap, JsonObject, Kind, NotAssessed
from drifts.models import Drift, HiddenFinding, IgnoreRule, Scan, SeverityRule, Stack
from drifts.transitions import DECIDED
from driftsentry.api.errors import Conflict
from tests.drifts.scans import REASON
from tests.drifts.test_tables_equal_journal import assert_equal

WEB, DOOR = "aws_instance.web", "aws_security_group.door"
RESOURCES = (WEB, DOOR)
SSH: JsonObject = {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
AS_CODED: JsonObject = {"id": "x", "size": "small", "instance_type": "t3.micro", "note": "a", "ingress": []}
CHANGES: dict[str, JsonObject | None] = {
    "clean": {},
    "bigger": {"instance_type": "m5.large"},
    "noted": {"note": "b"},
    "both": {"instance_type": "m5.large", "note": "b"},
    "open": {"ingress": [SSH]},
    "gone": None,
}
"""What may have happened to a resource → how it differs then, None where it is gone."""


@dataclass(frozen=True, slots=True)
class Source:
    """A sort of scan, by what it cannot see."""

    format: str = "terraform-plan"
    complete: bool = True
    tells_values: bool = True
    names_the_clean: bool = True
    absent_is_gone: bool = True
    kinds: frozenset[Kind] = frozenset(Kind)
    gap: NotAssessed | None = None
    shown: tuple[str, ...] = RESOURCES


FULL = Source()
STREAM = Source("terraform-plan-stream", tells_values=False)
DRIFTCTL = Source("driftctl", kinds=frozenset({Kind.DELETED, Kind.UNMANAGED}))
SOURCES = (
    FULL,
    FULL,
    STREAM,
    DRIFTCTL,
    Source(names_the_clean=False),
    Source(absent_is_gone=False, names_the_clean=False),
    Source("terraform-plan-stream", complete=False, tells_values=False, names_the_clean=False),
    Source(complete=False, shown=()),
    Source(complete=False, shown=(WEB,)),
    Source(gap=NotAssessed(Gap.TYPE, "aws_security_*", "denied"), shown=(WEB,)),
    Source(gap=NotAssessed(Gap.RESOURCE, WEB, "denied"), shown=(DOOR,)),
)


@dataclass(slots=True)
class Story:
    """One account's story: a stack of its own, and what the checks remember of it."""

    world: Any
    stack: Stack
    at: datetime
    happened: dict[str, str] = field(default_factory=lambda: dict.fromkeys(RESOURCES, "clean"))
    """Resource → which of `CHANGES` has happened to it."""
    rises: Counter[Any] = field(default_factory=Counter)
    """Drift → how often it has become critical after it was made."""

    @property
    def by(self) -> Any:
        return self.world.actor(self.world.owner)

    @property
    def drifts(self) -> list[Drift]:
        return list(Drift.objects.filter(stack=self.stack).order_by("id"))


Step = Callable[[Story], None]


def found(address: str, change: str, source: Source) -> Finding | None:
    """What a source says of a resource; None where it shows nothing."""
    differs = CHANGES[change]
    kind = Kind.DELETED if differs is None else Kind.MODIFIED
    if differs == {} or address not in source.shown or kind not in source.kinds:
        return None
    after: JsonObject | None = None if differs is None else {**AS_CODED, **differs}
    expected, actual = (AS_CODED, after) if source.tells_values else (None, None)
    return Finding(address, address.split(".")[0], kind, expected, actual, resource_id=f"id of {address}")


def assessment(happened: Mapping[str, str], source: Source) -> Assessment:
    """What a source says of all resources."""
    said = [found(address, change, source) for address, change in happened.items()]
    shown = tuple(one for one in said if one is not None)
    clean = frozenset(source.shown) - {one.address for one in shown} if source.names_the_clean else frozenset()
    return Assessment(
        source.format,
        "1",
        shown,
        complete=source.complete,
        incomplete_reason="" if source.complete else "cut",
        assessed_clean=clean,
        absent_is_gone=source.absent_is_gone,
        kinds=source.kinds,
        not_assessed=(source.gap,) if source.gap else (),
    )


def recorded(story: Story, said: Assessment) -> Scan:
    """The scan that says so, an hour later."""
    story.at += timedelta(hours=1)
    scan = Scan.objects.create(
        account=story.world.account,
        stack=story.stack,
        status=Scan.Statuses.RUNNING,
        started_at=timezone.now(),
        body_digest=os.urandom(32),
    )
    record_assessment(scan, said, by=story.by, at=story.at)
    return Scan.objects.get(pk=scan.pk)


def happen(address: str, change: str) -> Step:
    def step(story: Story) -> None:
        story.happened[address] = change

    return step


def look(source: Source) -> Step:
    """A source looks; what must hold afterwards is checked."""

    def step(story: Story) -> None:
        said = assessment(story.happened, source)
        before = {one.pk: one for one in story.drifts}
        done = recorded(story, said)
        after = {one.pk: one for one in story.drifts}
        assert_counts_add_up(done, said, before, after)
        assert_only_the_clean_is_over(said, before, after)
        assert_decisions_stand(before, after)
        assert_told_once(story, before, after)
        assert_what_is_hidden_does_not_show(story, after)
        assert_the_same_again_changes_nothing(story, said)

    return step


def assert_counts_add_up(done: Scan, said: Assessment, before: dict[Any, Drift], after: dict[Any, Drift]) -> None:
    assert done.drifts_new + done.drifts_recurring + done.drifts_changed + done.drifts_ignored == len(said.findings)
    assert done.drifts_new == len(after.keys() - before.keys())
    over = [one.resolved_how for pk, one in after.items() if pk in before and before[pk].is_open and not one.is_open]
    assert done.drifts_resolved == over.count("reconciled")
    assert done.drifts_not_assessed <= sum(one.is_open for one in before.values())


def assert_only_the_clean_is_over(said: Assessment, before: dict[Any, Drift], after: dict[Any, Drift]) -> None:
    for pk, one in before.items():
        if not one.is_open or after[pk].resolved_how != "reconciled":
            continue
        assert said.complete
        assert Kind(one.kind) in said.kinds
        assert one.identity not in {finding.address for finding in said.findings}
        assert said.absent_is_gone or one.identity in said.assessed_clean
        assert one.scan is not None
        assert (one.scan.format == "driftctl") == (said.format == "driftctl")
        for gap in said.not_assessed:
            assert gap.name != one.identity
            assert not one.provider_type.startswith(gap.name.rstrip("*"))


def assert_decisions_stand(before: dict[Any, Drift], after: dict[Any, Drift]) -> None:
    """A decided drift is as it was decided, or over; what differs now is a part of what was decided."""
    for pk, one in before.items():
        now = after[pk]
        if one.status not in DECIDED or not now.is_open:
            continue
        names = ("status", "kind", "decided_digests", "approved_at", "rejected_at", "approval_reason")
        assert [getattr(now, name) for name in names] == [getattr(one, name) for name in names]
        assert now.attribute_digests.items() <= now.decided_digests.items()
        assert (now.fidelity, now.attribute_digests) == ("low", {}) or now.fidelity == "full"


def assert_told_once(story: Story, before: dict[Any, Drift], after: dict[Any, Drift]) -> None:
    asked = detection_settings_of(story.world.account.pk).alert_after_scans
    told = Counter(Alert.objects.filter(drift__stack=story.stack).values_list("drift_id", flat=True))
    for pk, one in after.items():
        was = before.get(pk)
        story.rises[pk] += was is not None and one.severity == "critical" != was.severity
        waits = Alert.objects.filter(
            drift_id=pk, type=Alert.Types.APPROVAL_NEEDED, title__startswith="Decision needed:"
        )
        assert told[pk] - waits.count() <= 1 + story.rises[pk]
        seen_now = one.is_open and one.last_seen_at == story.at
        if seen_now and one.severity == "critical" and one.occurrences >= asked:
            assert one.alerted_at is not None
            assert told[pk] or one.is_flapping


def assert_what_is_hidden_does_not_show(story: Story, after: dict[Any, Drift]) -> None:
    hidden = HiddenFinding.objects.filter(stack=story.stack, is_whole=True)
    whole = {bytes(one) for one in hidden.values_list("fingerprint", flat=True)}
    shown = {bytes(one.fingerprint) for one in after.values() if one.is_open and one.last_seen_at == story.at}
    assert whole.isdisjoint(shown)


def assert_the_same_again_changes_nothing(story: Story, said: Assessment) -> None:
    before, alerts = [_settled(one) for one in story.drifts], Alert.objects.count()
    is_patient = detection_settings_of(story.world.account.pk).alert_after_scans > 1
    done = recorded(story, said)
    assert [_settled(one) for one in story.drifts] == before
    assert (done.drifts_new, done.drifts_changed, done.drifts_resolved) == (0, 0, 0)
    assert is_patient or Alert.objects.count() == alerts


def _settled(one: Drift) -> tuple[Any, ...]:
    how = (one.status, one.resolved_how, one.severity, one.severity_reason, one.cost_impact_monthly, one.fidelity)
    return (one.pk, *how, bytes(one.difference_digest), one.difference, one.decided_digests, one.not_assessed_reason)


def decision(place: int, action: str) -> Step:
    """A person acts on one of the drifts; what the table forbids changes nothing."""

    def step(story: Story) -> None:
        if not story.drifts:
            return
        account, ident = story.world.account.pk, story.drifts[-1 - place % len(story.drifts)].pk
        try:
            match action:
                case "triage":
                    triage_drift(account, ident, by=story.by)
                case "approve":
                    approve_drift(account, ident, reason=REASON, by=story.by)
                case "reject":
                    reject_drift(account, ident, reason=REASON, by=story.by)
                case _:
                    resolve_drift(account, ident, how="manual-fix", by=story.by)
        except Conflict:
            return

    return step


RULES: tuple[dict[str, Any], ...] = (
    {"types": ["aws_instance"]},
    {"attributes": ["instance_type"]},
    {"attributes": ["note"]},
    {"attributes": ["ingress"]},
    {"kinds": ["deleted"]},
)


def hide(values: dict[str, Any]) -> Step:
    def step(story: Story) -> None:
        values_of_it = {"reason": REASON, "stack": story.stack.name, **values}
        create_ignore_rule(story.world.account.pk, values=values_of_it, by=story.by)

    return step


def end_rules(*, expired: bool) -> Step:
    def step(story: Story) -> None:
        rules = IgnoreRule.objects.filter(stack=story.stack.name, deleted_at=None)
        if expired:
            rules.update(expires_at=timezone.now() - timedelta(minutes=1))
            return
        for one in rules:
            delete_ignore_rule(story.world.account.pk, one.pk, by=story.by)

    return step


def judge_otherwise(severity: str) -> Step:
    """The account has one rule of its own at most: what it says of instances."""

    def step(story: Story) -> None:
        account = story.world.account.pk
        for one in SeverityRule.objects.filter(account_id=account):
            delete_severity_rule(account, one.pk, by=story.by)
        if severity:
            values = {"name": "ours", "severity": severity, "because": "we say so", "types": ["aws_instance"]}
            create_severity_rule(account, values=values, by=story.by)

    return step


def ask_for(scans: int) -> Step:
    def step(story: Story) -> None:
        change_detection_settings(story.world.account.pk, values={"alert_after_scans": scans}, by=story.by)

    return step


CHANGED = st.builds(happen, st.sampled_from(RESOURCES), st.sampled_from([*CHANGES, "clean"]))
LOOKS = st.builds(look, st.sampled_from(SOURCES))
DECISIONS = st.builds(decision, st.integers(0, 2), st.sampled_from(["triage", "approve", "reject", "resolve"]))
SETTINGS = st.one_of(
    st.builds(hide, st.sampled_from(RULES)),
    st.builds(end_rules, expired=st.booleans()),
    st.builds(judge_otherwise, st.sampled_from(["", "critical", "low"])),
    st.builds(ask_for, st.sampled_from([1, 1, 2])),
)


def begin(world: Any, name: str) -> Story:
    """An account without rules and wishes, and a stack that nobody has scanned."""
    story = Story(world, Stack.objects.create(account=world.account, name=name), timezone.now() - timedelta(days=2))
    for step in (judge_otherwise(""), ask_for(1)):
        step(story)
    return story


ANY = st.one_of(
    st.tuples(CHANGED, LOOKS),
    st.tuples(LOOKS, DECISIONS),
    st.tuples(SETTINGS, LOOKS),
    st.tuples(LOOKS, LOOKS),
)


HIDDEN = (
    (happen(WEB, "bigger"), look(FULL)),
    (decision(0, "approve"), look(STREAM)),
    (hide(RULES[0]), look(FULL)),
    (end_rules(expired=True), happen(WEB, "both"), look(FULL)),
)
"""Approved, hidden, and back otherwise than it was decided."""
TWO_TOOLS = ((happen(WEB, "gone"), look(FULL)), (happen(WEB, "clean"), look(DRIFTCTL), look(FULL)))
"""Found by one tool, and called clean by another that means another resource by the name."""


@example(steps=[*HIDDEN])
@example(steps=[*TWO_TOOLS])
@settings(max_examples=9, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(ANY, min_size=3, max_size=8))
def test_after_any_story_of_scans_decisions_and_rules(world: Any, steps: list[tuple[Step, ...]]) -> None:
    story = begin(world, os.urandom(8).hex())
    for step in (one for several in steps for one in several):
        step(story)
    assert_equal(world)
