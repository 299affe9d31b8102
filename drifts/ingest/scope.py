"""How far a scan may speak of what it does not show: only what it has looked at and found clean is over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drifts.findings import Assessment, Gap, Kind, NotAssessed, Search
from drifts.globs import glob_match
from drifts.ingest.namings import REPORTED, named_alike

INCOMPLETE = "The scan was incomplete."
NOT_NAMED = "The scan did not name it, and a scan of this kind does not speak of what it does not name."
NOT_TOLD = "A scan of this kind cannot show whether a resource is {kind}."
NAMED_OTHERWISE = "It is known from {found_by}; {format} calls resources by other names and does not speak of it."
NOT_SEARCHED = "The scan did not look {where} for what no code wants."
NOT_NAMED_HERE = "A client reported it, and the scan does not name it."


class Named(Protocol):
    """A drift on record, by what a scan could call it."""

    @property
    def identity(self) -> str:
        """The resource's name within its stack."""

    @property
    def address(self) -> str:
        """The same without a deposed key."""

    @property
    def provider_type(self) -> str:
        """The tool's own type name, '' where not known."""

    @property
    def kind(self) -> Kind:
        """What happened to the resource."""

    @property
    def region(self) -> str:
        """Where the resource is, '' where not known or where it has none."""

    @property
    def cloud_account(self) -> str:
        """Whose it is, '' where not known."""

    @property
    def found_by(self) -> str:
        """The format of what first showed it, '' where not known."""


class Silence(StrEnum):
    """What it means that a scan does not show a drift."""

    OVER = "over"
    """The scan looked, and it is as the code wants it."""
    PENDING = "pending"
    """The scan looked, and it is still not as the code wants it, although it does not show as drift."""
    NOT_ASSESSED = "not_assessed"
    """The scan did not look: it stays as it is, and that is not the same as clean."""


@dataclass(frozen=True, slots=True)
class Scope:
    """How far the scan may speak of what it did not show."""

    complete: bool
    """False: nothing unseen closes."""
    clean: frozenset[str] = frozenset()
    """Identities positively seen to be as the code wants them."""
    pending: frozenset[str] = frozenset()
    """Identities that are not as the code wants them although they do not show as drift."""
    absent_is_gone: bool = True
    """Whether an identity the scan does not name has left code and state."""
    not_assessed: tuple[NotAssessed, ...] = ()
    """Parts that it could not look at. Where it also calls something in them clean, the gap counts."""
    incomplete_reason: str = ""
    """Why it is not complete, in words."""
    kinds: frozenset[Kind] = frozenset(Kind)
    """The kinds of drift that it could have shown."""
    searched: Search | None = None
    """Where it looked for resources that no code wants; None: wherever the rest does not say otherwise."""
    format: str = ""
    """The scan's format, whose names it uses; '' where not known."""


def scope_of(assessment: Assessment) -> Scope:
    """Return how far an assessment may speak of what it does not show."""
    return Scope(
        complete=assessment.complete,
        clean=assessment.assessed_clean,
        pending=assessment.still_pending,
        absent_is_gone=assessment.absent_is_gone,
        not_assessed=assessment.not_assessed,
        incomplete_reason=assessment.incomplete_reason,
        kinds=assessment.kinds,
        searched=assessment.searched,
        format=assessment.format,
    )


class Silences:
    """A scope, ready to be asked about many drifts: each gap is looked up, each type matched once."""

    def __init__(self, scope: Scope) -> None:
        """Sort the gaps by what they are about."""
        self._scope = scope
        self._resources: dict[str, str] = {}
        self._globs: list[NotAssessed] = []
        self._types: dict[str, str] = {}
        self._rest = "" if scope.absent_is_gone else NOT_NAMED
        for gap in reversed(scope.not_assessed):
            if gap.what is Gap.RESOURCE:
                self._resources[gap.name] = gap.reason or INCOMPLETE
            elif gap.what is Gap.TYPE:
                self._globs.insert(0, gap)
            else:
                self._rest = gap.reason or NOT_NAMED

    def about(self, known: Named) -> tuple[Silence, str]:
        """Say what it means that the scan does not show this drift.

        Args:
            known: The drift.

        Returns:
            The meaning, and for what was not assessed the reason in words.
        """
        why = self._gap(known)
        if not why and known.identity in self._scope.pending:
            return Silence.PENDING, ""
        if not why and not self._scope.complete:
            why = self._scope.incomplete_reason or INCOMPLETE
        if not why and known.kind not in self._scope.kinds:
            why = NOT_TOLD.format(kind=known.kind.value)
        if not why:
            why = self._not_searched(known) or self._unnamed(known)
        return (Silence.NOT_ASSESSED, why) if why else (Silence.OVER, "")

    def _not_searched(self, known: Named) -> str:
        """Say where a scan would have had to look for what no code wants, '' where it did."""
        search = self._scope.searched
        if search is None or known.kind is not Kind.UNMANAGED:
            return ""
        regions = search.regions.get(known.provider_type)
        if regions is None:
            return NOT_SEARCHED.format(where=f"among {known.provider_type or 'resources of no known type'}")
        if known.cloud_account not in {"", search.cloud_account}:
            return NOT_SEARCHED.format(where=f"in the account {known.cloud_account}")
        if regions and known.region and known.region not in regions:
            return NOT_SEARCHED.format(where=f"in {known.region}")
        return ""

    def _unnamed(self, known: Named) -> str:
        """Say why a scan that could have shown the drift does not speak of it, '' where it does."""
        is_clean = known.identity in self._scope.clean
        if known.found_by == REPORTED:
            return "" if is_clean or self._scope.format in {"", REPORTED} else NOT_NAMED_HERE
        if not named_alike(known.found_by, self._scope.format, known.kind):
            return NAMED_OTHERWISE.format(found_by=known.found_by, format=self._scope.format)
        return "" if is_clean else self._rest

    def _gap(self, known: Named) -> str:
        for name in (known.identity, known.address):
            if name in self._resources:
                return self._resources[name]
        kind = known.provider_type
        if kind not in self._types:
            fitting = (gap.reason or INCOMPLETE for gap in self._globs if glob_match(kind, gap.name))
            self._types[kind] = next(fitting, "")
        return self._types[kind]
