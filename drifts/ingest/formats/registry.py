"""All formats, in the order they are tried."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec

from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.formats import (
    cloudformation,
    driftctl,
    hcp_assessment,
    pulumi_events,
    pulumi_preview,
    terraform_plan,
    terraform_stream,
)
from drifts.ingest.formats.base import Format
from drifts.ingest.formats.near_misses import near_miss
from drifts.ingest.json_lines import objects_in
from drifts.ingest.json_walk import Members, documents, members_of

FORMATS: tuple[Format, ...] = (
    terraform_stream.FORMAT,
    terraform_plan.FORMAT,
    driftctl.FORMAT,
    cloudformation.FORMAT,
    pulumi_events.FORMAT,
    pulumi_preview.FORMAT,
    hcp_assessment.FORMAT,
)

_LOOKED_AT = 20
"""Objects of a body that are looked at to recognise it."""


def known_formats() -> str:
    """List the formats for a hint: name and the command that writes it."""
    return "; ".join(f"{one.name} ({one.title})" for one in FORMATS)


def detect(body: bytes, name: str | None = None) -> Format:
    """Find the format of a body by its content, or by its name where one is given.

    Args:
        body: UTF-8 text, as `body.read_body` returns it.
        name: The format the sender names; None or '' to recognise it.

    Raises:
        UnrecognisedFormat: No format has that name, or none knows this content.
        FormatError: The body is no JSON.
    """
    if name:
        for one in FORMATS:
            if one.name == name:
                return one
        raise UnrecognisedFormat(f"There is no format {name!r}.", f"Known formats: {known_formats()}.")
    objects = _first_objects(body)
    for members in objects:
        for one in FORMATS:
            if one.sniff(members):
                return one
    raise _refusal(objects[0])


def _refusal(members: Members) -> UnrecognisedFormat:
    """Say what an object is that no format recognises, and what to send instead."""
    known = f"Known formats: {known_formats()}."
    if miss := near_miss(members):
        return UnrecognisedFormat(miss.what, f"{miss.send} {known}")
    return UnrecognisedFormat("No parser recognises this JSON.", known)


def _first_objects(body: bytes) -> list[Members]:
    """Return the first objects of a body: a runner's own may stand before the tool's.

    Raises:
        UnrecognisedFormat: The body is well-formed JSON, but no object.
        FormatError: There is no well-formed object in it.
    """
    found: list[Members] = []
    try:
        found.extend(_first_of(documents(body)))
    except FormatError:
        lines = [members for one in FORMATS if (members := _first_on_line(body, one)) is not None]
        if not (found or lines):
            raise
        found.extend(lines)
    return found


def _first_of(objects: Iterator[Members]) -> Iterator[Members]:
    """Yield objects until one is recognised, or enough are looked at."""
    for members in islice(objects, _LOOKED_AT):
        yield members
        if any(one.sniff(members) for one in FORMATS):
            return


def _first_on_line(body: bytes, one: Format) -> Members | None:
    """Return the first object of a log that begins as a format's do, wherever on its line."""
    if one.line is None:
        return None
    found = next((found for found in islice(objects_in(body, one.line), _LOOKED_AT) if found.is_whole), None)
    return None if found is None else dict(members_of(msgspec.Raw(found.text), "A line of the log"))
