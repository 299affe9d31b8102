"""What an account demands of decisions, by severity: set, changed and removed by its admins.

It decides nothing by itself: a drift whose standing voices are enough by the new policy is decided by the next call.
Whoever lets fewer people decide is one person, so everybody is told of that.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from alerts.actions import Notice, raise_alerts
from alerts.models import Alert
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.approving import GRAVE
from drifts.actions.locks import hold
from drifts.approval_facts import ApprovalPolicyChanged
from drifts.approvals import EXPIRES_HOURS, NEEDED, NO_POLICY, REVIEW_WITHIN_HOURS, Policy, weakened
from drifts.findings import Severity
from drifts.models import ApprovalPolicy
from driftsentry.api.errors import Invalid, NotFound

BOUNDS: Mapping[str, range] = {
    "needed": NEEDED,
    "expires_hours": EXPIRES_HOURS,
    "review_within_hours": REVIEW_WITHIN_HOURS,
}
FIELDS = (*BOUNDS, "applies_to", "break_glass", "exclude_principal")


def set_approval_policy(account_id: UUID, severity: str, *, values: Mapping[str, Any], by: Actor) -> ApprovalPolicy:
    """Set what an account demands of decisions on drifts of a severity; what is left out is as it is by default.

    Args:
        account_id: The tenant.
        severity: Of the drifts.
        values: Of `FIELDS`.
        by: Who does it.

    Raises:
        Invalid: A value is out of its bounds.
    """
    for name, bounds in BOUNDS.items():
        if name in values and values[name] not in bounds:
            raise Invalid.field(name, f"{bounds.start} to {bounds.stop - 1}.")
    with journal.writing(account_id, by=by) as w:
        hold(f"approval policies {account_id}")
        fresh = ApprovalPolicy(account_id=account_id, severity=severity)
        policy = _of(account_id, severity)
        before = {name: getattr(policy, name) if policy else None for name in FIELDS}
        held = policy.rule if policy else NO_POLICY
        policy = policy or fresh
        for name in FIELDS:
            setattr(policy, name, values.get(name, getattr(fresh, name)))
        changes = {name: [old, getattr(policy, name)] for name, old in before.items() if old != getattr(policy, name)}
        if changes:
            policy.save()
            _record(w, policy, changes)
            _tell(w, severity, held, policy.rule)
    return policy


def remove_approval_policy(account_id: UUID, severity: str, *, by: Actor) -> None:
    """Let any one person decide on drifts of a severity again.

    Args:
        account_id: The tenant.
        severity: Of the drifts.
        by: Who does it.

    Raises:
        NotFound: Nothing is demanded.
    """
    with journal.writing(account_id, by=by) as w:
        hold(f"approval policies {account_id}")
        policy = _of(account_id, severity)
        if policy is None:
            raise NotFound
        _record(w, policy, {name: [getattr(policy, name), None] for name in FIELDS})
        _tell(w, severity, policy.rule, NO_POLICY)
        policy.delete()


def _of(account_id: UUID, severity: str) -> ApprovalPolicy | None:
    return ApprovalPolicy.objects.for_account(account_id).filter(severity=severity).first()


def _record(w: Writer, policy: ApprovalPolicy, changes: Mapping[str, list[object]]) -> None:
    w.record(ApprovalPolicyChanged(id=policy.pk, severity=policy.severity, changes=dict(changes)))


def _tell(w: Writer, severity: str, before: Policy, after: Policy) -> None:
    """Tell everybody of what it takes fewer people for: as gravely as any decision of one person alone."""
    found = weakened(before, after)
    if not found:
        return
    words = f"{'; '.join(found)}. The audit log tells who changed it: is that as it was agreed?"
    notice = Notice(
        type=Alert.Types.APPROVAL_NEEDED,
        severity=severity if severity in GRAVE else Severity.HIGH.value,
        title=f"Approval policy weakened: {severity} drifts",
        message=f"{words[0].upper()}{words[1:]}",
    )
    raise_alerts(w, [notice])
