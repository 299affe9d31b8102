r"""Reading driftctl's `.driftignore`, each line as one ignore rule or as a complaint in words.

Source: driftctl's documentation, "Ignore resources": `type.id` leaves a resource out, `type.id.path.to.field` a field
of it, `*` stands for anything, `\.` is a dot within an id, `#` begins a comment. What it cannot say here is refused by
line: an exception (`!…`) and the character classes of gitignore patterns.
"""

from __future__ import annotations

from dataclasses import dataclass

from drifts.findings import Kind
from drifts.ingest.ignoring import MAX_RULES, glob_fault

MAX_TEXT = 256 * 1024
"""Characters that one file may have."""

KINDS = (Kind.MODIFIED, Kind.UNMANAGED)
"""What a line without a field hides. A deletion is hidden by no rule that does not name it, so by no such line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that says what to ignore."""

    number: int
    """In the file, from 1."""
    text: str
    type: str
    address: str
    """Glob over the address or the real id."""
    attribute: str = ""
    """Glob over attribute paths; '' for the resource as a whole."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What it hides."""
        return (Kind.MODIFIED,) if self.attribute else KINDS


@dataclass(frozen=True, slots=True)
class Complaint:
    """One line that cannot be read, and why."""

    number: int
    text: str
    words: str


def read(text: str) -> tuple[tuple[Line, ...], tuple[Complaint, ...]]:
    """Read a file.

    Args:
        text: Its text, at most `MAX_TEXT` characters.

    Returns:
        The lines that can be kept, and the complaints about the others.
    """
    if len(text) > MAX_TEXT:
        return (), (Complaint(0, "", f"A file has at most {MAX_TEXT} characters."),)
    lines: list[Line] = []
    complaints: list[Complaint] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        one = raw.strip().removeprefix("\ufeff")
        if not one or one.startswith("#"):
            continue
        found = _line(number, one)
        if isinstance(found, Line):
            lines.append(found)
        else:
            complaints.append(Complaint(number, one[:200], found))
    if len(lines) > MAX_RULES:
        complaints.append(Complaint(0, "", f"An account has at most {MAX_RULES} ignore rules; these are {len(lines)}."))
    return tuple(lines), tuple(complaints)


def _line(number: int, text: str) -> Line | str:
    """Read one line; a text says why it cannot be read."""
    if text.startswith("!"):
        return "Exceptions are not kept: say what is to be ignored instead, for instance one line for each type."
    parts = _parts(text)
    if isinstance(parts, str):
        return parts
    fault = next((words for part in parts if (words := glob_fault(part))), "")
    if fault:
        return fault
    kind, ident, *path = [*parts, "*"] if len(parts) == 1 else parts
    return Line(number, text, kind, ident, ".".join(path))


def _parts(text: str) -> list[str] | str:
    r"""Split at the dots that are not escaped."""
    parts, rest = [""], iter(text)
    for letter in rest:
        if letter == "\\":
            escaped = next(rest, "")
            if escaped in {"", "*"}:
                return "A backslash stands before a dot or another sign that is meant as such; a star cannot be."
            parts[-1] += escaped
        elif letter == ".":
            parts.append("")
        elif letter in "?[]":
            return f"Write \\{letter} where the sign itself is meant; character classes are not kept."
        else:
            parts[-1] += letter
    return parts
