"""The OpenAPI document says what is on the wire: one hook puts the envelope around every answer."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

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
DESCRIPTIONS = {
    "400": "VALIDATION_ERROR",
    "401": "AUTH_ERROR",
    "403": "FORBIDDEN",
    "404": "NOT_FOUND",
    "409": "CONFLICT",
    "413": "PAYLOAD_TOO_LARGE",
    "415": "UNSUPPORTED_MEDIA_TYPE",
    "422": "UNPROCESSABLE",
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

    def _refusals(self) -> list[str]:
        numbers = ["400"]
        if self.view.permission_classes and self.get_auth():
            numbers += ["401", "403"]
        if "{" in self.path:
            numbers.append("404")
        if self.method in {"POST", "PUT", "PATCH"}:
            numbers += ["409", "413", "415"]
        numbers += list(getattr(self.view, "extra_refusals", {}).get(getattr(self.view, "action", ""), ()))
        return numbers

    def get_filter_backends(self) -> list[Any]:
        """Filters belong to lists only."""
        return super().get_filter_backends() if self._is_list_view() else []


def wrap_in_envelope(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Put every JSON answer in the envelope and name the error shape once.

    Args:
        result: The OpenAPI document.
        generator: Unused; drf-spectacular's hook signature.
        request: Unused.
        public: Unused.

    Returns:
        The document as the server behaves.
    """
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    for path in result["paths"].values():
        for operation in path.values():
            for number, response in operation["responses"].items():
                _wrap(number, response)
    return result


def _wrap(number: str, response: dict[str, Any]) -> None:
    if not number.startswith("2"):
        response["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
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
