"""A channel's secrets: kept encrypted in one column, read only to send, and never shown but for the last of each."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.masking import hint
from alerts.models import Channel, Medium
from driftsentry.api.encryption import Undecipherable

SIGNING = "signingSecrets"
"""What a webhook signs with: `{"secret": "whsec_…", "until": …}` each, the newest first (alerts/sending/webhook.py)."""
SIGNING_BYTES = 32
FORMER = 3
"""At most so many former keys sign beside the newest."""


def new_signing_secret() -> str:
    """A fresh key that signs, as Standard Webhooks spells it."""
    return "whsec_" + base64.b64encode(os.urandom(SIGNING_BYTES)).decode()


def signs(kind: str) -> bool:
    """Whether the messages of a kind of channel are signed with a key that DriftSentry can make.

    Args:
        kind: One of `Medium`.
    """
    return kind == Medium.WEBHOOK


def read_secrets(channel: Channel) -> dict[str, Any]:
    """What a channel's sender is given.

    Args:
        channel: The channel.

    Raises:
        Undecipherable: They fit none of the server's keys, or are not what was written.
    """
    stored = channel.secrets
    if not stored:
        return {}
    try:
        found = json.loads(stored)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Undecipherable("A channel's secrets are not what was written.")
    return found


def keep_secrets(channel: Channel, secrets: Mapping[str, Any]) -> None:
    """Set a channel's secrets and what may be shown of them; the channel is not saved.

    Args:
        channel: The channel.
        secrets: All of them.
    """
    channel.secrets = json.dumps(dict(secrets), ensure_ascii=False)
    channel.secret_hints = {name: _shown(value) for name, value in sorted(secrets.items())}
    until = [one["until"] for one in _keys(secrets) if one.get("until")]
    channel.previous_secret_until = max(map(datetime.fromisoformat, until), default=None)


def after(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The secrets that there are once some are set anew; one that is given as None is removed.

    Args:
        before: Those that there were.
        given: Those that are set anew.
    """
    return {name: value for name, value in {**before, **given}.items() if value is not None}


def rotated(secrets: Mapping[str, Any], new: str, *, until: datetime, now: datetime) -> dict[str, Any]:
    """The secrets with another key that signs; those before sign beside it for a while.

    Args:
        secrets: Those that there were.
        new: The key.
        until: Until when the one before signs.
        now: The time.
    """
    ends = until.isoformat()
    former = [{"secret": one["secret"], "until": one.get("until") or ends} for one in still_signing(secrets, now)]
    return {**secrets, SIGNING: [{"secret": new}, *former[:FORMER]]}


def still_signing(secrets: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The keys that have not come to their end.

    Args:
        secrets: A channel's.
        now: The time.
    """
    return [one for one in _keys(secrets) if not one.get("until") or datetime.fromisoformat(one["until"]) > now]


def _keys(secrets: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(one) for one in secrets.get(SIGNING) or ()]


def _shown(value: Any) -> str:
    """As much as may be shown: of a text its end, of headers their names."""
    if isinstance(value, str):
        return hint(value)
    if isinstance(value, Mapping):
        return ", ".join(sorted(map(str, value)))[:200]
    return ", ".join(hint(str(one.get("secret", ""))) for one in value if isinstance(one, Mapping))
