"""Whatever the route: another tenant's id, an unknown one and a malformed one get the same answer, 404."""

from typing import Any
from urllib.parse import quote

import pytest

from drifts.models import Drift, Stack
from tests.conftest import World
from tests.laws.routes import Route, ask, call_named, calls, guarded, named, text_of, without_trace
from tests.laws.tenants import BUILT_IN, furnish, ids_of

DETAILS = [call for call in calls() if call[0].takes_id]
LISTS = [route for route in guarded() if not route.takes_id and "get" in route.actions]
UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"
MALFORMED = ["1", "x", "-1", "null", "%00", "'--", "a" * 300, "é", UNKNOWN[:-1] + "g", UNKNOWN + "0", "..", "{pk}", " "]


@pytest.fixture
def furnished(world: World) -> World:
    furnish(world, world.account.pk, owner="acme")
    furnish(world, world.other_account.pk, owner="rival")
    return world


@pytest.mark.parametrize(("route", "method", "action"), DETAILS, ids=call_named)
def test_what_is_not_mine_is_not_there(furnished: World, route: Route, method: str, action: str) -> None:
    client = furnished.client(furnished.owner)
    before = everything(furnished)
    asked = [*map(str, ids_of(furnished.other_account.pk)), UNKNOWN, *(quote(one, safe="") for one in MALFORMED)]
    answers = {ident: ask(client, route, method, ident) for ident in asked}
    assert {ident: answer.status_code for ident, answer in answers.items()} == dict.fromkeys(asked, 404)
    bodies = [without_trace(answer.content) for answer in answers.values()]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["code"] == "NOT_FOUND"
    assert everything(furnished) == before
    assert "404" in route.operation(method)["responses"]


@pytest.mark.parametrize(("route", "method", "action"), DETAILS, ids=call_named)
def test_what_is_mine_is_there(furnished: World, route: Route, method: str, action: str) -> None:
    client = furnished.client(furnished.owner)
    idents = [*map(str, ids_of(furnished.account.pk)), *BUILT_IN.get(route.name, ())]
    statuses = {ask(client, route, method, ident).status_code for ident in idents}
    assert statuses - {404}, "with a valid body, one of my ids is known here"
    assert not statuses & {400, 415, 500}


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_a_list_or_a_figure_shows_another_tenant_nothing(furnished: World, route: Route) -> None:
    """A tenant sees the same whether or not another one has something."""
    mine = furnished.client(furnished.owner).get(route.path())
    assert mine.status_code == 200
    text = text_of(mine)
    for ident in ids_of(furnished.other_account.pk):
        assert str(ident) not in text
    for foreign in (str(furnished.other_account.pk), "rival", furnished.outsider.email):
        assert foreign not in text


def everything(world: World) -> list[dict[str, Any]]:
    """The other tenant's rows."""
    other = world.other_account.pk
    stacks, drifts = Stack.objects.filter(account_id=other), Drift.objects.filter(account_id=other)
    return [*map(dict, stacks.order_by("pk").values()), *map(dict, drifts.order_by("pk").values())]
