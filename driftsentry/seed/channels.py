"""The demo's channels: one that mails what is grave, and an example of a webhook, which is switched off."""

from typing import Any
from uuid import UUID

from alerts.actions.channels import create_channel
from alerts.models import Channel
from audit.actors import Actor

SEEDED: tuple[dict[str, Any], ...] = (
    {
        "name": "Platform team",
        "kind": "email",
        "config": {"recipients": ["platform@driftsentry.local"]},
        "severities": ["critical", "high"],
        "quiet_hours": {"start": "22:00", "end": "07:00", "timezone": "UTC"},
    },
    {
        "name": "Example webhook",
        "kind": "webhook",
        "secrets": {"url": "https://hooks.example.com/driftsentry"},
        "stacks": ["payments-*"],
        "is_enabled": False,
    },
)
"""A channel's fields, as `alerts.actions.channels.create_channel` takes them."""


def seed_channels(account_id: UUID, *, by: Actor) -> None:
    """Make the channels; one whose name is there already stays as it is.

    Args:
        account_id: The tenant.
        by: Who does it.
    """
    known = set(Channel.objects.for_account(account_id).values_list("name", flat=True))
    for values in SEEDED:
        if values["name"] not in known:
            create_channel(account_id, values=values, by=by)
