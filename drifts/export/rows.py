"""Drifts in batches, newest first: bounded memory, no long transaction."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from drifts.models import Drift
from drifts.serializers import DriftSerializer
from driftsentry.api import tenancy

BATCH = 100
"""Drifts read and sent at a time, as many as the longest page of a list has."""

Row = dict[str, Any]


def batches(account_id: UUID, drifts: QuerySet[Drift]) -> Iterator[list[Row]]:
    """The drifts as the API's lists show them; each batch is read by a query of its own, behind the account's wall.

    Between two batches nothing is held: whoever takes them may be as slow as they like. A drift comes once; one that is
    changed meanwhile comes as it is when its batch is read, and one that is opened meanwhile does not come.

    Args:
        account_id: The account.
        drifts: Those to tell of, in any order.
    """
    left = drifts.order_by("-id")
    while True:
        with tenancy.within(account_id):
            found = list(left[:BATCH])
            told: list[Row] = list(DriftSerializer(found, many=True).data)
        if found:
            yield told
        if len(found) < BATCH:
            return
        left = drifts.filter(pk__lt=found[-1].pk).order_by("-id")
