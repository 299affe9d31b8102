"""Every frame that a test is sent is held to the AsyncAPI document."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # openapi-spec-validator brings it

import driftsentry.urls  # noqa: F401 - registers every fact
from driftsentry.realtime.asyncapi import document
from driftsentry.realtime.protocol import Request

CHECKER = Draft202012Validator.FORMAT_CHECKER


def strict(schema: Any) -> Any:
    """The same schema, but an object holds nothing that it does not describe."""
    if isinstance(schema, list):
        return [strict(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strict(inner) for name, inner in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


@cache
def validator(message: str) -> Any:
    """Of one message of the document."""
    payload = document()["components"]["messages"][message]["payload"]
    return Draft202012Validator(
        strict(payload) | {"components": {"schemas": document()["components"]["schemas"]}}, format_checker=CHECKER
    )


@cache
def messages_called(event: str) -> list[str]:
    return [key for key, message in document()["components"]["messages"].items() if message["name"] == event]


def faults(frame: dict[str, Any]) -> list[str]:
    """Where a frame is none of the messages of its name."""
    keys = messages_called(frame["event"])
    assert keys, f"the document knows no {frame['event']}"
    found = {key: [error.message for error in validator(key).iter_errors(frame)] for key in keys}
    return [] if any(not errors for errors in found.values()) else [f"{found} in {frame}"]


def checked(frame: dict[str, Any]) -> dict[str, Any]:
    """The same frame, once it fits."""
    assert faults(frame) == []
    return frame


def fits_request(request: dict[str, Any]) -> bool:
    """Is it one of the requests that the document describes?"""
    actions = [one.__struct_config__.tag for one in Request.__args__]
    return any(validator(action).is_valid(request) for action in actions)
