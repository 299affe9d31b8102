"""A client of the API reports one drift itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings

from audit import journal
from audit.actors import Actor
from costs.pricing import reported
from drifts.actions.content import Shown, shown
from drifts.actions.detection_settings import detection_settings_of
from drifts.actions.locks import lock_stack
from drifts.actions.opening import open_drifts
from drifts.actions.policies import policy_of
from drifts.actions.stacks import stack_for_scan
from drifts.actions.telling import tell_of_reported
from drifts.actions.voices import policies_of, policy_for
from drifts.approvals import Policy as ApprovalPolicy
from drifts.approvals import takes_fewer
from drifts.families import FAMILIES, OTHER
from drifts.findings import Observation, Severity
from drifts.ingest.pipeline import assess_states
from drifts.ingest.policy import judge
from drifts.models import Drift, Scan
from drifts.severity import REPORTED
from driftsentry.api.errors import Conflict, Invalid

DEFAULT_STACK = "default"
MORE_DECIDE = "It was reported as {severity}, which fewer people may decide on."
_FAMILY_NAMES = frozenset(name for name, _ in FAMILIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One drift as a client tells it.

    Attributes:
        resource_id: The resource.
        resource_type: A family name, or a provider's type name.
        region: Where it is.
        expected_state: What should be.
        actual_state: What is.
        severity: The sender's own judgement; None: ours.
        cost_impact_monthly: The sender's own figure, USD a month; None: ours.
        detected_by: One of `Scan.Sources`.
        stack: The stack's name.
    """

    resource_id: str
    resource_type: str
    region: str
    expected_state: Mapping[str, Any]
    actual_state: Mapping[str, Any]
    severity: str | None = None
    cost_impact_monthly: Decimal | None = None
    detected_by: str = Scan.Sources.API.value
    stack: str = DEFAULT_STACK


def report_drift(account_id: UUID, report: Report, *, by: Actor) -> Drift:
    """Record one drift.

    Args:
        account_id: The tenant.
        report: What the client tells.
        by: Who does it.

    Raises:
        FormatError: A state holds what cannot be stored.
        Invalid: The two states mean the same.
        Conflict: The resource has an open drift already, or the stack is disabled.
    """
    assessment = assess_states(
        resource_id=report.resource_id,
        resource_type=report.resource_type,
        region=report.region,
        expected_state=dict(report.expected_state),
        actual_state=dict(report.actual_state),
    )
    with journal.writing(account_id, by=by) as w:
        stack = stack_for_scan(w, report.stack, environment="", tool="")
        judged = judge(
            assessment,
            account_id=str(account_id),
            stack=str(stack.pk),
            environment=stack.environment,
            masking_key=settings.MASKING_KEY,
            policy=policy_of(account_id),
        )
        if not judged.observations:
            raise Invalid.field("actualState", "It means the same as expectedState: there is no drift.")
        lock_stack(stack.pk)
        (observation,) = judged.observations
        if Drift.objects.filter(stack=stack, fingerprint=observation.fingerprint).open().exists():
            raise Conflict("This resource has an open drift already.")
        seen = _as_reported(shown(_named(observation, report)), report, policies_of(account_id))
        asked = detection_settings_of(account_id)
        made = open_drifts(
            w,
            stack.pk,
            stack.name,
            [seen],
            scan=None,
            detected_by=report.detected_by,
            at=w.now,
            flap_window=asked.flap_window,
        )
        tell_of_reported(w, made, stack, asked)
    made[0].stack = stack
    return made[0]


def _named(observation: Observation, report: Report) -> Observation:
    """Keep the family that the client named, where it named one."""
    family = report.resource_type.upper()
    known = family in _FAMILY_NAMES or family == OTHER
    return replace(observation, resource_type=family) if known else observation


def _as_reported(seen: Shown, report: Report, policies: Mapping[str, ApprovalPolicy]) -> Shown:
    """Let the sender's own severity and cost stand; a lower severity only where it lets no fewer people decide."""
    if report.severity is not None:
        ours = seen.observation
        judged = replace(
            ours, severity=Severity(report.severity), severity_reason=REPORTED.format(severity=report.severity)
        )
        is_lower = judged.severity.rank > ours.severity.rank
        held = policy_for(policies, ours.severity.value)
        if is_lower and takes_fewer(policy_for(policies, report.severity), than=held):
            words = f"{ours.severity_reason} {MORE_DECIDE.format(severity=report.severity)}"
            judged = replace(ours, severity_reason=words)
        seen = replace(seen, observation=judged)
    if report.cost_impact_monthly is not None:
        seen = replace(seen, priced=reported(report.cost_impact_monthly))
    return seen
