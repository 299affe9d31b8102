"""What a refresh by Pulumi says of a stack, gathered step by step.

Only a refresh looks at what is there: a preview without one compares the code with what was recorded, which is no
drift. And a refresh alone compares with what was recorded, so a drift that the state has taken over does not show: so
an object counts as clean where the program ran, too, and wants nothing changed, or where the sender vouches for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from heapq import nsmallest

from drifts.findings import Assessment, Consequence, Finding, Gap, Kind, NotAssessed, Step
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.base import ParseOptions
from drifts.ingest.formats.limits import MAX_NOT_ASSESSED, check_address, check_names
from drifts.ingest.formats.pulumi_states import Findings, Operation, consequence_of, note_provider, outputs_differ
from drifts.ingest.provider_versions import ProviderVersions

MAX_RESOURCES = 200_000
"""Resources that a body may speak of."""

_MAX_PAIRS = 100_000
"""Dependencies that are kept; beyond it, counts are lower bounds."""

_NAMED = 20

NO_REFRESH = "Nothing was refreshed: a preview compares the code with the recorded state, not with what is there."

_OF_WHAT_WAS_THERE = ("same", "update", "replace", "delete")
"""What a summary counts of resources that were there before."""

_KINDS: dict[str, Kind] = {"update": Kind.MODIFIED, "delete": Kind.DELETED}
"""What the result of a refresh says."""


@dataclass(slots=True)
class Reading:
    """What a body says, gathered."""

    findings: Findings = field(default_factory=Findings)
    drifts: dict[str, Finding] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)
    """Identities that a refresh found as recorded."""
    program: dict[str, Consequence] = field(default_factory=dict)
    """URN → what the program would do."""
    dependents: dict[str, set[str]] = field(default_factory=dict)
    """URN → URNs of the resources that depend on it, as their states record it."""
    pairs: int = 0
    has_program: bool = False
    """Whether the program ran: what it does not mention it would not touch."""
    counted: int = 0
    """Resources that were there before, as the summary counts them."""
    refreshed: int = 0
    unread: dict[str, str] = field(default_factory=dict)
    """Identity → why it could not be read."""
    reasons: list[str] = field(default_factory=list)
    """Why the body cannot speak of what it does not name."""
    versions: ProviderVersions = field(default_factory=ProviderVersions)
    """Of the providers that the refresh read by; the program may want others."""

    def take_refresh(self, found: Operation) -> None:
        """Take in what a refresh found of an object.

        Args:
            found: The step, with the states as they were found.

        Raises:
            FormatError: It is not what a step holds, or there are too many.
        """
        self.refreshed += 1
        if self.refreshed > MAX_RESOURCES:
            raise FormatError(f"The body speaks of more than {MAX_RESOURCES} resources.", "Split the stack.")
        note_provider(found, self.versions)
        if not found.is_managed:
            return
        self._note_dependencies(found)
        kind = _KINDS.get(found.op)
        if kind is None and found.op == "refresh" and outputs_differ(found):
            kind = Kind.MODIFIED
        if kind is None:
            self.same.add(found.identity)
        else:
            self.drifts[found.identity] = self.findings.of(found, kind)

    def take_program(self, step: Operation) -> None:
        """Take in what the program would do.

        Args:
            step: The step.

        Raises:
            FormatError: There are too many.
        """
        self.has_program = True
        if not step.is_managed:
            return
        if len(self.program) > MAX_RESOURCES:
            raise FormatError(f"The body speaks of more than {MAX_RESOURCES} resources.", "Split the stack.")
        self._note_dependencies(step)
        said = consequence_of(step)
        before = self.program.get(step.urn)
        if before is None or before.step in {Step.NOTHING, Step.UNKNOWN} or (said.forced_by and not before.forced_by):
            self.program[step.urn] = said

    def count(self, summary: Mapping[str, int]) -> None:
        """Take in a run's summary.

        Args:
            summary: Operation → how many resources.
        """
        self.counted += sum(summary.get(op, 0) for op in _OF_WHAT_WAS_THERE)

    def take_unread(self, found: Operation, why: str) -> None:
        """Note that an object could not be read.

        Args:
            found: The step that began to read it.
            why: In words.
        """
        if found.is_managed:
            check_names(found.urn, found.provider_type)
            self.unread[found.identity] = why

    def assessment(self, name: str, options: ParseOptions) -> Assessment:
        """Return what the body says as a whole.

        Args:
            name: The format's name.
            options: What the sender says.
        """
        pending = {urn for urn, said in self.program.items() if said.step is not Step.NOTHING}
        vouched = options.complete is True
        clean = self.same - pending - self.drifts.keys() if vouched or self.has_program else set()
        reason = self._reason(options)
        return Assessment(
            format=name,
            tool_version="",
            findings=tuple(self._with_consequence(one) for one in self.drifts.values()),
            complete=not reason,
            incomplete_reason=reason,
            assessed_clean=frozenset(clean),
            still_pending=frozenset(pending - self.drifts.keys()),
            absent_is_gone=vouched or self.has_program,
            resources_checked=len(self.same | self.drifts.keys()),
            provider_versions=self.versions.told(),
            not_assessed=tuple(
                NotAssessed(Gap.RESOURCE, identity, why)
                for identity, why in sorted(self.unread.items())[:MAX_NOT_ASSESSED]
            ),
        )

    def _note_dependencies(self, step: Operation) -> None:
        check_address(step.urn)
        for state in (step.old, step.new):
            for urn in (state.dependencies or ()) if state else ():
                held = self.dependents.setdefault(urn, set())
                if step.urn not in held and self.pairs < _MAX_PAIRS:
                    self.pairs += 1
                    held.add(step.urn)

    def _with_consequence(self, finding: Finding) -> Finding:
        if finding.deposed is not None:
            return replace(finding, consequence=Consequence(Step.UNKNOWN))
        said = self.program.get(finding.address, Consequence(Step.UNKNOWN))
        dependents = self.dependents.get(finding.address, set())
        named = tuple(nsmallest(_NAMED, dependents))
        return replace(finding, consequence=replace(said, dependents=named, dependents_total=len(dependents)))

    def _reason(self, options: ParseOptions) -> str:
        if options.complete is False:
            return "The sender says that the scan is partial."
        if self.reasons:
            return self.reasons[0]
        if not self.refreshed:
            return f"{NO_REFRESH} Send pulumi refresh --preview-only --json, or preview --refresh."
        if self.has_program and self.refreshed + len(self.unread) < self.counted:
            return f"Only {self.refreshed} of {self.counted} resources were refreshed: the run was targeted."
        if len(self.unread) > MAX_NOT_ASSESSED:
            return f"{len(self.unread)} resources could not be read."
        return ""
