"""The OpenAPI document says what is on the wire: one hook puts the envelope around every answer.

The document and the page that shows it are plain Django views: they need no credential, and the rest of this module is
what DRF's views are built with, so it cannot be built with them.
"""

from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.renderers import OpenApiYamlRenderer

from driftsentry.api.access import MATRIX
from driftsentry.api.envelope import CONTENT_TYPE, dumps
from driftsentry.api.errors import plain_failure

YAML = "application/yaml"
API_KEY = "apiKey"

ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["success", "error"],
    "properties": {
        "success": {"type": "boolean", "const": False},
        "error": {
            "type": "object",
            "required": ["code", "message", "details", "traceId", "timestamp"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {
                    "type": "object",
                    "properties": {
                        "errors": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["field", "message"],
                                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                            },
                        },
                        "hint": {"type": "string"},
                    },
                },
                "traceId": {"type": "string"},
                "timestamp": {"type": "string", "format": "date-time"},
            },
        },
    },
}
RETRY_AFTER = {
    "description": "Seconds to wait.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
DESCRIPTIONS = {
    "400": "VALIDATION_ERROR",
    "401": "AUTH_ERROR",
    "403": "FORBIDDEN",
    "404": "NOT_FOUND",
    "409": "CONFLICT",
    "413": "PAYLOAD_TOO_LARGE",
    "415": "UNSUPPORTED_MEDIA_TYPE",
    "422": "UNPROCESSABLE",
    "429": "RATE_LIMIT",
}


class EnvelopeSchema(AutoSchema):
    """Adds to each operation the refusals that it can answer."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """One operation, with its refusals.

        Args:
            *args: As drf-spectacular's.
            **kwargs: As drf-spectacular's.
        """
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        for number in self._refusals():
            operation["responses"].setdefault(number, {"description": DESCRIPTIONS[number]})
        return operation

    def get_auth(self) -> list[dict[str, Any]]:
        """The credentials that an operation takes: an API key only where the matrix has a scope for it."""
        permission = getattr(self.view, "permissions", {}).get(self._action())
        takes_keys = permission is not None and MATRIX[permission].scope is not None
        return [one for one in super().get_auth() if takes_keys or API_KEY not in one]

    def _action(self) -> str:
        return str(getattr(self.view, "action", None) or self.method.lower())

    def _refusals(self) -> list[str]:
        numbers = ["400", "429"]
        if any(self.get_auth()):
            numbers += ["401", "403"]
        if "{" in self.path:
            numbers.append("404")
        if self.method != "GET":
            numbers.append("409")
        if self.method in {"POST", "PUT", "PATCH"}:
            numbers += ["413", "415"]
        numbers += list(getattr(self.view, "extra_refusals", {}).get(getattr(self.view, "action", ""), ()))
        return numbers

    def get_request_serializer(self) -> Any:
        """What a body holds; that of a DELETE only where its view says so."""
        return None if self.method == "DELETE" else super().get_request_serializer()

    def _get_request_body(self, direction: str = "request") -> Any:
        """That of a DELETE too, which drf-spectacular leaves out."""
        if self.method != "DELETE" or self.get_request_serializer() is None:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        self.method = "POST"
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = "DELETE"

    def _get_parameters(self) -> Any:
        """A list's parameter that is left empty is not there at all, whatever its type; filters tell their bounds."""
        parameters = super()._get_parameters()
        for one in parameters:
            if one["in"] == "path" and "enum" not in one["schema"]:
                one["schema"] = {"type": "string", "format": "uuid"}
            if one["in"] == "query" and not one.get("required"):
                one["allowEmptyValue"] = True
                one["schema"] |= self._bounds_of(one["name"])
        return parameters

    def _bounds_of(self, name: str) -> dict[str, Any]:
        """The least and the most that a filter takes, which drf-spectacular leaves out."""
        filters: Any = getattr(getattr(self.view, "filterset_class", None), "base_filters", {})
        given = filters[name].extra if name in filters else {}
        words = {"min_value": "minimum", "max_value": "maximum"}
        return {word: given[bound] for bound, word in words.items() if bound in given}

    def get_filter_backends(self) -> list[Any]:
        """Filters belong to the list itself only, not to another action that answers several things."""
        return super().get_filter_backends() if self._is_the_list() else []

    def _get_paginator(self) -> Any:
        return super()._get_paginator() if self._is_the_list() else None  # type: ignore[no-untyped-call]

    def _is_the_list(self) -> bool:
        return getattr(self.view, "action", None) == "list"


def wrap_in_envelope(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Put every JSON answer in the envelope, name the error shape once, and each path as the contract does.

    Args:
        result: The OpenAPI document.
        generator: Unused; drf-spectacular's hook signature.
        request: Unused.
        public: Unused.

    Returns:
        The document as the server behaves.
    """
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    result["paths"] = {path.rstrip("/"): operations for path, operations in result["paths"].items()}
    for path in result["paths"].values():
        for operation in path.values():
            for number, response in operation["responses"].items():
                _wrap(number, response)
    return result


def _wrap(number: str, response: dict[str, Any]) -> None:
    if not number.startswith("2"):
        response["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        if number == "429":
            response["headers"] = {"Retry-After": RETRY_AFTER}
        return
    content = response.get("content")
    if content is None and number != "204":
        content = response["content"] = {"application/json": {"schema": {"type": "null"}}}
    body = (content or {}).get("application/json")
    if body is not None:
        body["schema"] = {
            "type": "object",
            "required": ["success", "data"],
            "properties": {"success": {"type": "boolean", "const": True}, "data": body["schema"]},
        }


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of every route, as JSON has it; made once a process."""
    made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    found: dict[str, Any] = orjson.loads(dumps(made))
    return found


@cache
def _yaml() -> bytes:
    text: bytes = OpenApiYamlRenderer().render(document(), renderer_context={})  # type: ignore[no-untyped-call]
    return text


class PublicView(View):
    """A page for anybody; another method is refused in the envelope."""

    http_method_names = ["get", "head", "options"]

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse a method.

        Args:
            request: The request.
            *args: Unused.
            **kwargs: Unused.
        """
        response = plain_failure(request, 405)
        response["Allow"] = "GET, HEAD, OPTIONS"
        return response


class SchemaView(PublicView):
    """The OpenAPI document, as JSON, or as YAML with `?format=yaml`."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Give the document.

        Args:
            request: May ask for YAML.
        """
        if request.GET.get("format") == "yaml" or "yaml" in request.headers.get("Accept", ""):
            return HttpResponse(_yaml(), content_type=YAML)
        return HttpResponse(dumps(document()), content_type=CONTENT_TYPE)


class DocsView(PublicView):
    """Swagger UI over the document, from our own files only, so that `default-src 'self'` holds."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page.

        Args:
            request: The request.
        """
        return render(request, "api/docs.html")
