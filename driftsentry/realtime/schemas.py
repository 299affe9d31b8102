"""What the stream's messages hold, as JSON Schema: events from the facts they show, requests from their structs."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from audit.facts import REGISTRY, Fact
from driftsentry.api.casing import camel
from driftsentry.realtime.events import EVENTS
from driftsentry.realtime.protocol import RESETS, Request

Schema = dict[str, Any]

SEQ: Schema = {"type": "integer", "minimum": 0, "description": "A number of the account's journal."}
PREV: Schema = SEQ | {"description": "The `seq` of the frame before this one on this socket."}
AT: Schema = {"type": "string", "format": "date-time"}
EPOCH: Schema = {
    "type": "string",
    "description": "Changes when the database is restored; empty while nothing has happened in the account.",
}
REF: Schema = {"type": ["string", "integer"], "description": "The request's own mark."}
TEXT: Schema = {"type": "string"}

PLAIN: dict[Any, Schema] = {
    str: TEXT,
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: AT,
    Decimal: {"type": "number", "description": "US dollars."},
    object: {},
}
"""By the type of a fact's field, what is on the wire; of money it is a number."""


def fact_of(kind: str) -> type[Fact]:
    """The newest version of a kind.

    Args:
        kind: A kind of `EVENTS`.
    """
    return REGISTRY[max(key for key in REGISTRY if key[0] == kind)]


def frame(event: str, *, data: Schema, marked: bool = False, numbered: bool = False) -> Schema:
    """The schema of a frame.

    Args:
        event: Its name.
        data: The schema of its data.
        marked: Whether it answers a request, and so carries its `ref`.
        numbered: Whether it is a step of the chain of `seq` and `prev`.
    """
    properties: Schema = {"event": {"const": event}, "data": data}
    if marked:
        properties["ref"] = REF
    if numbered:
        properties |= {"seq": SEQ, "prev": PREV, "at": AT}
    return _object(properties, optional={"ref"})


def event_frames() -> Iterator[tuple[str, str, Schema]]:
    """Of every kind of `EVENTS`: the kind, the event's name, and its frame's schema."""
    for kind, outgoing in EVENTS.items():
        name = outgoing.name or kind.replace(".", ":")
        yield kind, name, frame(name, data=_data(fact_of(kind), outgoing.fields), numbered=True)


def _data(fact: type[Fact], shown: tuple[str, ...]) -> Schema:
    """What an event shows of a fact. A field with a default is younger than the kind: old entries may lack it."""
    hints = get_type_hints(fact)
    of_fact: dict[str, Field[Any]] = {camel(one.name): one for one in fields(fact)}
    properties = {name: _type(hints[of_fact[name].name]) for name in shown if name != "id"}
    younger = {name for name in properties if _has_default(of_fact[name])}
    return _object({"id": PLAIN[UUID], **properties} if "id" in shown else properties, optional=younger)


def _has_default(one: Field[Any]) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING


def _type(hint: Any) -> Schema:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        some = [_type(one) for one in inner if one is not type(None)]
        return {"anyOf": [*some, {"type": "null"}]}
    if origin in {list, tuple}:
        return {"type": "array", "items": _type(inner[0])}
    if origin in {dict, Mapping}:
        return {"type": "object", "additionalProperties": _type(inner[1])}
    return PLAIN[hint]


def _object(properties: Schema, *, optional: set[str] | frozenset[str] = frozenset()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


_USER = _object(
    {
        "id": PLAIN[UUID],
        "email": TEXT,
        "name": TEXT,
        "role": {"enum": ["admin", "engineer", "viewer"]},
    }
)

_READY = _object({"seq": SEQ, "epoch": EPOCH, "user": _USER, "heartbeatSeconds": {"type": "number"}})

ANSWERS: dict[str, tuple[str, Schema]] = {
    "ready": (
        "The first frame: the stream begins after `seq`.",
        frame("ready", data=_READY),
    ),
    "heartbeat": (
        "Nothing up to `seq` is missing: whoever was cut off resumes after it.",
        frame("heartbeat", data={"type": "object"}, numbered=True),
    ),
    "reset": (
        "The past asked for is not available: fetch everything afresh; the stream goes on after `seq`.",
        frame("reset", data=_object({"seq": SEQ, "epoch": EPOCH, "reason": {"enum": [*RESETS]}})),
    ),
    "ack": (
        "Done as asked; `cursor` is the last entry that the socket has been served.",
        frame("ack", data=_object({"action": TEXT, "cursor": SEQ}), marked=True),
    ),
    "error": (
        "Not done; the socket lives on. `ref` is missing where it could not be read.",
        frame("error", data=_object({"code": TEXT, "message": TEXT}), marked=True),
    ),
}
"""The frames that are no events: what they mean, and their schemas."""


def requests() -> tuple[dict[str, str], dict[str, Schema]]:
    """What a client may ask.

    Returns:
        By action, the name of its schema; and these schemas with what they refer to.
    """
    structs = get_args(Request)
    _, schemas = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    for name, schema in schemas.items():
        schemas[name] = schema | {"description": schema["description"].partition("\n")[0]}
    return {one.__struct_config__.tag: one.__name__ for one in structs}, schemas
