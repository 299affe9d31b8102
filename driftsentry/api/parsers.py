"""Body parsers: strict JSON within a limit, and raw bytes for a tool's own output."""

import codecs
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from driftsentry.api.errors import PayloadTooLarge

MAX_DEPTH = 64


class StrictJSONParser(BaseParser):
    """Reads JSON that PostgreSQL can keep: valid UTF-8, no NUL character, bounded in size and depth."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Decode a body.

        Args:
            stream: The request.
            media_type: Unused.
            parser_context: Unused.

        Raises:
            ParseError: It is not JSON, holds a NUL character, or nests too deep.
            PayloadTooLarge: It is past `MAX_JSON_BODY_BYTES`.
        """
        body: bytes = stream.read(settings.MAX_JSON_BODY_BYTES + 1)
        if len(body) > settings.MAX_JSON_BODY_BYTES:
            raise PayloadTooLarge(f"The body is larger than {settings.MAX_JSON_BODY_BYTES} bytes.")
        try:
            value = orjson.loads(body.removeprefix(codecs.BOM_UTF8))
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error.msg} (line {error.lineno}).") from error
        _check(value, MAX_DEPTH)
        return value


def _check(value: Any, depth: int) -> None:
    """Refuse what cannot be stored.

    Raises:
        ParseError: A NUL character, or deeper than `depth`.
    """
    if depth == 0:
        raise ParseError(f"The body nests deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str) and "\x00" in value:
        raise ParseError("The body holds a NUL character (\\u0000), which cannot be stored.")
    if isinstance(value, dict):
        for name, inner in value.items():
            _check(name, depth)
            _check(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth - 1)


class RawBodyParser(BaseParser):
    """Hands over a body of any media type as it came: curl sends a piped file as a form."""

    media_type = "*/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Read the body.

        Args:
            stream: The request.
            media_type: Unused.
            parser_context: Unused.

        Raises:
            PayloadTooLarge: It is past `MAX_SCAN_BODY_BYTES`.
        """
        body: bytes = stream.read(settings.MAX_SCAN_BODY_BYTES + 1)
        if len(body) > settings.MAX_SCAN_BODY_BYTES:
            raise PayloadTooLarge(f"The body is larger than {settings.MAX_SCAN_BODY_BYTES} bytes.")
        return body
