"""What reading AWS says, before it is compared: plain values between the readers and the comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from drifts.detectors.terraform_state import StateResource
from drifts.findings import JsonObject


@dataclass(frozen=True, slots=True)
class Placed:
    """A resource of the state, and where it is."""

    resource: StateResource
    attributes: JsonObject = field(repr=False)
    """As the state has them."""
    region: str
    """'' for what has no region, or where the state does not say."""
    account: str
    """12 digits; '' where the state does not say."""

    def text(self, name: str) -> str:
        """Return an attribute that is text, '' where it is anything else."""
        value = self.attributes.get(name)
        return value if isinstance(value, str) else ""

    @property
    def provider_type(self) -> str:
        """Its type."""
        return self.resource.provider_type


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource that was looked up."""

    placed: Placed
    actual: JsonObject | None = field(repr=False)
    """Its attributes in the state's spelling, only those that were read; None: it is positively not there."""
    expected: JsonObject = field(default_factory=dict, repr=False)
    """Attributes to compare with instead of the state's own, where other resources of the state own a part of them."""
    unread: tuple[str, ...] = ()
    """Why parts of it could not be read, in words; nothing where all was."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A resource that could not be looked up."""

    placed: Placed
    reason: str


@dataclass(frozen=True, slots=True)
class Extra:
    """Something there that the state does not hold."""

    provider_type: str
    resource_id: str
    actual: JsonObject = field(repr=False)
    region: str = ""


@dataclass(slots=True)
class Outcome:
    """What one job found."""

    seen: list[Seen] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)
    unlisted: dict[str, str] = field(default_factory=dict)
    """Types that were to be listed for what the state does not hold, and why they could not be."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of reading that runs by itself."""

    what: str
    """In words, for people who watch: `aws_instance in eu-west-1`."""
    types: tuple[str, ...]
    """The types it reads."""
    placed: tuple[Placed, ...]
    """The state's resources it looks up."""
    run: Callable[[], Outcome] = field(repr=False)
    """Raises CallFailed or OutOfTime where nothing of it could be read."""
    lists: bool = False
    """Whether it also looks for what the state does not hold."""
