"""Verifying exported journals from a command line: `python -m audit.auditor FILE…`. Pure: no Django, no database.

It needs this package, `cryptography` and `rfc8785`, nothing else of DriftSentry.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.export_format import Link
from audit.export_verification import Outcome, gap_between, lines_of, verify
from audit.signatures import BadKey, key_id, public_key

HOLDS, BROKEN, UNREADABLE = 0, 1, 2
NOWHERE = Link(0, "")
EXIT_CODES = "exit code: 0 all hold, 1 something does not, 2 a file or a key cannot be read"


class Unreadable(Exception):
    """A file or a key cannot be read; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A file and what was found in it.

    Attributes:
        name: Its path.
        outcome: What was found.
    """

    name: str
    outcome: Outcome

    @property
    def begins(self) -> Link:
        """Where its chain hangs on."""
        return self.outcome.after or NOWHERE

    @property
    def ends(self) -> Link:
        """Its last entry."""
        return self.outcome.up_to or NOWHERE


def main(arguments: Sequence[str]) -> int:
    """Verify and say what was found.

    Args:
        arguments: As on the command line, without the program's name.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="audit.auditor", description="Verify exported journals.", epilog=EXIT_CODES)
    parser.add_argument("files", nargs="+", metavar="FILE", help="an export or an archive")
    parser.add_argument("--public-key", action="append", default=[], metavar="KEY|FILE", help="a key that is trusted")
    given = parser.parse_args(arguments)
    return examine(given.files, given.public_key, say=lambda words: sys.stdout.write(f"{words}\n"))


def of_command(arguments: Sequence[str]) -> int:
    """The same with the arguments of `manage.py audit_verify --export FILE`.

    Args:
        arguments: Without the command's name.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="manage.py audit_verify", description="Verify exports.", epilog=EXIT_CODES)
    parser.add_argument("--export", action="append", required=True, metavar="FILE", help="an export or an archive")
    parser.add_argument("--public-key", action="append", default=[], metavar="KEY|FILE", help="a key that is trusted")
    given = parser.parse_args(arguments)
    return examine(given.export, given.public_key, say=lambda words: sys.stdout.write(f"{words}\n"))


def examine(files: Sequence[str], public_keys: Sequence[str], *, say: Callable[[str], object]) -> int:
    """Verify exports, each by itself and all of one account as one sequence, and say what was found.

    Args:
        files: Their paths.
        public_keys: Keys that are trusted, or files that hold one; none trusts what each file brings.
        say: Takes one line of words.

    Returns:
        The exit code.
    """
    try:
        trusted = trusted_keys(public_keys) if public_keys else None
        found = [Examined(name, _verified(name, trusted)) for name in files]
        gaps = gaps_in(found, trusted)
    except Unreadable as error:
        say(str(error))
        return UNREADABLE
    for one in found:
        say(f"{one.name}: {words_for(one.outcome)}")
    for gap in gaps:
        say(gap)
    whole = not gaps and all(one.outcome.valid for one in found)
    if whole and trusted is None:
        say(UNPINNED)
    say("All of it holds." if whole else "IT DOES NOT HOLD.")
    return HOLDS if whole else BROKEN


UNPINNED = (
    "No key was given with --public-key: the signature was checked with the key that the file itself brings. "
    "Compare that key's id with the one you know from the server (GET /api/v1/audit-logs/signing-keys)."
)


def trusted_keys(given: Sequence[str]) -> dict[str, bytes]:
    """Public keys by id.

    Args:
        given: Each a key, or the path of a file that holds one.

    Raises:
        Unreadable: One is neither.
    """
    found = {}
    for text in given:
        try:
            public = public_key(Path(text).read_text(encoding="ascii") if _is_file(text) else text)
        except (BadKey, OSError, UnicodeDecodeError) as error:
            raise Unreadable(f"--public-key {text[:80]}: {error}") from error
        found[key_id(public)] = public
    return found


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # a key may be too long for a path
        return False


def _verified(name: str, trusted: Mapping[str, bytes] | None, *, noting: int | None = None) -> Outcome:
    try:
        with Path(name).open("rb") as file:
            return verify(lines_of(file), trusted=trusted, noting=noting)
    except OSError as error:
        raise Unreadable(f"{name}: {error.strerror or error}") from error


def words_for(outcome: Outcome) -> str:
    """What was found in one file, for a person.

    Args:
        outcome: What was found.
    """
    if not outcome.valid:
        entry = f", entry {outcome.seq}" if outcome.seq is not None else ""
        return f"BROKEN at line {outcome.line}{entry}: {outcome.reason}"
    first = outcome.after.seq + 1 if outcome.after else 0
    last = outcome.up_to.seq if outcome.up_to else 0
    span = f"entries {first} to {last}" if outcome.entries else f"no entry after {last}"
    return (
        f"valid, {span} of account {outcome.account}, {outcome.erased} erased, "
        f"made {outcome.at}, signed by key {outcome.key}"
    )


def gaps_in(found: Sequence[Examined], trusted: Mapping[str, bytes] | None = None) -> list[str]:
    """Where valid exports of one account are not of one chain; they may overlap.

    Args:
        found: The files.
        trusted: Public keys by id; None trusts what each file brings.

    Raises:
        Unreadable: A file that overlaps another one cannot be read a second time.
    """
    gaps = []
    furthest: Examined | None = None
    valid = (one for one in found if one.outcome.valid)
    for one in sorted(valid, key=lambda one: (one.outcome.account, one.begins.seq, one.ends.seq)):
        if furthest is None or furthest.outcome.account != one.outcome.account:
            furthest = one
            continue
        gap = gap_between(furthest.outcome, one.outcome) or _fork_of(furthest, one, trusted)
        if gap:
            gaps.append(f"{one.name}: BROKEN, it does not continue {furthest.name}: {gap}")
        furthest = max(furthest, one, key=lambda one: one.ends.seq)
    return gaps


def _fork_of(first: Examined, second: Examined, trusted: Mapping[str, bytes] | None) -> str:
    """The last entry that is in both tells whether they are of one chain: its hash covers all before it."""
    shared = min(first.ends.seq, second.ends.seq)
    is_same = _hash_in(first, shared, trusted) == _hash_in(second, shared, trusted)
    return "" if is_same else f"entry {shared} is not the same one in both"


def _hash_in(one: Examined, seq: int, trusted: Mapping[str, bytes] | None) -> str:
    for end in (one.begins, one.ends):
        if end.seq == seq:
            return end.hash
    noted = _verified(one.name, trusted, noting=seq).noted if _is_file(one.name) else None
    if noted is None:
        raise Unreadable(f"{one.name}: it overlaps another file and has to be read twice, which it cannot be")
    return noted.hash


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
