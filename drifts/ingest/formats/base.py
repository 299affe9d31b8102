"""What a format must offer, and what a sender may say beside the body."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from drifts.findings import Assessment
from drifts.ingest.json_walk import Members


class Mode(StrEnum):
    """Which part of a plan counts as drift."""

    DRIFT = "drift"
    """Only what changed outside: the default."""
    PLAN = "plan"
    """Pending changes too: for a scheduled plan on unchanged code."""


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """What the sender says of a body."""

    mode: Mode = Mode.DRIFT
    complete: bool | None = None
    """True: the sender vouches that nothing is missing, which counts where the format cannot tell; False: something
    is; None: the format decides alone."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how to recognise it and how to read it."""

    name: str
    """As in `?format=`."""
    title: str
    """For a person: the command that writes it."""
    sniff: Callable[[Members], bool]
    """Whether the first object of a body is of this format, by its keys."""
    parse: Callable[[bytes, ParseOptions], Assessment]
    """Read a body. Raises FormatError."""
    line: re.Pattern[bytes] | None = None
    """How an object of it begins, brace and first key, where it is written as one object a line of a log; such objects
    are found behind prefixes and colours, too. None for a format of one document."""
