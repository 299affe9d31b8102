"""The journal's canonical bytes and hash chain: pure, so that an export can be verified with no database.

`hash = sha256(previous hash || RFC 8785 text of the entry)`. The personal part stands in that text only as
`sha256(salt || RFC 8785 text of the part)`, so that it can be erased, with its salt, and the chain still verifies.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import rfc8785

try:
    import orjson
except ImportError:  # an auditor's machine may have rfc8785 alone
    _quick: Any = rfc8785.dumps
else:

    def _quick(value: Any) -> bytes:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)


GENESIS = bytes(32)
FIRST_OUT_OF_ORDER = "\ud800"
"""From here on, sorting by code point is not sorting by UTF-16, as RFC 8785 does."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal entry, as the chain sees it.

    Attributes:
        account: The account's id.
        actor: The actor's id, or none for the system.
        at: ISO 8601 in UTC with `Z`, six decimals.
        correlation: The request's correlation id.
        data: The fact's data.
        drift: The drift's id, where it is about one.
        id: The entry's id.
        kind: The fact's kind.
        personal: Hex of the personal part's digest.
        role: The actor's role.
        seq: The entry's place in its account, from 1 without a gap.
        v: The fact's version.
    """

    account: str
    actor: str | None
    at: str
    correlation: str
    data: dict[str, Any]
    drift: str | None
    id: str
    kind: str
    personal: str
    role: str
    seq: int
    v: int

    def pieces(self) -> tuple[str, str, str]:
        """The canonical text around the time and the number, which only the database knows when it appends.

        RFC 8785 sorts the keys, so the time and the number always stand at the same places.
        """
        before = _text({"account": self.account, "actor": self.actor})[:-1] + ',"at":"'
        rest = {
            "correlation": self.correlation,
            "data": self.data,
            "drift": self.drift,
            "id": self.id,
            "kind": self.kind,
            "personal": self.personal,
            "role": self.role,
        }
        return before, '",' + _text(rest)[1:-1] + ',"seq":', ',"v":' + str(self.v) + "}"

    def text(self) -> str:
        """The entry's RFC 8785 text."""
        before, between, after = self.pieces()
        return f"{before}{self.at}{between}{self.seq}{after}"


def chained(previous: bytes, entry: Entry) -> bytes:
    """The hash of an entry.

    Args:
        previous: The hash of the entry before it, or `GENESIS`.
        entry: The entry.
    """
    return hashlib.sha256(previous + entry.text().encode()).digest()


def personal_digest(salt: bytes, personal: dict[str, str]) -> bytes:
    """What stands for the personal part in the chain.

    Args:
        salt: Random bytes of the entry, erased with the part.
        personal: The actor's e-mail, address and user agent, and the free text.
    """
    return hashlib.sha256(salt + canonical(personal)).digest()


def canonical(value: Any) -> bytes:
    """RFC 8785 text of what the journal holds: strings, whole numbers, booleans, null, lists and objects of these.

    For these orjson writes the same bytes fifty times as quickly, unless keys sort otherwise. It is not asked about
    fractions: facts hold none, and neither do the lines of an export.

    Args:
        value: Plain data.

    Raises:
        rfc8785.CanonicalizationError: It cannot be written so, e.g. a number of more than 53 bits.
    """
    try:
        text: bytes = _quick(value)
    except TypeError:
        return rfc8785.dumps(value)
    if text.isascii() or max(text.decode()) < FIRST_OUT_OF_ORDER:
        return text
    return rfc8785.dumps(value)


def _text(value: Any) -> str:
    return canonical(value).decode()
