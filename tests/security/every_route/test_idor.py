"""Ids of another tenant, wherever an id, a name or an e-mail can be put: in paths, queries and bodies, on every route.

Nobody of `acme`, whatever their role or key, sees a thing of `rival`, and not one of `rival`'s rows is another
afterwards, in any table. All is generated from the URL map and the OpenAPI document.
"""

import json
from collections.abc import Iterator

import pytest

from driftsentry.api.access import MATRIX
from tests.laws.routes import Route, ask, call_named, calls, guarded, named
from tests.security.every_route.scene import KEPT, KEPT_BODY, Scene, ids_in, kind_of, references_in, valid_body

DETAILS = [call for call in calls() if call[0].takes_id]
READS = [route for route in guarded() if "get" in route.actions]
GUESSED = (  # parameters that no route has, and that some framework would read
    *("account", "accountId", "account_id", "tenant", "organization", "user", "userId", "user_id", "actor", "drift"),
    *("drift_id", "scanId", "stackId", "stack_id", "recipient", "id", "pk", "ids", "account__id", "stack__account_id"),
    *("include", "expand", "fields", "as", "impersonate"),
)
MOST = "superuser"


@pytest.fixture(autouse=True)
def unharmed(scene: Scene) -> Iterator[None]:
    """Whatever the test did, the other tenant's rows are as they were."""
    before = scene.their_rows()
    assert all(before[table] for table in ("drifts_drift", "alerts_alert", "accounts_session", "accounts_api_key"))
    yield
    assert scene.their_rows() == before


@pytest.mark.parametrize(("route", "method", "action"), DETAILS, ids=call_named)
def test_a_foreign_id_in_a_path_is_not_there(scene: Scene, route: Route, method: str, action: str) -> None:
    """The very thing that the route is about by everybody, and whatever else has an id by whoever may most."""
    matching = {"matching": scene.theirs[kind_of(route)], "account": scene.theirs["accounts_account"]}
    for who, client in scene.attackers.items():
        for what, ident in (scene.theirs if who == MOST else matching).items():
            answer = ask(client, route, method, ident)
            assert answer.status_code in {403, 404}, (who, what)
            assert answer.status_code == 404 or who not in {"admin", MOST}, (who, what)
            assert scene.leaks(answer, ident) == set(), (who, what)


@pytest.mark.parametrize("route", READS, ids=named)
def test_a_foreign_id_in_a_query_finds_nothing(scene: Scene, route: Route) -> None:
    known = route.query("get")
    path = route.path(scene.my_id(route)) if route.takes_id else route.path()
    for who, names in (MOST, tuple(scene.theirs)), ("key of a stack", ("drifts_stack", "drifts_drift", "stack name")):
        for value in (scene.theirs[name] for name in names):
            for query in [*({name: value} for name in known), dict.fromkeys(GUESSED, value)]:
                answer = scene.attackers[who].get(path, query)
                other_epoch = {409} if "epoch" in query else set()  # whosever it is, or nobody's
                assert answer.status_code in {200, 400, 403, 404, *other_epoch}, (who, query)
                assert scene.leaks(answer, value) == set(), (who, query)


@pytest.mark.parametrize(
    ("route", "method", "action"), [call for call in calls() if call[0].properties(call[1])], ids=call_named
)
def test_a_foreign_id_in_a_body_reaches_nothing(scene: Scene, route: Route, method: str, action: str) -> None:
    path = route.path(scene.my_id(route)) if route.takes_id else route.path()
    by_key = MATRIX[route.view.permissions[action]].scope is not None
    some = [scene.theirs[name] for name in ("drifts_drift", "stack name", "accounts_account")] if by_key else []
    for who, values in (MOST, list(scene.theirs.values())), ("key for all", some):
        for value in values:
            for name, kind in route.properties(method).items():
                wrong = {"array": [value], "object": {"id": value, "account": value}}.get(kind, value)
                body = json.dumps(valid_body(route, method) | {name: wrong})
                answer = scene.attackers[who].generic(method.upper(), path, body, "application/json")
                assert answer.status_code < 500, (who, name)
                assert scene.leaks(answer, *scene.theirs.values()) == set(), (who, name)
    theirs = {one for ids in ids_in(scene.their_rows()).values() for one in ids}
    assert references_in(scene.my_rows()) & theirs == set()


def test_the_idempotency_key_of_another_tenant_opens_no_kept_answer(scene: Scene) -> None:
    answer = scene.attackers["admin"].post("/api/v1/stacks", KEPT_BODY, format="json", headers=KEPT)
    assert answer.status_code == 201
    assert scene.leaks(answer, KEPT_BODY["name"]) == set()


def test_the_attackers_can_do_what_is_theirs(scene: Scene) -> None:
    """What is refused above is refused for its tenant, not because the attackers are nobody."""
    for who, client in scene.attackers.items():
        path = "/api/v1/audit-logs" if who == "key for audit" else "/api/v1/drifts"
        expected = 403 if who == "key for ingest" else 200
        assert client.get(path).status_code == expected, who
