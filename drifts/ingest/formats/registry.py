"""All formats, in the order they are tried."""

from __future__ import annotations

from drifts.ingest.errors import UnrecognisedFormat
from drifts.ingest.formats import terraform_plan
from drifts.ingest.formats.base import Format
from drifts.ingest.json_walk import first_document

FORMATS: tuple[Format, ...] = (terraform_plan.FORMAT,)


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
    members = first_document(body)
    for one in FORMATS:
        if one.sniff(members):
            return one
    for one in FORMATS:
        if what := one.near_miss(members):
            raise UnrecognisedFormat(what, f"Known formats: {known_formats()}.")
    raise UnrecognisedFormat("No parser recognises this JSON.", f"Known formats: {known_formats()}.")
