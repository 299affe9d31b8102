"""Secrets at rest: encrypted with the newest of several keys, read with any of them (Fernet: AES-128-CBC and HMAC)."""

import base64
import hashlib
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class Undecipherable(Exception):
    """A stored secret was written with a key that `ENCRYPTION_KEYS` no longer holds."""


def encrypt(text: str) -> str:
    """Encrypt a secret with the newest key.

    Args:
        text: The secret.
    """
    return _fernet(settings.ENCRYPTION_KEYS).encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """Read a stored secret.

    Args:
        stored: As `encrypt` gave it.

    Raises:
        Undecipherable: No key fits.
    """
    try:
        return _fernet(settings.ENCRYPTION_KEYS).decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise Undecipherable(
            "A stored secret fits none of ENCRYPTION_KEYS: add the key that it was written with."
        ) from error


def rotate(stored: str) -> str:
    """Write a stored secret anew with the newest key.

    Args:
        stored: As `encrypt` gave it.

    Raises:
        Undecipherable: No key fits.
    """
    return encrypt(decrypt(stored))


def is_newest(stored: str) -> bool:
    """Whether a stored secret was written with the newest key.

    Args:
        stored: As `encrypt` gave it.
    """
    try:
        _fernet(settings.ENCRYPTION_KEYS[:1]).decrypt(stored.encode())
    except InvalidToken:
        return False
    return True


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys])


class EncryptedTextField(models.TextField):  # type: ignore[type-arg] # not subscriptable at run time
    """A text that the database holds encrypted only. It cannot be searched."""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        """The secret.

        Args:
            value: As stored.
            expression: Unused.
            connection: Unused.
        """
        return None if value is None else decrypt(value)

    def get_prep_value(self, value: Any) -> Any:
        """What is stored of a secret.

        Args:
            value: The secret.
        """
        return None if value is None else encrypt(str(value))
