"""What the wall between tenants costs a page: the same requests with it and with it lifted, in turn."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from rest_framework.test import APIClient

from accounts.models import User
from drifts.models import Drift
from driftsentry.api import tenancy
from tests.benchmarks.measured import Figure, median_of

TIMES = 25


def walling(user: User, client: APIClient) -> Iterator[Figure]:
    """Measure a query and a page, after `paging` has made its rows.

    Args:
        user: Whose account it is.
        client: A client that is signed in.
    """
    newest = Drift.objects.for_account(user.account_id)[:20]
    yield _figure("query of 20, walled", lambda: list(newest.all()), user)
    yield _figure("count, walled", lambda: Drift.objects.for_account(user.account_id).count(), user)
    page = median_of(partial(client.get, "/api/v1/drifts"), times=TIMES)
    behind, tenancy.behind = tenancy.behind, partial(tenancy.lifted, "the baseline")
    try:
        lifted = median_of(partial(client.get, "/api/v1/drifts"), times=TIMES)
    finally:
        tenancy.behind = behind
    yield Figure(what="page of 20, walled", seconds=page, units=1, baseline="lifted", baseline_seconds=lifted)


def _figure(what: str, work: Callable[[], Any], user: User) -> Figure:
    lifted = median_of(work, times=TIMES)
    with tenancy.behind(), tenancy.within(user.account_id):
        walled = median_of(work, times=TIMES)
    return Figure(what=what, seconds=walled, units=1, baseline="lifted", baseline_seconds=lifted)
