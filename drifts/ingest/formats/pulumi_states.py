"""The shapes of Pulumi's steps, and a finding made of one: for the preview's document and the event log alike.

In a refresh the old state is what was recorded and the new one what is there. The engine compares inputs, so that
what a provider merely computes is no drift; where a provider gives no detailed difference, outputs are what tells.

A URN alone does not name an object: one that is still to be deleted after a replacement shares it, so such an object
is named by its id as well, like a deposed one of Terraform.

Source: https://pkg.go.dev/github.com/pulumi/pulumi/sdk/v3/go/common/apitype
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import msgspec

from drifts.findings import Consequence, Finding, Json, JsonObject, Kind, Mask, Step, identity_of
from drifts.ingest import places
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.limits import Budget, check_names
from drifts.ingest.formats.planting import plant
from drifts.ingest.formats.pulumi_values import CHANGED, HIDDEN, OpenedObject, at, opened_object
from drifts.ingest.json_text import decode_exact, values_in
from drifts.ingest.json_walk import members_of
from drifts.ingest.masks import covers_any, union
from drifts.ingest.paths import spelt, steps_of
from drifts.ingest.provider_versions import ProviderVersions, of_reference, plain_text
from drifts.ingest.secret_shapes import has_secret_shape

_NULL = msgspec.Raw(b"null")
_MAX_PATHS = 10_000
_MAX_REGIONS = 100
_REGIONS = frozenset({"region", "location"})
"""Under which keys of a package's configuration a region stands."""

_NAMED = 20
_PROVIDERS = "pulumi:providers"
"""The kind of a provider's own type: `pulumi:providers:aws`."""

STEPS: dict[str, Step] = {
    "same": Step.NOTHING,
    "update": Step.UPDATE,
    "create": Step.CREATE,
    "import": Step.NOTHING,
    "replace": Step.REPLACE,
    "create-replacement": Step.REPLACE,
    "delete-replaced": Step.REPLACE,
    "import-replacement": Step.REPLACE,
    "delete": Step.DESTROY,
    "remove-pending-replace": Step.NOTHING,
}
"""What an operation of the program would do; reading ones are left out."""


class State(msgspec.Struct, frozen=True):
    """A resource's state."""

    urn: str = ""
    type: str = ""
    custom: bool = False
    delete: bool = False
    external: bool = False
    id: str = ""
    provider: str = ""
    inputs: msgspec.Raw = _NULL
    outputs: msgspec.Raw = _NULL
    dependencies: list[str] | None = None
    secret_outputs: list[str] | None = msgspec.field(default=None, name="additionalSecretOutputs")


class _ProviderInputs(msgspec.Struct, frozen=True):
    """The inputs of a provider: only its version."""

    version: msgspec.Raw = _NULL


class PropertyDiff(msgspec.Struct, frozen=True):
    """One path of a detailed difference."""

    input_diff: bool = msgspec.field(default=False, name="inputDiff")


class Operation(msgspec.Struct, frozen=True):
    """A step: what is done, or in a refresh was found, with one resource."""

    op: str
    urn: str
    type: str = ""
    old: State | None = None
    new: State | None = None
    diffs: list[str] | None = None
    keys: list[str] | None = None
    detailed: dict[str, PropertyDiff] | None = msgspec.field(default=None, name="detailedDiff")

    @property
    def key(self) -> tuple[str, str]:
        """What tells the object apart from all others: URN and id of the recorded state."""
        return self.urn, self.old.id if self.old else ""

    @property
    def deposed(self) -> str | None:
        """The id of an object that is still to be deleted; None for the current one."""
        return (self.old.id or "without id") if self.old and self.old.delete else None

    @property
    def identity(self) -> str:
        """The object's name within its stack."""
        return identity_of(self.urn, self.deposed)

    @property
    def provider_type(self) -> str:
        """The resource's type."""
        state = self.old or self.new
        return self.type or (state.type if state else "") or _type_in(self.urn)

    @property
    def is_managed(self) -> bool:
        """Whether it is a resource of a provider: no component, no provider, no stack, nothing that is only read."""
        state = self.old or self.new
        return (
            state is not None and state.custom and not state.external and not self.provider_type.startswith("pulumi:")
        )


def _type_in(urn: str) -> str:
    parts = urn.split("::")
    return parts[2].rpartition("$")[2] if len(parts) > 3 else ""


def consequence_of(operation: Operation) -> Consequence:
    """Return what a step of the program would do.

    Args:
        operation: The step.
    """
    step = STEPS.get(operation.op, Step.UNKNOWN)
    forced = operation.keys or () if step is Step.REPLACE else ()
    return Consequence(step, forced_by=tuple(spelt(steps_of(key[:500]))[:500] for key in forced[:_NAMED]))


def note_provider(found: Operation, versions: ProviderVersions) -> None:
    """Take in the provider that a recorded object names, or that it is itself.

    Args:
        found: What a refresh found.
        versions: What is gathered.
    """
    state = found.old or found.new
    if state is None:
        return
    versions.note(*of_reference(state.provider))
    kind, _, package = found.provider_type.rpartition(":")
    if kind == _PROVIDERS:
        versions.note(package, _own_version(state.inputs))


def _own_version(inputs: msgspec.Raw) -> str:
    try:
        return plain_text(msgspec.json.decode(inputs, type=_ProviderInputs).version)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


@dataclass(slots=True)
class Findings:
    """Makes findings of what a refresh found."""

    regions: dict[str, str] = field(default_factory=dict)
    """Package → the region that the stack's configuration names for it."""
    budget: Budget = field(default_factory=Budget)

    def configure(self, config: msgspec.Raw | None) -> None:
        """Take in a stack's configuration: `aws:region`.

        Args:
            config: Its text; None where there is none.

        Raises:
            FormatError: It is no object.
        """
        for name, raw in members_of(config, "config"):
            package, _, key = name.rpartition(":")
            if package and key in _REGIONS and len(self.regions) < _MAX_REGIONS:
                self.regions[package] = _plain_text(raw)

    def of(self, found: Operation, kind: Kind) -> Finding:
        """Make a finding.

        Args:
            found: What a refresh found.
            kind: What it is.

        Raises:
            FormatError: A state is not what stands there, or all of them do not fit into memory.
        """
        sides = _Sides(self._opened(found.old), self._opened(found.new))
        expected, actual = sides.deleted() if kind is Kind.DELETED else sides.modified(found, self.budget)
        speaking = _without(sides.speaking, sides.sensitive)
        state = found.old or found.new
        named = state.id if state and state.id != HIDDEN and not has_secret_shape(state.id) else ""
        check_names(found.urn, found.provider_type, named)
        return Finding(
            address=found.urn,
            provider_type=found.provider_type,
            kind=kind,
            expected=expected,
            actual=actual,
            sensitive=sides.sensitive,
            unknown=sides.unknown if kind is Kind.MODIFIED else False,
            deposed=found.deposed,
            resource_id=named or found.urn,
            region=self._region(found, speaking),
            cloud_account=places.cloud_account_of(speaking),
            provider_name=found.provider_type.partition(":")[0],
        )

    def _opened(self, state: State | None) -> tuple[OpenedObject, OpenedObject]:
        """Return a state's inputs and outputs."""
        nothing = OpenedObject({})
        if state is None:
            return nothing, nothing
        self.budget.spend(values_in(state.inputs) + values_in(state.outputs))
        hidden: Mask = dict.fromkeys(state.secret_outputs or (), True)
        inputs, outputs = _object(state.inputs), _object(state.outputs)
        return (
            OpenedObject(inputs.value, union(inputs.sensitive, hidden), inputs.unknown),
            OpenedObject(outputs.value, union(outputs.sensitive, hidden), outputs.unknown),
        )

    def _region(self, found: Operation, speaking: JsonObject) -> str:
        zone = speaking.get("availabilityZone", speaking.get("availability_zone"))
        package = found.provider_type.partition(":")[0]
        return places.region_of({**speaking, "availability_zone": zone}) or places.as_region(
            self.regions.get(package, "")
        )


def _plain_text(raw: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.DecodeError:
        return ""


def _object(raw: msgspec.Raw) -> OpenedObject:
    value = decode_exact(raw, "A state's properties")
    if value is None:
        return OpenedObject({})
    if not isinstance(value, dict):
        raise FormatError("A state's properties are no object.", "Send the tool's own output.")
    return opened_object(value)


def outputs_differ(found: Operation) -> bool:
    """Say whether the outputs of both states differ, for a step that says no more than that it was refreshed.

    Raises:
        FormatError: A state is not what stands there.
    """
    if found.old is None or found.new is None:
        return False
    return _object(found.old.outputs).value != _object(found.new.outputs).value


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both states of a resource, opened: inputs and outputs each."""

    old: tuple[OpenedObject, OpenedObject]
    new: tuple[OpenedObject, OpenedObject]

    @property
    def sensitive(self) -> Mask:
        """The union of all masks: a value may have become a secret, and an output repeats an input."""
        mask: Mask = False
        for one in (*self.old, *self.new):
            mask = union(mask, one.sensitive)
        return mask

    @property
    def unknown(self) -> Mask:
        """Where what is there is not known."""
        return union(self.new[0].unknown, self.new[1].unknown)

    @property
    def speaking(self) -> JsonObject:
        """The values that tell where the resource lives."""
        return {**self.old[0].value, **self.old[1].value, **self.new[1].value}

    def deleted(self) -> tuple[JsonObject | None, JsonObject | None]:
        """Return the sides of what is gone: all that was recorded of it."""
        inputs, outputs = self.old
        return {**inputs.value, **outputs.value} or None, None

    def modified(self, found: Operation, budget: Budget) -> tuple[JsonObject | None, JsonObject | None]:
        """Return the sides of what differs: equal but for what the engine says differs.

        Returns:
            Two sides; None twice where the states do not show how they differ although the engine says they do.
        """
        paths = self._paths(found)
        expected = copy.deepcopy(self.old[0].value)
        actual = copy.deepcopy(expected)
        differs = False
        for path, is_input in paths:
            wanted, real = self._pair(path, is_input)
            if wanted == real and _holds_hidden(wanted):
                real = CHANGED
            differs = differs or wanted != real
            steps = [str(step) for step in path]
            if wanted != at(expected, path):
                plant(expected, steps, copy.deepcopy(wanted), budget)
            plant(actual, steps, copy.deepcopy(real), budget)
        if differs:
            return expected, actual
        return self._whole(0) if self.old[0].value != self.new[0].value else self._whole(1)

    def _whole(self, which: int) -> tuple[JsonObject | None, JsonObject | None]:
        wanted, real = self.old[which].value, self.new[which].value
        return (wanted, real) if wanted != real else (None, None)

    def _paths(self, found: Operation) -> list[tuple[tuple[str | int, ...], bool]]:
        """Return what the engine says differs, and whether it compared inputs."""
        if found.detailed:
            listed = [(steps_of(path), one.input_diff) for path, one in found.detailed.items()]
        else:
            listed = [((name,), True) for name in found.diffs or ()]
        if len(listed) > _MAX_PATHS:
            raise FormatError(f"A step names more than {_MAX_PATHS} changed paths.", "Send the tool's own output.")
        return [(path, is_input) for path, is_input in listed if path and not str(path[0]).startswith("__")]

    def _pair(self, path: tuple[str | int, ...], is_input: bool) -> tuple[Json, Json]:
        """Return both values at a path: of the inputs, or what was recorded as wanted against what is there."""
        wanted, real = at(self.old[0].value, path), at(self.new[0].value, path)
        if is_input and wanted != real:
            return wanted, real
        outputs = at(self.old[1].value, path), at(self.new[1].value, path)
        return outputs if outputs[0] != outputs[1] else (wanted, real)


def _without(values: JsonObject, mask: Mask) -> JsonObject:
    """Leave out what a mask covers, so that no place is read off a secret."""
    if not isinstance(mask, dict):
        return {} if covers_any(mask) else values
    return {name: one for name, one in values.items() if not covers_any(mask.get(name, False))}


def _holds_hidden(value: Json) -> bool:
    """Say whether a secret that nobody can compare stands in a value."""
    if isinstance(value, dict):
        return any(_holds_hidden(one) for one in value.values())
    if isinstance(value, list):
        return any(_holds_hidden(one) for one in value)
    return value == HIDDEN
