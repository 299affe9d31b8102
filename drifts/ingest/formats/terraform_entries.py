"""The shapes of a Terraform or OpenTofu plan's JSON: typed, naming only what is read.

Values stay text (`msgspec.Raw`, a view of the body) until somebody asks for them, so memory grows with what has
drifted and not with the plan. Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from drifts.findings import JsonObject, Kind, Mask, identity_of
from drifts.ingest.errors import FormatError
from drifts.ingest.json_text import Members, decode_exact
from drifts.ingest.masks import as_mask

_NULL = msgspec.Raw(b"null")
_HEX = re.compile(r"[0-9a-f]{4,}")
_T = TypeVar("_T")


class Change(msgspec.Struct, frozen=True):
    """An entry's `change`."""

    actions: tuple[str, ...] = ()
    before: msgspec.Raw = _NULL
    after: msgspec.Raw = _NULL
    after_unknown: msgspec.Raw = _NULL
    before_sensitive: msgspec.Raw = _NULL
    after_sensitive: msgspec.Raw = _NULL


class Entry(msgspec.Struct, frozen=True):
    """One entry of `resource_drift` or `resource_changes`."""

    change: Change
    address: str = ""
    module_address: str = ""
    mode: str = "managed"
    type: str = ""
    name: str = ""
    index: int | str | None = None
    provider_name: str = ""
    deposed: str | bool | None = None

    @property
    def full_address(self) -> str:
        """The address as written, or rebuilt where Terraform 0.15.2 to 1.0.0 left it out."""
        if self.address:
            return self.address
        if not (self.type and self.name):
            raise FormatError("An entry has neither an address nor a type and a name.", "Use Terraform 1.0.1 or later.")
        own = f"{self.type}.{self.name}"
        if isinstance(self.index, str):
            own += f"[{_quoted(self.index)}]"
        elif self.index is not None:
            own += f"[{self.index}]"
        return f"{self.module_address}.{own}" if self.module_address else own

    @property
    def deposed_key(self) -> str | None:
        """The key of a deposed object; a bare `true` is a bug of a pre-release and says nothing."""
        return self.deposed if isinstance(self.deposed, str) and _HEX.fullmatch(self.deposed) else None

    @property
    def identity(self) -> str:
        """The name of the object within its stack."""
        return identity_of(self.full_address, self.deposed_key)

    @property
    def is_managed(self) -> bool:
        """Whether it is a resource; data sources are read, never drift."""
        return self.mode == "managed"

    @property
    def is_as_planned(self) -> bool:
        """Whether nothing is to be done about it."""
        return set(self.change.actions) <= {"no-op"}


class ModuleBlock(msgspec.Struct, frozen=True):
    """The root module of `configuration`: whether it holds anything."""

    resources: list[msgspec.Raw] = []
    module_calls: dict[str, msgspec.Raw] = {}


class ProviderBlock(msgspec.Struct, frozen=True):
    """One of `configuration.provider_config`."""

    full_name: str = ""
    module_address: str = ""
    expressions: dict[str, msgspec.Raw] = {}


class Configuration(msgspec.Struct, frozen=True):
    """The plan's `configuration`."""

    provider_config: dict[str, ProviderBlock] = {}
    root_module: ModuleBlock = ModuleBlock()


class StateResource(msgspec.Struct, frozen=True):
    """A resource of `prior_state`, without its values."""

    address: str = ""
    mode: str = "managed"


class StateModule(msgspec.Struct, frozen=True):
    """A module of `prior_state`."""

    resources: list[StateResource] = []
    child_modules: list[StateModule] = []

    def managed(self) -> int:
        """Count the managed resources in it and below it."""
        own = sum(one.mode == "managed" for one in self.resources)
        return own + sum(child.managed() for child in self.child_modules)


class StateValues(msgspec.Struct, frozen=True):
    """The `values` of a state."""

    root_module: StateModule = StateModule()


class PriorState(msgspec.Struct, frozen=True):
    """The plan's `prior_state`."""

    values: StateValues = StateValues()


def _quoted(key: str) -> str:
    r"""Quote an instance key as Terraform does: `\`, `"`, newlines and template marks are escaped."""
    for plain, escaped in (
        ("\\", "\\\\"),
        ('"', '\\"'),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\t", "\\t"),
        ("${", "$${"),
        ("%{", "%%{"),
    ):
        key = key.replace(plain, escaped)
    return f'"{key}"'


def typed(members: Members, key: str, shape: type[_T], default: _T) -> _T:
    """Decode one top-level member into its shape.

    Args:
        members: The plan's members.
        key: Which of them.
        shape: The type expected.
        default: What stands for an absent or null one.

    Raises:
        FormatError: It has another shape, or is nested too deeply.
    """
    raw = members.get(key)
    if raw is None or bytes(memoryview(raw)[:4]) == b"null":
        return default
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.DecodeError as error:
        raise FormatError(f"{key} is not what a plan holds there: {error}.", "Send the tool's own output.") from error
    except RecursionError as error:
        raise FormatError(f"{key} is nested too deeply.") from error


def entries(members: Members, key: str) -> Iterator[Entry]:
    """Yield the entries of `resource_drift` or `resource_changes`, one decoded at a time.

    Raises:
        FormatError: One is not what a plan holds there.
    """
    decoder = msgspec.json.Decoder(Entry)
    for position, raw in enumerate(typed(members, key, list[msgspec.Raw], [])):
        try:
            yield decoder.decode(raw)
        except (msgspec.DecodeError, RecursionError) as error:
            raise FormatError(f"{key}[{position}] is not what a plan holds there: {error}.") from error


def values_of(raw: msgspec.Raw, where: str) -> JsonObject | None:
    """Decode one side of a change: an object, or None where nothing is there.

    Raises:
        FormatError: It is something else, or cannot be stored.
    """
    value = decode_exact(raw, where)
    if value is not None and not isinstance(value, dict):
        raise FormatError(f"{where} is no object.", "Send the tool's own output.")
    return value


def mask_of(raw: msgspec.Raw, where: str) -> Mask:
    """Decode a mask; an absent one covers nothing."""
    return as_mask(decode_exact(raw, where))


def kind_of_drift(entry: Entry) -> Kind | None:
    """Read what a `resource_drift` entry says: gone, changed, or (a move, a no-op, a read) nothing."""
    if "delete" in entry.change.actions:
        return Kind.DELETED
    return Kind.MODIFIED if "update" in entry.change.actions else None


def kind_of_plan(entry: Entry) -> Kind | None:
    """Read what a `resource_changes` entry says of reality, where the code is taken to be unchanged.

    What the plan would create is missing; what it would only delete is there unwanted; all else differs.
    """
    actions = set(entry.change.actions)
    if not actions & {"create", "update", "delete"}:
        return None
    if actions == {"create"}:
        return Kind.DELETED
    return Kind.UNMANAGED if actions == {"delete"} else Kind.MODIFIED
