"""Drifts that a client reports itself: the shortest way to have some, through the real action."""

from decimal import Decimal
from typing import Any

from accounts.models import User
from audit.actors import Actor
from drifts.actions.report import Report, report_drift
from drifts.models import Drift

REASON = "Reviewed with the owning team."


def report(user: User, resource_id: str = "i-1", **more: Any) -> Drift:
    """Report a drift of an instance that is larger than it should be."""
    cost = more.pop("cost", None)
    values: dict[str, Any] = {
        "resource_id": resource_id,
        "resource_type": "EC2",
        "region": "eu-central-1",
        "expected_state": {"instance_type": "t3.micro"},
        "actual_state": {"instance_type": "t3.large"},
        "severity": "high",
        "cost_impact_monthly": None if cost is None else Decimal(cost),
        **more,
    }
    return report_drift(user.account_id, Report(**values), by=actor(user))


def actor(user: User) -> Actor:
    """A user as the journal knows them."""
    return Actor(id=user.pk, email=user.email, role=user.role)
