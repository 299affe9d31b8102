"""The keys that sign the journal's heads, exports and checkpoints, from the environment."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from audit.signatures import BadKey, Keyring, keyring, new_private_key
from driftsentry import conf

SETTING = "JOURNAL_SIGNING_KEYS"
FILE = "journal-signing-key"
HOW = (
    "it takes Ed25519 keys, comma-separated, the newest first: PEM, or base64 of the DER or of the 32 bytes "
    "(`openssl genpkey -algorithm ed25519 -outform DER | base64 -w0`), and public:KEY for retired ones"
)


def journal_keys(environment: str, folder: Path) -> Keyring:
    """Read `JOURNAL_SIGNING_KEYS`; in development a key is made once and kept in the data folder.

    Args:
        environment: `development` or `production`.
        folder: The data folder.

    Raises:
        ImproperlyConfigured: A key is none, or the data folder belongs to another user.
    """
    pieces = os.environ.get("JOURNAL_SIGNING_KEYS", "").split(",")
    texts = [piece.strip() for piece in pieces if piece.strip()]
    if not texts and environment != "production":
        texts = [conf.kept_in(folder, FILE, new_private_key)]
    try:
        return keyring(texts)
    except BadKey as error:
        raise ImproperlyConfigured(f"{SETTING} has a key that cannot be read: {error}; {HOW}.") from error
