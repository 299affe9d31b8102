"""What an API key looks like: made from `secrets`, found by its prefix, known by the SHA-256 of the whole. Pure.

A key is `dsk_<prefix>_<secret>`, letters and digits only. The secret holds 238 bits, so a plain digest of it cannot be
guessed backwards and needs no slow hash.
"""

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass

MARK = "dsk_"
PREFIX_LENGTH = 10
SECRET_LENGTH = 40
ALPHABET = string.ascii_letters + string.digits
SHAPE = re.compile(rf"({MARK}[A-Za-z0-9]{{{PREFIX_LENGTH}}})_[A-Za-z0-9]{{{SECRET_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is once shown, and what is kept of it.

    Attributes:
        text: The whole key; kept nowhere.
        prefix: What it is found by.
        last4: What people tell it by.
        digest: What it is known by.
    """

    text: str
    prefix: str
    last4: str
    digest: bytes

    def __repr__(self) -> str:
        """All but the key: a representation may be logged."""
        return f"NewKey({self.prefix}…{self.last4})"


def new_key() -> NewKey:
    """Make a key that nobody can guess."""
    prefix = MARK + _random(PREFIX_LENGTH)
    text = f"{prefix}_{_random(SECRET_LENGTH)}"
    return NewKey(text=text, prefix=prefix, last4=text[-4:], digest=digest(text))


def prefix_of(text: str) -> str | None:
    """What a key is found by.

    Args:
        text: As a client sent it.

    Returns:
        None where it is no key at all.
    """
    found = SHAPE.fullmatch(text)
    return found.group(1) if found else None


def digest(text: str) -> bytes:
    """What a key is known by.

    Args:
        text: The whole key.
    """
    return hashlib.sha256(text.encode()).digest()


def matches(text: str, known: bytes | None) -> bool:
    """Whether a key is the one that is known, in a time that says nothing of how much of it is right.

    Args:
        text: As a client sent it.
        known: The digest kept; None where no key has its prefix, which takes the same work.
    """
    same = hmac.compare_digest(digest(text), known if known is not None else bytes(32))
    return same and known is not None


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
