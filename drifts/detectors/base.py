"""What a detector must offer, and what it is told. A detector never touches the database."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol

from drifts.findings import Assessment, JsonObject


class DetectionError(Exception):
    """A detector could not read its stack; the message is for a person and holds no secret."""


class BadConfig(Exception):
    """A stack's `detectorConfig`, or the names of its secrets, are not what its detector takes."""

    def __init__(self, name: str, message: str) -> None:
        """Keep what was wrong.

        Args:
            name: The name within the config, dotted where nested; '' for the config as a whole.
            message: What is wrong with it, for a person.
        """
        super().__init__(message)
        self.name = name
        self.message = message


class BadSecrets(BadConfig):
    """The names of a stack's secrets are not what its detector takes."""

    def __init__(self, message: str) -> None:
        """Keep what was wrong.

        Args:
            message: What is wrong with them, for a person.
        """
        super().__init__("secrets", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How far an account may make use of who this server is at a cloud; as long as nobody says, not at all."""

    own_credentials: bool = False
    """Whether a stack that names no role may be read with the server's own credentials."""
    external_id: str = ""
    """The account's own external id, which goes along when a role is taken on: so no tenant takes on another's."""
    is_alone: bool = False
    """Whether the server has no other account: then its people may choose an external id themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One reading of one stack."""

    config: JsonObject
    """The stack's `detectorConfig`: what to read and how; no secrets."""
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    """The stack's secrets by name, decrypted for this reading only."""
    trust: Trust = Trust()
    """How far the stack's account may make use of who this server is at a cloud."""
    private_hosts: tuple[str, ...] = ()
    """Host names, in lower case, that the operator lets stacks reach although their addresses are not public ones."""
    seconds: float = 600.0
    """Most seconds it may take, from its start."""
    files_root: str = ""
    """The folder on this machine below which local files may be read and tools may run; '' where none is open."""
    largest: int = 256 * 1024 * 1024
    """Most bytes of a document that it reads."""
    say: Callable[[str], None] = lambda _: None
    """Takes a line of progress or of a tool's output, for people who watch; masked and bounded by whoever takes it."""


class Detector(Protocol):
    """Reads a stack."""

    def __call__(self, detection: Detection) -> Assessment:
        """Read it.

        Args:
            detection: What to read.

        Raises:
            DetectionError: It could not be read.
        """


class Check(Protocol):
    """Says whether a detector can work with a config; pure, so that the API can ask it."""

    def __call__(self, config: JsonObject, secrets: Collection[str]) -> None:
        """Look at a config.

        Args:
            config: As a person wrote it; any JSON object.
            secrets: The names of the stack's secrets.

        Raises:
            BadConfig: It is not what the detector takes.
        """


class TrustCheck(Protocol):
    """Says whether an account may have a config read; pure, so that the API can ask it."""

    def __call__(self, config: JsonObject, trust: Trust) -> None:
        """Look at a config.

        Args:
            config: One that `Check` has taken.
            trust: How far the account is trusted.

        Raises:
            BadConfig: The account may not have it read.
        """


@dataclass(frozen=True, slots=True)
class Detecting:
    """What a detector's module offers, under the name `DETECTOR`."""

    check: Check
    detect: Detector
    check_trust: TrustCheck | None = None
    """None: it never uses what the server is at a cloud."""
