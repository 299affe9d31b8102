"""The cause of a group of drifts in words: how many, where, why, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from drifts.causes import Cause, Group, OpenDrift, provider_step

MAX_SENTENCE = 1000
NAMED = 3
"""Attributes that a sentence names."""
PATH_LENGTH = 120
NAME_LENGTH = 200
_UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


def sentence_of(group: Group, *, now: datetime) -> str:
    """Say what a group's members share: `31 drifts in 4 stacks: the same change of tags.owner, first seen 3 days ago`.

    Args:
        group: The group.
        now: The time.
    """
    stacks = len({one.stack_id for one in group.members})
    reach = f"{counted(len(group.members), 'drift')} in {counted(stacks, 'stack')}"
    age = f"first seen {_ago(now - min(one.detected_at for one in group.members))}"
    return f"{reach}: {_why(group)}, {age}"[:MAX_SENTENCE]


def counted(number: int, word: str) -> str:
    """Say how many there are of something.

    Args:
        number: How many.
        word: What, in the singular.
    """
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _why(group: Group) -> str:
    match group.cause:
        case Cause.PRINCIPAL:
            return f"changed by {group.about[0][:NAME_LENGTH]}"
        case Cause.SAME_CHANGE:
            return f"the same change of {_listed(group.about)}"
        case Cause.VERSION_STEP:
            _, _, provider_type, *attributes = group.about
            what = f"{_listed(attributes)} of {provider_type[:NAME_LENGTH] or 'a resource'}"
            return f"{what}, first shown when {_what_changed(group)}"
        case Cause.TIME_WINDOW:
            return _when(group)


def _what_changed(group: Group) -> str:
    provider, version, *_ = group.about
    if not provider:
        return f"the tool's version changed to {version[:NAME_LENGTH]}"
    before = {step[1] for one in group.members if (step := provider_step(one))}
    start = f" from {next(iter(before))[:NAME_LENGTH]}" if len(before) == 1 else ""
    return f"the provider {provider[:NAME_LENGTH]} changed{start} to {version[:NAME_LENGTH]}"


def _when(group: Group) -> str:
    if group.about[0] == "changed":
        return f"changed {_between([one.changed_at for one in group.members if one.changed_at])}"
    seen = _between([one.first_shown.at for one in group.members if one.first_shown])
    return f"first shown by scans {seen} that earlier scans did not show; when they were changed is not known"


def _between(moments: Sequence[datetime]) -> str:
    first, last = min(moments), max(moments)
    start, end = f"{first:%Y-%m-%d %H:%M}", f"{last:%Y-%m-%d %H:%M}"
    if start == end:
        return f"at {start} UTC"
    return f"between {start} and {end[-5:] if start[:10] == end[:10] else end} UTC"


def _listed(paths: Sequence[str]) -> str:
    named = [path[:PATH_LENGTH] for path in paths[:NAMED]]
    if len(paths) > NAMED:
        return f"{', '.join(named)} and {len(paths) - NAMED} more"
    return " and ".join([", ".join(named[:-1]), named[-1]]) if len(named) > 1 else named[0]


def _ago(age: timedelta) -> str:
    for unit, word in _UNITS:
        if age >= unit:
            return f"{counted(age // unit, word)} ago"
    return "just now"


def stack_names(members: Sequence[OpenDrift]) -> tuple[str, ...]:
    """Return the names of the stacks, in order, each once.

    Args:
        members: The drifts.
    """
    return tuple(sorted({one.stack for one in members}))
