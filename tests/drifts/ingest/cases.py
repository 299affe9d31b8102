"""Our own corpus: files with one trap each, and what must be found in them.

Each folder of `tests/fixtures` that has an `expected.json` lists its files there. An entry says:

- `file`, `tool`, `subtle`: what it is, and what a careless parser gets wrong;
- `drifts`: identity, kind and changed paths of all that must be found; `noise`: identities that must not;
- `clean`: identities seen to be as they should be; `not_assessed`: names of what was not looked at;
- `incomplete`: words of the reason why unseen drifts stay open; `cannot_tell`: kinds of drift it could not have shown;
- `secrets`: texts that must survive nowhere; `mode`: what the sender says;
- `refused` and `status`: words of the refusal, and its kind.

`python -m tests.drifts.ingest.cases` writes the table in `tests/fixtures/README.md` anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from drifts.findings import Assessment, Judged, Kind
from drifts.ingest.errors import FormatError, UnrecognisedFormat, UnsupportedVersion
from drifts.ingest.formats.base import Mode
from tests.drifts.ingest.plans import assessed, judged

FIXTURES = Path(__file__).parents[2] / "fixtures"
README = FIXTURES / "README.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"
STATUSES: dict[str, type[FormatError]] = {
    "malformed": FormatError,
    "unrecognised": UnrecognisedFormat,
    "unsupported": UnsupportedVersion,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One file and what must be found in it."""

    folder: str
    file: str
    tool: str
    subtle: str
    drifts: list[dict[str, Any]]
    noise: list[str]
    clean: list[str] = field(default_factory=list)
    not_assessed: list[str] = field(default_factory=list)
    incomplete: str = ""
    cannot_tell: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    mode: str = "drift"
    refused: str = ""
    status: str = ""

    @property
    def name(self) -> str:
        """Folder and file."""
        return f"{self.folder}/{self.file}"

    @property
    def body(self) -> bytes:
        """The bytes of the file."""
        return (FIXTURES / self.folder / self.file).read_bytes()

    def read(self) -> Assessment:
        """What the file says."""
        return assessed(self.body, mode=Mode(self.mode))

    def found(self) -> Judged:
        """What of it is worth recording."""
        return judged(self.read())

    @property
    def wanted(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """The drifts that must be found, in order."""
        return sorted((one["resource"], one["kind"], tuple(sorted(one["paths"]))) for one in self.drifts)

    @property
    def shown(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """The drifts that are found, in order; none where the file is refused."""
        try:
            found = self.found().observations
        except FormatError:
            return []
        return sorted((one.identity, one.kind.value, tuple(sorted(one.difference))) for one in found)


@cache
def cases() -> tuple[Case, ...]:
    """All cases, by folder and file."""
    found = [
        Case(folder=listed.parent.name, **one)
        for listed in sorted(FIXTURES.glob("*/expected.json"))
        for one in json.loads(listed.read_text("utf-8"))
    ]
    return tuple(sorted(found, key=lambda case: case.name))


READ = [case for case in cases() if not case.refused]
REFUSED = [case for case in cases() if case.refused]


def name(case: Case) -> str:
    """What names a case among the tests."""
    return case.name


def kinds_told(said: Assessment) -> list[str]:
    """The kinds of drift that a scan could not have shown."""
    return sorted(kind.value for kind in Kind if kind not in said.kinds)


def table() -> str:
    """All cases as a table, and how many there are, and how many the parsers get wrong."""
    false = sum(len(set(case.shown) - set(case.wanted)) for case in cases())
    missed = sum(len(set(case.wanted) - set(case.shown)) for case in cases())
    drifts, noise = sum(len(case.drifts) for case in cases()), sum(len(case.noise) for case in cases())
    lines = [
        f"{len(cases())} cases: {drifts} drifts, {noise} entries of mere noise, {len(REFUSED)} refusals. "
        f"False positives: {false}. Misses: {missed}.",
        "",
        "| file | tool | what is subtle | drifts | noise |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{case.name}` | {case.tool} | {case.subtle} | "
        f"{'refused' if case.refused else len(case.drifts)} | {len(case.noise)} |"
        for case in cases()
    ]
    return "\n".join(lines) + "\n"


def with_table(text: str) -> str:
    """The page with its table written anew.

    Args:
        text: The page as it is.
    """
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")
