"""Whatever the route: no credential, no answer; and what the role allows is what the contract's matrix says."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.permissions import HasPermission
from driftsentry.api.access import Permission, Role, allowed
from tests.conftest import World
from tests.laws.routes import METHODS, OPEN, Route, admin_paths, ask, call_named, calls, guarded, named, routes

CREDENTIALS = ["", "Bearer garbage", "Bearer", "Basic YWRtaW46YWRtaW4=", "Api-Key dsk_garbage"]


def test_the_open_routes_are_those_that_the_contract_names() -> None:
    assert {route.name for route in routes()} > OPEN
    assert guarded()


@pytest.mark.django_db
@pytest.mark.parametrize("route", guarded(), ids=named)
def test_a_route_without_a_credential_answers_401_whatever_the_method(route: Route) -> None:
    for credential in CREDENTIALS:
        headers = {"authorization": credential} if credential else {}
        for method in METHODS:
            answer = APIClient().generic(method.upper(), route.path(), "{}", "application/json", headers=headers)
            assert answer.status_code == 401, (method, credential)
            assert answer.json()["error"]["code"] == "AUTH_ERROR"
            assert answer["WWW-Authenticate"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", admin_paths())
def test_the_admin_shows_a_stranger_nothing_but_its_log_in(path: str) -> None:
    answer = Client().get(path)
    if path == "/admin/login/":
        assert answer.status_code == 200
    elif path == "/admin/logout/":
        assert answer.status_code in {302, 405}
    else:
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("route", guarded(), ids=named)
def test_a_view_names_a_permission_for_each_of_its_actions(route: Route) -> None:
    assert route.view.permission_classes == [HasPermission]
    assert route.actions
    for action in route.actions.values():
        assert isinstance(route.view.permissions.get(action), Permission), action


def test_a_view_names_no_permission_for_an_action_that_it_does_not_have() -> None:
    used: dict[Any, set[str]] = {}
    for route in guarded():
        used.setdefault(route.view, set()).update(route.actions.values())
    assert {view.__name__: set(view.permissions) - actions for view, actions in used.items()} == {
        view.__name__: set() for view in used
    }


@pytest.mark.parametrize(("route", "method", "action"), calls(), ids=call_named)
def test_a_role_may_what_the_matrix_says_and_no_more(world: World, route: Route, method: str, action: str) -> None:
    permission = route.view.permissions[action]
    for user in (world.owner, world.engineer, world.viewer):
        answer = ask(world.client(user), route, method)
        assert (answer.status_code != 403) == allowed(user.role, permission), user.role
        if answer.status_code == 403:
            assert answer.json()["error"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("route", guarded(), ids=named)
def test_a_method_that_a_route_does_not_have_answers_405_and_names_those_it_has(world: World, route: Route) -> None:
    for user in (world.owner, world.viewer):
        client = world.client(user)
        for method in {*METHODS, "trace"} - set(route.actions):
            answer = client.generic(method.upper(), route.path(), "{}", "application/json")
            assert answer.status_code == 405, method
            assert answer.json()["error"]["code"] == "METHOD_NOT_ALLOWED"
            assert {one.lower() for one in answer["Allow"].split(", ")} >= set(route.actions)


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in routes() if route.name in OPEN], ids=named)
def test_an_open_route_refuses_other_methods_in_words_that_hold_nothing_inner(route: Route) -> None:
    answer = APIClient(raise_request_exception=False).generic("DELETE", route.path())
    assert answer.status_code == 405


def test_the_matrix_is_the_contracts() -> None:
    viewer, engineer, admin = Role.VIEWER, Role.ENGINEER, Role.ADMIN
    may = {role: {permission for permission in Permission if allowed(role, permission)} for role in Role}
    assert may[viewer] == {Permission.OWN_PROFILE, Permission.READ, Permission.MARK_ALERTS}
    assert may[engineer] - may[viewer] == {Permission.DECIDE, Permission.INGEST, Permission.MANAGE_STACKS}
    assert may[admin] - may[engineer] == {Permission.READ_AUDIT, Permission.ADMINISTER}
    assert may[viewer] < may[engineer] < may[admin]
