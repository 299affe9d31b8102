"""What can happen to channels and to the messages that go there; of a secret the journal knows its name alone."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from audit.facts import Fact, register


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCreated(Fact):
    """A channel was made."""

    kind: ClassVar[str] = "channel.created"
    sentence: ClassVar[str] = "Channel {name} ({medium}) created"
    name: str
    medium: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelChanged(Fact):
    """A channel's settings changed; old and new values of what changed, of secrets the names alone."""

    kind: ClassVar[str] = "channel.changed"
    sentence: ClassVar[str] = "Channel {name} changed"
    name: str
    changes: dict[str, list[object]]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDeleted(Fact):
    """A channel was removed, with its deliveries."""

    kind: ClassVar[str] = "channel.deleted"
    sentence: ClassVar[str] = "Channel {name} deleted, with {deliveries} deliveries"
    name: str
    medium: str
    deliveries: int


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSecretRotated(Fact):
    """A webhook signs with a new secret; the one before signs beside it until a time."""

    kind: ClassVar[str] = "channel.secret_rotated"
    sentence: ClassVar[str] = "Signing secret of channel {name} rotated"
    name: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTested(Fact):
    """Somebody had a test message sent."""

    kind: ClassVar[str] = "channel.tested"
    sentence: ClassVar[str] = "Test message sent to channel {name}"
    name: str
    delivery_id: UUID


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDisabled(Fact):
    """A channel disabled itself: nothing could be delivered there for a day, or nothing ever will be."""

    kind: ClassVar[str] = "channel.disabled"
    sentence: ClassVar[str] = "Channel {name} ({medium}) disabled itself"
    name: str
    medium: str
    reason: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryGivenUp(Fact):
    """A message was not delivered and is not tried again, unless somebody has it sent once more."""

    kind: ClassVar[str] = "delivery.given_up"
    sentence: ClassVar[str] = "Message ({type}) by {medium} given up after {tries} tries"
    channel_id: UUID | None
    medium: str
    type: str
    tries: int
    drift_id: UUID | None
    reason: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRedelivered(Fact):
    """Somebody had a message sent once more, under the same id."""

    kind: ClassVar[str] = "delivery.redelivered"
    sentence: ClassVar[str] = "Message ({type}) sent once more; it was {before}"
    channel_id: UUID | None
    type: str
    before: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DeadRedelivered(Fact):
    """Somebody had the messages sent once more that a channel had not taken; of what was over, they were cancelled."""

    kind: ClassVar[str] = "channel.dead_redelivered"
    sentence: ClassVar[str] = "{deliveries} given-up messages of channel {name} sent once more"
    name: str
    deliveries: int
    cancelled: int = 0
