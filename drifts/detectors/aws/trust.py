"""Whose role may be taken on for whom, so that no tenant reads by this server what is another's: the confused deputy.

Without a role a stack would be read as the server itself. And since every tenant's role trusts the same server, only
the external id tells for whom it asks: it is the account's own, which nobody chooses and no other account is given.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from drifts.detectors.base import BadConfig, Trust
from drifts.findings import Json, JsonObject

WHERE = "GET /detection-settings tells it as awsExternalId"
NEEDS_ROLE = (
    "Name a role: on this server no stack is read with the server's own credentials. Let the role's trust policy "
    f"demand this account's external id ({WHERE})."
)
NOT_CHOSEN = (
    "On a server of several accounts nobody chooses an external id: leave it out, and let the role's trust policy "
    f"demand this account's own ({WHERE})."
)
UNKNOWN = "No external id is known for this account, and without one no role is taken on."
OPEN_TO_ALL = (
    "roleArn: The role can be taken on with any external id, so that other tenants of this server could read by it, "
    f"too. Let its trust policy demand this account's own with StringEquals ({WHERE})."
)


_PREFIX = "driftsentry-"
_BYTES = 16
"""Of the digest: as many as a random UUID has."""


def external_id_of(account: str, *, key: bytes) -> str:
    """Return an account's own external id: always the same, and known to nobody without the key.

    Args:
        account: The account's id, which no other account ever has.
        key: The server's key for external ids.
    """
    return _PREFIX + hmac.new(key, f"aws:{account}".encode(), hashlib.sha256).digest()[:_BYTES].hex()


def strangers_external_id() -> str:
    """Return an external id as other accounts have them, and that none has."""
    return _PREFIX + secrets.token_hex(_BYTES)


def refusal(role_arn: str, external_id: str, trust: Trust) -> BadConfig | None:
    """Say why an account may not have a stack read in this way, None where it may.

    Args:
        role_arn: The role that the stack names, '' for none.
        external_id: The external id that it names, '' for none.
        trust: How far its account is trusted.
    """
    if not role_arn:
        return None if trust.own_credentials else BadConfig("roleArn", NEEDS_ROLE)
    if trust.is_alone or (trust.external_id and external_id in {"", trust.external_id}):
        return None
    return BadConfig("externalId", NOT_CHOSEN if trust.external_id else UNKNOWN)


def check_trust(config: JsonObject, trust: Trust) -> None:
    """Refuse a config that its account may not have read.

    Args:
        config: A checked one, of any detector that has `roleArn` and `externalId`.
        trust: How far its account is trusted.

    Raises:
        BadConfig: It may not.
    """
    found = refusal(_text(config.get("roleArn")), _text(config.get("externalId")), trust)
    if found is not None:
        raise found


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
