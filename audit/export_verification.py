"""Does an exported journal hold? Checks every byte of it, with no database. Pure; see `audit.export_format`."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from audit.canonical import Entry, canonical, chained, personal_digest
from audit.export_format import (
    CHAINED_FIELDS,
    ENTRY_FIELDS,
    FORMAT,
    HEAD_FIELDS,
    HEADER_FIELDS,
    MAX_LINE_BYTES,
    VERSION,
    Exported,
    Header,
    Link,
)
from audit.signatures import Purpose, fault_of, key_id, public_key

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
DIGEST = re.compile(r"[0-9a-f]{64}")
WITHOUT_TEXT = (RecursionError, ValueError)
"""What holds something that no fact holds has no canonical text."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the verification of one export found.

    Attributes:
        valid: The file is whole, unaltered and signed.
        line: The first line that does not hold, from 1; none where all do.
        seq: The entry that it is about, where it is about one.
        reason: The same in words.
        account: Whose journal it is, as far as was read.
        after: Where its chain hangs on.
        up_to: Where it ends.
        entries: How many entries hold.
        erased: How many of them have had their personal part erased.
        at: When it was made.
        key: The id of the key that signed.
        is_pinned: The key is one that the reader trusts, not one that the file itself brings.
        noted: The entry that was to be noted, where it is in the file.
    """

    valid: bool = False
    line: int | None = None
    seq: int | None = None
    reason: str = ""
    account: str = ""
    after: Link | None = None
    up_to: Link | None = None
    entries: int = 0
    erased: int = 0
    at: str = ""
    key: str = ""
    is_pinned: bool = False
    noted: Link | None = None


class _Broken(Exception):
    def __init__(self, reason: str, seq: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.seq = reason, seq


def verify(lines: Iterable[bytes], *, trusted: Mapping[str, bytes] | None = None, noting: int | None = None) -> Outcome:
    """Check an export: every line, their order, their number, and the signature over all of them.

    Args:
        lines: The file's lines with their line feeds, e.g. `lines_of(file)`.
        trusted: Public keys by id; None trusts the one that the file brings, which proves no more than that the file
            was not damaged by somebody without a key.
        noting: The number of an entry to tell the hash of.
    """
    reading = _Reading(trusted, noting)
    number = 0
    try:
        for number, line in enumerate(lines, start=1):  # noqa: B007 - the last one is told
            reading.take(line)
        reading.finish()
    except _Broken as fault:
        return replace(reading.so_far(), line=max(number, 1), seq=fault.seq, reason=fault.reason)
    return replace(reading.so_far(), valid=True)


def lines_of(file: Any) -> Iterator[bytes]:
    """The lines of a binary file, none longer than an export's can be.

    Args:
        file: An open binary file.
    """
    while line := file.readline(MAX_LINE_BYTES):
        yield line


def gap_between(first: Outcome, second: Outcome) -> str:
    """Why one valid export neither continues nor overlaps another; empty where it does.

    Args:
        first: The one that begins first.
        second: The other one.
    """
    if first.account != second.account:
        return "it is of another account"
    if first.up_to is None or second.after is None:
        return "one of them has no beginning or no end"
    if second.after.seq > first.up_to.seq:
        return f"entries {first.up_to.seq + 1} to {second.after.seq} are missing between them"
    return ""


def link_fault(exported: Exported, last: Link) -> str:
    """Why an entry does not hang on the one before it, or is not what was appended; empty where it does and is.

    Args:
        exported: The entry.
        last: The one before it.
    """
    if exported.prev_hash != last.hash:
        return "the entry does not follow the one before it"
    try:
        if exported.hash != chained(bytes.fromhex(last.hash), exported.entry).hex():
            return "the entry was altered"
    except WITHOUT_TEXT:
        return "the entry was altered"
    return "" if _holds_its_personal_part(exported) else "the entry's personal part was altered"


class _Reading:
    """Reads one export in order: each line by itself and against the one before, the last one against all."""

    def __init__(self, trusted: Mapping[str, bytes] | None, noting: int | None) -> None:
        self.trusted = trusted
        self.noting = noting
        self.noted: Link | None = None
        self.header: Header | None = None
        self.header_digest = ""
        self.digest = hashlib.sha256()
        self.last = Link(0, "")
        self.entries = self.erased = 0
        self.key = ""
        self.has_ended = False

    def so_far(self) -> Outcome:
        head = self.header
        return Outcome(
            account=head.account if head else "",
            after=head.after if head else None,
            up_to=head.up_to if head else None,
            entries=self.entries,
            erased=self.erased,
            at=head.at if head else "",
            key=self.key,
            is_pinned=self.has_ended and self.trusted is not None,
            noted=self.noted,
        )

    def take(self, line: bytes) -> None:
        if self.has_ended:
            raise _Broken("there are lines after the signed head")
        if self.header is None:
            self.header = _header_of(_object_of(line))
            self.header_digest = hashlib.sha256(line).hexdigest()
            self.last = self.header.after
        else:
            found = _object_of(line, self.last.seq + 1)
            if found.get("type") == "head":
                self._end(self.header, found)
                return
            self._entry(self.header, found)
        self.digest.update(line)

    def finish(self) -> None:
        if self.header is None:
            raise _Broken("the file is empty")
        if not self.has_ended:
            raise _Broken("the file is cut off: its last line, the signed head, is missing", self.last.seq + 1)

    def _entry(self, header: Header, found: dict[str, Any]) -> None:
        exported = _entry_of(found, self.last.seq + 1)
        entry = exported.entry
        if entry.account != header.account:
            raise _Broken("the entry is of another account", entry.seq)
        if entry.seq != self.last.seq + 1:
            raise _Broken(_place_fault(entry.seq, self.last.seq), entry.seq)
        fault = link_fault(exported, self.last)
        if fault:
            raise _Broken(fault, entry.seq)
        self.erased += exported.personal_part is None
        self.entries += 1
        self.last = Link(entry.seq, exported.hash)
        if entry.seq == self.noting:
            self.noted = self.last

    def _end(self, header: Header, head: dict[str, Any]) -> None:
        _expect_fields(head, HEAD_FIELDS, "signed head")
        keys = self.trusted if self.trusted is not None else _brought_key(head)
        fault = fault_of(Purpose.EXPORT, head, keys)
        if fault:
            raise _Broken(f"the signed head does not hold: {fault}")
        for holds, reason in self._comparisons(header, head):
            if not holds:
                raise _Broken(reason)
        self.key, self.has_ended = str(head["keyId"]), True

    def _comparisons(self, header: Header, head: dict[str, Any]) -> Iterator[tuple[bool, str]]:
        """What the signed head says, against what was read; in the order in which it tells most."""
        of_here = (head["account"], head["epoch"], head["at"]) == (header.account, header.epoch, header.at)
        yield of_here, "the signed head is of another export"
        yield head["headerDigest"] == self.header_digest, "the header was altered"
        yield head["seq"] == self.last.seq, f"the entries after {self.last.seq} are missing: it ends at {head['seq']}"
        yield head["hash"] == self.last.hash, "the signed head is not that of the last entry"
        yield head["entries"] == self.entries, "the number of entries is another one"
        whole = head["digest"] == self.digest.hexdigest()
        yield whole, "the personal part of an entry was taken out after the export was made"


def _object_of(line: bytes, seq: int | None = None) -> dict[str, Any]:
    """A line's object; refuses every spelling but the one that was written."""
    try:
        found = json.loads(line, parse_float=_refused, parse_constant=_refused)
        exact = isinstance(found, dict) and canonical(found) + b"\n" == line
    except (ValueError, RecursionError) as error:
        raise _Broken("the line is no JSON, or is cut off", seq) from error
    if not exact:
        raise _Broken("the line is not spelled as it was written", seq)
    return dict(found)


def _refused(text: str) -> NoReturn:
    raise ValueError(text[:40])


def _expect_fields(found: Mapping[str, Any], names: frozenset[str], what: str, seq: int | None = None) -> None:
    if set(found) != names:
        raise _Broken(f"the {what} has fields too many or too few", seq)


def _header_of(found: dict[str, Any]) -> Header:
    if found.get("type") != "header" or found.get("format") != FORMAT:
        raise _Broken("the first line is not the header of an exported journal")
    if found.get("version") != VERSION:
        raise _Broken(f"the format's version is not {VERSION}")
    _expect_fields(found, HEADER_FIELDS, "header")
    return Header(
        account=_text(found["account"]),
        epoch=_text(found["epoch"]),
        after=_link(found["after"]),
        up_to=_link(found["upTo"]),
        at=_text(found["at"]),
        checkpoint=found["checkpoint"],
    )


def _link(found: Any) -> Link:
    match found:
        case {"seq": int(seq), "hash": str(digest)} if (
            len(found) == 2 and len(digest) == 64 and not isinstance(seq, bool)
        ):
            return Link(seq, digest)
    raise _Broken("the header does not say where the chain begins and ends")


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise _Broken("the header has a field of the wrong kind")
    return found


def _entry_of(found: dict[str, Any], expected: int) -> Exported:
    if found.get("type") != "entry":
        raise _Broken("the line is neither an entry nor the signed head", expected)
    _expect_fields(found, ENTRY_FIELDS, "entry", expected)
    part, salt = found["personalPart"], found["salt"]
    kinds = (
        type(found["seq"]) is int,
        isinstance(found["at"], str) and MOMENT.fullmatch(found["at"]),
        isinstance(part, dict | None) and isinstance(salt, str | None),
    )
    if not all(kinds):
        raise _Broken("the entry has a field of the wrong kind", expected)
    entry = Entry(**{name: found[name] for name in CHAINED_FIELDS})
    return Exported(entry, part, salt, str(found["prevHash"]), str(found["hash"]))


def _holds_its_personal_part(exported: Exported) -> bool:
    part, salt = exported.personal_part, exported.salt
    if part is None or salt is None:
        return part is None and salt is None
    try:
        raw = bytes.fromhex(salt)
        return raw.hex() == salt and personal_digest(raw, part).hex() == exported.entry.personal
    except WITHOUT_TEXT:
        return False


def _place_fault(seq: int, last: int) -> str:
    if seq <= last:
        return f"entry {seq} stands here again, or out of its order: {last + 1} is expected"
    return f"entry {last + 1} is missing" if seq == last + 2 else f"entries {last + 1} to {seq - 1} are missing"


def _brought_key(head: Mapping[str, Any]) -> Mapping[str, bytes]:
    try:
        public = public_key(str(head["publicKey"]))
    except ValueError:
        return {}
    return {key_id(public): public}
