"""An account's ignore rules: which differences people have said they do not want to see. Pure; bound by laws in tests.

- A rule with globs over attributes hides those attributes of a difference; what is left is still drift.
- A rule without such globs hides whatever differs, and so the drift as a whole, but for what guards something.
- An attribute that guards something (see `security_attributes`) is hidden only by a rule that names it: one with a glob
  that has the attribute's own name between its dots, not merely a `*` that happens to fit.
- A deletion, and a resource that no code wants, are hidden only by a rule that names that kind.
- Where a source says only *that* a resource differs, not how, it may be something guarded. It is hidden only where the
  last scan that told how was hidden as a whole, and the rules of now would hide all of that again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from drifts.findings import Kind
from drifts.globs import glob_match, glob_pattern, snake_case
from drifts.ingest.canonical import without_indices
from drifts.ingest.security_attributes import guarded_segments, segments

MAX_GLOB = 200
"""Characters of one glob."""

MAX_GLOBS = 20
"""Globs of one sort in one rule."""

MAX_STARS = 10
"""Stars in one glob."""

MAX_RULES = 500
"""Rules of one account."""

_PLAIN = r"[^\u0000-\u001f\u007f*]*"
GLOB = rf"^{_PLAIN}(\*{_PLAIN}){{0,{MAX_STARS}}}$"
"""What a glob looks like, beside its length; of the syntax that Python and JSON Schema share."""

_ANY = ("*",)
_MAX_TYPES = 4096
"""Provider types whose rules are remembered; there are some thousands in all."""


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """What one rule hides. Globs of one sort are alternatives; what is not said means: whatever."""

    id: str
    name: str = ""
    stack: str = "*"
    """Glob over the stack's name."""
    types: tuple[str, ...] = ("*",)
    """Globs over the provider's type."""
    addresses: tuple[str, ...] = ("*",)
    """Globs over the address or the real id."""
    attributes: tuple[str, ...] = ()
    """Globs over attribute paths, with or without indices; what lies below is meant, too."""
    kinds: frozenset[Kind] = frozenset({Kind.MODIFIED})
    expires_at: datetime | None = None

    def concerns(self, thing: Thing) -> bool:
        """Say whether the rule is about such a thing at all."""
        return thing.kind in self.kinds and self.concerns_but_for_its_kind(thing)

    def concerns_but_for_its_kind(self, thing: Thing) -> bool:
        """Say whether the rule would be about such a thing if it named its kind."""
        return _fits((thing.provider_type,), self.types) and self.is_about_one_called(thing.stack, thing.names)

    def is_about_one_called(self, stack: str, names: tuple[str, ...]) -> bool:
        """Say whether the rule is about a thing of a stack that has one of some names, whatever its type and kind."""
        return _fits(names, self.addresses) and _fits((stack,), (self.stack,))

    def is_over(self, now: datetime) -> bool:
        """Say whether the rule has expired."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Thing:
    """What a rule is asked about: a finding, or a drift on record, without its values."""

    stack: str
    """The stack's name."""
    provider_type: str
    address: str
    identity: str
    resource_id: str
    kind: Kind
    paths: tuple[str, ...] = ()
    """What differs; nothing for a deletion, an unmanaged resource, or where it is not known."""

    @property
    def names(self) -> tuple[str, ...]:
        """What rules over addresses may call it."""
        return tuple(dict.fromkeys((self.address, self.identity, self.resource_id)))


@dataclass(frozen=True, slots=True)
class Hit:
    """What one rule hides of a thing."""

    rule: IgnoreRule
    paths: tuple[str, ...]
    """The attributes; nothing where it hides a deletion or an unmanaged resource."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What rules leave of a thing."""

    hits: tuple[Hit, ...] = ()
    left: tuple[str, ...] = ()
    """Paths that are still to be seen."""
    whole: bool = False
    """Whether nothing is left of it."""


@dataclass(frozen=True, slots=True)
class Ignoring:
    """The rules that count for a scan."""

    rules: tuple[IgnoreRule, ...] = ()
    by_type: dict[str, tuple[IgnoreRule, ...]] = field(default_factory=dict, compare=False, repr=False)
    """Remembers which rules are about a type."""

    def cut(self, thing: Thing) -> Cut:
        """Say what is hidden of a thing; where several rules fit an attribute, the first one is credited."""
        stack, names = thing.stack, thing.names
        asked = (rule for rule in self._about(thing.provider_type) if thing.kind in rule.kinds)
        about = [rule for rule in asked if rule.is_about_one_called(stack, names)]
        if not about:
            return Cut(left=thing.paths)
        if thing.kind is not Kind.MODIFIED:
            return Cut(hits=(Hit(about[0], ()),), whole=True)
        return _cut_attributes(about, thing)

    def _about(self, provider_type: str) -> tuple[IgnoreRule, ...]:
        found = self.by_type.get(provider_type)
        if found is None:
            found = tuple(one for one in self.rules if glob_match(provider_type, *one.types))
            if len(self.by_type) < _MAX_TYPES:
                self.by_type[provider_type] = found
        return found


def _fits(names: tuple[str, ...], globs: tuple[str, ...]) -> bool:
    return globs == _ANY or any(glob_match(name, *globs) for name in names)


def _cut_attributes(rules: Sequence[IgnoreRule], thing: Thing) -> Cut:
    hidden: dict[str, list[str]] = {}
    left: list[str] = []
    for path in thing.paths:
        spelt = spellings(path)
        about = (one for one in rules if not one.attributes or _may_fit(one.attributes, spelt))
        rule = next((one for one in about if hides(one, thing.provider_type, path)), None)
        if rule is None:
            left.append(path)
        else:
            hidden.setdefault(rule.id, []).append(path)
    hits = tuple(Hit(rule, tuple(hidden[rule.id])) for rule in rules if rule.id in hidden)
    return Cut(hits=hits, left=tuple(left), whole=bool(thing.paths) and not left)


def hides(rule: IgnoreRule, provider_type: str, path: str) -> bool:
    """Say whether a rule that is about a resource hides one of its attributes.

    Args:
        rule: The rule.
        provider_type: The resource's type.
        path: The attribute's path.
    """
    globs = fitting(rule.attributes, path) if rule.attributes else ("*",)
    return bool(globs) and names_what_it_hides(globs, provider_type, path)


def fitting(globs: Iterable[str], path: str) -> tuple[str, ...]:
    """Return the globs that fit a path as a whole or what it lies in.

    Args:
        globs: Over attribute paths.
        path: With indices, as a difference names it.
    """
    spelt = spellings(path)
    return tuple(glob for glob in globs if _may_fit((glob,), spelt))


def spellings(path: str) -> tuple[str, ...]:
    """Return what globs may call an attribute: with indices, without them, and that in snake_case.

    Args:
        path: With indices, as a difference names it.
    """
    bare = without_indices(path)
    return tuple(dict.fromkeys((path, bare, snake_case(bare))))


def _may_fit(globs: tuple[str, ...], spelt: tuple[str, ...]) -> bool:
    pattern = _and_below(globs)
    return any(pattern.fullmatch(one) is not None for one in spelt)


@lru_cache(maxsize=4096)
def _and_below(globs: tuple[str, ...]) -> re.Pattern[str]:
    """Compile globs so that they also fit what lies below what they fit."""
    return glob_pattern(*(one for glob in globs for one in (glob, f"{glob}.*", f"{glob}[*")))


def names_what_it_hides(globs: Iterable[str], provider_type: str, path: str) -> bool:
    """Say whether an attribute guards nothing, or one of the globs has the name of what guards in it.

    Args:
        globs: Those that fit the path.
        provider_type: The resource's type.
        path: The attribute's path.
    """
    guarded = guarded_segments(provider_type, path)
    return not guarded or any(guarded & set(segments(glob)) for glob in globs)


def glob_fault(glob: str) -> str:
    """Return what is wrong with a glob, '' where it may be kept.

    Args:
        glob: As somebody wrote it.
    """
    if not glob or len(glob) > MAX_GLOB:
        return f"A glob has 1 to {MAX_GLOB} characters."
    return "" if re.fullmatch(GLOB, glob) else f"A glob has at most {MAX_STARS} stars, and no control characters."
