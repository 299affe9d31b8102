"""The envelope: `{"success": true, "data": …}` around every answer, in one renderer."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer

CONTENT_TYPE = "application/json"
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def dumps(value: Any) -> bytes:
    """JSON as the contract spells it: UTC times with `Z`, money as a number.

    Args:
        value: Plain data; dates, UUIDs and decimals included.
    """
    try:
        return orjson.dumps(value, default=_fallback, option=OPTIONS)
    except TypeError:
        return orjson.dumps(_within_64_bits(value), default=_fallback, option=OPTIONS)


def success(data: Any) -> dict[str, Any]:
    """The envelope of an answer.

    Args:
        data: What the view returned.
    """
    return {"success": True, "data": data}


def failure(*, code: str, message: str, details: Mapping[str, Any] | None, trace_id: str) -> dict[str, Any]:
    """The envelope of a refusal.

    Args:
        code: One of the contract's error codes.
        message: What was wrong and what to do.
        details: Field errors or a hint.
        trace_id: The request's correlation id.
    """
    return {
        "success": False,
        "error": {
            "code": code,
            "message": message,
            "details": dict(details or {}),
            "traceId": trace_id,
            "timestamp": datetime.now(UTC),
        },
    }


def _within_64_bits(value: Any) -> Any:
    """User data may hold a number that orjson refuses: it travels as its digits, so no row takes a list down."""
    if isinstance(value, Mapping):
        return {name: _within_64_bits(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_within_64_bits(inner) for inner in value]
    large = isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64
    return str(value) if large else value


def _fallback(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


class EnvelopeRenderer(BaseRenderer):
    """Writes a view's data inside the envelope."""

    media_type = CONTENT_TYPE
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Render an answer.

        Args:
            data: The view's data, or an error already in its envelope.
            accepted_media_type: Unused; there is one.
            renderer_context: Holds the response.
        """
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code == 204:
            return b""
        if response is not None and response.status_code >= 400:
            return dumps(data)
        return dumps(success(data))
