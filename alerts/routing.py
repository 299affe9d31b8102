"""Routing: which channel hears of which occasion. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from alerts.occasions import Occasion, Type

SEVERITIES = ("critical", "high", "medium", "low")
"""The gravest first."""
NEVER_ROUTED = frozenset({Type.DIGEST, Type.ASSIGNED, Type.CHANNEL_DISABLED, Type.SESSION_REUSED, Type.TEST})
"""What no channel chooses: a digest holds what it chose; the others go to whom they concern."""
CHOOSABLE = tuple(one.value for one in Type if one not in NEVER_ROUTED)
MOST_GLOBS = 50
MOST_CHARACTERS = 200


class BadRules(ValueError):
    """Rules that cannot be kept."""

    def __init__(self, field: str, message: str) -> None:
        """Say which list.

        Args:
            field: `severities`, `types`, `stacks` or `environments`.
            message: What is wrong and what to do.
        """
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a channel hears of; an empty list lets all pass.

    Attributes:
        severities: Severities.
        types: Types of occasions, of `CHOOSABLE`.
        stacks: Names of stacks, or globs, in which `*` stands for any run of characters.
        environments: The same of environments.
    """

    severities: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()


EVERYTHING = Rules()


def matches(rules: Rules, occasion: Occasion) -> bool:
    """Say whether a channel with these rules hears of an occasion.

    Args:
        rules: The channel's.
        occasion: What there is to tell.
    """
    return (
        (not rules.severities or occasion.severity in rules.severities)
        and (not rules.types or occasion.type.value in rules.types)
        and _fits(rules.stacks, occasion.stack)
        and _fits(rules.environments, occasion.environment)
    )


def hears_end(rules: Rules, kind: Type, *, closes: bool) -> bool:
    """Say whether a channel that was told of an episode is told of its end.

    It is whatever the end's severity or stack, for it follows from what was told. Only a channel that chose its types
    and left the end's out is not, unless the end does not speak to people but closes what was opened there.

    Args:
        rules: The channel's.
        kind: The end's type.
        closes: Whether the end closes an incident at the receiver.
    """
    return closes or not rules.types or kind.value in rules.types


def check_rules(
    *,
    severities: Iterable[object] = (),
    types: Iterable[object] = (),
    stacks: Iterable[object] = (),
    environments: Iterable[object] = (),
) -> Rules:
    """Look at rules before they are kept; each value counts once.

    Args:
        severities: As given.
        types: As given.
        stacks: As given.
        environments: As given.

    Raises:
        BadRules: One of them does not do.
    """
    return Rules(
        severities=_chosen("severities", severities, SEVERITIES),
        types=_chosen("types", types, CHOOSABLE),
        stacks=_globs("stacks", stacks),
        environments=_globs("environments", environments),
    )


def severity_rank(severity: str) -> int:
    """Where a severity stands, 0 being the gravest; none at all comes last.

    Args:
        severity: One of `SEVERITIES`, or ''.
    """
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _chosen(field: str, given: Iterable[object], choices: tuple[str, ...]) -> tuple[str, ...]:
    values = _texts(field, given)
    unknown = [value for value in values if value not in choices]
    if unknown:
        raise BadRules(field, f"Choose among {', '.join(choices)}.")
    return tuple(one for one in choices if one in values)


def _globs(field: str, given: Iterable[object]) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(value.strip() for value in _texts(field, given)))
    if not all(values):
        raise BadRules(field, "Leave out what is empty; an empty list lets all pass.")
    if len(values) > MOST_GLOBS or any(len(value) > MOST_CHARACTERS for value in values):
        raise BadRules(field, f"At most {MOST_GLOBS} names or globs, of {MOST_CHARACTERS} characters each.")
    return values


def _texts(field: str, given: Iterable[object]) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise BadRules(field, "A list of texts.")
    values = tuple(given)
    texts = tuple(value for value in values if isinstance(value, str))
    if len(texts) != len(values):
        raise BadRules(field, "A list of texts.")
    if any("\x00" in text for text in texts):
        raise BadRules(field, "No text holds the sign U+0000.")
    return texts


def _fits(globs: tuple[str, ...], name: str) -> bool:
    return not globs or _pattern(globs).fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    """Globs as one expression that never goes back: each part between stars is looked for once."""
    return re.compile("|".join(_expression(glob) for glob in globs), re.DOTALL)


def _expression(glob: str) -> str:
    first, *parts = (re.escape(part) for part in re.sub(r"\*+", "*", glob).split("*"))
    if not parts:
        return first
    *middle, last = parts
    return first + "".join(f"(?>.*?{part})" for part in middle) + ".*" + last
