"""How long a page of drifts takes through the whole of the API, among many."""

import os
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import islice

from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from drifts.models import Drift
from driftsentry.api.ids import new_id
from tests.benchmarks.measured import Figure, execute, median_of

DRIFTS = 20_000
TIMES = 25
SEVERITIES = Drift.Severities.values
QUERIES = {
    "page of 20, newest": ("", "detected_at DESC, id DESC"),
    "page of 20, dearest": ("?sortBy=cost_impact_monthly", "cost_impact_monthly DESC NULLS LAST, id DESC"),
    "page of 20, by severity": ("?sortBy=severity", "severity_rank ASC, detected_at DESC, id DESC"),
    "page of 20, by cursor": ("?cursor=", "id DESC"),
}


def paging(user: User, client: APIClient) -> Iterator[Figure]:
    """Measure a page of each order.

    Args:
        user: Whose account it is.
        client: A client that is signed in.
    """
    _fill_up(user)
    for what, (query, order) in QUERIES.items():
        path = f"/api/v1/drifts{query}"
        assert len(client.get(path).json()["data"]["items"]) == 20
        seconds = median_of(partial(client.get, path), times=TIMES)
        mine = f"account_id = '{user.account_id}'"
        bare_page = f"SELECT * FROM drifts_drift WHERE {mine} ORDER BY {order} LIMIT 20"  # noqa: S608 - constants of ours
        bare = median_of(partial(execute, bare_page), times=TIMES)
        yield Figure(what=what, seconds=seconds, units=1, baseline="bare SELECT", baseline_seconds=bare)


def _fill_up(user: User) -> None:
    """Copy drifts that there are until there are enough, over the severities and over time."""
    missing = DRIFTS - Drift.objects.for_account(user.account_id).count()
    known = list(Drift.objects.for_account(user.account_id)[:1000])
    copies = (drift for _ in range(missing // len(known) + 1) for drift in known)
    made = []
    for number, drift in enumerate(islice(copies, missing)):
        values = {field.attname: getattr(drift, field.attname) for field in Drift._meta.concrete_fields}
        del values["severity_rank"]
        values |= {"detected_at": drift.detected_at - timedelta(minutes=number), "severity": SEVERITIES[number % 4]}
        made.append(Drift(**values | {"id": new_id(), "fingerprint": os.urandom(32)}))
    Drift.objects.bulk_create(made, batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE drifts_drift")
