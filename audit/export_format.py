"""An exported journal: how it is written. Pure; `audit.export_verification` reads it, with no database.

JSON Lines, each line the RFC 8785 text of one object: a header, the entries in their order, and a signed head. The head
comes last because it signs the digest of every byte before it, and because a file that was cut off then cannot look
like a whole one. Where the export ends stands in the header already. See `audit/README.md`.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from audit.canonical import Entry, canonical
from audit.signatures import Keyring, Purpose

FORMAT = "driftsentry-journal"
VERSION = 1
MAX_LINE_BYTES = 16 * 1024 * 1024
HEADER_FIELDS = frozenset({"account", "after", "at", "checkpoint", "epoch", "format", "type", "upTo", "version"})
CHAINED_FIELDS = frozenset(Entry.__slots__)
ENTRY_FIELDS = CHAINED_FIELDS | {"hash", "personalPart", "prevHash", "salt", "type"}
HEAD_FIELDS = frozenset(
    {"account", "at", "digest", "entries", "epoch", "hash", "headerDigest", "keyId", "publicKey", "seq", "signature"}
) | {"type"}


@dataclass(frozen=True, slots=True)
class Link:
    """A place in a chain.

    Attributes:
        seq: The number of an entry; 0 before the first one.
        hash: Hex of its hash; zeros before the first one.
    """

    seq: int
    hash: str

    def plain(self) -> dict[str, Any]:
        """As it stands in a file."""
        return {"hash": self.hash, "seq": self.seq}


@dataclass(frozen=True, slots=True)
class Header:
    """What an export begins with.

    Attributes:
        account: The account's id.
        epoch: The journal's epoch: another one after a backup was restored.
        after: The entry before the first one: where the file's chain hangs on.
        up_to: The last entry.
        at: When it was made, ISO 8601.
        checkpoint: The signed checkpoint of what is archived, where something is.
    """

    account: str
    epoch: str
    after: Link
    up_to: Link
    at: str
    checkpoint: Mapping[str, Any] | None = None

    def plain(self) -> dict[str, Any]:
        """As it stands in a file."""
        return {
            "account": self.account,
            "after": self.after.plain(),
            "at": self.at,
            "checkpoint": dict(self.checkpoint) if self.checkpoint else None,
            "epoch": self.epoch,
            "format": FORMAT,
            "type": "header",
            "upTo": self.up_to.plain(),
            "version": VERSION,
        }


@dataclass(frozen=True, slots=True)
class Exported:
    """One entry with what proves it.

    Attributes:
        entry: As the chain sees it.
        personal_part: What names people; none once erased.
        salt: Hex of the salt of that part's digest; none once erased.
        prev_hash: Hex of the hash of the entry before it.
        hash: Hex of its own.
    """

    entry: Entry
    personal_part: dict[str, str] | None
    salt: str | None
    prev_hash: str
    hash: str

    def line(self) -> bytes:
        """Its line."""
        fields = {name: getattr(self.entry, name) for name in Entry.__slots__}
        proof = {"hash": self.hash, "personalPart": self.personal_part, "prevHash": self.prev_hash, "salt": self.salt}
        return canonical({**fields, **proof, "type": "entry"}) + b"\n"


class Sealing:
    """Writes an export line by line and keeps the digest that the last line signs.

    Attributes:
        header: What it began with.
        entries: How many entries were written.
    """

    def __init__(self, header: Header) -> None:
        """Begin.

        Args:
            header: What the export begins with.
        """
        self.header = header
        self.entries = 0
        self._first = canonical(header.plain()) + b"\n"
        self._digest = hashlib.sha256(self._first)

    def begin(self) -> bytes:
        """The first line."""
        return self._first

    def add(self, entries: Iterable[Exported]) -> bytes:
        """The lines of some entries.

        Args:
            entries: The next ones.
        """
        lines = [entry.line() for entry in entries]
        self.entries += len(lines)
        text = b"".join(lines)
        self._digest.update(text)
        return text

    def end(self, keys: Keyring) -> bytes:
        """The last line: the signed head.

        Args:
            keys: The server's.
        """
        claims = {
            "account": self.header.account,
            "at": self.header.at,
            "digest": self._digest.hexdigest(),
            "entries": self.entries,
            "epoch": self.header.epoch,
            "hash": self.header.up_to.hash,
            "headerDigest": hashlib.sha256(self._first).hexdigest(),
            "publicKey": base64.b64encode(keys.public[keys.signing_id]).decode(),
            "seq": self.header.up_to.seq,
            "type": "head",
        }
        return canonical(keys.sign(Purpose.EXPORT, claims)) + b"\n"
