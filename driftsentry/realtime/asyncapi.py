"""The AsyncAPI 3.0 document of `/ws`, made from the tables that the stream itself works by.

Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from functools import cache
from inspect import getdoc
from typing import Any, get_args

from driftsentry.realtime.events import EVENTS
from driftsentry.realtime.protocol import CLOSES, SUBPROTOCOL, Request
from driftsentry.realtime.schemas import ANSWERS, Schema, event_frames, fact_of, requests

EPOCH = "5b2f0f0e-6a7e-4d0c-9a53-0d6e6f0d9f10"

ABOUT = f"""\
Each account's journal as it grows: drifts, alerts and scans, to everybody who may read them.

**Connect** with an access token, as the sub-protocols `["{SUBPROTOCOL}", "bearer.<token>"]` or as `?token=`; a token
that does not hold is refused before the upgrade with 403. Send `authenticate` with a fresh one before it expires.

**Subscribe** to channels, each with a filter or without. A filter hides what it rules out and nothing else: an event
that does not tell what a filter goes by is sent, and one that leaves a filter (a drift that is critical no longer) too.

**Nothing is skipped and nothing repeated.** Frames that carry `seq` carry `prev`, the `seq` of the frame before it on
this socket; `ready` and `reset` begin the chain. A client whose last `seq` is not a frame's `prev` has missed
something. After a cut, connect, subscribe as before and send `resume` with the last `seq` and the `epoch` of `ready`,
at once and in any order. `reset` answers where that past is not available; `GET /api/v1/events` reads it page by page,
in the same frames, where it is only long.

**Ignore** events and fields that you do not know: more may come.
"""

RESUME = """\
Give me everything after an entry that my subscriptions cover, then what happens. After the `ack` the next frame's
`prev` is `after`, or a `reset` comes."""

EXAMPLES: dict[str, Schema] = {
    "subscribe": {"action": "subscribe", "channel": "drifts", "filter": {"severity": ["critical", "high"]}, "ref": 1},
    "unsubscribe": {"action": "unsubscribe", "channel": "scans", "ref": 2},
    "resume": {"action": "resume", "after": 41, "epoch": EPOCH, "ref": 3},
    "ping": {"action": "ping", "ref": "still there?"},
    "authenticate": {"action": "authenticate", "token": "eyJhbGciOiJIUzI1NiJ9.e30.x", "ref": 4},
    "ready": {
        "event": "ready",
        "data": {
            "seq": 41,
            "epoch": EPOCH,
            "user": {"id": EPOCH, "email": "alice@example.com", "name": "Alice", "role": "admin"},
            "heartbeatSeconds": 20,
        },
    },
    "heartbeat": {"event": "heartbeat", "seq": 45, "prev": 42, "at": "2026-01-02T03:04:05.000000Z", "data": {}},
    "reset": {"event": "reset", "data": {"seq": 90, "epoch": EPOCH, "reason": "archived"}},
    "ack": {"event": "ack", "ref": 3, "data": {"action": "resume", "cursor": 41}},
    "error": {"event": "error", "ref": 1, "data": {"code": "VALIDATION_ERROR", "message": "This is no request."}},
    "drift.created": {
        "event": "drift:created",
        "seq": 42,
        "prev": 41,
        "at": "2026-01-02T03:04:05.000000Z",
        "data": {
            "id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "resourceId": "sg-0f3a",
            "resourceType": "SECURITY_GROUP",
            "region": "eu-central-1",
            "stack": "payments",
            "severity": "critical",
            "costImpactMonthly": None,
            "detectedAt": "2026-01-02T03:04:05.000000Z",
            "status": "detected",
            "previousDriftId": None,
        },
    },
}
"""By request, frame or kind; a test holds them to their schemas."""


@cache
def document() -> dict[str, Any]:
    """The document; made once a process, when every fact is registered."""
    asked, schemas = requests()
    messages = {**_requests(asked), **_answers(), **_events()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "DriftSentry live stream",
            "version": "1.0.0",
            "description": ABOUT,
            "externalDocs": {"description": "The REST API.", "url": "/api/docs"},
        },
        "defaultContentType": "application/json",
        "servers": {"this": _server()},
        "channels": {
            "stream": {
                "address": "/ws",
                "title": "The live stream",
                "description": "One connection of one user; every frame is a text frame that holds a JSON object.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "x-close-codes": {str(code): why for code, why in sorted(CLOSES.items())},
            }
        },
        "operations": {**_asking(asked), "tell": _telling()},
        "components": {
            "messages": messages,
            "schemas": schemas,
            "securitySchemes": {
                "subprotocol": {
                    "type": "httpApiKey",
                    "in": "header",
                    "name": "Sec-WebSocket-Protocol",
                    "description": f"`{SUBPROTOCOL}, bearer.<access token>`: no log or history keeps it.",
                },
                "token": {
                    "type": "httpApiKey",
                    "in": "query",
                    "name": "token",
                    "description": "The access token in the address, for clients that cannot do otherwise.",
                },
            },
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}",
        "protocol": "wss",
        "description": "Where the REST API is; `ws` where that is plain HTTP.",
        "variables": {"host": {"default": "localhost:8000", "description": "The host that serves the REST API."}},
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in ("subprotocol", "token")],
    }


def _requests(asked: dict[str, str]) -> dict[str, Any]:
    words = {one.__struct_config__.tag: getdoc(one) or "" for one in get_args(Request)} | {"resume": RESUME}
    payloads = {action: {"$ref": f"#/components/schemas/{name}"} for action, name in asked.items()}
    return {action: _message(action, action, words[action], payload) for action, payload in payloads.items()}


def _answers() -> dict[str, Any]:
    return {name: _message(name, name, words, payload) for name, (words, payload) in ANSWERS.items()}


def _events() -> dict[str, Any]:
    return {kind: _message(kind, name, getdoc(fact_of(kind)) or "", payload) for kind, name, payload in event_frames()}


def _message(key: str, name: str, words: str, payload: Schema) -> dict[str, Any]:
    examples = {"examples": [{"name": name, "payload": EXAMPLES[key]}]} if key in EXAMPLES else {}
    return {"name": name, "title": name, "summary": words, "payload": payload, **examples}


def _asking(asked: dict[str, str]) -> dict[str, Any]:
    """The client's requests, each answered once."""
    return {
        action: {
            "action": "receive",
            "summary": f"A client asks: {action}.",
            "channel": {"$ref": "#/channels/stream"},
            "messages": [_of_channel(action)],
            "reply": {
                "channel": {"$ref": "#/channels/stream"},
                "messages": [_of_channel("ack"), _of_channel("error")],
            },
        }
        for action in asked
    }


def _telling() -> dict[str, Any]:
    unasked = ["ready", "heartbeat", "reset", "error", *EVENTS]
    return {
        "action": "send",
        "summary": "The server tells what happens.",
        "channel": {"$ref": "#/channels/stream"},
        "messages": [_of_channel(name) for name in unasked],
    }


def _of_channel(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/stream/messages/{name}"}
