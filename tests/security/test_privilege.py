"""Upwards: a viewer, an engineer or a cookie gets no further by another spelling of the method or the path."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from tests.admin.conftest import browser
from tests.conftest import World
from tests.laws.routes import Route, admin_paths, call_named, calls

ADMINS_ONLY = [call for call in calls() if "ADMINISTER" in call[0].view.permissions[call[2]].name]
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
SPELLINGS = ["/", "//", ".", "..;/", ";x=y", "%2f", "%252f", ".json", "?_method=GET", "%20", "/./", "#"]


def everybody(world: World) -> list[tuple[str, str]]:
    return sorted((str(user.pk), f"{user.role} {user.is_active} {user.is_superuser}") for user in User.objects.all())


def harmless_of(route: Route) -> set[str]:
    """The methods that a path answers to others than admins: what it reads may be for more than what it changes."""
    reading = route.actions.get("get")
    open_to_more = reading is not None and "ADMINISTER" not in route.view.permissions[reading].name
    return {"OPTIONS", "GET", "HEAD"} if open_to_more else {"OPTIONS"}


@pytest.mark.parametrize(("route", "method", "action"), ADMINS_ONLY, ids=call_named)
def test_no_spelling_of_a_method_or_path_opens_what_is_for_admins(
    world: World, route: Route, method: str, action: str
) -> None:
    before, path = everybody(world), route.path(str(world.viewer.pk)) if route.takes_id else route.path()
    for user in (world.engineer, world.viewer):
        client = world.client(user)
        for name in OVERRIDES:
            for sent in ("GET", "POST", "OPTIONS", "HEAD"):
                headers = {name: method.upper()}
                answer = client.generic(sent, f"{path}?_method={method}", '{"role": "admin"}', headers=headers)
                allowed = {200, 404} if sent in harmless_of(route) else set()
                assert answer.status_code in {403, 405, 415} | allowed, (name, sent)
        for spelling in SPELLINGS:
            answer = client.generic(method.upper(), path + spelling, '{"role": "admin"}', "application/json")
            assert answer.status_code in {400, 403, 404, 405}, spelling
        assert client.generic(method.upper(), path.upper()).status_code == 404
        assert client.generic(method.upper(), path.replace("/api/", "/%61pi/")).status_code in {403, 404}
    assert everybody(world) == before


def test_a_cookie_of_the_admin_is_no_credential_of_the_api_and_a_token_none_of_the_admin(world: World) -> None:
    cookies = browser(world.owner)
    assert cookies.get("/admin/").status_code == 200
    assert cookies.get("/api/v1/users").status_code == 401
    token = {"authorization": f"Bearer {world.access_token(world.owner)}"}
    for path in admin_paths():
        if path not in {"/admin/login/", "/admin/logout/"}:
            assert Client().get(path, headers=token).status_code == 302, path


def test_a_role_that_was_taken_is_gone_everywhere_at_once(world: World) -> None:
    token, cookies = world.client(world.owner), browser(world.owner)
    User.objects.filter(pk=world.owner.pk).update(role="viewer")
    assert token.get("/api/v1/users").status_code == 403
    assert cookies.get("/admin/").status_code == 302


def test_an_admin_changes_no_superuser(world: World) -> None:
    User.objects.filter(pk=world.engineer.pk).update(is_superuser=True)
    before, client = everybody(world), world.client(world.owner)
    path = f"/api/v1/users/{world.engineer.pk}"
    for answer in (
        *(client.patch(path, body, format="json") for body in ({"role": "viewer"}, {"isActive": False}, {"name": "x"})),
        *(client.delete(path), client.delete(f"{path}/second-factor")),
    ):
        assert answer.status_code == 403
    assert everybody(world) == before


def test_the_last_admin_stays(world: World) -> None:
    client: APIClient = world.client(world.owner)
    path = f"/api/v1/users/{world.owner.pk}"
    for body in ({"role": "viewer"}, {"isActive": False}):
        assert client.patch(path, body, format="json").status_code == 409
    assert client.delete(path).status_code == 409
    assert client.delete("/api/v1/users/me").status_code == 409
