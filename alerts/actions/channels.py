"""Channels made, changed and removed. What they are is looked at before it is kept; their secrets are in no fact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from alerts import quiet_hours, routing
from alerts.actions import channel_secrets
from alerts.actions.channel_health import locked_channel
from alerts.actions.releasing import release
from alerts.channel_facts import ChannelChanged, ChannelCreated, ChannelDeleted, ChannelSecretRotated
from alerts.models import Attempt, Channel, Delivery
from alerts.sending.base import BadChannel
from alerts.sending.registry import SENDERS
from audit import journal
from audit.actors import Actor
from driftsentry.api.encryption import Undecipherable
from driftsentry.api.errors import Conflict, Invalid, NotFound

RULES = ("severities", "types", "stacks", "environments")
FIELDS = ("name", "config", *RULES, "quiet_hours", "digest_above", "is_enabled")
"""What may be set and changed, beside the secrets; the kind stays."""
PERSONAL = frozenset({"recipients"})
"""Settings that name people: the journal knows how many there are."""
MOST_CHANNELS = 100
MAX_NAME = 100
HEALTHY = ("failing_since", "resting_until", "disabled_at", "disabled_reason")
LONGEST_OVERLAP = timedelta(days=7)
TAKEN = "There is already a channel of this name."


@dataclass(frozen=True, slots=True)
class Made:
    """A channel, and what is shown of it once.

    Attributes:
        channel: The channel.
        signing_secret: The key that signs, where DriftSentry has made it just now; '' otherwise.
    """

    channel: Channel
    signing_secret: str = field(default="", repr=False)


def create_channel(account_id: UUID, *, values: Mapping[str, Any], by: Actor) -> Made:
    """Make a channel; a webhook for which no key is given gets one.

    Args:
        account_id: The tenant.
        values: Its fields, of `FIELDS`, with `kind` and `secrets`.
        by: Who does it.

    Raises:
        Invalid: Its settings cannot work.
        Conflict: The name is taken, or there are too many.
    """
    with journal.writing(account_id, by=by) as w:
        if Channel.objects.for_account(account_id).count() >= MOST_CHANNELS:
            raise Conflict(f"An account has at most {MOST_CHANNELS} channels; remove one first.")
        channel = Channel(account_id=account_id, kind=values["kind"], **_allowed(values))
        secrets, made = channel_secrets.after({}, values.get("secrets") or {}), ""
        if channel_secrets.signs(channel.kind) and channel_secrets.SIGNING not in secrets:
            made = channel_secrets.new_signing_secret()
            secrets[channel_secrets.SIGNING] = [{"secret": made}]
        _settle(channel, secrets)
        _save(channel, force_insert=True)
        w.record(ChannelCreated(id=channel.pk, name=channel.name, medium=channel.kind))
    return Made(channel, made)


def change_channel(account_id: UUID, channel_id: UUID, *, values: Mapping[str, Any], by: Actor) -> Channel:
    """Change a channel. One that is enabled again begins anew, and what waited for it is sent.

    Args:
        account_id: The tenant.
        channel_id: The channel.
        values: New values, of `FIELDS`, and `secrets`: those that are set anew, or None to remove one.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such channel.
        Invalid: Its settings cannot work, or it is to be of another kind.
        Conflict: The new name is taken.
        Undecipherable: Its settings are to change, and its secrets cannot be read.
    """
    with journal.writing(account_id, by=by) as w:
        channel = _locked(account_id, channel_id)
        if values.get("kind", channel.kind) != channel.kind:
            raise Invalid.field("kind", "A channel stays of its kind: make another one.")
        given = values.get("secrets") or {}
        changes = _change(channel, _allowed(values))
        if given:
            removed = sorted(name for name, value in given.items() if value is None)
            changes["secrets"] = [removed, sorted(given.keys() - set(removed))]
        if not changes:
            return channel
        if given or any(name.startswith("config") for name in changes):
            _settle(channel, channel_secrets.after(_known_secrets(channel, replaced=bool(given)), given))
        begins_anew = bool(given) or any(name.startswith(("config", "is_enabled")) for name in changes)
        if begins_anew:
            channel.failing_since = channel.resting_until = channel.disabled_at = None
            channel.disabled_reason = ""
        _save(channel)
        if begins_anew and channel.is_enabled:
            release(w, channel)
        w.record(ChannelChanged(id=channel.pk, name=channel.name, changes=changes))
    return channel


def delete_channel(account_id: UUID, channel_id: UUID, *, by: Actor) -> None:
    """Remove a channel and its deliveries.

    Args:
        account_id: The tenant.
        channel_id: The channel.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such channel.
    """
    with journal.writing(account_id, by=by) as w:
        # As for its removal: whoever is about to tell it something ends first, or finds it gone.
        rows = Channel.objects.for_account(account_id).select_for_update().defer("secrets")
        channel = rows.filter(pk=channel_id).first()
        if channel is None:
            raise NotFound
        of_it = Delivery.objects.for_account(account_id).filter(channel_id=channel_id)
        Attempt.objects.filter(delivery__in=of_it).delete()
        # One statement, where `delete` would read every message first.
        deliveries = of_it._raw_delete(of_it.db)  # noqa: SLF001
        channel.delete()
        w.record(ChannelDeleted(id=channel_id, name=channel.name, medium=channel.kind, deliveries=deliveries))


def rotate_secret(account_id: UUID, channel_id: UUID, *, overlap: timedelta, by: Actor) -> Made:
    """Have a webhook sign with a new key; the one before signs beside it for a while.

    Args:
        account_id: The tenant.
        channel_id: The channel.
        overlap: For how long, at most `LONGEST_OVERLAP`.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such channel.
        Conflict: Messages of its kind are not signed.
        Undecipherable: Its secrets cannot be read.
    """
    with journal.writing(account_id, by=by) as w:
        channel = _locked(account_id, channel_id)
        if not channel_secrets.signs(channel.kind):
            raise Conflict("Only webhooks sign their messages.")
        made = channel_secrets.new_signing_secret()
        until = w.now + min(overlap, LONGEST_OVERLAP)
        before = channel_secrets.read_secrets(channel)
        channel_secrets.keep_secrets(channel, channel_secrets.rotated(before, made, until=until, now=w.now))
        channel.save(update_fields=["secrets", "secret_hints", "previous_secret_until", "updated_at"])
        w.record(ChannelSecretRotated(id=channel.pk, name=channel.name))
    return Made(channel, made)


def _allowed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a channel's fields as they are kept.

    Raises:
        Invalid: One of them does not do.
    """
    known = {name: values[name] for name in FIELDS if name in values}
    if "name" in known:
        known["name"] = _name(known["name"])
    try:
        rules = routing.check_rules(**{name: known[name] for name in RULES if name in known})
    except routing.BadRules as error:
        raise Invalid.field(error.field, error.message) from error
    known |= {name: list(getattr(rules, name)) for name in RULES if name in known}
    if known.get("quiet_hours") is not None:
        try:
            known["quiet_hours"] = quiet_hours.parse(known["quiet_hours"]).stored()
        except ValueError as error:
            raise Invalid.field("quietHours", str(error)) from error
    return known


def _name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Invalid.field("name", f"Name the channel: 1 to {MAX_NAME} printable characters.")
    return name


def _change(channel: Channel, values: Mapping[str, Any]) -> dict[str, list[object]]:
    """Set what is new; what that is, is told as the journal may have it."""
    changes: dict[str, list[object]] = {}
    for name, new in values.items():
        before = getattr(channel, name)
        if before == new:
            continue
        setattr(channel, name, new)
        changes |= _config_changes(before, new) if name == "config" else {name: [before, new]}
    return changes


def _config_changes(before: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[object]]:
    return {
        f"config.{name}": [_told(name, before.get(name)), _told(name, new.get(name))]
        for name in sorted({*before, *new})
        if before.get(name) != new.get(name)
    }


def _told(name: str, value: Any) -> object:
    """A setting as the journal may have it."""
    if value is None or isinstance(value, bool | int):
        return value
    if name in PERSONAL and isinstance(value, list):
        return f"{len(value)} addresses"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _known_secrets(channel: Channel, *, replaced: bool) -> dict[str, Any]:
    """The secrets that there are; those that no key reads may be given anew."""
    try:
        return channel_secrets.read_secrets(channel)
    except Undecipherable:
        if not replaced:
            raise
        return {}


def _settle(channel: Channel, secrets: Mapping[str, Any]) -> None:
    """Look at whether the channel's settings can work, and keep its secrets and what may be shown of them."""
    sender = SENDERS[channel.kind]
    try:
        sender.check(channel.config, secrets, private_hosts=settings.NOTIFICATION_PRIVATE_HOSTS)
    except BadChannel as error:
        raise Invalid.field(error.field, error.message) from error
    channel_secrets.keep_secrets(channel, secrets)
    channel.destination = sender.where(channel.config, secrets)


def _locked(account_id: UUID, channel_id: UUID) -> Channel:
    channel = locked_channel(account_id, channel_id)
    if channel is None:
        raise NotFound
    return channel


def _save(channel: Channel, **how: Any) -> None:
    try:
        with transaction.atomic():
            channel.save(**how)
    except IntegrityError as error:
        raise Conflict(TAKEN) from error
