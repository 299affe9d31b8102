"""From what a body says to what is worth recording: each finding masked, compared, named and judged."""

from __future__ import annotations

from dataclasses import dataclass, replace

from drifts.evidence import Changed, Concern, Subject
from drifts.families import family_of
from drifts.findings import Assessment, Judged, Observation
from drifts.ingest.fingerprint import attribute_digests, difference_digest, fingerprint
from drifts.ingest.masked import opened
from drifts.ingest.noise import NOISE, NoiseRule
from drifts.ingest.normalise import Normalised, normalise
from drifts.severity import SeverityRule, Verdict, judge_severity


@dataclass(frozen=True, slots=True)
class Policy:
    """What an account has decided about judging, beside what is built in."""

    noise: tuple[NoiseRule, ...] = NOISE
    """The noise rules that are switched on."""
    severity: tuple[SeverityRule, ...] = ()
    """The account's own severity rules: where one fits a change, the built-in ones are not asked."""


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
    observations: list[Observation] = []
    noise: dict[str, str] = {}
    for finding in assessment.findings:
        normalised = normalise(finding, key=masking_key, noise=policy.noise)
        if normalised.is_noise:
            noise[finding.identity] = _why_ignored(normalised)
        else:
            observed = _observation(
                normalised, account_id=account_id, stack=stack, environment=environment, policy=policy
            )
            observations.append(replace(observed, consequence=finding.consequence))
    return Judged(
        assessment=replace(assessment, findings=()), observations=tuple(observations), ignored=len(noise), noise=noise
    )


def _why_ignored(normalised: Normalised) -> str:
    reasons = sorted({ignored.reason for ignored in normalised.ignored})
    return " ".join(reasons) or "Both sides mean the same; they are only spelt differently."


def _observation(
    normalised: Normalised, *, account_id: str, stack: str, environment: str, policy: Policy
) -> Observation:
    verdict = _verdict(normalised, environment, policy)
    return Observation(
        identity=normalised.identity,
        fingerprint=fingerprint(
            account=account_id, stack=stack, provider_type=normalised.provider_type, identity=normalised.identity
        ),
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
