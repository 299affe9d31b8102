"""What a detector must offer, and what it is told. A detector never touches the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from drifts.findings import Assessment, JsonObject


class DetectionError(Exception):
    """A detector could not read its stack; the message is for a person and holds no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One reading of one stack."""

    config: JsonObject
    """The stack's `detectorConfig`: what to read and how; no secrets."""
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    """The stack's secrets by name, decrypted for this reading only."""
    seconds: float = 600.0
    """Most seconds it may take, from its start."""
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
