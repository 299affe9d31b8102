"""What it costs to group the open drifts of an account by cause, each time that somebody asks."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from drifts.actions.grouping import MAX_OPEN, drift_groups, open_rows
from drifts.causes import groups_of
from drifts.models import Drift
from driftsentry.api.ids import new_id
from tests.benchmarks.measured import Figure, execute, median_of

TIMES = 7
PATHS = 3
KINDS_OF_CHANGE = 2_000


def grouping(user: User, client: APIClient) -> Iterator[Figure]:
    """Measure the query, the grouping and a page of groups, of as many open drifts as are ever grouped.

    Args:
        user: Whose account it is; some drifts are there.
        client: A client that is signed in.
    """
    _fill_up(user)
    rows = open_rows(user.account_id)
    assert len(rows) == MAX_OPEN
    assert len(groups_of(rows)) > KINDS_OF_CHANGE
    bare = median_of(partial(execute, _bare(user)), times=TIMES)
    works: dict[str, Callable[[], Any]] = {
        "reading open drifts to group": partial(open_rows, user.account_id),
        "grouping them, in memory": partial(groups_of, rows),
        "groups in their order": partial(drift_groups, user.account_id),
        "page of 20 groups": partial(client.get, "/api/v1/drift-groups"),
    }
    for what, work in works.items():
        seconds = median_of(work, times=TIMES)
        yield Figure(what=what, seconds=seconds, units=MAX_OPEN, baseline="bare SELECT", baseline_seconds=bare)


def _bare(user: User) -> str:
    """The same rows, columns and order, asked of the database alone."""
    columns = "id, stack_id, provider_type, kind, status, severity, cost_impact_monthly, detected_at, scan_id"
    which = f"account_id = '{user.account_id}' AND status <> 'resolved' ORDER BY id DESC LIMIT {MAX_OPEN}"
    return f"SELECT {columns}, difference_digest, attribute_digests FROM drifts_drift WHERE {which}"  # noqa: S608 - ours


def _fill_up(user: User) -> None:
    """Copy drifts that there are until there are enough, each with changes that some others have too."""
    missing = MAX_OPEN - Drift.objects.for_account(user.account_id).open().count()
    known = list(Drift.objects.for_account(user.account_id).open()[:1000])
    copies = (drift for _ in range(missing // len(known) + 1) for drift in known)
    made = []
    for number, drift in enumerate(islice(copies, missing)):
        values = {field.attname: getattr(drift, field.attname) for field in Drift._meta.concrete_fields}
        del values["severity_rank"]
        values |= {"detected_at": drift.detected_at - timedelta(minutes=number)}
        made.append(Drift(**values | {"id": new_id(), "fingerprint": os.urandom(32)}))
    Drift.objects.bulk_create(made, batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, [PATHS, KINDS_OF_CHANGE, user.account_id])
        cursor.execute("ANALYZE drifts_drift")


CHANGES = """
UPDATE drifts_drift d SET attribute_digests = c.digests
FROM (
    SELECT n.id, (
        SELECT jsonb_object_agg('attribute.' || p, encode(sha256(((n.place * p) %% m.kinds)::text::bytea), 'hex'))
        FROM generate_series(1, m.paths) p
    ) AS digests
    FROM (SELECT %s AS paths, %s AS kinds) m,
        (SELECT id, row_number() OVER (ORDER BY id) AS place FROM drifts_drift WHERE account_id = %s) n
) c
WHERE d.id = c.id
"""
