"""From what a body says to what is worth recording: each finding masked, compared, named and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from drifts.evidence import Changed, Concern, Subject
from drifts.families import family_of
from drifts.findings import Assessment, Finding, Hidden, Judged, Kind, Observation, Severity
from drifts.ingest.fingerprint import attribute_digests, difference_digest, fingerprint
from drifts.ingest.hidden_names import with_hidden_names
from drifts.ingest.ignoring import Cut, Ignoring, Thing
from drifts.ingest.masked import opened
from drifts.ingest.noise import BUILT_IN, NoiseTable
from drifts.ingest.normalise import Normalised, normalise
from drifts.severity import SeverityRule, Verdict, judge_severity


@dataclass(frozen=True, slots=True)
class Remembered:
    """How a resource differed when a scan told it last and rules hid all of it."""

    paths: tuple[str, ...]
    severity: Severity
    """How grave it would have been."""


def nothing_remembered() -> Mapping[bytes, Remembered]:
    """Remember nothing."""
    return {}


@dataclass(frozen=True, slots=True)
class Policy:
    """What an account has decided about judging, beside what is built in."""

    noise: NoiseTable = BUILT_IN
    """The noise rules that are switched on."""
    severity: tuple[SeverityRule, ...] = ()
    """The account's own severity rules: where one fits a change, the built-in ones are not asked."""

    ignoring: Ignoring = field(default_factory=Ignoring)
    """The ignore rules that count, none of which has expired."""
    stack: str = ""
    """The stack's name, which ignore rules go by."""
    remembered: Callable[[], Mapping[bytes, Remembered]] = nothing_remembered
    """Fingerprint → what was hidden of it as a whole; asked at most once, and only where a source does not tell how a
    resource differs."""


BUILT_IN_POLICY = Policy()


def judge(
    assessment: Assessment,
    *,
    account_id: str,
    stack: str,
    environment: str,
    masking_key: bytes,
    policy: Policy = BUILT_IN_POLICY,
) -> Judged:
    """Judge all findings of an assessment. Prices are a later step's; observations come out unpriced.

    Args:
        assessment: What a body says.
        account_id: The tenant's id, for the fingerprints.
        stack: What names the stack for ever within its account, for the fingerprints.
        environment: `production`, `staging`, …; '' where not known. Some rules weigh it.
        masking_key: Secret key of the digests that stand for hidden values. Where it changes, secrets seem to change.
        policy: What the account has decided.
    """
    assessment = with_hidden_names(assessment, key=masking_key)
    judging = _Judging(account_id, stack, environment, policy)
    for finding in assessment.findings:
        judging.take(finding, normalise(finding, key=masking_key, noise=policy.noise))
    pending = assessment.still_pending | judging.held
    return Judged(
        assessment=replace(assessment, findings=(), still_pending=pending),
        observations=tuple(judging.observations),
        ignored=len(judging.noise) + len(judging.held),
        noise=judging.noise,
        hidden=tuple(judging.hidden),
    )


@dataclass(slots=True)
class _Judging:
    """The findings of one assessment as they are judged, one after the other."""

    account_id: str
    stack_id: str
    environment: str
    policy: Policy
    observations: list[Observation] = field(default_factory=list)
    noise: dict[str, str] = field(default_factory=dict)
    hidden: list[Hidden] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    """Identities of which ignore rules left nothing to be seen."""
    remembered: Mapping[bytes, Remembered] | None = None

    def take(self, finding: Finding, normalised: Normalised) -> None:
        """Judge one finding."""
        if normalised.is_noise:
            self.noise[finding.identity] = _why_ignored(normalised)
            return
        before = None if normalised.carries_values else self._before(normalised)
        cut = self._cut(normalised, before)
        self.hidden += self._hidden(normalised, cut, before)
        if cut.whole:
            self.held.add(finding.identity)
            return
        left = _with_paths(normalised, cut.left) if cut.hits else normalised
        observed = _observation(
            left, fingerprint=self._fingerprint(left), environment=self.environment, policy=self.policy
        )
        self.observations.append(replace(observed, consequence=finding.consequence))

    def _cut(self, normalised: Normalised, before: Remembered | None) -> Cut:
        thing = _thing(normalised, self.policy.stack)
        if before is None:
            return self.policy.ignoring.cut(thing)
        cut = self.policy.ignoring.cut(replace(thing, paths=before.paths))
        return cut if cut.whole else Cut()

    def _before(self, normalised: Normalised) -> Remembered | None:
        if normalised.kind is not Kind.MODIFIED or not self.policy.ignoring.rules:
            return None
        if self.remembered is None:
            self.remembered = self.policy.remembered()
        return self.remembered.get(self._fingerprint(normalised))

    def _hidden(self, normalised: Normalised, cut: Cut, before: Remembered | None) -> Iterator[Hidden]:
        for hit in cut.hits:
            part = _with_paths(normalised, hit.paths)
            yield Hidden(
                rule_id=hit.rule.id,
                identity=normalised.identity,
                fingerprint=self._fingerprint(normalised),
                address=normalised.address,
                provider_type=normalised.provider_type,
                kind=normalised.kind,
                paths=hit.paths,
                severity=before.severity if before else _verdict(part, self.environment, self.policy).severity,
                whole=cut.whole,
                recalled=before is not None,
            )

    def _fingerprint(self, normalised: Normalised) -> bytes:
        return fingerprint(
            account=self.account_id,
            stack=self.stack_id,
            provider_type=normalised.provider_type,
            identity=normalised.identity,
        )


def _thing(normalised: Normalised, stack: str) -> Thing:
    return Thing(
        stack=stack,
        provider_type=normalised.provider_type,
        address=normalised.address,
        identity=normalised.identity,
        resource_id=normalised.resource_id,
        kind=normalised.kind,
        paths=tuple(change.path for change in normalised.changes),
    )


def _with_paths(normalised: Normalised, paths: tuple[str, ...]) -> Normalised:
    """Keep only the changes of some paths."""
    kept = set(paths)
    return replace(normalised, changes=tuple(change for change in normalised.changes if change.path in kept))


def _why_ignored(normalised: Normalised) -> str:
    reasons = sorted({ignored.reason for ignored in normalised.ignored})
    return " ".join(reasons) or "Both sides mean the same; they are only spelt differently."


def _observation(normalised: Normalised, *, fingerprint: bytes, environment: str, policy: Policy) -> Observation:
    verdict = _verdict(normalised, environment, policy)
    return Observation(
        identity=normalised.identity,
        fingerprint=fingerprint,
        difference_digest=difference_digest(normalised),
        address=normalised.address,
        provider_type=normalised.provider_type,
        resource_type=family_of(normalised.provider_type),
        kind=normalised.kind,
        resource_id=normalised.resource_id,
        region=normalised.region,
        cloud_account=normalised.cloud_account,
        expected_state=normalised.expected_state,
        actual_state=normalised.actual_state,
        difference=normalised.difference,
        severity=verdict.severity,
        severity_reason=verdict.reason,
        carries_values=normalised.carries_values,
        attribute_digests=attribute_digests(normalised),
    )


def _verdict(normalised: Normalised, environment: str, policy: Policy) -> Verdict:
    """Ask the rules; they see masked values only, so no sentence of theirs can hold a secret."""
    expected, actual = opened(normalised.expected), opened(normalised.actual)
    changes = tuple(
        Changed(change.path, change.attribute, opened(change.expected), opened(change.actual))
        for change in normalised.changes
    )
    concern = Concern(
        provider_type=normalised.provider_type,
        family=family_of(normalised.provider_type),
        kind=normalised.kind,
        environment=environment,
        leftover=normalised.deposed is not None,
    )
    return judge_severity(
        Subject(
            concern=concern,
            expected=expected if isinstance(expected, dict) else {},
            actual=actual if isinstance(actual, dict) else {},
            changes=changes,
        ),
        own=policy.severity,
    )
