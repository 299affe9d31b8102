"""The two digests of an observation: which resource it is about, and which difference it shows."""

from __future__ import annotations

import hashlib

from drifts.ingest.canonical import Canonical, canonical_text
from drifts.ingest.normalise import Normalised

VERSION = 1
"""Of the fingerprint's recipe. A new recipe gets a new number, and `Seen.former` still names the old one's result."""


def fingerprint(*, account: str, stack: str, provider_type: str, identity: str) -> bytes:
    """Return the 32 bytes that name a resource of a stack: identity words only, never values or severity.

    Each word stands behind its length, so no two lists of words run together into the same bytes.

    Args:
        account: The tenant's id.
        stack: The stack's id.
        provider_type: The tool's type name.
        identity: Address within the stack, with its deposed key.
    """
    digest = hashlib.sha256(VERSION.to_bytes(4, "big"))
    for word in (account, stack, provider_type, identity):
        encoded = word.encode()
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.digest()


def difference_digest(normalised: Normalised) -> bytes:
    """Return the 32 bytes that tell one difference from another.

    Taken over the RFC 8785 text of kind, paths and canonical values, in which a hidden value is its keyed digest: a
    secret that changes again shows, and a mere re-spelling does not. Of a deleted or an unmanaged resource only the
    kind counts.
    """
    changes: dict[str, Canonical] = {
        change.path: [change.expected_canonical, change.actual_canonical] for change in normalised.changes
    }
    return hashlib.sha256(
        canonical_text({"v": str(VERSION), "kind": str(normalised.kind), "changes": changes})
    ).digest()


def attribute_digests(normalised: Normalised) -> dict[str, str]:
    """Return each changed path's own digest, in hexadecimal: what a decision on that attribute is bound to."""
    return {
        change.path: hashlib.sha256(
            canonical_text({"v": str(VERSION), "change": [change.expected_canonical, change.actual_canonical]})
        ).hexdigest()
        for change in normalised.changes
    }
