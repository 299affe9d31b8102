"""How long it takes to make a file of many drifts, and to page through as many in lists."""

from collections.abc import Iterator
from functools import partial

from rest_framework.test import APIClient

from accounts.models import User
from drifts.models import Drift
from tests.benchmarks.measured import Figure, execute, timed

FORMATS = ("json", "csv", "sarif")
PATH = "/api/v1/drifts"


def exporting(user: User, client: APIClient) -> Iterator[Figure]:
    """Measure a file of each format, after `paging` has made the drifts.

    Args:
        user: Whose account it is.
        client: A client that is signed in.
    """
    found = Drift.objects.for_account(user.account_id).count()
    rows = f"SELECT * FROM drifts_drift WHERE account_id = '{user.account_id}' ORDER BY id DESC"  # noqa: S608
    bare = timed(partial(execute, rows))
    for name in FORMATS:
        seconds = timed(partial(_read, client, name))
        yield Figure(
            what=f"export, {name}", seconds=seconds, units=found, baseline="bare SELECT", baseline_seconds=bare
        )
    seconds = timed(partial(_page_through, client))
    yield Figure(what="list, by cursor", seconds=seconds, units=found, baseline="bare SELECT", baseline_seconds=bare)


def _read(client: APIClient, name: str) -> None:
    for _ in client.get(f"{PATH}/export?format={name}"):
        pass


def _page_through(client: APIClient) -> None:
    cursor: str | None = ""
    while cursor is not None:
        cursor = client.get(f"{PATH}?limit=100&cursor={cursor}").json()["data"]["pagination"]["nextCursor"]
