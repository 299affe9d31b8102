"""Channels for the tests of who is told of what, and what they were told."""

from typing import Any

from alerts.models import Channel, Delivery
from alerts.sending.message import Message


def channel(world: Any, name: str = "team", kind: str = "webhook", **more: Any) -> Channel:
    """A channel of the tests' account that hears of everything, unless `more` says otherwise."""
    return Channel.objects.create(account=world.account, name=name, kind=kind, **more)


def told(one: Channel, **where: Any) -> list[Delivery]:
    """What a channel is told, oldest first."""
    return list(Delivery.objects.filter(channel=one, **where).order_by("id"))


def types(one: Channel, **where: Any) -> list[str]:
    """The types of what a channel is told, oldest first."""
    return [delivery.type for delivery in told(one, **where)]


def message(delivery: Delivery) -> Message:
    """What it says."""
    return Message.read(delivery.message)


def mails(user: Any, **where: Any) -> list[Delivery]:
    """What a user is told by mail, oldest first."""
    return list(Delivery.objects.filter(recipient=user, medium="email", **where).order_by("id"))
