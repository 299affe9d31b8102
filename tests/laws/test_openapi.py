"""The OpenAPI document is valid and says what the server does."""

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # openapi-spec-validator brings it
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from rest_framework.test import APIClient

from driftsentry.api.openapi import document
from tests.conftest import PASSWORD, World
from tests.laws.routes import OPEN, Route, ask, call_named, calls, guarded, named, routes, text_of
from tests.laws.tenants import BUILT_IN, furnish, ids_of

READS = [route for route in guarded() if "get" in route.actions]
WRITES = [call for call in calls() if call[1] != "get"]
HERE = "urn:driftsentry"


def strict(schema: Any) -> Any:
    """The same document, but an object holds nothing that it does not describe."""
    if isinstance(schema, list):
        return [strict(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strict(inner) for name, inner in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


def faults(route: Route, method: str, answer: Any) -> list[str]:
    """Where an answer is not what the document says."""
    operation = route.operation(method)
    assert str(answer.status_code) in operation["responses"], f"{answer.status_code} is not described"
    described = operation["responses"][str(answer.status_code)]
    if "content" not in described:
        return ["there should be no body"] if answer.content else []
    whole = strict(copy.deepcopy(document()))
    registry = Registry[Any]().with_resource(HERE, Resource.from_contents(whole, default_specification=DRAFT202012))
    schema = strict(copy.deepcopy(described["content"][answer["Content-Type"].split(";")[0]]["schema"]))
    validator = Draft202012Validator(
        absolute(schema), registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    said = json.loads(text_of(answer)) if answer["Content-Type"].startswith("application/json") else text_of(answer)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(said)]


def absolute(schema: Any) -> Any:
    """References into the document, from outside of it."""
    if isinstance(schema, list):
        return [absolute(inner) for inner in schema]
    if isinstance(schema, dict):
        return {
            name: f"{HERE}{inner}" if name == "$ref" and isinstance(inner, str) else absolute(inner)
            for name, inner in schema.items()
        }
    return schema


def test_the_document_is_valid_openapi_3_1() -> None:
    assert document()["openapi"].startswith("3.1")
    validate(document())


def test_the_document_holds_every_route_and_no_other() -> None:
    wanted = {
        (route.path("{id}").replace("%7Bid%7D", "{id}"), method)
        for route in routes()
        if route.view is not None
        for method in route.actions
    }
    assert {(path, method) for path, methods in document()["paths"].items() for method in methods} == wanted


def test_every_operation_says_what_it_does_and_whether_it_needs_a_credential() -> None:
    for route in (route for route in routes() if route.view is not None):
        for method in route.actions:
            operation = route.operation(method)
            assert operation["description"], (route.name, method)
            assert any(operation["security"]) == (route.name not in OPEN), (route.name, method)
            assert "401" in operation["responses"] or route.name in OPEN, (route.name, method)
            assert ("403" in operation["responses"]) == (route.name not in OPEN), (route.name, method)


def test_no_two_operations_have_one_name() -> None:
    names = [operation["operationId"] for methods in document()["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("route", READS, ids=named)
def test_a_read_answers_as_described(world: World, route: Route) -> None:
    furnish(world, world.account.pk, owner="acme", number=2)
    client = world.client(world.owner)
    idents = [*map(str, ids_of(world.account.pk)), *BUILT_IN.get(route.name, ())] if route.takes_id else [""]
    seen = {}
    for ident in idents:
        answer = client.get(route.path(ident) if ident else route.path())
        seen[answer.status_code] = answer
        assert faults(route, "get", answer) == [], ident
    assert 200 in seen


@pytest.mark.parametrize("route", [route for route in READS if not route.takes_id], ids=named)
def test_a_read_of_nothing_answers_as_described(world: World, route: Route) -> None:
    answer = world.client(world.owner).get(route.path())
    assert answer.status_code == 200
    assert faults(route, "get", answer) == []


@pytest.mark.parametrize(("route", "method", "action"), WRITES, ids=call_named)
def test_a_write_answers_as_described(world: World, route: Route, method: str, action: str) -> None:
    furnish(world, world.account.pk, owner="acme")
    client = world.client(world.owner)
    idents = [str(ident) for ident in ids_of(world.account.pk)] if route.takes_id else [""]
    for ident in idents:
        answer = ask(client, route, method, ident) if ident else ask(client, route, method)
        assert faults(route, method, answer) == []


@pytest.mark.parametrize("route", READS, ids=named)
def test_a_refusal_is_described(world: World, route: Route) -> None:
    for client in (APIClient(), world.client(world.viewer)):
        assert faults(route, "get", client.get(route.path())) == []


def test_a_log_in_and_a_refresh_answer_as_described(world: World) -> None:
    by_name = {route.name: route for route in routes()}
    login = APIClient().post("/api/v1/auth/login", {"email": world.owner.email, "password": PASSWORD}, format="json")
    assert login.status_code == 200
    assert faults(by_name["login"], "post", login) == []
    token = login.json()["data"]["refreshToken"]
    refresh = APIClient().post("/api/v1/auth/refresh", {"refreshToken": token}, format="json")
    assert refresh.status_code == 200
    assert faults(by_name["refresh"], "post", refresh) == []
