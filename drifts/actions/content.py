"""What a scan shows of a resource, priced, and the columns of a drift that hold it."""

from dataclasses import dataclass
from typing import Any

from costs.breakdown import breakdown_of
from costs.current_prices import current_prices
from costs.pricing import Priced, price_drift
from drifts.consequences import stored
from drifts.findings import Observation
from drifts.ingest.reconcile import Seen
from drifts.models import Drift


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Seen):
    """What a scan shows of one resource, priced."""

    observation: Observation
    priced: Priced


def shown(observation: Observation) -> Shown:
    """An observation, priced and ready to compare.

    Args:
        observation: Masked, compared and judged.
    """
    priced = price_drift(
        provider_type=observation.provider_type,
        kind=observation.kind.value,
        region=observation.region,
        # A source that says only that something differs tells nothing of what that costs.
        expected=observation.expected_state if observation.carries_values else None,
        actual=observation.actual_state if observation.carries_values else None,
        book=current_prices(),
    )
    return Shown(
        fingerprint=observation.fingerprint,
        difference_digest=observation.difference_digest,
        kind=observation.kind,
        carries_values=observation.carries_values,
        attribute_digests=observation.attribute_digests,
        observation=observation,
        priced=priced,
    )


def content_of(one: Shown) -> dict[str, Any]:
    """The columns that say what differs, how grave it is and what it costs.

    Args:
        one: What was seen, priced.
    """
    observation, priced = one.observation, one.priced
    return {
        "difference_digest": one.difference_digest,
        "address": observation.address,
        "resource_id": observation.resource_id,
        "resource_type": observation.resource_type,
        "provider_type": observation.provider_type,
        "kind": observation.kind.value,
        "region": observation.region,
        "cloud_account": observation.cloud_account,
        "expected_state": observation.expected_state,
        "actual_state": observation.actual_state,
        "difference": observation.difference,
        "attribute_digests": observation.attribute_digests,
        "fidelity": Drift.Fidelities.FULL if observation.carries_values else Drift.Fidelities.LOW,
        "severity": observation.severity.value,
        "severity_reason": observation.severity_reason,
        "cost_impact_monthly": priced.impact_monthly,
        "cost_basis": priced.basis,
        "cost_breakdown": breakdown_of(priced),
        "consequence": stored(observation.consequence),
    }
