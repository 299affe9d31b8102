"""When a decision still stands: it is bound to what was seen, attribute by attribute; when that changes, it lapses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MAX_PATHS = 100
NAMED_PATHS = 5
PATH_LENGTH = 200


class Cause(StrEnum):
    """Why a decision lapsed."""

    KIND = "kind"
    """What happened to the resource is another thing now: it was changed and is gone, say."""
    BLIND = "blind"
    """The decision was made when no source had said yet how the resource differs."""
    DIFFERENCE = "difference"
    """An attribute differs that was not decided, or otherwise than it was."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """A decision that no longer stands, and why."""

    cause: Cause
    again: tuple[str, ...] = ()
    """Attribute paths that were decided and differ otherwise now; sorted."""
    new: tuple[str, ...] = ()
    """Attribute paths that did not differ when it was decided; sorted."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The attributes that made it lapse, at most `MAX_PATHS`."""
        return (*self.again, *self.new)[:MAX_PATHS]

    @property
    def reason(self) -> str:
        """The same in words, without a value: `ingress changed again; tags.owner differs too`."""
        if self.cause is Cause.KIND:
            return "something else has happened to the resource than what was decided"
        if self.cause is Cause.BLIND:
            return "it was made before it was known what differs"
        differ = "differs too" if len(self.new) == 1 else "differ too"
        said = [
            f"{_listed(paths)} {words}" for paths, words in ((self.again, "changed again"), (self.new, differ)) if paths
        ]
        return "; ".join(said) or "it differs otherwise than what was decided"


def moved(decided: Mapping[str, str], now: Mapping[str, str]) -> Lapse | None:
    """Compare what differs now with what was decided.

    Args:
        decided: Changed path → digest of that change, as it was when the decision was made.
        now: The same as it is now.

    Returns:
        None where all that differs now was decided just so: some of it may have been put back. So the digests of a
        snoozed drift can be asked, too.
    """
    if not now:
        return Lapse(Cause.DIFFERENCE)
    again = tuple(sorted(path for path in now if path in decided and decided[path] != now[path]))
    new = tuple(sorted(path for path in now if path not in decided))
    return Lapse(Cause.DIFFERENCE, again, new) if again or new else None


def _listed(paths: tuple[str, ...]) -> str:
    words = ", ".join(path[:PATH_LENGTH] for path in paths[:NAMED_PATHS])
    return f"{words} and {len(paths) - NAMED_PATHS} more" if len(paths) > NAMED_PATHS else words
