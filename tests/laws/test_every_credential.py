"""Every route, role, scope and tenant: an API key may what the matrix says, and another tenant's is never there.

All is generated: the routes from the URL map, what they need from their views, the keys from the scopes and the roles.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.actions.api_keys import revoke_api_key
from accounts.models import ApiKey, User
from alerts.models import Alert
from audit.models import AuditLog
from drifts.models import Drift, Scan, Stack
from driftsentry.api.access import MATRIX, Permission, Reach, Scope, allowed
from tests.accounts.keys import ALL, Shown, account_key, own_key
from tests.conftest import World
from tests.laws.routes import ID, Route, ask, call_named, calls, guarded, named, text_of
from tests.laws.tenants import furnish, ids_of

BY_KEY = [(route, method, action) for route, method, action in calls() if MATRIX[route.view.permissions[action]].scope]
DETAILS = [call for call in BY_KEY if call[0].takes_id]
READS = [call for call in BY_KEY if call[1] == "get"]
WRITES = [call for call in BY_KEY if call[1] != "get"]


def needs(route: Route, action: str) -> Permission:
    found: Permission = route.view.permissions[action]
    return found


def test_there_are_routes_for_each_scope() -> None:
    assert {MATRIX[needs(route, action)].scope for route, _, action in BY_KEY} == set(Scope)


@pytest.mark.parametrize(("route", "method", "action"), calls(), ids=call_named)
def test_a_key_of_one_scope_may_what_the_matrix_gives_it_and_its_owner(
    world: World, route: Route, method: str, action: str
) -> None:
    """Of the account and of a user of each role, with each scope alone."""
    permission = needs(route, action)
    for owner in (None, world.owner, world.engineer, world.viewer):
        for scope in Scope:
            key = own_key(world, owner, [scope]) if owner else account_key(world, scope)
            answer = ask(key.client, route, method)
            expected = MATRIX[permission].scope is scope and (owner is None or allowed(owner.role, permission))
            assert answer.status_code != 401
            assert (answer.status_code != 403) == expected, (owner and owner.role, scope)
            if not expected:
                assert answer.json()["error"]["code"] == "FORBIDDEN"


def revoked(world: World, key: Shown) -> None:
    revoke_api_key(world.account.pk, key.row.pk, by=world.actor(world.owner))


def expired(world: World, key: Shown) -> None:
    ApiKey.objects.filter(pk=key.row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def of_one_who_is_gone(world: World, key: Shown) -> None:
    ApiKey.objects.filter(pk=key.row.pk).update(user=world.engineer)
    User.objects.filter(pk=world.engineer.pk).update(is_active=False)


def of_another_digest(world: World, key: Shown) -> None:
    ApiKey.objects.filter(pk=key.row.pk).update(digest=bytes(32))


@pytest.mark.parametrize("end", [revoked, expired, of_one_who_is_gone, of_another_digest])
def test_a_key_that_no_longer_holds_opens_nothing(world: World, end: Callable[[World, Shown], None]) -> None:
    key = account_key(world, *ALL)
    assert key.client.get("/api/v1/drifts").status_code == 200
    end(world, key)
    for route, method, _ in calls():
        answer = ask(key.client, route, method)
        assert answer.status_code == 401, route.name
        assert answer["WWW-Authenticate"] == 'Bearer realm="driftsentry", Api-Key realm="driftsentry"'


@pytest.mark.parametrize(("route", "method", "action"), DETAILS, ids=call_named)
def test_another_tenants_key_finds_nothing_of_mine(world: World, route: Route, method: str, action: str) -> None:
    furnish(world, world.account.pk, owner="acme")
    theirs = account_key(world, *ALL, admin=world.outsider).client
    unknown = ask(theirs, route, method, ID)
    for ident in ids_of(world.account.pk):
        answer = ask(theirs, route, method, str(ident))
        assert answer.status_code == unknown.status_code == 404


@pytest.mark.parametrize("route", [call[0] for call in READS if not call[0].takes_id], ids=named)
def test_another_tenants_key_lists_nothing_of_mine(world: World, route: Route) -> None:
    furnish(world, world.account.pk, owner="acme")
    answer = account_key(world, *ALL, admin=world.outsider).client.get(route.path())
    assert answer.status_code == 200
    for mine in (*map(str, ids_of(world.account.pk)), str(world.account.pk), "stack-0", world.owner.email):
        assert mine not in text_of(answer)


# --- A key that is limited to a stack ---------------------------------------------------------------------------


@pytest.mark.parametrize("route", guarded(), ids=named)
def test_each_action_that_a_key_may_ask_says_what_it_shows(route: Route) -> None:
    """A new route that keys may ask is refused to limited ones until its view has placed it; so is this test."""
    placed = getattr(route.view, "reach", {})
    asked = {action for action in route.actions.values() if MATRIX[needs(route, action)].scope}
    assert asked <= set(placed), "place it: Reach.STACK (and narrow it) or Reach.ACCOUNT"
    assert all(isinstance(reach, Reach) for reach in placed.values())


@pytest.fixture
def two_stacks(world: World) -> World:
    """Two stacks, each with a scan, a drift and alerts of both; and alerts of neither."""
    furnish(world, world.account.pk, owner="acme", number=2)
    for scan in Scan.objects.filter(account_id=world.account.pk):
        Alert.objects.create(
            account_id=scan.account_id,
            scan=scan,
            type="scan_failed",
            severity="high",
            title=f"A scan of {scan.stack.name} failed",
            message="x",
            created_at=timezone.now(),
        )
    return world


def limited_to(world: World, stack: Stack) -> APIClient:
    key = account_key(world, Scope.READ, Scope.INGEST, stack=stack.name)
    ApiKey.objects.filter(pk=key.row.pk).update(scopes=[scope.value for scope in Scope])
    return key.client


def texts_of(stack: Stack) -> set[str]:
    """Every id and name of a stack and of what is in it."""
    drifts, scans = Drift.objects.filter(stack=stack), Scan.objects.filter(stack=stack)
    alerts = [*Alert.objects.filter(drift__stack=stack), *Alert.objects.filter(scan__stack=stack)]
    found = {str(one.pk) for one in (stack, *drifts, *scans, *alerts)}
    return found | {stack.name} | {drift.resource_id for drift in drifts}


def addresses(world: World, route: Route) -> list[str]:
    return [str(ident) for ident in ids_of(world.account.pk)] if route.takes_id else [ID]


@pytest.mark.parametrize(("route", "method", "action"), BY_KEY, ids=call_named)
def test_a_limited_key_shows_and_changes_nothing_of_another_stack(
    two_stacks: World, route: Route, method: str, action: str
) -> None:
    mine, other = Stack.objects.filter(account_id=two_stacks.account.pk).order_by("name")
    client, hidden, before = limited_to(two_stacks, mine), texts_of(other), state_of(other)
    for ident in addresses(two_stacks, route):
        answer = ask(client, route, method, ident)
        shown = {text for text in hidden if text in text_of(answer)}
        assert shown == set(), ident
        if ident in hidden:
            assert answer.status_code in {403, 404}
        if route.view.reach[action] is Reach.ACCOUNT:
            assert answer.status_code == 403
            assert f"limited to the stack {mine.name}" in answer.json()["error"]["message"]
    assert state_of(other) == before


@pytest.mark.parametrize(("route", "method", "action"), READS, ids=call_named)
def test_a_limited_key_sees_its_own_stack(two_stacks: World, route: Route, method: str, action: str) -> None:
    if route.view.reach[action] is Reach.ACCOUNT:
        return
    mine = Stack.objects.filter(account_id=two_stacks.account.pk).order_by("name")[0]
    client, own = limited_to(two_stacks, mine), texts_of(mine)
    answers = [client.get(route.path(ident)) for ident in addresses(two_stacks, route)]
    seen = [answer for answer in answers if answer.status_code == 200]
    assert seen
    assert any(text in text_of(answer) for answer in seen for text in own) or "count" in seen[0].json()["data"]


def test_a_limited_key_counts_its_own_alerts_only(two_stacks: World) -> None:
    mine = Stack.objects.filter(account_id=two_stacks.account.pk).order_by("name")[0]
    whole = two_stacks.client(two_stacks.owner).get("/api/v1/alerts/unread-count").json()["data"]["count"]
    part = limited_to(two_stacks, mine).get("/api/v1/alerts/unread-count").json()["data"]["count"]
    assert 0 < part < whole


@pytest.mark.parametrize("name", ["stack-1", "a new one", "", "STACK-0", "all"])
def test_a_limited_key_ingests_into_no_other_stack_and_makes_none(two_stacks: World, name: str) -> None:
    mine = Stack.objects.filter(account_id=two_stacks.account.pk).order_by("name")[0]
    assert mine.name == "stack-0"
    client = limited_to(two_stacks, mine)
    before = counts(two_stacks)
    plan = json.dumps({"format_version": "1.2", "terraform_version": "1.8.0", "resource_changes": []})
    scan = client.generic("POST", f"/api/v1/scans?stack={name}", plan, "application/json")
    body = {
        "resourceId": "i-9",
        "resourceType": "EC2",
        "region": "x",
        "expectedState": {"a": 1},
        "actualState": {"a": 2},
        **({"stack": name} if name else {}),
    }
    drift = client.post("/api/v1/drifts", body, format="json")
    for answer in (scan, drift):
        assert answer.status_code == 403
        assert "limited to the stack stack-0" in answer.json()["error"]["message"]
    assert counts(two_stacks) == before


def test_a_limited_key_ingests_into_its_own_stack(two_stacks: World) -> None:
    mine = Stack.objects.filter(account_id=two_stacks.account.pk).order_by("name")[0]
    client = limited_to(two_stacks, mine)
    plan = json.dumps({"format_version": "1.2", "terraform_version": "1.8.0", "resource_changes": []})
    answer = client.generic("POST", "/api/v1/scans?stack=stack-0", plan, "application/json")
    assert answer.status_code == 201
    assert Scan.objects.get(pk=answer.json()["data"]["id"]).submitted_by_id is None


def counts(world: World) -> tuple[int, ...]:
    return tuple(model._default_manager.filter(account_id=world.account.pk).count() for model in (Stack, Scan, Drift))


def state_of(stack: Stack) -> list[dict[str, Any]]:
    """A stack and what is in it, as the tables have it."""
    alerts = Alert.objects.filter(Q(drift__stack=stack) | Q(scan__stack=stack))
    tables: list[Any] = [Stack.objects.filter(pk=stack.pk), stack.scans.all(), stack.drifts.all(), alerts]
    return [dict(row) for rows in tables for row in rows.order_by("pk").values()]


@pytest.mark.parametrize(("route", "method", "action"), calls(), ids=call_named)
def test_what_is_refused_is_journaled_with_nothing_of_what_was_sent(
    world: World, route: Route, method: str, action: str
) -> None:
    permission = needs(route, action)
    key = account_key(world, Scope.READ if MATRIX[permission].scope is not Scope.READ else Scope.AUDIT)
    before = AuditLog.objects.count()
    assert ask(key.client, route, method).status_code == 403
    (entry,) = AuditLog.objects.filter(kind="access.refused")
    assert AuditLog.objects.count() == before + 1
    assert (entry.account_id, entry.actor_id, entry.actor_role) == (world.account.pk, key.row.pk, "api_key")
    assert entry.data == {"id": None, "permission": permission.value, "method": method.upper(), "route": route.name}
    assert entry.personal is not None
    assert entry.personal["actorEmail"] == f"CI (API key …{key.row.last4})"
    assert entry.personal["text"] == ""


@pytest.mark.parametrize(("route", "method", "action"), calls(), ids=call_named)
def test_the_document_names_api_keys_where_the_matrix_has_a_scope_and_nowhere_else(
    route: Route, method: str, action: str
) -> None:
    schemes = {name for one in route.operation(method)["security"] for name in one}
    takes_keys = MATRIX[needs(route, action)].scope is not None
    assert schemes == ({"accessToken", "apiKey"} if takes_keys else {"accessToken"})
