"""Values and attributes in the language of Terraform's code (HCL 2).

Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md (template literals, quoted expressions).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from drifts.findings import Json, JsonObject
from drifts.remediation.subject import is_known

MAX_DEPTH = 20
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,200}")
_INTRODUCED = re.compile(r"([$%]+)\{")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """Return a text as a quoted template that means exactly this text.

    Args:
        text: Any text.
    """
    return '"' + _INTRODUCED.sub(_literal, "".join(_escaped(one) for one in text)) + '"'


def _escaped(one: str) -> str:
    if one in _ESCAPES:
        return _ESCAPES[one]
    if one.isprintable() or one == " ":
        return one
    number = ord(one)
    if 0xD800 <= number <= 0xDFFF:
        return "\\ufffd"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _literal(found: re.Match[str]) -> str:
    """What would begin a template's sequence: doubled, or by its number where one stands before it already."""
    marks = found[1]
    if len(marks) == 1:
        return f"{marks}{marks}{{"
    return "".join(f"\\u{ord(mark):04x}" for mark in marks) + "{"


def expression(value: Json, indent: int = 0, *, depth: int = 0) -> str:
    """Return a value as an expression.

    Args:
        value: Any JSON value, all of it known.
        indent: How far its lines stand in.
        depth: How deep it stands already.
    """
    if isinstance(value, str):
        return _text(value, indent, depth)
    if isinstance(value, dict) and value and depth < MAX_DEPTH:
        pad = " " * (indent + 2)
        lines = (f"{pad}{quoted(name)} = {expression(one, indent + 2, depth=depth + 1)}" for name, one in value.items())
        return "{\n" + "\n".join(lines) + "\n" + " " * indent + "}"
    if isinstance(value, list) and depth < MAX_DEPTH:
        return "[" + ", ".join(expression(one, indent, depth=depth + 1) for one in value) + "]"
    if isinstance(value, dict | list):
        return "{}" if not value else f"jsondecode({quoted(json.dumps(value))})"
    return "null" if value is None else json.dumps(value)


def _text(text: str, indent: int, depth: int) -> str:
    """A text; JSON inside it is written as what it is, for people to read."""
    if depth == 0 and text[:1] in {"{", "["}:
        try:
            inside = json.loads(text)
        except (ValueError, RecursionError):
            return quoted(text)
        if isinstance(inside, dict | list) and json.loads(json.dumps(inside)) == inside and _is_finite(inside):
            return f"jsonencode({expression(inside, indent, depth=1)})"
    return quoted(text)


def _is_finite(value: Json) -> bool:
    """Whether every number and text can be written as it is: no NaN, no number that a float has changed."""
    if isinstance(value, dict):
        return all(_is_finite(one) for one in value.values())
    if isinstance(value, list):
        return all(_is_finite(one) for one in value)
    return not isinstance(value, float)


def is_name(name: str) -> bool:
    """Say whether a text may stand as an attribute's name.

    Args:
        name: Any text.
    """
    return _IDENTIFIER.fullmatch(name) is not None


def comment(text: str) -> str:
    """Return a text as a comment of one line.

    Args:
        text: Any text.
    """
    return "# " + "".join(one if one.isprintable() else " " for one in text)


def argument(name: str, value: Json, other: Json = None, *, indent: int = 2) -> Iterator[str]:
    """Yield the lines that give an attribute, or a nested block, a value.

    Lists of objects are nested blocks, as nearly all of them are in the providers' schemas.

    Args:
        name: The attribute's name.
        value: What it is to be.
        other: What the code says; tells a list of blocks that is to be empty.
        indent: How far the lines stand in.
    """
    pad = " " * indent
    if not is_name(name):
        yield pad + comment(f"{name}: this name cannot be written as an argument")
    elif not is_known(value):
        yield from _unknown(name, value, indent)
    elif _is_blocks(value) and isinstance(value, list):
        for block in value:
            yield from _block(name, block if isinstance(block, dict) else {}, indent)
    elif value is None or (value == [] and _is_blocks(other)):
        yield pad + comment(f"remove {name}")
    else:
        yield f"{pad}{name} = {expression(value, indent)}"


def _unknown(name: str, value: Json, indent: int) -> Iterator[str]:
    """A block is written but for what is hidden in it; a value is left to a variable."""
    if _is_blocks(value) and isinstance(value, list):
        for block in value:
            yield from _block(name, block if isinstance(block, dict) else {}, indent)
    else:
        yield f"{' ' * indent}{name} = var.{name} # (sensitive): not kept here, or too long; declare the variable"


def _block(name: str, members: JsonObject, indent: int) -> Iterator[str]:
    pad = " " * indent
    yield f"{pad}{name} {{"
    if indent <= 2 * MAX_DEPTH:
        for inner, value in members.items():
            if value not in (None, "", [], {}):
                yield from argument(inner, value, indent=indent + 2)
    yield f"{pad}}}"


def _is_blocks(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)
