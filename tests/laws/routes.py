"""Every route there is, read from the URL map, so that no law forgets a new one."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.test import APIClient

from driftsentry.api.openapi import document

OPEN = frozenset(
    {
        *("login", "refresh", "docs", "schema", "asyncapi", "home"),
        *("sso-login", "sso-callback", "sso-done", "sso-token"),
        *("password-forgot", "password-reset", "password-page"),
        "remediation-result",  # by the token of its run
        *("health", "health-live", "health-ready", "prometheus-django-metrics"),
    }
)
METHODS = ("get", "post", "put", "patch", "delete")
ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Route:
    """A route of ours.

    Attributes:
        name: Its name in the URL map.
        takes_id: Whether it is about one thing.
        view: Its DRF view class; none for a plain view.
        actions: The view's action by method.
    """

    name: str
    takes_id: bool
    view: Any
    actions: dict[str, str]

    def path(self, ident: str = ID) -> str:
        return reverse(self.name, kwargs={"pk": ident} if self.takes_id else None)

    def operation(self, method: str) -> dict[str, Any]:
        """What the OpenAPI document says of it."""
        path = re.sub(ID, "{id}", self.path())
        found: dict[str, Any] = next(
            paths[method] for name, paths in document()["paths"].items() if re.sub(r"\{\w+\}", "{id}", name) == path
        )
        return found

    def properties(self, method: str) -> dict[str, str]:
        """The type of each thing that a JSON body may hold, by its name; nothing where it takes none."""
        content = self.operation(method).get("requestBody", {}).get("content", {}) if method != "get" else {}
        named = _resolved(content.get("application/json", {}).get("schema", {})).get("properties", {})
        return {name: _type_of(_resolved(inner)) for name, inner in named.items() if not inner.get("readOnly")}

    def query(self, method: str) -> list[str]:
        """The query parameters that it says it takes."""
        return [one["name"] for one in self.operation(method).get("parameters", []) if one["in"] == "query"]

    def body(self, method: str) -> Any:
        """A valid body, as the OpenAPI document describes it."""
        content = self.operation(method).get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return {}
        return example(content["application/json"]["schema"])


def routes() -> list[Route]:
    """All of them, but the admin's, which has a law of its own."""
    return [_route(pattern) for pattern in _patterns(get_resolver().url_patterns) if pattern.name]


def guarded() -> list[Route]:
    """Those that need a credential."""
    return [route for route in routes() if route.name not in OPEN]


def calls() -> list[tuple[Route, str, str]]:
    """Every guarded route, method and action."""
    return [(route, method, action) for route in guarded() for method, action in route.actions.items()]


def named(route: Route) -> str:
    return route.name


def call_named(call: object) -> str:
    return call.name if isinstance(call, Route) else str(call)


def admin_paths() -> list[str]:
    """Every path of the admin, its arguments filled in."""
    found = []
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLResolver) and entry.app_name == "admin":
            found += list(_filled("/" + str(entry.pattern), entry.url_patterns))
    return found


def _filled(prefix: str, patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for entry in patterns:
        path = prefix + re.sub(r"<[^>]+>|\(\?P<\w+>[^)]*\)", "1", str(entry.pattern)).strip("^$")
        if isinstance(entry, URLResolver):
            yield from _filled(path, entry.url_patterns)
        else:
            yield path


def _patterns(entries: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for entry in entries:
        if isinstance(entry, URLPattern):
            yield entry
        elif entry.app_name != "admin":
            yield from _patterns(entry.url_patterns)


def _route(pattern: URLPattern) -> Route:
    view = getattr(pattern.callback, "cls", None)
    actions = getattr(pattern.callback, "actions", None)
    if view is not None and actions is None:
        actions = {method: method for method in METHODS if hasattr(view, method)}
    known = {method: action for method, action in (actions or {}).items() if method in METHODS}
    return Route(str(pattern.name), "pk" in pattern.pattern.regex.groupindex, view, known)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference, or the first of several, stands for."""
    if "$ref" in schema:
        return _resolved(document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    several = next((schema[name] for name in ("allOf", "oneOf", "anyOf") if name in schema), None)
    return _resolved(several[0]) if several else schema


def _type_of(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "string" if "enum" in schema else "object")
    return str(kind[0] if isinstance(kind, list) else kind)


def example(schema: dict[str, Any]) -> Any:
    """The least value that a schema allows."""
    if "$ref" in schema:
        return example(document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return example(schema[several][0])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if schema.get("format") == "uuid":
        return None if "null" in schema["type"] else ID
    if kind == "object":
        needed = schema.get("required", [])
        return {name: example(inner) for name, inner in schema.get("properties", {}).items() if name in needed}
    plain: dict[str, Any] = {"string": "x" * max(schema.get("minLength", 1), 1), "boolean": True, "array": []}
    return plain.get(kind, schema.get("minimum", 1))


def without_trace(body: bytes) -> dict[str, Any]:
    """A refusal, but for what names its request and time."""
    error: dict[str, Any] = json.loads(body)["error"]
    return {name: value for name, value in error.items() if name not in {"traceId", "timestamp"}}


def ask(client: APIClient, route: Route, method: str, ident: str = ID) -> Any:
    """Ask a route with a valid body."""
    if method == "get":
        return client.get(route.path(ident))
    return client.generic(method.upper(), route.path(ident), json.dumps(route.body(method)), "application/json")


def text_of(answer: Any) -> str:
    """The body of an answer, also of one made as it is sent: that can be read only once, and is kept with it."""
    if answer.streaming and not hasattr(answer, "whole"):
        answer.whole = b"".join(answer)
    body: bytes = answer.whole if answer.streaming else answer.content
    return body.decode("utf-8", "replace")
