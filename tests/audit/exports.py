"""Small exports made without a database."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

from audit.canonical import GENESIS, Entry, canonical, chained, personal_digest
from audit.export_format import Exported, Header, Link, Sealing
from audit.export_verification import Outcome, lines_of, verify
from audit.signatures import Keyring, keyring

ACCOUNT, OTHER = "01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-000000000000"
EPOCH = "5edf3e53-a31e-469c-a6b2-1d9f46da7893"
START = Link(0, GENESIS.hex())


def keys(name: str = "one") -> Keyring:
    """A key that depends on its name only."""
    return keyring([base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()])


def chain(
    number: int,
    *,
    account: str = ACCOUNT,
    after: Link = START,
    erased: Sequence[int] = (),
    kind: str = "stack.changed",
) -> list[Exported]:
    """Entries in their order; some have had their personal part erased."""
    made, last = [], after
    for seq in range(after.seq + 1, after.seq + 1 + number):
        part = {"actorEmail": "alice@acme.example", "address": "192.0.2.7", "text": f"Grüße {seq}", "userAgent": ""}
        salt = hashlib.sha256(f"salt {seq}".encode()).digest()[:16]
        entry = Entry(
            account=account,
            actor=None if seq % 2 else OTHER,
            at=f"2026-01-02T03:04:{seq % 60:02}.000001Z",
            correlation="",
            data={"id": None, "name": f"stack {seq}", "changes": {"schedule": [None, seq], "ok": [True, False]}},
            drift=None,
            id=f"00000000-0000-7000-8000-{seq:012}",
            kind=kind,
            personal=personal_digest(salt, part).hex(),
            role="admin",
            seq=seq,
            v=1,
        )
        own = chained(bytes.fromhex(last.hash), entry).hex()
        one = Exported(entry, part, salt.hex(), last.hash, own)
        made.append(replace(one, personal_part=None, salt=None) if seq in erased else one)
        last = Link(seq, own)
    return made


def sealed(
    entries: Sequence[Exported], *, signed_by: Keyring | None = None, after: Link = START, at: str = "05"
) -> bytes:
    """Entries as a file."""
    end = Link(entries[-1].entry.seq, entries[-1].hash) if entries else after
    account = entries[0].entry.account if entries else ACCOUNT
    header = Header(account, EPOCH, after=after, up_to=end, at=f"2026-02-03T04:{at}:00.000000Z")
    sealing = Sealing(header)
    return sealing.begin() + sealing.add(entries) + sealing.end(signed_by or keys())


def checked(body: bytes, *, trusted: Keyring | None = None) -> Outcome:
    """What verification finds in it."""
    return verify(lines_of(BytesIO(body)), trusted=(trusted or keys()).public)


def changed(line: bytes, **values: Any) -> bytes:
    """A line with other values, spelled as it should be."""
    return canonical(json.loads(line) | values) + b"\n"
