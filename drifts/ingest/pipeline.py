"""The first half of the ingest path in one call: from what a sender sends to what it says. The rest: `policy.judge`."""

from __future__ import annotations

from drifts.findings import Assessment, JsonObject
from drifts.ingest.body import read_body
from drifts.ingest.formats import api_states
from drifts.ingest.formats.base import ParseOptions
from drifts.ingest.formats.registry import detect

_AS_SENT = ParseOptions()


def assess(
    raw: bytes, *, content_encoding: str = "", limit: int, format_name: str = "", options: ParseOptions = _AS_SENT
) -> Assessment:
    """Read a tool's own output.

    Args:
        raw: The bytes as received.
        content_encoding: The `Content-Encoding` header; '' where there is none.
        limit: Most bytes allowed, before and after decompression.
        format_name: The format as the sender names it; '' to recognise it by its content.
        options: What the sender says beside the body.

    Raises:
        BodyTooLarge: It is longer than the limit.
        UnsupportedEncoding: It is compressed in a way that is not known.
        UnrecognisedFormat: No parser knows it, or no format has that name.
        UnsupportedVersion: The format is known and its version is not.
        FormatError: It is malformed, truncated or hostile. The base class of all the others.
    """
    body = read_body(raw, content_encoding=content_encoding, limit=limit)
    return detect(body, format_name).parse(body, options)


def assess_states(
    *,
    resource_id: str,
    resource_type: str,
    region: str,
    expected_state: JsonObject | None,
    actual_state: JsonObject | None,
) -> Assessment:
    """Read what a client of the API says of one resource: the format `api`.

    Judged, it holds one observation, or none where the two states mean the same.

    Args:
        resource_id: Names the resource within its stack, as its address too.
        resource_type: A provider's type name or a family.
        region: '' where not known.
        expected_state: What should be; empty or None: no code wants it.
        actual_state: What is; empty or None: it is gone.

    Raises:
        FormatError: A state holds what cannot be stored: NUL characters, half surrogate pairs, absurd depth.
    """
    return api_states.assessment_of(
        resource_id=resource_id,
        resource_type=resource_type,
        region=region,
        expected_state=expected_state,
        actual_state=actual_state,
    )
