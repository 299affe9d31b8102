"""Keeping what putting a drift back would do up to date, without the drift being another one for it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from drifts.consequences import stored
from drifts.findings import Consequence, Step
from drifts.models import Drift

BATCH = 500


def note_consequences(seen: Iterable[tuple[UUID, Consequence | None]]) -> None:
    """Store what a scan tells of drifts that differ as before; what it does not tell stays as it was.

    Args:
        seen: The drifts' ids, each with what the scan tells.
    """
    told: dict[UUID, Any] = {pk: stored(one) for pk, one in seen if one is not None and one.step is not Step.UNKNOWN}
    rows = Drift.objects.filter(pk__in=told).values_list("pk", "consequence")
    changed = [Drift(pk=pk, consequence=told[pk]) for pk, before in rows if before != told[pk]]
    if changed:
        Drift.objects.bulk_update(changed, ["consequence"], batch_size=BATCH)
