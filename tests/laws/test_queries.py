"""Whatever the list: more rows cost no more queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests.conftest import World
from tests.laws.routes import Route, guarded, named
from tests.laws.tenants import furnish, ids_of

READS = [route for route in guarded() if "get" in route.actions]
MOST = 15


def cost(client: APIClient, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(path)
    assert answer.status_code in {200, 404}
    return len(queries)


@pytest.mark.parametrize("route", READS, ids=named)
def test_more_rows_cost_no_more_queries(world: World, route: Route) -> None:
    furnish(world, world.account.pk, owner="acme", number=2)
    client = world.client(world.owner)
    paths = [route.path(str(ident)) for ident in ids_of(world.account.pk)] if route.takes_id else [route.path()]
    few = {path: (cost(client, path), cost(client, path))[1] for path in paths}
    furnish(world, world.account.pk, owner="acme", number=8)
    many = {path: cost(client, path) for path in paths}
    assert many == few
    assert max(many.values()) <= MOST
