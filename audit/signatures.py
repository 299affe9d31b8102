"""Ed25519 signatures of the journal's heads, exports and checkpoints. Pure, so that an auditor can check them alone.

What is signed is `driftsentry.journal.<purpose>.v1`, a line feed, and the RFC 8785 text of everything but the
signature: no signature of one purpose passes for another's.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.canonical import canonical

RAW_BYTES = 32
PEM = "-----BEGIN"
RETIRED = "public:"
"""Before a key of which only the public half is kept: it verifies and never signs again."""


class Purpose(StrEnum):
    """What a signature is about."""

    HEAD = "head"
    EXPORT = "export"
    CHECKPOINT = "checkpoint"


class BadKey(ValueError):
    """A text is no Ed25519 key; the message never shows it."""


def key_id(public: bytes) -> str:
    """The name of a key: 16 hexadecimal digits of the sha256 of its public half.

    Args:
        public: The 32 bytes.
    """
    return hashlib.sha256(public).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of a server.

    Attributes:
        signing: The 32 bytes of the private key that signs.
        public: The public halves of all keys, by id, the signing one first: each of them verifies.
    """

    signing: bytes = field(repr=False)
    public: Mapping[str, bytes]

    @property
    def signing_id(self) -> str:
        """The id of the key that signs."""
        return next(iter(self.public))

    def sign(self, purpose: Purpose, claims: Mapping[str, Any]) -> dict[str, Any]:
        """Sign something.

        Args:
            purpose: What it is about.
            claims: What is said.

        Returns:
            The same with `keyId` and `signature`.
        """
        named = {**claims, "keyId": self.signing_id}
        signature = Ed25519PrivateKey.from_private_bytes(self.signing).sign(_message(purpose, named))
        return {**named, "signature": base64.b64encode(signature).decode()}


def keyring(texts: Iterable[str]) -> Keyring:
    """Read the keys of a server.

    Args:
        texts: Private keys, the one that signs first, and public ones of retired keys after `public:`.

    Raises:
        BadKey: One is no key, or there is none that can sign first.
    """
    given = list(texts)
    if not given or given[0].startswith(RETIRED):
        raise BadKey("the first key must be a private one: it signs")
    private = private_key(given[0])
    halves = [public_half(private)]
    for text in given[1:]:
        retired = text.startswith(RETIRED)
        halves.append(public_key(text.removeprefix(RETIRED)) if retired else public_half(private_key(text)))
    return Keyring(signing=private, public={key_id(half): half for half in halves})


def private_key(text: str) -> bytes:
    r"""The 32 bytes of a private key.

    Args:
        text: PEM (line feeds may be written `\n`), or base64 of PKCS#8 DER or of the 32 bytes themselves.

    Raises:
        BadKey: It is none of these.
    """
    raw = _decoded(text)
    if len(raw) == RAW_BYTES:
        return raw
    try:
        key = serialization.load_der_private_key(raw, password=None)
    except (ValueError, TypeError) as error:
        raise BadKey("not an Ed25519 private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey("a private key, but not an Ed25519 one")
    return key.private_bytes_raw()


def public_key(text: str) -> bytes:
    """The 32 bytes of a public key.

    Args:
        text: PEM, or base64 of SubjectPublicKeyInfo DER or of the 32 bytes themselves.

    Raises:
        BadKey: It is none of these.
    """
    raw = _decoded(text)
    if len(raw) == RAW_BYTES:
        return raw
    try:
        key = serialization.load_der_public_key(raw)
    except (ValueError, TypeError) as error:
        raise BadKey("not an Ed25519 public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadKey("a public key, but not an Ed25519 one")
    return key.public_bytes_raw()


def _decoded(text: str) -> bytes:
    lines = text.replace("\\n", "\n").strip()
    if lines.startswith(PEM):
        lines = "".join(line for line in lines.splitlines() if not line.startswith("-----"))
    try:
        return base64.b64decode("".join(lines.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKey("neither PEM nor base64") from error


def public_half(private: bytes) -> bytes:
    """The public half of a private key.

    Args:
        private: Its 32 bytes.
    """
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def new_private_key() -> str:
    """A fresh private key, as base64 of its 32 bytes."""
    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def public_pem(public: bytes) -> str:
    """A public key as PEM, as every tool reads it.

    Args:
        public: Its 32 bytes.
    """
    return (
        Ed25519PublicKey.from_public_bytes(public)
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def fault_of(purpose: Purpose, signed: Mapping[str, Any], keys: Mapping[str, bytes]) -> str:
    """Why a signature does not hold, in words; empty where it does.

    Args:
        purpose: What it must be about.
        signed: What was said, with `keyId` and `signature`.
        keys: Public halves by id.
    """
    public, text = keys.get(str(signed.get("keyId"))), str(signed.get("signature"))
    if public is None:
        return (
            f"it is signed by key {str(signed.get('keyId'))[:40]}, which is not one of the keys that are trusted here"
        )
    try:
        signature = base64.b64decode(text, validate=True)
        if base64.b64encode(signature).decode() != text:
            return "its signature is not spelled as it was written"
        message = _message(purpose, {name: value for name, value in signed.items() if name != "signature"})
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return f"its signature is not one of key {signed['keyId']}"
    return ""


def _message(purpose: Purpose, claims: Mapping[str, Any]) -> bytes:
    return f"driftsentry.journal.{purpose}.v1\n".encode() + canonical(dict(claims))
